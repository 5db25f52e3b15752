//! A short form of the sustain judge's confusion matrix. The figures that count are those of
//! `cargo run --release -p siaga-tests --bin sim -- --mode sustain`; this notices when a change makes them much worse.

use siaga_probe::{Bitrate, Mode, judge::Effort};
use siaga_tests::{
    cells::{self, Cell},
    matrix::{self, Row},
};

const RUNS: u32 = 6;

fn row(cell: &Cell) -> Row {
    // A low rate makes a short test.
    let target: Bitrate = "4M".parse().unwrap();
    matrix::run(cell, Mode::Sustain, target, Effort::Normal, 77, if cell.is_random() { RUNS } else { 1 })
}

fn cell(name: &str) -> Cell {
    cells::sustain().into_iter().find(|cell| cell.name == name).unwrap_or_else(|| panic!("no cell {name}"))
}

#[test]
fn every_bucket_that_is_empty_within_20_s_is_found_whether_it_delays_or_drops() {
    let empties = |cell: &&Cell| {
        let name = &cell.name;
        (name.starts_with("shaper") || name.starts_with("policer 1")) && !name.contains("and more")
    };
    for cell in cells::sustain().iter().filter(empties) {
        let row = row(cell);
        assert_eq!((row.truth_passes, row.fails), (0, row.runs), "{}: {row:?}", cell.name);
        // One is empty after 0.2 s already, when a radio's mood may look alike.
        let too_small = cell.name == "shaper 10, bucket 250000";
        assert!(too_small || row.shaped() == row.runs, "{}: {row:?}", cell.name);
    }
}

#[test]
fn no_bucket_is_found_where_there_is_none() {
    for name in ["clean 10", "clean 19", "clean 25", "AQM 19", "loss 0.02", "LTE 18", "policer 25"] {
        assert_eq!(row(&cell(name)).shaped(), 0, "{name}");
    }
}

#[test]
fn links_whose_rate_moves_fail_only_if_30_s_do_too() {
    for name in ["Wi-Fi 30", "Wi-Fi 60", "cross 40/60", "LTE 40"] {
        let row = row(&cell(name));
        assert_eq!((row.false_fails, row.inconclusive()), (0, 0), "{name}: {row:?}");
    }
    for name in ["Wi-Fi 15", "Wi-Fi 18", "cross 15/30", "LTE 18"] {
        assert_eq!(row(&cell(name)).fails, RUNS, "{name}");
    }
}

#[test]
fn the_same_seeds_give_the_same_row() {
    let row = || row(&cell("Wi-Fi 24"));
    assert_eq!(row(), row());
}
