//! Lets the real programs and the simulator judge the same links, and prints how far they differ:
//! `tests/emulator/run compare`, see `docs/emulator.md`.

use std::{
    collections::VecDeque,
    error::Error,
    fs::File,
    io::Write,
    path::PathBuf,
    sync::{Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use serde::Serialize;
use siaga_probe::{Bitrate, Mode, Reason, Verdict, judge::Effort};
use siaga_tests::{
    cells,
    emulator::{
        Report,
        lane::{Lane, Way},
        paired::Pairs,
    },
    link::{Link, LinkSpec, train},
};

/// A packet that comes out so late is a disturbance that the simulator doesn't have, ms.
const LATE_MS: f64 = 10.0;

/// As the programs name it.
const LOCAL_FAULT: &str = "LOCAL_FAULT";

/// Probes without a result after which something is broken.
const GIVE_UP_AFTER: usize = 5;

/// Lets the real programs and the simulator judge the same links.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where links can be emulated: ROOM,SERVER,CA, once for each that shall be used at the same time.
    #[arg(long, required = true)]
    lane: Vec<Lane>,
    /// Probes a link; each judges two of the simulator's seeds.
    #[arg(long, default_value_t = 20)]
    runs: u64,
    /// First seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rate that is judged, both ways: cells are scaled to it.
    #[arg(long, default_value = "20M")]
    target: Bitrate,
    /// A file for a line of JSON for each direction.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Cells of cells.toml by their full names, or links as in there.
    #[arg(required = true)]
    links: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let specs =
        arguments.links.iter().map(|link| spec(link, arguments.target)).collect::<Result<Vec<_>, _>>()?;
    let began = Instant::now();
    let (probes, lost) = emulate(&arguments);
    let emulated_s = began.elapsed().as_secs_f64();

    // Only now: it would take the processor from the links.
    let judged: Vec<Judged> = probes
        .iter()
        .flat_map(|probe| simulate(probe, &arguments.links[probe.link], &specs[probe.link], arguments.target))
        .collect();
    if let Some(path) = &arguments.keep {
        let mut file = File::create(path)?;
        for one in &judged {
            writeln!(file, "{}", serde_json::to_string(one)?)?;
        }
    }
    println!(
        "| link | directions | left out: local faults | emulator P/F/I % | simulator P/F/I % | end differently | P: points, 95 % | \
         F: points, 95 % | I: points, 95 % | observed s: emulator, simulator | late ms: mean, worst | \
         directions ≥ {LATE_MS} ms late |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for link in &arguments.links {
        println!("{}", row(link, &judged.iter().filter(|one| one.link == *link).collect::<Vec<_>>()));
    }
    println!("\n{} probes in {emulated_s:.0} s, {} at a time", probes.len(), arguments.lane.len());
    if lost.is_empty() {
        Ok(())
    } else {
        Err(format!("{} probes gave no result: {}", lost.len(), lost[0]).into())
    }
}

fn spec(link: &str, target: Bitrate) -> Result<LinkSpec, String> {
    if link.contains('=') {
        return link.parse();
    }
    let cell = cells::all().into_iter().find(|cell| cell.name == link);
    Ok(cell.ok_or_else(|| format!("there is no cell “{link}”"))?.link.scaled(target.mbps() / 20.0))
}

struct Emulated {
    link: usize,
    seed: u64,
    ways: [Way; 2],
    report: Report,
}

/// All probes, in no order, and what went wrong with those that gave no result.
fn emulate(arguments: &Arguments) -> (Vec<Emulated>, Vec<String>) {
    // A link's probes lie far apart: a disturbed minute shall not fall on one link.
    let jobs = (0..arguments.runs).flat_map(|run| (0..arguments.links.len()).map(move |link| (link, run)));
    let jobs = Mutex::new(jobs.collect::<VecDeque<_>>());
    let ends = Mutex::new((Vec::new(), Vec::new()));
    let work = |lane: &Lane| {
        // In a statement of its own: a guard in the condition would be held through the body.
        let next = || locked(&jobs).pop_front();
        while let Some((link, run)) = next() {
            let probe = emulate_one(lane, arguments, link, arguments.seed + run);
            let (probes, lost) = &mut *locked(&ends);
            match probe {
                Ok(probe) => probes.push(probe),
                Err(error) => lost.push(format!("{}: {error}", arguments.links[link])),
            }
            if lost.len() >= GIVE_UP_AFTER {
                return;
            }
        }
    };
    let work = &work;
    thread::scope(|scope| {
        for lane in &arguments.lane {
            scope.spawn(move || work(lane));
        }
    });
    ends.into_inner().expect("no lane panics")
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("no lane panics")
}

fn emulate_one(lane: &Lane, arguments: &Arguments, link: usize, seed: u64) -> std::io::Result<Emulated> {
    let text = &arguments.links[link];
    let target = arguments.target.bps().to_string();
    let options: &[&str] = if text.contains('=') {
        &["--up", text, "--down", text]
    } else {
        &["--cell", text, "--target", &target]
    };
    let joint = lane.join(seed, options)?;
    let probe = lane.probe(arguments.target, arguments.target)?;
    Ok(Emulated { link, seed, ways: [probe.result.up, probe.result.down], report: joint.part()? })
}

/// One direction, judged both ways.
#[derive(Debug, Clone, Serialize)]
struct Judged {
    link: String,
    seed: u64,
    emulator: Verdict,
    emulator_reason: String,
    simulator: Verdict,
    simulator_reason: Reason,
    emulator_observed_s: f64,
    simulator_observed_s: f64,
    train_at_s: f64,
    late_ms_mean: f64,
    late_ms_max: f64,
}

/// The simulator's trains over the same links, begun at the same age of the link.
fn simulate(probe: &Emulated, name: &str, spec: &LinkSpec, target: Bitrate) -> [Judged; 2] {
    [(0, probe.report.up), (1, probe.report.down)].map(|(side, count)| {
        let seed = 2 * probe.seed + side as u64;
        let way = &probe.ways[side];
        let machine = train::Machine::default();
        let age = Duration::from_secs_f64(count.train_at_s.unwrap_or(0.0));
        let link = Link::new(spec, seed);
        let run = train::run_on(Mode::Gate, link, age, target, [&machine, &machine], Effort::Normal, seed);
        Judged {
            link: name.to_owned(),
            seed,
            emulator: way.verdict,
            emulator_reason: way.reason.clone(),
            simulator: run.result.verdict,
            simulator_reason: run.result.reason,
            emulator_observed_s: way.observed_s,
            simulator_observed_s: run.result.observed_s,
            train_at_s: age.as_secs_f64(),
            late_ms_mean: count.late_ms_mean,
            late_ms_max: count.late_ms_max,
        }
    })
}

fn row(name: &str, judged: &[&Judged]) -> String {
    let mut pairs = Pairs::default();
    // The programs found that they, not the link, were late. The simulator's machines never are.
    let local = |one: &&&Judged| one.emulator_reason == LOCAL_FAULT;
    for one in judged.iter().filter(|one| !local(one)) {
        pairs.add(one.emulator, one.simulator);
    }
    let shares = |[pass, fail, inconclusive]: [f64; 3]| format!("{pass:.1}/{fail:.1}/{inconclusive:.1}");
    let differences = [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive].map(|verdict| {
        let difference = pairs.difference(verdict);
        format!("{:+.1} ({:+.1} to {:+.1})", difference.points, difference.low, difference.high)
    });
    let mean = |of: fn(&Judged) -> f64| {
        let values = judged.iter().filter(|one| !local(one)).map(|one| of(one));
        values.sum::<f64>() / f64::from(pairs.links().max(1))
    };
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {:.2}, {:.2} | {:.2}, {:.1} | {} |",
        pairs.links(),
        judged.iter().filter(local).count(),
        shares(pairs.first()),
        shares(pairs.second()),
        pairs.discordant(),
        differences.join(" | "),
        mean(|one| one.emulator_observed_s),
        mean(|one| one.simulator_observed_s),
        mean(|one| one.late_ms_mean),
        judged.iter().map(|one| one.late_ms_max).fold(0.0, f64::max),
        judged.iter().filter(|one| one.late_ms_max >= LATE_MS).count(),
    )
}
