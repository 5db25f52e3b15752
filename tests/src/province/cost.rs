//! Processor time for what is sent and received at paced rates, beside iperf3 with as many flows in the same run.

use std::{fs, process::Command};

use serde_json::Value;
use siaga_probe::Mode;

use super::{
    Measured,
    figure::Figure,
    gates::probes,
    machine::{get, metric, processor_seconds},
};
use crate::{bench::iperf3::Server, programs::Lab};

/// Both ways at 20 Mbit/s each.
const FLOWS: usize = 10;
/// Of iperf3's packets and ours.
const PAYLOAD: f64 = 1200.0;
/// IP and UDP.
const HEADERS: f64 = 28.0;

/// iperf3, sustain probes of 21 s and more, iperf3 again.
///
/// # Errors
/// A program can't be run.
pub async fn measure() -> Measured {
    let before = iperf3()?;
    let (ours, complaint) = siaga().await?;
    let after = iperf3()?;
    let theirs = f64::midpoint(before, after);
    let ratio = ours / theirs;
    let measured = format!("{ours:.2} and {theirs:.2} CPU-s per Gbit: {ratio:.2} ×{complaint}");
    Ok(vec![Figure::held(
        format!(
            "server's processor time, {FLOWS} rooms at 20/20 Mbit/s encrypted and judged, beside `iperf3 -u` in plain"
        ),
        measured,
        "≤ 1.5 ×",
        ratio <= 1.5,
    )])
}

async fn siaga() -> Result<(f64, String), Box<dyn std::error::Error>> {
    let lab = Lab::new()?;
    // Sustain probes may take a third of a line: it is to be wide enough for all of these.
    fs::write(lab.server_dir().join("probe-server.toml"), "[limits]\nuplink = \"4G\"\n")?;
    let server = lab.server(&[])?;
    let before = processor_seconds(server.id())?;
    let probed = probes(&lab, &server, FLOWS, Mode::Sustain).await?;
    let seconds = processor_seconds(server.id())? - before;
    let text = get(server.http, "/metrics")?.1;
    let bytes = |direction: &str| {
        let name = format!("siaga_server_probe_bytes_total{{direction=\"{direction}\"}}");
        metric(&text, &name).ok_or_else(|| format!("no {name}"))
    };
    let gbit = (bytes("up")? + bytes("down")?) * 8.0 / 1e9;
    let passed = probed.iter().filter(|it| it.result.verdict == siaga_probe::Verdict::Pass).count();
    let complaint =
        if passed == FLOWS { String::new() } else { format!("; only {passed} of {FLOWS} probes passed") };
    Ok((seconds / gbit, complaint))
}

/// CPU-s per Gbit at the IP layer of its server, which sends as much as it receives.
fn iperf3() -> Result<f64, Box<dyn std::error::Error>> {
    let mut command = Command::new("iperf3");
    command.args(["--server", "--bind", "127.0.0.1", "--port", PORT]);
    let server = Server::start(command)?;
    let before = processor_seconds(server.id())?;
    let output = Command::new("iperf3")
        .args(["--client", "127.0.0.1", "--port", PORT, "--udp", "--bidir", "--time", "10", "--json"])
        .args(["--parallel", &FLOWS.to_string(), "--bitrate", "20M", "--length", &PAYLOAD.to_string()])
        .output()?;
    let seconds = processor_seconds(server.id())? - before;
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let bytes =
        |sum: &str| said["end"][sum]["bytes"].as_f64().ok_or_else(|| format!("iperf3 tells no {sum}"));
    let payload = bytes("sum_received")? + bytes("sum_received_bidir_reverse")?;
    Ok(seconds / (payload * (PAYLOAD + HEADERS) / PAYLOAD * 8.0 / 1e9))
}

/// Of iperf3's server, on loopback.
const PORT: &str = "45201";
