//! Stories of a whole process: what a signal does to it, and what its log looks like.
//!
//! The process is this test program, started again with one of the ignored tests below as its `main`.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use siaga_service::logging;
use siaga_service::signals::Shutdown;
use tracing_subscriber::filter::LevelFilter;

#[test]
fn each_of_both_signals_asks_a_daemon_to_end() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut daemon = Daemon::start("daemon_that_ends_when_asked");
        daemon.wait_for("running");
        daemon.send(signal);
        daemon.wait_for("asked to end");
        assert!(daemon.child.wait().unwrap().success());
    }
}

#[test]
fn a_second_signal_ends_a_daemon_that_is_stuck() {
    for (first, second) in
        [(Signal::INT, Signal::INT), (Signal::TERM, Signal::INT), (Signal::INT, Signal::TERM)]
    {
        let mut daemon = Daemon::start("daemon_that_is_stuck");
        daemon.wait_for("running");
        daemon.send(first);
        daemon.wait_for("asked to end");
        daemon.send(second);
        assert_eq!(daemon.child.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn a_log_in_a_file_has_the_time_and_no_colour() {
    let log = log_into_file(|_| Vec::new());
    let line = log.lines().next().unwrap();
    assert!(
        line.starts_with("20") && line.contains("Z  WARN process: the camera is gone camera=\"front\""),
        "{line}"
    );
    assert!(!log.contains("a detail"), "below the default level: {log}");
}

#[test]
fn a_log_in_the_journal_leaves_the_time_to_the_journal() {
    let log = log_into_file(|file| {
        let metadata = file.metadata().unwrap();
        vec![("JOURNAL_STREAM", format!("{}:{}", metadata.dev(), metadata.ino()))]
    });
    assert_eq!(log.lines().next().unwrap().trim_start(), "WARN process: the camera is gone camera=\"front\"");
}

#[test]
fn a_log_that_was_redirected_away_from_the_journal_has_the_time() {
    let log = log_into_file(|_| vec![("JOURNAL_STREAM", "1:1".to_owned())]);
    assert!(log.starts_with("20"), "{log}");
}

#[test]
fn rust_log_asks_for_more() {
    let log = log_into_file(|_| vec![("RUST_LOG", "debug".to_owned())]);
    assert!(log.contains("a detail"), "{log}");
}

#[test]
fn a_rust_log_that_is_no_filter_is_explained() {
    let log = log_into_file(|_| vec![("RUST_LOG", "process=loud".to_owned())]);
    assert!(
        log.starts_with("the environment variable RUST_LOG holds `process=loud`, which is not a log filter"),
        "{log}"
    );
}

#[test]
fn a_terminal_shows_colours_unless_no_color_is_set() {
    const ESCAPE: char = '\u{1b}';
    assert!(log_onto_terminal(&[]).contains(ESCAPE));
    assert!(log_onto_terminal(&[("NO_COLOR", "")]).contains(ESCAPE));
    let plain = log_onto_terminal(&[("NO_COLOR", "1")]);
    assert!(plain.contains("the camera is gone") && !plain.contains(ESCAPE), "{plain}");
}

#[tokio::test]
#[ignore = "the main of a child process"]
async fn daemon_that_ends_when_asked() {
    assert_child();
    let shutdown = Shutdown::on_signals().unwrap();
    say("running");
    shutdown.requested().await;
    say("asked to end");
}

#[tokio::test]
#[ignore = "the main of a child process"]
async fn daemon_that_is_stuck() {
    assert_child();
    let shutdown = Shutdown::on_signals().unwrap();
    say("running");
    shutdown.requested().await;
    say("asked to end");
    std::future::pending::<()>().await;
}

#[test]
#[ignore = "the main of a child process"]
fn program_that_logs() {
    assert_child();
    if let Err(error) = logging::init(LevelFilter::INFO) {
        eprintln!("{error}");
        return;
    }
    tracing::warn!(camera = "front", "the camera is gone");
    tracing::debug!("a detail");
    assert!(logging::init(LevelFilter::INFO).is_err());
}

struct Daemon {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Daemon {
    fn start(main: &str) -> Self {
        let mut child = command(main).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn wait_for(&mut self, words: &str) {
        let mut line = String::new();
        while !line.ends_with(&format!("{words}\n")) {
            line.clear();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "ended before it said {words:?}");
        }
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log_into_file(environment: impl FnOnce(&File) -> Vec<(&'static str, String)>) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    let environment = environment(file.as_file());
    let stderr = file.as_file().try_clone().unwrap();
    let status = command("program_that_logs").envs(environment).stdout(Stdio::null()).stderr(stderr).status();
    assert!(status.unwrap().success());
    fs::read_to_string(file.path()).unwrap()
}

fn log_onto_terminal(environment: &[(&str, &str)]) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let stderr = File::options().read(true).write(true).open(name).unwrap();
    let mut program = command("program_that_logs");
    program.envs(environment.iter().copied()).stdout(Stdio::null()).stderr(stderr);
    assert!(program.status().unwrap().success());
    // The last one to hold the other end of the terminal: without it, reading fails once all is read.
    drop(program);
    let mut shown = Vec::new();
    let _ = File::from(terminal).read_to_end(&mut shown);
    String::from_utf8_lossy(&shown).into_owned()
}

const CHILD: &str = "SIAGA_TEST_CHILD";

fn command(main: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([main, "--exact", "--ignored", "--nocapture"]).env(CHILD, "1");
    for variable in ["RUST_LOG", "NO_COLOR", "JOURNAL_STREAM"] {
        command.env_remove(variable);
    }
    command
}

fn assert_child() {
    assert!(env::var_os(CHILD).is_some(), "not a test of its own: the stories above start it");
}

/// Not `println!`: a parent waits for this line.
fn say(words: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{words}").unwrap();
    stdout.flush().unwrap();
}
