//! A short form of the confusion matrix: few runs with fixed seeds on each kind of link. The figures that count are
//! those of `cargo run --release -p siaga-tests --bin sim`; this notices when a change makes them much worse.

use siaga_probe::{Bitrate, Mode, judge::Effort};
use siaga_tests::{
    cells::{self, Cell, Kind},
    matrix::{self, Row},
};

const RUNS: u32 = 24;

fn rate(text: &str) -> Bitrate {
    text.parse().unwrap()
}

fn cell(name: &str) -> Cell {
    cells::all().into_iter().find(|cell| cell.name == name).unwrap_or_else(|| panic!("no cell {name}"))
}

fn row(name: &str) -> Row {
    matrix::run(&cell(name), Mode::Gate, rate("10M"), Effort::Normal, 77, RUNS)
}

#[test]
fn on_steady_links_no_verdict_is_missing_and_hardly_any_is_wrong() {
    for cell in cells::all().iter().filter(|cell| cell.kind == Kind::Steady) {
        let row = matrix::run(cell, Mode::Gate, rate("10M"), Effort::Normal, 77, RUNS);
        assert_eq!(row.false_passes, 0, "{}", cell.name);
        // Half a per cent of single losses is at the limit of what is good; elsewhere none is wrong.
        let most = u32::from(cell.name == "loss 0.005");
        assert!(row.false_fails <= most && row.inconclusive() == 0, "{}: {row:?}", cell.name);
    }
}

#[test]
fn links_whose_rate_moves_pass_only_with_rate_to_spare() {
    for name in ["Wi-Fi 15", "Wi-Fi 18", "cross 15/30", "cross 18/30", "LTE 15"] {
        let row = row(name);
        assert_eq!(row.truth_passes, 0, "{name}");
        assert!(row.passes <= 1 && row.inconclusive() <= 2, "{name}: {row:?}");
    }
    for name in ["Wi-Fi 30", "Wi-Fi 60", "LTE 40"] {
        let row = row(name);
        assert_eq!(row.truth_passes, RUNS, "{name}");
        assert!(row.fails <= 1 && row.inconclusive() <= 1, "{name}: {row:?}");
    }
}

#[test]
fn bursts_of_loss_are_told_from_a_good_link() {
    assert!(row("bursty loss 2.5 ms, 0.02").fails >= RUNS - 2);
    assert!(row("bursty loss 2.5 ms, 0.003").passes >= RUNS - 2);
    assert!(row("bursty loss 10 ms, 0.02").false_passes <= RUNS / 4);
}

#[test]
fn where_the_truth_itself_splits_the_verdict_says_that_it_is_borderline() {
    let row = row("cross 24/40");
    assert!((1..RUNS).contains(&row.truth_passes), "{row:?}");
    assert!(row.borderline >= RUNS / 2, "{row:?}");
}

#[test]
fn the_same_seeds_give_the_same_row_and_others_another() {
    let row = |seed| matrix::run(&cell("Wi-Fi 24"), Mode::Gate, rate("10M"), Effort::Normal, seed, 8);
    assert_eq!(row(1), row(1));
    assert_ne!(row(1), row(2));
}
