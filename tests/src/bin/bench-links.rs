//! Measures the programs beside iperf3 over emulated links, and writes a line of JSON for each answer:
//! `tests/emulator/run bench`, which `make bench` runs.

use std::{
    error::Error,
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    process::Command,
    thread,
};

use clap::Parser;
use siaga_probe::Verdict;
use siaga_tests::{
    bench::{
        iperf3::{self, Direction, Question, Reading},
        links::{self, BenchLink},
        record::{Line, Machine, Run, Tool, Way},
    },
    emulator::lane::{self, Lane},
    link::truth,
    programs::program,
};

/// Measures the programs beside iperf3 over emulated links.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where links can be emulated: ROOM,SERVER,CA.
    #[arg(long)]
    lane: Lane,
    /// The file that is written.
    #[arg(long)]
    out: PathBuf,
    /// Probes a link; iperf3 is run once each way with TCP and UDP.
    #[arg(long, default_value_t = 5)]
    probes: u64,
    /// Only a few links.
    #[arg(long)]
    quick: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut out = File::create(&arguments.out)?;
    let mut write = |line: &Line| writeln!(out, "{}", serde_json::to_string(line)?);
    write(&Line::Machine(machine()?))?;
    for link in links::all().iter().filter(|link| link.quick || !arguments.quick) {
        write(&Line::Asked(link.asked()))?;
        for seed in 1..=arguments.probes {
            write(&Line::Run(said(probe(&arguments.lane, link, seed)?)))?;
        }
        for (tool, test) in [(Tool::Tcp, iperf3::tcp as Test), (Tool::Udp, iperf3::udp)] {
            write(&Line::Run(said(both_ways(&arguments.lane, link, tool, test)?)))?;
        }
    }
    Ok(())
}

fn machine() -> io::Result<Machine> {
    let first_line = |command: &mut Command| -> io::Result<String> {
        let output = command.output()?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
    };
    let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned());
    let cpu = read("/proc/cpuinfo")?
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or_else(|| "unknown".to_owned(), |(_, model)| model.to_owned());
    let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let version = first_line(program("siaga-agent").arg("--version"))?;
    Ok(Machine {
        cpu,
        cores: thread::available_parallelism()?.get(),
        kernel: read("/proc/sys/kernel/osrelease")?,
        congestion_control: read("/proc/sys/net/ipv4/tcp_congestion_control")?,
        iperf3: first_line(Command::new("iperf3").arg("--version"))?,
        siaga: commit
            .ok()
            .filter(|commit| !commit.is_empty())
            .map_or(version.clone(), |commit| format!("{version}, commit {commit}")),
        date: first_line(Command::new("date").args(["--utc", "+%F"]))?,
        load: read("/proc/loadavg")?.split(' ').next().unwrap_or_default().to_owned(),
    })
}

fn probe(lane: &Lane, link: &BenchLink, seed: u64) -> io::Result<Run> {
    let joint = lane.join(seed, &["--up", &link.up, "--down", &link.down])?;
    let probe = lane.probe(link.asked.up, link.asked.down)?;
    let bytes = lane.bytes_sent()?;
    let report = joint.part()?;
    let [up, down] = truths(link, seed);
    let way = |found: &lane::Way, truth| Way {
        verdict: found.verdict,
        truth,
        mbps: found.delivered_bps.map(|bps| bps / 1e6),
        loss: found.loss_ratio,
    };
    let ways = [("up", &probe.result.up), ("down", &probe.result.down)];
    let undecided = ways.iter().filter(|(_, way)| way.verdict == Verdict::Inconclusive);
    Ok(Run {
        link: link.name.clone(),
        tool: Tool::Siaga,
        seed,
        seconds: probe.whole_s,
        duration_s: Some(probe.result.duration_s),
        bytes,
        up: way(&probe.result.up, up),
        down: way(&probe.result.down, down),
        late_ms_max: report.up.late_ms_max.max(report.down.late_ms_max),
        complaints: undecided.map(|(name, way)| format!("{name} {}", way.reason)).collect(),
    })
}

type Test = fn(&Lane, Question) -> io::Result<Reading>;

/// First up, then down, each over the link of the first seed when it is new.
fn both_ways(lane: &Lane, link: &BenchLink, tool: Tool, test: Test) -> io::Result<Run> {
    const SEED: u64 = 1;
    let rtt_s = link.asked().rtt_ms / 1e3;
    let one = |direction, asked, truth| -> io::Result<_> {
        let joint = lane.join(SEED, &["--up", &link.up, "--down", &link.down])?;
        let reading = test(lane, Question { direction, asked, rtt_s })?;
        let bytes = lane.bytes_sent()?;
        let report = joint.part()?;
        let late_ms = report.up.late_ms_max.max(report.down.late_ms_max);
        let way = Way { verdict: reading.verdict, truth, mbps: reading.mbps, loss: reading.loss };
        Ok((way, reading.seconds, bytes, late_ms, reading.complaint))
    };
    let [truth_up, truth_down] = truths(link, SEED);
    let up = one(Direction::Up, link.asked.up, truth_up)?;
    let down = one(Direction::Down, link.asked.down, truth_down)?;
    Ok(Run {
        link: link.name.clone(),
        tool,
        seed: SEED,
        seconds: up.1 + down.1,
        duration_s: None,
        bytes: up.2 + down.2,
        up: up.0,
        down: down.0,
        late_ms_max: up.3.max(down.3),
        complaints: up.4.into_iter().chain(down.4).collect(),
    })
}

fn truths(link: &BenchLink, seed: u64) -> [Verdict; 2] {
    let [up, down] = link.specs();
    [truth::of(link.asked.up, &up, 2 * seed), truth::of(link.asked.down, &down, 2 * seed + 1)]
}

/// On stderr, as it comes.
fn said(run: Run) -> Run {
    eprintln!(
        "{:<36} {:<6} up {:?}, down {:?} (right: {:?}, {:?}) {:>6.2} s {:>8.2} MB",
        run.link,
        format!("{:?}", run.tool).to_lowercase(),
        run.up.verdict,
        run.down.verdict,
        run.up.truth,
        run.down.truth,
        run.seconds,
        run.bytes as f64 / 1e6,
    );
    run
}
