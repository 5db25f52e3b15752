//! iperf3's tests, and how a person who wants to know whether a rate is sustained would read them.

mod server;

use std::{io, process::Command, time::Instant};

use serde::Deserialize;
use siaga_probe::{Bitrate, Verdict};

pub use self::server::Server;
use crate::emulator::lane::Lane;

/// Of a UDP test: what a person gives it, so that no packet is fragmented.
const PAYLOAD: f64 = 1200.0;
/// With the headers of IP and UDP.
const PACKET: f64 = PAYLOAD + 28.0;
/// Longer than any test of ten seconds takes, s.
const PATIENCE: &str = "60";

/// Which way the data go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the room to the server.
    Up,
    /// From the server to the room.
    Down,
}

/// What a test shall find out.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Which way.
    pub direction: Direction,
    /// Rate to be sustained at the IP layer.
    pub asked: Bitrate,
    /// Round-trip time of the idle link, s.
    pub rtt_s: f64,
}

/// What a test came to.
#[derive(Debug, Clone)]
pub struct Reading {
    /// From the process's start to its end, s.
    pub seconds: f64,
    /// Whether the rate is sustained.
    pub verdict: Verdict,
    /// Rate that arrived, Mbit/s: TCP's as iperf3 prints it, UDP's at the IP layer.
    pub mbps: Option<f64>,
    /// Share of UDP's packets that were lost, 0 to 1.
    pub loss: Option<f64>,
    /// Why there is no verdict.
    pub complaint: Option<String>,
}

/// TCP for ten seconds: passes if the rate that is printed for the receiver is at least the one asked about.
///
/// # Errors
/// iperf3 can't be run.
pub fn tcp(lane: &Lane, question: Question) -> io::Result<Reading> {
    let (seconds, end) = run(lane, question.direction, &[])?;
    Ok(match end {
        Ok(received) => {
            let mbps = received.bits_per_second / 1e6;
            Reading { mbps: Some(mbps), ..Reading::of(seconds, mbps >= question.asked.mbps()) }
        }
        Err(complaint) => Reading::none(seconds, complaint),
    })
}

/// UDP at the asked rate, counted at the IP layer, for ten seconds: passes if at least 98 % of it arrive and at most 1 %
/// of the packets are lost.
///
/// # Errors
/// iperf3 can't be run.
pub fn udp(lane: &Lane, Question { direction, asked, rtt_s }: Question) -> io::Result<Reading> {
    let rate = asked.scaled(PAYLOAD / PACKET).bps().to_string();
    let length = PAYLOAD.to_string();
    let (seconds, end) = run(lane, direction, &["--udp", "--bitrate", &rate, "--length", &length])?;
    Ok(match end {
        Ok(received) => {
            // A round trip of the receiver's time is spent on starting and on the way; a long one would look slow.
            let mbps = received.bytes * 8.0 / (received.seconds - rtt_s) / 1e6 * PACKET / PAYLOAD;
            let loss = received.lost_packets / received.packets.max(1.0);
            let passes = loss <= 0.01 && mbps >= 0.98 * asked.mbps();
            Reading { mbps: Some(mbps), loss: Some(loss), ..Reading::of(seconds, passes) }
        }
        Err(complaint) => Reading::none(seconds, complaint),
    })
}

impl Reading {
    fn of(seconds: f64, passes: bool) -> Self {
        let verdict = if passes { Verdict::Pass } else { Verdict::Fail };
        Self { seconds, verdict, mbps: None, loss: None, complaint: None }
    }

    fn none(seconds: f64, complaint: String) -> Self {
        let verdict = Verdict::Inconclusive;
        Self { seconds, verdict, mbps: None, loss: None, complaint: Some(complaint) }
    }
}

fn run(lane: &Lane, direction: Direction, options: &[&str]) -> io::Result<(f64, Result<Received, String>)> {
    let mut server = Command::new("iperf3");
    let server = Server::start(lane.in_server(server.args(["--server", "--one-off"])))?;
    let mut client = Command::new("timeout");
    client.args([PATIENCE, "iperf3", "--client", "192.0.2.2", "--time", "10", "--json"]).args(options);
    if direction == Direction::Down {
        client.arg("--reverse");
    }
    let began = Instant::now();
    let output = lane.in_room(&client).output()?;
    let seconds = began.elapsed().as_secs_f64();
    drop(server);
    Ok((seconds, read(&output.stdout)))
}

fn read(said: &[u8]) -> Result<Received, String> {
    match serde_json::from_slice(said) {
        Ok(Test { error: Some(error), .. }) => Err(error),
        Ok(Test { end: End { sum_received: Some(received) }, .. }) => Ok(received),
        Ok(_) => Err("no sum".to_owned()),
        Err(_) => Err(format!("no result within {PATIENCE} s")),
    }
}

#[derive(Debug, Deserialize)]
struct Test {
    error: Option<String>,
    #[serde(default)]
    end: End,
}

#[derive(Debug, Default, Deserialize)]
struct End {
    sum_received: Option<Received>,
}

#[derive(Debug, Deserialize)]
struct Received {
    seconds: f64,
    bytes: f64,
    bits_per_second: f64,
    #[serde(default)]
    packets: f64,
    #[serde(default)]
    lost_packets: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_receiver_counted_is_what_counts() {
        let said = br#"{"end":{"streams":[],
            "sum_sent":{"seconds":10.0,"bytes":15500000,"bits_per_second":12.4e6,"sender":true},
            "sum_received":{"seconds":10.02,"bytes":14404000,"bits_per_second":11.5e6,"sender":true}}}"#;
        assert!((read(said).unwrap().bits_per_second - 11.5e6).abs() < 1.0);
    }

    #[test]
    fn a_test_that_broke_off_says_nothing_about_the_link() {
        let said = br#"{"end":{},"error":"unable to receive control message"}"#;
        assert_eq!(read(said).unwrap_err(), "unable to receive control message");
        assert_eq!(read(br#"{"end":{}}"#).unwrap_err(), "no sum");
        assert_eq!(read(b"").unwrap_err(), "no result within 60 s");
    }
}
