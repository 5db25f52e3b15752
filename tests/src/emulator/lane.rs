//! Two network namespaces with a probe server in one, made by `tests/emulator/run`: links come and go between them.

use std::{
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    str::FromStr,
    time::Instant,
};

use serde::Deserialize;
use siaga_probe::{Bitrate, Reason, Verdict};

use super::Report;
use crate::programs::program;

/// Two namespaces and the CA of the probe server that listens at 192.0.2.2:4433 in the second.
#[derive(Debug, Clone)]
pub struct Lane {
    /// The room's namespace.
    pub room: String,
    /// The server's namespace.
    pub server: String,
    ca: PathBuf,
}

/// `ROOM,SERVER,CA`.
impl FromStr for Lane {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let [room, server, ca] = text.split(',').collect::<Vec<_>>()[..] else {
            return Err("a lane is ROOM,SERVER,CA".to_owned());
        };
        Ok(Self { room: room.to_owned(), server: server.to_owned(), ca: ca.into() })
    }
}

impl Lane {
    /// Joins the namespaces by `emulate` with these options and waits until packets pass.
    ///
    /// # Errors
    /// It does not start; it has said why.
    pub fn join(&self, seed: u64, options: &[&str]) -> io::Result<Joint> {
        let emulate = program("emulate");
        // Others on this machine must not become a property of the link.
        let mut command = Command::new("chrt");
        command.args(["--fifo", "10"]).arg(emulate.get_program());
        if !Command::new("chrt").args(["--fifo", "10", "true"]).stderr(Stdio::null()).status()?.success() {
            command = emulate;
        }
        command.args(["--room", &self.room, "--server", &self.server, "--seed", &seed.to_string()]);
        let mut child = command.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        said.read_line(&mut line)?;
        if line.trim_end() != "ready" {
            child.wait()?;
            return Err(io::Error::other("the emulator did not start"));
        }
        Ok(Joint { child, said })
    }

    /// Runs `siaga-agent probe` in the room.
    ///
    /// # Errors
    /// It can't be run, or prints no result.
    pub fn probe(&self, up: Bitrate, down: Bitrate) -> io::Result<Probe> {
        let agent = program("siaga-agent");
        let rate = |rate: Bitrate| rate.bps().to_string();
        let mut command = self.in_room(&agent);
        command.args(["probe", "--server", "192.0.2.2:4433", "--format", "json", "--ca"]).arg(&self.ca);
        command.args(["--up", &rate(up), "--down", &rate(down)]);
        let began = Instant::now();
        // Its exit status says what it found; what it couldn't find out is in the result too.
        let output = command.stderr(Stdio::piped()).output()?;
        let whole_s = began.elapsed().as_secs_f64();
        let explain = |error| {
            io::Error::other(format!(
                "no result: {error}; it said: {}",
                String::from_utf8_lossy(&output.stderr)
            ))
        };
        let result = serde_json::from_slice(&output.stdout).map_err(explain)?;
        Ok(Probe { whole_s, result })
    }

    /// `program` with its arguments so far, in the room.
    #[must_use]
    pub fn in_room(&self, program: &Command) -> Command {
        inside(&self.room, program)
    }

    /// `program` with its arguments so far, in the server's namespace.
    #[must_use]
    pub fn in_server(&self, program: &Command) -> Command {
        inside(&self.server, program)
    }

    /// IP bytes that were sent into the link from both ends, after their devices' own counters.
    ///
    /// # Errors
    /// The namespaces are not joined.
    pub fn bytes_sent(&self) -> io::Result<u64> {
        let mut bytes = 0;
        for namespace in [&self.room, &self.server] {
            let asked = ["-n", namespace, "-s", "-json", "link", "show", "eth0"];
            let output = Command::new("ip").args(asked).output()?;
            let devices: Vec<Device> = serde_json::from_slice(&output.stdout)?;
            bytes += devices.iter().map(|device| device.stats64.tx.bytes).sum::<u64>();
        }
        Ok(bytes)
    }
}

fn inside(namespace: &str, program: &Command) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program.get_program()).args(program.get_args());
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

#[derive(Debug, Deserialize)]
struct Device {
    stats64: Stats,
}

#[derive(Debug, Deserialize)]
struct Stats {
    tx: Sent,
}

#[derive(Debug, Deserialize)]
struct Sent {
    bytes: u64,
}

/// A link between the namespaces of a lane.
#[derive(Debug)]
pub struct Joint {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Joint {
    /// Takes the link away.
    ///
    /// # Errors
    /// The emulator broke.
    pub fn part(mut self) -> io::Result<Report> {
        // It ends when its input does.
        drop(self.child.stdin.take());
        let mut report = String::new();
        self.said.read_to_string(&mut report)?;
        self.child.wait()?;
        Ok(serde_json::from_str(&report)?)
    }
}

/// Also where a measurement was given up: the emulator must not outlive it.
impl Drop for Joint {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A probe by the real programs.
#[derive(Debug, Clone)]
pub struct Probe {
    /// From the process's start to its end, s.
    pub whole_s: f64,
    /// What it printed.
    pub result: Found,
}

/// Those stable fields of the agent's JSON that measurements need.
#[derive(Debug, Clone, Deserialize)]
pub struct Found {
    /// From the first packet to the verdict, s.
    pub duration_s: f64,
    /// From the room to the server.
    pub up: Way,
    /// From the server to the room.
    pub down: Way,
}

/// One direction of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Way {
    /// Its verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// How long it was observed, s.
    pub observed_s: f64,
    /// Rate that arrived, bits per second.
    pub delivered_bps: Option<f64>,
    /// Share of its packets that were lost, 0 to 1.
    pub loss_ratio: Option<f64>,
}
