//! A server that is killed at any moment has kept what it acknowledged.
//!
//! The child is this very program: it records and says on standard output what was acknowledged. It is killed when it has said
//! so many lines, so in the middle of the next commits. A kill shows that a commit is whole and ordered; that it is on the disk
//! when the power fails is what `synchronous=FULL` is for.

mod desk;

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use rusqlite::Connection;
use siaga_booking::{Outcome, Report, Retention, Store};

use desk::{DAY, FILE, at, frame, report, room, sample, state};

const KILLS: usize = 10;
const ROOMS: usize = 4;
const DIR: &str = "SIAGA_TEST_KILLED_IN";

#[test]
fn what_was_acknowledged_outlives_kills() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let mut random = Pcg64::seed_from_u64(5);
    let mut acknowledged = [0_u64; ROOMS];
    for kill in 0..KILLS {
        record_until_killed(dir.path(), random.random_range(1..400), &mut acknowledged);
        check(&path, &acknowledged, kill);
    }
    assert!(acknowledged.iter().all(|through| *through > 0), "{acknowledged:?}");
}

/// Not a test of its own: the child of the one above.
#[test]
fn child() {
    let Some(dir) = env::var_os(DIR).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let (store, set_aside) = Store::open(&dir.join(FILE), Retention::default(), at(0).wall).unwrap();
        assert_eq!(set_aside, None);
        let rooms = (0..ROOMS).map(|number| tokio::spawn(report_for_ever(store.clone(), number)));
        for room in rooms.collect::<Vec<_>>() {
            room.await.unwrap();
        }
    });
}

async fn report_for_ever(store: Store, number: usize) {
    let name = format!("r{number}");
    let mut through = store.record(report(&name, 0)).await.unwrap().through;
    loop {
        // Three frames at once, each with its second of the story.
        let frames = (1..=3).map(|ahead| {
            let sequence = through + ahead;
            frame(
                sequence,
                vec![sample(i64::try_from(sequence).unwrap(), "NET_UP", Outcome::Good, Some(1.0))],
            )
        });
        let frames = frames.collect();
        let state = state(&format!("{{\"through\":{}}}", through + 3), &[]);
        through = store.record(Report { state, frames, ..report(&name, DAY) }).await.unwrap().through;
        let line = format!("acknowledged {number} {through}\n");
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
    }
}

fn record_until_killed(dir: &Path, lines: usize, acknowledged: &mut [u64; ROOMS]) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut take = |line: String| {
        // The harness's own words may stand before it in the line.
        let Some((_, words)) = line.split_once("acknowledged ") else { return };
        let (number, through) = words.split_once(' ').unwrap();
        acknowledged[number.parse::<usize>().unwrap()] = through.parse().unwrap();
    };
    said.by_ref().take(lines).for_each(&mut take);
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died was acknowledged too.
    said.for_each(take);
}

fn check(path: &Path, acknowledged: &[u64; ROOMS], kill: usize) {
    let (store, set_aside) = Store::open(path, Retention::default(), at(0).wall).unwrap();
    assert_eq!(set_aside, None, "kill {kill}");
    for (number, through) in acknowledged.iter().enumerate() {
        let name = room(&format!("r{number}"));
        let samples = store.read(|reader| reader.samples(&name, at(0).wall, at(DAY).wall, u32::MAX)).unwrap();
        assert!(samples.len() as u64 >= *through, "kill {kill}: {} of {through} acknowledged", samples.len());
        let hours = store.read(|reader| reader.hours(&name, at(0).wall, at(DAY).wall)).unwrap();
        let counted: u32 = hours.iter().map(|hour| hour.good).sum();
        assert_eq!(counted as usize, samples.len(), "kill {kill}: a commit is whole");
        if let Some(state) = store.read(|reader| reader.room(&name)).unwrap().and_then(|room| room.state) {
            assert_eq!(
                state.json,
                format!("{{\"through\":{}}}", samples.len()),
                "kill {kill}: and so with the state"
            );
        }
    }
    drop(store);
    let sound: String =
        Connection::open(path).unwrap().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "kill {kill}");
}
