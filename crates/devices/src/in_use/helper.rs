//! The service that answers, once: systemd starts it for each connection, with the connection as its standard input.

use std::{
    io::{self, Read, Write, stdin},
    os::{fd::AsFd, unix::net::UnixStream},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use rustix::{
    net::sockopt::socket_peercred,
    process::{Gid, Uid, getegid},
};

use super::{Held, wire};
use crate::{camera::holders, roots::Roots};

/// A question comes at once, or whoever asks is not what it should be.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers one question about this machine, to root and to programs that run with this service's group.
#[must_use]
pub fn main() -> ExitCode {
    let answered = stdin().as_fd().try_clone_to_owned().map_err(Refused::from).and_then(|connection| {
        // So that a terminal or a pipe is told from a socket.
        socket_peercred(&connection).map_err(|_| Refused::NotASocket)?;
        answer(UnixStream::from(connection), &Roots::default())
    });
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(refused) => {
            eprintln!("error: {refused}");
            ExitCode::FAILURE
        }
    }
}

/// Why nothing was answered.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("standard input is no socket: systemd starts this, by siaga-in-use.socket")]
    NotASocket,
    #[error("user {user}, group {group} asked, who may not; only root and this service's group may")]
    Stranger { user: u32, group: u32 },
    #[error("what was asked is no question")]
    NoQuestion,
    #[error("talking to who asked: {0}")]
    Broken(#[from] io::Error),
}

fn answer(mut connection: UnixStream, roots: &Roots) -> Result<(), Refused> {
    let peer = socket_peercred(&connection).map_err(io::Error::from)?;
    if !may_ask(peer.uid, peer.gid, getegid()) {
        return Err(Refused::Stranger { user: peer.uid.as_raw(), group: peer.gid.as_raw() });
    }
    let line = read_line(&mut connection)?;
    let names = wire::read_question(&line).ok_or(Refused::NoQuestion)?;
    let asker = u32::try_from(peer.pid.as_raw_nonzero().get()).unwrap_or(0);
    connection.set_write_timeout(Some(PATIENCE))?;
    connection.write_all(told(roots, &names, asker).as_bytes())?;
    Ok(())
}

/// systemd lets nobody else connect; this is the second lock on the door.
fn may_ask(user: Uid, group: Gid, own_group: Gid) -> bool {
    user.is_root() || (group == own_group && !own_group.is_root())
}

fn read_line(connection: &mut UnixStream) -> Result<String, Refused> {
    let until = Instant::now() + PATIENCE;
    let mut line = Vec::new();
    let mut part = [0; 512];
    while !line.ends_with(b"\n") {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || line.len() > wire::LONGEST_QUESTION {
            return Err(Refused::NoQuestion);
        }
        connection.set_read_timeout(Some(left))?;
        match connection.read(&mut part)? {
            0 => return Err(Refused::NoQuestion),
            length => line.extend_from_slice(&part[..length]),
        }
    }
    String::from_utf8(line).map_err(|_| Refused::NoQuestion)
}

/// Whoever asks is not counted among the holders.
fn told(roots: &Roots, names: &[&str], asker: u32) -> String {
    let path = |name: &str| -> PathBuf { roots.dev.join(name) };
    let nodes: Vec<PathBuf> = names.iter().map(|name| path(name)).collect();
    let holders = holders::seen(&roots.proc, &nodes, asker);
    wire::answer(names, |name| {
        let node = path(name);
        match (holders.held.contains(&node), holders.unknown.contains(&node)) {
            (true, _) => Held::Yes,
            (false, true) => Held::Unknown,
            (false, false) => Held::No,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, thread};

    use super::*;

    /// A machine on which process 1 shows its files and 17 holds `video0`, if `held` says so.
    fn machine(held: bool) -> (tempfile::TempDir, Roots) {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        for process in ["1", "17"] {
            fs::create_dir_all(roots.proc.join(process).join("fd")).unwrap();
        }
        if held {
            symlink(roots.dev.join("video0"), roots.proc.join("17/fd/5")).unwrap();
        }
        (directory, roots)
    }

    /// What is answered to this test's own user and group, and whether the helper was content.
    fn answered(roots: &Roots, question: &[u8]) -> (String, Result<(), Refused>) {
        let (mut asker, helper) = UnixStream::pair().unwrap();
        let question = question.to_owned();
        let asking = thread::spawn(move || {
            // A helper that has heard enough closes.
            let _ = asker.write_all(&question);
            let _ = asker.shutdown(std::net::Shutdown::Write);
            let mut answer = String::new();
            let _ = asker.read_to_string(&mut answer);
            answer
        });
        let ended = answer(helper, roots);
        (asking.join().unwrap(), ended)
    }

    #[test]
    fn it_says_which_nodes_are_held_and_nothing_else() {
        let (_directory, roots) = machine(true);
        let (said, ended) = answered(&roots, b"video0 video2\n");
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(said, "video0 yes\nvideo2 no\n");
    }

    #[test]
    fn where_it_can_t_see_the_first_process_it_knows_of_no_node_that_it_is_free() {
        let (_directory, roots) = machine(true);
        fs::remove_dir_all(roots.proc.join("1")).unwrap();
        assert_eq!(answered(&roots, b"video0 video2\n").0, "video0 yes\nvideo2 unknown\n");
    }

    #[test]
    fn who_asks_does_not_count_as_a_holder() {
        let (_directory, roots) = machine(true);
        assert_eq!(told(&roots, &["video0"], 17), "video0 no\n");
        assert_eq!(told(&roots, &["video0"], 1), "video0 yes\n");
    }

    #[test]
    fn what_is_no_question_gets_no_answer() {
        let (_directory, roots) = machine(true);
        let endless = [b'x'; 100_000];
        for wrong in [&b""[..], b"video0", b"GET / HTTP/1.1\r\n\r\n", b"video0 \n", b"\xff\n", &endless] {
            let (said, ended) = answered(&roots, wrong);
            assert_eq!(said, "");
            assert!(ended.is_err());
        }
    }

    #[test]
    fn a_question_that_does_not_come_is_not_waited_for() {
        let (_directory, roots) = machine(false);
        let (_silent, helper) = UnixStream::pair().unwrap();
        assert!(answer(helper, &roots).is_err());
    }

    #[test]
    fn only_root_and_the_own_group_may_ask() {
        let (user, group, own) = (Uid::from_raw(1000), Gid::from_raw(1000), Gid::from_raw(990));
        assert!(!may_ask(user, group, own));
        assert!(may_ask(user, own, own));
        assert!(may_ask(Uid::ROOT, group, own));
        assert!(
            !may_ask(user, Gid::ROOT, Gid::ROOT),
            "a helper without a group of its own serves root alone"
        );
    }
}
