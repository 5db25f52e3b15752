//! Asks the helper. Whatever goes wrong, the answer is “unknown”.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::{Held, socket, wire};
use crate::roots::Roots;

/// The helper takes some milliseconds, and systemd some tens to start it.
const PATIENCE: Duration = Duration::from_secs(2);

/// One answer for each of `nodes`. Without nodes nobody is asked.
pub(crate) fn ask(roots: &Roots, nodes: &[PathBuf]) -> Vec<Held> {
    let names: Vec<&str> = nodes.iter().filter_map(|node| node.file_name()?.to_str()).collect();
    if nodes.is_empty() || names.len() != nodes.len() {
        return vec![Held::Unknown; nodes.len()];
    }
    exchange(&socket(roots), &names).unwrap_or_else(|error| {
        tracing::debug!("the in-use helper gave no answer: {error}");
        vec![Held::Unknown; nodes.len()]
    })
}

/// Asks about `names`, and waits for two seconds at most.
pub(super) fn exchange(path: &Path, names: &[&str]) -> io::Result<Vec<Held>> {
    let until = Instant::now() + PATIENCE;
    let question = wire::question(names).ok_or(io::ErrorKind::InvalidInput)?;
    let mut helper = connected(path)?;
    helper.set_write_timeout(Some(PATIENCE))?;
    helper.write_all(question.as_bytes())?;
    let mut said = Vec::new();
    let mut part = [0; 1024];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || said.len() > wire::LONGEST_ANSWER {
            return Err(io::ErrorKind::TimedOut.into());
        }
        helper.set_read_timeout(Some(left))?;
        match helper.read(&mut part)? {
            0 => break,
            length => said.extend_from_slice(&part[..length]),
        }
    }
    let said = std::str::from_utf8(&said).map_err(|_| io::ErrorKind::InvalidData)?;
    wire::read_answer(said, names).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Without waiting, as the standard library would, for a helper that takes in no one.
fn connected(path: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::net::UnixListener, thread};

    use super::*;

    /// What is answered about `/dev/video0` where a helper does this with who asks.
    fn answer_of(helper: impl FnOnce(UnixStream) + Send + 'static) -> Held {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        fs::create_dir_all(&roots.run).unwrap();
        let listener = UnixListener::bind(socket(&roots)).unwrap();
        thread::spawn(move || helper(listener.accept().unwrap().0));
        ask(&roots, &["/dev/video0".into()])[0]
    }

    /// A helper that says this when it has heard a question.
    fn says(text: &'static [u8]) -> impl FnOnce(UnixStream) {
        move |mut stream| {
            let mut question = [0; 7];
            stream.read_exact(&mut question).unwrap();
            assert_eq!(&question, b"video0\n");
            // Whoever has heard enough closes.
            let _ = stream.write_all(text);
        }
    }

    #[test]
    fn what_the_helper_says_is_believed() {
        assert_eq!(answer_of(says(b"video0 yes\n")), Held::Yes);
        assert_eq!(answer_of(says(b"video0 no\n")), Held::No);
        assert_eq!(answer_of(says(b"video0 unknown\n")), Held::Unknown);
    }

    #[test]
    fn a_helper_that_talks_rubbish_or_too_much_or_closes_leaves_it_unknown() {
        for wrong in [&b""[..], b"video0 n", b"video1 no\n", b"\xff\xfe\n", b"video0 no\nvideo0 no\n"] {
            assert_eq!(answer_of(says(wrong)), Held::Unknown, "{wrong:?}");
        }
        assert_eq!(answer_of(says(&[b'x'; 100_000])), Held::Unknown);
        assert_eq!(answer_of(drop), Held::Unknown);
    }

    #[test]
    fn a_helper_that_hangs_is_not_waited_for() {
        let hangs = |stream: UnixStream| {
            // Until the one who asks has given up.
            let _ = (&stream).read_to_end(&mut Vec::new());
        };
        assert_eq!(answer_of(hangs), Held::Unknown);
    }

    #[test]
    fn without_a_helper_it_is_unknown() {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        assert_eq!(ask(&roots, &["/dev/video0".into(), "/dev/video1".into()]), [Held::Unknown; 2]);
        assert!(ask(&roots, &[]).is_empty());
    }
}
