//! Measures what the targets are about, on this machine, with the programs next to this one: `make bench`.
//!
//! Benchmarks measure, tests decide: this prints figures beside their targets and never fails because of one.

use std::{
    error::Error,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use siaga_tests::{
    bench::scan,
    programs::{Daemon, Lab},
    province::machine::{get, processor_seconds, resident_kib},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PROBES: usize = 10;
const REQUESTS: usize = 2_000;
const LOOKS: usize = 1_000;
const IDLE: Duration = Duration::from_secs(60);

fn main() -> Result<()> {
    let lab = Lab::new()?;
    let server = lab.server(&["--open"])?;
    println!("{:<44} {:>10} {:>10} {:>10}   target", "", "median", "p99", "max");
    probes(&lab, &server)?;
    looks()?;
    let agent = lab.agent(&lab.agent_config(&server, ""))?;
    // The first scan and the first probe are start-up, not idling.
    agent.wait_for(" probed ")?;
    for path in ["/v1/readiness", "/metrics"] {
        requests(&agent, path)?;
    }
    idle(&agent)
}

/// Whole processes, from start to exit.
fn probes(lab: &Lab, server: &Daemon) -> Result<()> {
    let (mut seconds, mut megabytes) = (Vec::new(), Vec::new());
    for _ in 0..PROBES {
        let started = Instant::now();
        let output = lab.probe_command(server).args(["--format", "json"]).output()?;
        seconds.push(started.elapsed().as_secs_f64());
        let result: Value = serde_json::from_slice(&output.stdout)?;
        if result["verdict"] != "pass" {
            println!("a probe on loopback did not pass: {result}");
        }
        let bytes = |side: &str| result["bytes"][side].as_f64().unwrap_or(f64::NAN);
        megabytes.push((bytes("sent") + bytes("received")) / 1e6);
    }
    row(&format!("gate probe 10/20, whole process ×{PROBES}, s"), seconds, "≤ 1.3");
    row("bytes of it, both ways, MB", megabytes, "≤ 5");
    Ok(())
}

/// Passive scans: of this machine, which may have no device, and of one with more than any room has.
fn looks() -> Result<()> {
    row(&format!("look at this machine's devices ×{LOOKS}, ms"), scan::of_this_machine(LOOKS)?, "≤ 50");
    for devices in [4, 64] {
        let milliseconds = scan::of_a_crowded_machine(devices, LOOKS)?;
        row(&format!("look at {devices} webcams ×{LOOKS}, ms"), milliseconds, "≤ 50");
    }
    Ok(())
}

/// A connection for each request, as naive clients do it.
fn requests(agent: &Daemon, path: &str) -> Result<()> {
    let mut milliseconds = Vec::new();
    for _ in 0..REQUESTS {
        let started = Instant::now();
        get(agent.http, path)?;
        milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
    }
    row(&format!("GET {path} ×{REQUESTS}, ms"), milliseconds, "p99 < 5");
    Ok(())
}

/// Memory and processor time of the agent when nobody asks.
fn idle(agent: &Daemon) -> Result<()> {
    let before = processor_seconds(agent.id())?;
    sleep(IDLE);
    let share = (processor_seconds(agent.id())? - before) / IDLE.as_secs_f64() * 100.0;
    #[allow(clippy::cast_precision_loss)]
    let megabytes = resident_kib(agent.id())? as f64 * 1024.0 / 1e6;
    println!("{:<44} {megabytes:>10.1} {:>10} {:>10}   < 30", "agent, resident memory, MB", "", "");
    println!("{:<44} {share:>10.2} {:>10} {:>10}   < 0.5", "agent, share of a core while idle, %", "", "");
    Ok(())
}

fn row(name: &str, mut values: Vec<f64>, target: &str) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let index = (values.len() as f64 * share).ceil() as usize;
        values[index.clamp(1, values.len()) - 1]
    };
    println!("{name:<44} {:>10.3} {:>10.3} {:>10.3}   {target}", at(0.5), at(0.99), at(1.0));
}
