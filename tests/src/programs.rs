//! The real programs, started and ended by tests and benchmarks.
//!
//! They are taken from the directory of the program that asks: `cargo build --workspace` first.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::SocketAddr,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use tempfile::TempDir;
use tokio::sync::mpsc;

/// Nothing that a test waits for takes this long, even on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

/// An agent's settings with low rates, for what is about the programs and not about what this machine can carry. The last table
/// is `[network]`.
pub const LOW_RATES: &str = r#"
profile = "slow"
[profiles.slow.network]
up = "2M"
down = "2M"
[network]
accept_internal_server = true
"#;

/// A directory with a probe server's CA and identity, for as long as the test runs.
#[derive(Debug)]
pub struct Lab {
    dir: TempDir,
}

impl Lab {
    /// A new server's directory, made by the real `init`.
    ///
    /// # Errors
    /// The programs are not built, or the directory can't be made.
    pub fn new() -> io::Result<Self> {
        let lab = Self { dir: tempfile::Builder::new().prefix("siaga-lab.").tempdir()? };
        let status = program("siaga-probe-server")
            .args(["init", "--name", "127.0.0.1", "--name", "localhost", "--dir"])
            .arg(lab.server_dir())
            .stdout(Stdio::null())
            .status()?;
        if status.success() { Ok(lab) } else { Err(io::Error::other("siaga-probe-server init failed")) }
    }

    /// A server's directory whose CA and identity are made by `identity`, with no configuration of its own.
    ///
    /// # Panics
    /// The directory can't be made.
    #[must_use]
    pub fn with_identity(identity: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::Builder::new().prefix("siaga-lab.").tempdir().expect("a temporary directory");
        let lab = Self { dir };
        identity(&lab.server_dir());
        fs::write(lab.server_dir().join("probe-server.toml"), "").expect("it was just made");
        lab
    }

    /// Where things may be put.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The server's directory.
    #[must_use]
    pub fn server_dir(&self) -> PathBuf {
        self.path().join("server")
    }

    /// The CA's file.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.server_dir().join("ca.pem")
    }

    /// Starts a probe server on free ports of loopback and waits until it is ready.
    ///
    /// # Errors
    /// It does not start.
    pub fn server(&self, more: &[&str]) -> io::Result<Daemon> {
        self.start_server("127.0.0.1:0", more)
    }

    /// The same with HTTP on another address.
    ///
    /// # Errors
    /// It does not start.
    pub fn server_at(&self, http: &str) -> io::Result<Daemon> {
        self.start_server(http, &[])
    }

    fn start_server(&self, http: &str, more: &[&str]) -> io::Result<Daemon> {
        let mut command = program("siaga-probe-server");
        command.args(["run", "--listen", "127.0.0.1:0", "--http", http, "--dir"]);
        command.arg(self.server_dir()).args(more);
        Daemon::start(command)
    }

    /// Writes an agent's configuration with this server and `more` keys in front, and answers with its path.
    #[must_use]
    pub fn agent_config(&self, server: &Daemon, more: &str) -> PathBuf {
        let path = self.path().join("agent.toml");
        let ca = self.ca();
        let text = format!(
            "room = \"lab\"\nstate_dir = \"{}\"\n{more}\n[[servers]]\naddress = \"{}\"\nca = \"{}\"\n",
            self.path().join("state").display(),
            server.probes.expect("a probe server"),
            ca.display()
        );
        fs::write(&path, text).expect("the lab's directory can be written");
        path
    }

    /// Starts an agent on a free port and waits until it is ready.
    ///
    /// # Errors
    /// It does not start.
    pub fn agent(&self, config: &Path) -> io::Result<Daemon> {
        let mut command = program("siaga-agent");
        command.args(["run", "--http", "127.0.0.1:0", "--config"]).arg(config);
        Daemon::start(command)
    }

    /// `siaga-agent probe` of this server, 10 up and 20 down unless more is said.
    #[must_use]
    pub fn probe_command(&self, server: &Daemon) -> Command {
        let mut command = program("siaga-agent");
        command.args(["probe", "--server", &server.probes.expect("a probe server").to_string(), "--ca"]);
        command.arg(self.ca());
        command
    }
}

