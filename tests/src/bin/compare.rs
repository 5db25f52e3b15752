//! Lets the real programs and the simulator judge the same links, and prints how far they differ:
//! `tests/emulator/run compare`, see `docs/emulator.md`.

use std::{
    collections::VecDeque,
    error::Error,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use serde::{Deserialize, Serialize};
use siaga_probe::{Bitrate, DirectionResult, Mode, Reason, Verdict, judge::Effort};
use siaga_tests::{
    cells,
    emulator::{
        Count,
        lane::{Lane, Way},
        paired::Pairs,
    },
    link::{Link, LinkSpec, train},
};

/// A packet that comes out so late is a disturbance that the simulator doesn't have, ms.
const LATE_MS: f64 = 10.0;

/// What the programs say where a machine, theirs or the peer's, and not the link had its way.
const MACHINES: [Reason; 3] = [Reason::LocalFault, Reason::SenderLate, Reason::PeerFailed];

/// Probes without a result after which something is broken.
const GIVE_UP_AFTER: usize = 5;

/// Lets the real programs and the simulator judge the same links.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where links can be emulated: ROOM,SERVER,CA, once for each that shall be used at the same time.
    #[arg(long, required_unless_present = "again")]
    lane: Vec<Lane>,
    /// Emulates nothing: lets today's simulator judge what a file of `--keep` has of these links.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["lane", "keep"])]
    again: Option<PathBuf>,
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
    let (emulated, lost) = match &arguments.again {
        Some(file) => (read(file, &arguments.links)?, Vec::new()),
        None => {
            let began = Instant::now();
            let (emulated, lost) = emulate(&arguments);
            let (probes, lanes) = (emulated.len() / 2, arguments.lane.len());
            eprintln!("{probes} probes in {:.0} s, {lanes} at a time", began.elapsed().as_secs_f64());
            (emulated, lost)
        }
    };

    // Only now: it would take the processor from the links.
    let judged: Vec<Judged> = emulated
        .into_iter()
        .map(|one| {
            let link = arguments.links.iter().position(|link| *link == one.link).expect("it is one of them");
            judge(one, &specs[link], arguments.target)
        })
        .collect();
    if let Some(path) = &arguments.keep {
        let mut file = File::create(path)?;
        for one in &judged {
            writeln!(file, "{}", serde_json::to_string(one)?)?;
        }
    }
    println!(
        "| link | directions | left out | emulator P/F/I % | simulator P/F/I % | end differently | P: points, 95 % | \
         F: points, 95 % | I: points, 95 % | observed s: emulator, simulator | late ms: mean, worst | \
         directions ≥ {LATE_MS} ms late |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for link in &arguments.links {
        println!(
            "{}",
            row(link, &judged.iter().filter(|one| one.emulated.link == *link).collect::<Vec<_>>())
        );
    }
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

/// One direction of a probe by the programs.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Emulated {
    link: String,
    seed: u64,
    emulator: Verdict,
    emulator_reason: Reason,
    emulator_observed_s: f64,
    train_at_s: f64,
    late_ms_mean: f64,
    late_ms_max: f64,
}

/// The directions of `links` that `file` has.
fn read(file: &Path, links: &[String]) -> Result<Vec<Emulated>, Box<dyn Error>> {
    let all =
        fs::read_to_string(file)?.lines().map(serde_json::from_str).collect::<Result<Vec<Emulated>, _>>()?;
    Ok(all.into_iter().filter(|one| links.contains(&one.link)).collect())
}

/// Both directions of all probes, in no order, and what went wrong with those that gave no result.
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
                Ok(both) => probes.extend(both),
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

fn emulate_one(lane: &Lane, arguments: &Arguments, link: usize, seed: u64) -> std::io::Result<[Emulated; 2]> {
    let text = &arguments.links[link];
    let target = arguments.target.bps().to_string();
    let options: &[&str] = if text.contains('=') {
        &["--up", text, "--down", text]
    } else {
        &["--cell", text, "--target", &target]
    };
    let joint = lane.join(seed, options)?;
    let probe = lane.probe(arguments.target, arguments.target)?;
    let report = joint.part()?;
    let direction = |side: u64, way: Way, count: Count| Emulated {
        link: text.clone(),
        seed: 2 * seed + side,
        emulator: way.verdict,
        emulator_reason: way.reason,
        emulator_observed_s: way.observed_s,
        train_at_s: count.train_at_s.unwrap_or(0.0),
        late_ms_mean: count.late_ms_mean,
        late_ms_max: count.late_ms_max,
    };
    Ok([direction(0, probe.result.up, report.up), direction(1, probe.result.down, report.down)])
}

/// One direction, judged both ways.
#[derive(Debug, Clone, Serialize)]
struct Judged {
    #[serde(flatten)]
    emulated: Emulated,
    simulator: Verdict,
    simulator_reason: Reason,
    simulator_observed_s: f64,
    /// Whether it says something about the link: the simulator's machines are never late.
    counts: bool,
}

/// The simulator's train over the same link, begun at the same age of the link.
fn judge(emulated: Emulated, spec: &LinkSpec, target: Bitrate) -> Judged {
    let machine = train::Machine::default();
    let age = Duration::from_secs_f64(emulated.train_at_s);
    // A handshake takes more than a round trip. A train that is there before is left over from the probe before.
    let left_over = emulated.train_at_s < 2.0 * spec.delay_ms / 1e3;
    let counts = !left_over && !MACHINES.contains(&emulated.emulator_reason);
    let link = Link::new(spec, emulated.seed);
    let run =
        train::run_on(Mode::Gate, link, age, target, [&machine, &machine], Effort::Normal, emulated.seed);
    let DirectionResult { verdict, reason, observed_s, .. } = run.result;
    Judged {
        emulated,
        simulator: verdict,
        simulator_reason: reason,
        simulator_observed_s: observed_s,
        counts,
    }
}

fn row(name: &str, judged: &[&Judged]) -> String {
    let counted: Vec<_> = judged.iter().filter(|one| one.counts).collect();
    let mut pairs = Pairs::default();
    for one in &counted {
        pairs.add(one.emulated.emulator, one.simulator);
    }
    let shares = |[pass, fail, inconclusive]: [f64; 3]| format!("{pass:.1}/{fail:.1}/{inconclusive:.1}");
    let differences = [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive].map(|verdict| {
        let difference = pairs.difference(verdict);
        format!("{:+.1} ({:+.1} to {:+.1})", difference.points, difference.low, difference.high)
    });
    let mean = |of: fn(&Judged) -> f64| {
        counted.iter().map(|one| of(one)).sum::<f64>() / f64::from(pairs.links().max(1))
    };
    let late = || judged.iter().map(|one| one.emulated.late_ms_max);
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {:.2}, {:.2} | {:.2}, {:.1} | {} |",
        pairs.links(),
        judged.len() - counted.len(),
        shares(pairs.first()),
        shares(pairs.second()),
        pairs.discordant(),
        differences.join(" | "),
        mean(|one| one.emulated.emulator_observed_s),
        mean(|one| one.simulator_observed_s),
        mean(|one| one.emulated.late_ms_mean),
        late().fold(0.0, f64::max),
        late().filter(|late| *late >= LATE_MS).count(),
    )
}
