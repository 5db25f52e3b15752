//! A server that is killed at any moment has kept every decision that it has answered with.
//!
//! The child is this very program: several who book at once, each of whom says on standard output what was acknowledged. It is killed
//! at a moment that nobody chose, in the middle of turns and commits. How often, `SIAGA_TEST_KILLS` says.

mod office;

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use siaga_booking::{
    Bookings,
    audit::{Head, verify},
};
use siaga_readiness::booking::{Ruling, Standing};

use office::{FILE, at, reference};

const KILLS: usize = 50;
const WHO: usize = 4;
const DIR: &str = "SIAGA_TEST_BOOKINGS_KILLED_IN";

#[test]
fn no_acknowledged_decision_is_lost_by_kills() {
    let kills = env::var("SIAGA_TEST_KILLS").ok().map_or(KILLS, |kills| kills.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut random = Pcg64::seed_from_u64(6);
    let mut told: Vec<(String, Ruling)> = Vec::new();
    let mut last = Head::BEGINNING;
    let mut begin = 0;
    for kill in 0..kills {
        let said = book_until_killed(dir.path(), begin, random.random_range(1..40));
        begin += said.len() + WHO;
        for (name, ruling, head) in said {
            if head.seq > last.seq {
                last = head;
            }
            told.push((name, ruling));
        }
        check(&dir.path().join(FILE), &told, last, kill);
        // What was looked at once stays; each is looked at again at the end.
        if kill + 1 < kills && told.len() > 2000 {
            told.drain(..1000);
        }
    }
    assert!(last.seq > kills as u64, "{last}");
}

/// Not a test of its own: the child of the one above.
#[test]
fn child() {
    let Some(told) = env::var_os(DIR) else { return };
    let told = told.into_string().unwrap();
    let (begin, dir) = told.split_once(' ').unwrap();
    let (begin, path) = (begin.parse::<usize>().unwrap(), PathBuf::from(dir).join(FILE));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let bookings = Bookings::open(&path).unwrap();
        let who = (0..WHO).map(|who| {
            let bookings = bookings.clone();
            tokio::spawn(async move {
                for number in (begin + who..).step_by(WHO) {
                    // Every slot is wanted by two.
                    let hour = i64::try_from(number / 2).unwrap();
                    let name = format!("b{number}");
                    let (ruling, head) = office::book(&bookings, &name, "r1", hour).await.unwrap();
                    let line = format!("acknowledged {name} {} {head}\n", ruling.as_str());
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            })
        });
        for one in who.collect::<Vec<_>>() {
            one.await.unwrap();
        }
    });
}

fn book_until_killed(dir: &Path, begin: usize, lines: usize) -> Vec<(String, Ruling, Head)> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(DIR, format!("{begin} {}", dir.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let understood = |line: String| {
        // The harness's own words may stand before it in the line.
        let (_, words) = line.split_once("acknowledged ")?;
        let [name, ruling, head] = words.split(' ').collect::<Vec<_>>()[..] else { return None };
        let ruling = Ruling::ALL.into_iter().find(|it| it.as_str() == ruling)?;
        Some((name.to_owned(), ruling, head.parse().ok()?))
    };
    let mut told: Vec<_> = said.by_ref().filter_map(understood).take(lines).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died was acknowledged too.
    told.extend(said.filter_map(understood));
    told
}

fn check(path: &Path, told: &[(String, Ruling)], last: Head, kill: usize) {
    let verified = verify(path, Some(last)).unwrap_or_else(|fault| panic!("kill {kill}: {fault}"));
    assert!(verified.head.seq >= last.seq, "kill {kill}");
    let bookings = Bookings::open(path).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
    for (name, ruling) in told {
        let row = bookings.read(|reader| reader.booking(&reference(name))).unwrap();
        assert_eq!(row.map(|row| row.ruling), Some(*ruling), "kill {kill}: {name} was acknowledged");
    }
    let all = bookings.read(|reader| reader.agenda(at(0), at(1_000_000), None, at(0))).unwrap();
    let mut slots: Vec<_> =
        all.iter().filter(|it| it.standing == Standing::Approved).map(|it| it.slot.start()).collect();
    let approved = slots.len();
    slots.dedup();
    assert_eq!(slots.len(), approved, "kill {kill}: no slot is given twice");
}