/// A program of the project, with no colours.
///
/// # Panics
/// This program does not know where it is.
#[must_use]
pub fn program(name: &str) -> Command {
    let here = env::current_exe().expect("a program knows its path");
    // target/PROFILE/deps/TEST or target/PROFILE/BENCH
    let built = here.ancestors().skip(1).map(|dir| dir.join(name)).find(|path| path.exists());
    let mut command =
        Command::new(built.unwrap_or_else(|| panic!("{name} is not built; cargo build --workspace")));
    command.env("NO_COLOR", "1").env_remove("RUST_LOG");
    command
}

/// A running daemon, killed when it goes out of scope.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: Arc<Log>,
    /// Where it answers HTTP.
    pub http: SocketAddr,
    /// Where it does what it is asked, if it is an agent.
    pub socket: Option<PathBuf>,
    /// Where it serves probes, if it is a probe server.
    pub probes: Option<SocketAddr>,
}

impl Daemon {
    /// Starts `command` and waits for the line that says it is ready.
    ///
    /// # Errors
    /// It ends before; the error holds what it said.
    pub fn start(mut command: Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let log = Log::follow(child.stderr.take().expect("it is piped"));
        let http = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut daemon = Self { child, log, http, socket: None, probes: None };
        let ready = daemon.wait_for(" ready ")?;
        let told = |key: &str| ready.split(&format!(" {key}=")).nth(1)?.split(' ').next();
        let address = |key: &str| told(key)?.parse().ok();
        daemon.http = address("http").ok_or_else(|| io::Error::other(ready.clone()))?;
        daemon.socket = told("socket").map(PathBuf::from);
        daemon.probes = address("probes");
        Ok(daemon)
    }

    /// Waits until it logs a line with `word` in it, and answers with that line.
    ///
    /// # Errors
    /// It ended, or did not say it within a minute; the error holds what it said.
    pub fn wait_for(&self, word: &str) -> io::Result<String> {
        self.log.wait_until(|said| said.text.lines().find(|line| line.contains(word)).map(str::to_owned))
    }

    /// What it has logged so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.log.said().text.clone()
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Posts to it over its unix socket; the status and the body.
    ///
    /// # Errors
    /// It has none, or does not answer.
    pub fn post(&self, path: &str) -> io::Result<(u16, String)> {
        let socket = self.socket.as_ref().ok_or_else(|| io::Error::other("it has no socket"))?;
        let mut stream = UnixStream::connect(socket)?;
        write!(stream, "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other(answer.clone()))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or_else(|| io::Error::other(head.to_owned()))?, body.to_owned()))
    }

    /// Sends it a signal by name, e.g. `TERM`.
    ///
    /// # Panics
    /// There is no `kill`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(status.expect("kill is there").success());
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It does not end within a minute.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.log.wait_until(|said| said.ended.then_some(()))?;
        self.child.wait()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a daemon says, as it says it.
#[derive(Debug, Default)]
struct Log {
    said: Mutex<Said>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Said {
    text: String,
    ended: bool,
}

impl Log {
    fn follow(stderr: ChildStderr) -> Arc<Self> {
        let log = Arc::new(Self::default());
        let writer = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                writer.said().text += &(line + "\n");
                writer.news.notify_all();
            }
            writer.said().ended = true;
            writer.news.notify_all();
        });
        log
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().expect("no writer panics")
    }

    fn wait_until<T>(&self, mut found: impl FnMut(&Said) -> Option<T>) -> io::Result<T> {
        let mut result = None;
        let waiting = |said: &mut Said| {
            result = found(said);
            result.is_none() && !said.ended
        };
        let (said, _) =
            self.news.wait_timeout_while(self.said(), PATIENCE, waiting).expect("no writer panics");
        result.ok_or_else(|| io::Error::other(format!("in vain; it said: {}", said.text)))
    }
}

/// What a program is told on its standard input, a line at a time, off the async threads.
#[must_use]
pub fn lines() -> mpsc::UnboundedReceiver<String> {
    let (tell, told) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    told
}
