//! What the machine itself tells: files, commands, a directory's names.

use std::{
    fmt::Write,
    fs::{self, File},
    io::Read,
    os::unix::fs::MetadataExt,
    path::Path,
    process::Stdio,
    time::Duration,
};

use rustix::fs::statvfs;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::timeout,
};

/// Bytes of the longest text.
const LONGEST: u64 = 1024 * 1024;

/// None of the commands works; each reads.
const PATIENCE: Duration = Duration::from_secs(10);

/// Names in the archive, and what is run for it.
pub(super) const COMMANDS: [(&str, &[&str]); 3] = [
    (
        "system/service.txt",
        &[
            "systemctl",
            "status",
            "--no-pager",
            "--full",
            "--lines=0",
            "siaga-agent.service",
            "siaga-in-use.socket",
        ],
    ),
    (
        "system/journal.txt",
        &[
            "journalctl",
            "--no-pager",
            "--output=short-iso",
            "--lines=2000",
            "--unit=siaga-agent.service",
            "--unit=siaga-in-use@*",
        ],
    ),
    ("system/devices.txt", &["ls", "-l", "/dev/snd", "/dev/v4l/by-id"]),
];

/// Names in the archive, and files.
pub(super) const FILES: [(&str, &str); 4] = [
    ("system/os-release", "/etc/os-release"),
    ("system/kernel", "/proc/version"),
    ("system/sound-cards", "/proc/asound/cards"),
    ("system/memory", "/proc/meminfo"),
];

/// What a command prints, or why it prints nothing or can't be run.
pub(super) async fn output(command: &[&str]) -> String {
    let [program, arguments @ ..] = command else { return String::new() };
    let read = async {
        let mut child = Command::new(program)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let printed = words(child.stdout.take()).await?;
        if !printed.is_empty() {
            return Ok(printed);
        }
        let complaint = words(child.stderr.take()).await?;
        std::io::Result::Ok(match complaint.is_empty() {
            true => format!("{program} printed nothing: {}\n", child.wait().await?),
            false => complaint,
        })
    };
    match timeout(PATIENCE, read).await {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => format!("{program}: {error}\n"),
        Err(_) => format!("{program} did not answer within {} s\n", PATIENCE.as_secs()),
    }
}

async fn words(from: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut bytes = vec![];
    if let Some(from) = from {
        from.take(LONGEST).read_to_end(&mut bytes).await?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A file's text, or why it can't be read.
pub(super) fn file(path: &Path) -> String {
    let mut bytes = vec![];
    match File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes)) {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("{}: {error}\n", path.display()),
    }
}

/// Mode, owner, size and name of everything below a directory, and how full its file system is.
pub(super) fn listing(directory: &Path) -> String {
    let mut text = match statvfs(directory) {
        Ok(of) => {
            let megabytes = |blocks: u64| blocks.saturating_mul(of.f_frsize) / 1_000_000;
            format!("{} of {} MB are free\n", megabytes(of.f_bavail), megabytes(of.f_blocks))
        }
        Err(error) => format!("{}: {error}\n", directory.display()),
    };
    list(directory, 0, &mut text);
    text
}

/// Deeper than what the agent makes.
const DEEPEST: usize = 4;

fn list(directory: &Path, depth: usize, text: &mut String) {
    let mut entries: Vec<_> = match fs::read_dir(directory) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => {
            let _ = writeln!(text, "{}: {error}", directory.display());
            return;
        }
    };
    entries.sort();
    for path in entries {
        let Ok(is) = path.symlink_metadata() else { continue };
        let (mode, owner, group, size) = (is.mode() & 0o7777, is.uid(), is.gid(), is.size());
        let _ = writeln!(text, "{mode:04o} {owner:>5} {group:>5} {size:>10} {}", path.display());
        if is.is_dir() && depth < DEEPEST {
            list(&path, depth + 1, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_can_t_be_had_says_why() {
        assert!(output(&["/no/such/program"]).await.contains("No such file"));
        assert_eq!(output(&["sh", "-c", "echo fine; echo more >&2"]).await, "fine\n");
        assert_eq!(output(&["sh", "-c", "echo refused >&2; exit 1"]).await, "refused\n");
        assert_eq!(output(&["false"]).await, "false printed nothing: exit status: 1\n");
        assert!(file(Path::new("/no/such/file")).contains("No such file"));
        assert!(listing(Path::new("/no/such/directory")).contains("No such file"));
    }

    #[test]
    fn of_a_directory_names_are_told_and_no_content() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("identities")).unwrap();
        fs::write(dir.path().join("identities/key.pem"), "secret").unwrap();
        let text = listing(dir.path());
        assert!(
            text.contains("identities/key.pem") && text.contains(" MB are free") && !text.contains("secret"),
            "{text}"
        );
    }
}
