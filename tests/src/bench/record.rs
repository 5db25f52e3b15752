//! What was measured, a line of JSON each.

use serde::{Deserialize, Serialize};
use siaga_probe::Verdict;

/// A line of the results.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// The first one.
    Machine(Machine),
    /// In front of a link's runs.
    Asked(Asked),
    /// A tool's whole answer about a link.
    Run(Run),
}

/// Where and with what it was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// As the processor calls itself.
    pub cpu: String,
    /// Processors.
    pub cores: usize,
    /// Of Linux.
    pub kernel: String,
    /// What TCP does by default.
    pub congestion_control: String,
    /// As iperf3 calls itself.
    pub iperf3: String,
    /// As the agent calls itself, and its commit where that is known.
    pub siaga: String,
    /// The day, UTC.
    pub date: String,
    /// Load of the last minute when it began.
    pub load: String,
}

/// A link and the question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Its name.
    pub link: String,
    /// Rate to be sustained from the room to the server, Mbit/s at the IP layer.
    pub up_mbps: f64,
    /// The other way.
    pub down_mbps: f64,
    /// Round-trip time while idle, ms.
    pub rtt_ms: f64,
    /// Whether two seeds give two different links.
    pub random: bool,
    /// How many times the probe's bytes iperf3's TCP test is expected to need at least.
    pub bytes_ratio: Option<f64>,
}

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// `siaga-agent probe`: both directions at once.
    Siaga,
    /// iperf3 with TCP: up, then down.
    Tcp,
    /// iperf3 with UDP at the asked rate: up, then down.
    Udp,
}

/// A tool's whole answer about a link: both directions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// The link's name.
    pub link: String,
    /// The tool.
    pub tool: Tool,
    /// Which link of that name; the same for all tools.
    pub seed: u64,
    /// From the start of its first process to the end of its last, s.
    pub seconds: f64,
    /// The probe's own time: from its first packet to its verdict, s.
    pub duration_s: Option<f64>,
    /// IP bytes sent into the link from both ends.
    pub bytes: u64,
    /// From the room to the server.
    pub up: Way,
    /// From the server to the room.
    pub down: Way,
    /// The emulator's worst delay of a packet, ms.
    pub late_ms_max: f64,
    /// What it complained about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complaints: Vec<String>,
}

/// One direction of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// What the tool says.
    pub verdict: Verdict,
    /// What 30 s at exactly the asked rate find, after the link's model.
    pub truth: Verdict,
    /// Rate that arrived, Mbit/s as the tool counts.
    pub mbps: Option<f64>,
    /// Share that was lost, 0 to 1.
    pub loss: Option<f64>,
}
