//! Small files in the state directory that outlast the program. Each names the version of its form.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::Path,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tracing::warn;

/// Bytes; some fifty times what any of them was seen to take.
const LARGEST: u64 = 1024 * 1024;

/// What there is at a file's place.
#[derive(Debug)]
pub(crate) enum Kept<T> {
    /// What was kept.
    Whole(T),
    /// Nothing; what was damaged has been set aside.
    Nothing,
    /// A file of which nobody knows what is in it. It may be whole, and is to be left alone.
    Unread(io::Error),
}

/// Reads what was kept in this version of the form. A file that is damaged, or of another version, is set aside, where
/// whoever looks into it later finds it; `consequence` says how things go on. Blocks.
pub(crate) fn read<T: DeserializeOwned>(file: &Path, version: u32, consequence: &str) -> Kept<T> {
    let error = match parse(file, version) {
        Ok(kept) => return Kept::Whole(kept),
        Err(error) if error.kind() == ErrorKind::NotFound => return Kept::Nothing,
        // What the system could not read may be whole.
        Err(error) if error.raw_os_error().is_some() => return Kept::Unread(error),
        Err(error) => error,
    };
    match fs::rename(file, file.with_extension("json.damaged")) {
        Ok(()) => {
            warn!(file = %file.display(), %error, "{consequence}");
            Kept::Nothing
        }
        Err(_) => Kept::Unread(error),
    }
}

/// Reads what was kept, for somebody who keeps nothing: all stays as it is. Of a damaged file nothing is known, as for who
/// sets it aside. Blocks.
///
/// # Errors
/// The system can't read it; what is in it may be whole.
pub(crate) fn peek<T: DeserializeOwned>(file: &Path, version: u32) -> io::Result<Option<T>> {
    match parse(file, version) {
        Ok(kept) => Ok(Some(kept)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error().is_some() => Err(error),
        Err(error) => {
            warn!(file = %file.display(), %error, "it can't be used: nothing is known of what was kept");
            Ok(None)
        }
    }
}

/// First beside it, then in its place: a machine that is switched off in between keeps the old one. What is kept names its
/// version. Blocks.
///
/// # Errors
/// The directory can't be made or written to.
pub(crate) fn write(file: &Path, kept: &impl Serialize) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let beside = file.with_extension("json.new");
    let mut new = File::create(&beside)?;
    new.write_all(&serde_json::to_vec(kept)?)?;
    new.sync_all()?;
    fs::rename(beside, file)
}

/// What every version of a form has.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

fn parse<T: DeserializeOwned>(file: &Path, version: u32) -> io::Result<T> {
    let mut text = String::new();
    let length = File::open(file)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if length as u64 > LARGEST {
        return Err(io::Error::other("it is too large"));
    }
    if serde_json::from_str::<Head>(&text)?.version != version {
        return Err(io::Error::other("it is of another version"));
    }
    Ok(serde_json::from_str(&text)?)
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::PathBuf};

    use serde_json::{Value, json};

    use super::*;

    fn kept(file: &Path) -> Kept<Value> {
        read(file, 1, "begins anew")
    }

    fn in_directory() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("state/it.json");
        (directory, file)
    }

    fn names(file: &Path) -> Vec<String> {
        let entries = fs::read_dir(file.parent().unwrap()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_written_is_read_and_leaves_nothing_beside_it() {
        let (_directory, file) = in_directory();
        assert!(matches!(kept(&file), Kept::Nothing));
        let it = json!({"version": 1, "rooms": [1, 2]});
        write(&file, &it).unwrap();
        assert!(matches!(kept(&file), Kept::Whole(read) if read == it));
        assert_eq!(names(&file), ["it.json"]);
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_set_aside() {
        let full = format!("{{\"version\":1{}}}", " ".repeat(2_000_000));
        for damaged in [&b""[..], b"{\"version\":1,", b"{\"version\":2}", b"[]", b"\xff", full.as_bytes()] {
            let (_directory, file) = in_directory();
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, damaged).unwrap();
            assert!(matches!(kept(&file), Kept::Nothing));
            assert_eq!(names(&file), ["it.json.damaged"]);
            assert_eq!(fs::read(file.with_extension("json.damaged")).unwrap(), damaged);
        }
    }

    /// As an error of the disk's: not even root reads a directory as a file.
    #[test]
    fn what_can_t_be_read_is_left_where_it_is() {
        let (_directory, file) = in_directory();
        fs::create_dir_all(&file).unwrap();
        assert!(matches!(kept(&file), Kept::Unread(_)));
        assert_eq!(names(&file), ["it.json"]);
    }

    #[test]
    fn what_is_damaged_and_can_t_be_set_aside_is_left_where_it_is() {
        let (_directory, file) = in_directory();
        // No file can take the place of a directory that holds something.
        fs::create_dir_all(file.with_extension("json.damaged").join("earlier")).unwrap();
        fs::write(&file, "[]").unwrap();
        assert!(matches!(kept(&file), Kept::Unread(_)));
        assert_eq!(names(&file), ["it.json", "it.json.damaged"]);
    }

    #[test]
    fn a_file_of_somebody_else_s_is_whole_after_the_remedy() {
        let (_directory, file) = in_directory();
        write(&file, &json!({"version": 1})).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
        if File::open(&file).is_ok() {
            return eprintln!("not run: root reads everything");
        }
        assert!(matches!(kept(&file), Kept::Unread(_)));
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(kept(&file), Kept::Whole(_)));
    }
}
