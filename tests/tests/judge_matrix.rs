//! A short form of the confusion matrix: few runs with fixed seeds on each kind of link. The figures that count are
//! those of `cargo run --release -p siaga-tests --bin sim`; this notices when a change makes them much worse.

use siaga_probe::{Bitrate, Mode, Verdict, judge::Effort};
use siaga_tests::{
    cells::{self, Cell, Kind},
    link::{
        LinkSpec,
        train::{self, Machine},
    },
    matrix::{self, Row},
    targets,
};

const RUNS: u32 = 24;
/// Where shares of 80 % and 5 % are held, by a margin for chance.
const MORE_RUNS: u32 = 100;

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
    assert!(row("bursty loss 10 ms, 0.02").false_passes <= RUNS / 5);
}

#[test]
fn on_a_long_way_a_steady_link_loses_no_verdict_to_its_credit() {
    let far = cells::parse(include_str!("../far.toml")).unwrap();
    for cell in far.iter().filter(|cell| cell.kind == Kind::Steady) {
        let row = matrix::run(cell, Mode::Gate, rate("10M"), Effort::Normal, 77, RUNS);
        assert_eq!((row.false_passes, row.inconclusive()), (0, 0), "{}: {row:?}", cell.name);
    }
}

#[test]
fn a_probe_that_passes_costs_what_it_may_however_long_the_way() {
    for delay_ms in [0.0, 15.0, 30.0, 50.0, 75.0, 100.0, 110.0, 300.0] {
        let link: LinkSpec =
            toml::from_str(&format!("delay_ms = {delay_ms:?}\nbottleneck = {{ rate = \"30M\" }}")).unwrap();
        let still = Machine::default();
        let bytes = ["10M", "20M"].map(|target| {
            let run = train::run(Mode::Gate, rate(target), &link, &still, &still, Effort::Normal, 1);
            assert_eq!(run.result.verdict, Verdict::Pass, "{delay_ms} ms");
            run.bytes
        });
        let rtt_s: f64 = 2.0 * delay_ms / 1e3;
        let pre_train_mb = if rtt_s > 0.2 { 0.4 } else { 0.0 };
        let most_mb = 4.5 + 2.0 * (rtt_s - 0.06).max(0.0) + pre_train_mb;
        #[allow(clippy::cast_precision_loss)]
        let mb = bytes.iter().sum::<u64>() as f64 / 1e6;
        assert!(mb <= most_mb, "{delay_ms} ms each way: {mb} MB of {most_mb}");
    }
}

fn borderline_of(name: &str) -> Row {
    matrix::run(&cell(name), Mode::Gate, rate("10M"), Effort::Normal, 77, MORE_RUNS)
}

#[test]
fn where_the_truth_itself_splits_the_verdict_says_that_it_is_borderline() {
    for name in ["Wi-Fi 24", "cross 24/40", "cross 27/40"] {
        let row = borderline_of(name);
        assert!(targets::splits(&row), "{name}: {row:?}");
        assert!(row.borderline >= MORE_RUNS * 7 / 10, "{name}: {row:?}");
    }
}

#[test]
fn where_the_truth_is_one_sided_hardly_any_verdict_is_borderline() {
    for name in ["Wi-Fi 15", "Wi-Fi 18", "Wi-Fi 30", "cross 15/30", "cross 18/30", "LTE 15", "LTE 40"] {
        let row = borderline_of(name);
        assert!(!targets::splits(&row), "{name}: {row:?}");
        assert!(row.borderline <= MORE_RUNS / 10, "{name}: {row:?}");
    }
}

#[test]
fn a_download_that_leaves_enough_and_holds_a_short_queue_is_no_failure() {
    let row = row("TCP flow on 30");
    assert_eq!((row.truth_passes, row.passes), (RUNS, RUNS), "{row:?}");
}

#[test]
fn a_pass_names_the_largest_bucket_that_would_have_shown() {
    let judged = |rate: &str, bucket_bytes: u64| {
        let target = "10M".parse().unwrap();
        let bottleneck = format!("bottleneck = {{ rate = \"{rate}\", bucket_bytes = {bucket_bytes} }}");
        let link: LinkSpec = toml::from_str(&format!("delay_ms = 15\n{bottleneck}")).unwrap();
        let still = Machine::default();
        let run = train::run(Mode::Gate, target, &link, &still, &still, Effort::Normal, 1);
        (run.result.verdict, run.result.bucket_seen_bytes)
    };
    // Half the target in the long run, as the figure is defined: (10.5 - 5) Mbit/s for 1.04 s less 0.65 s.
    let (verdict, seen) = judged("50M", 0);
    assert_eq!(verdict, Verdict::Pass);
    assert!((268_000..=268_200).contains(&seen), "{seen}");
    for bucket in [seen / 4, seen / 2, seen] {
        assert_eq!(judged("5M", bucket).0, Verdict::Fail, "a bucket of {bucket} bytes");
    }
    // One that the train can't empty passes, and the result does not claim to have seen it.
    assert_eq!(judged("5M", 4 * seen), (Verdict::Pass, seen));
}

#[test]
fn the_same_seeds_give_the_same_row_and_others_another() {
    let row = |seed| matrix::run(&cell("Wi-Fi 24"), Mode::Gate, rate("10M"), Effort::Normal, seed, 8);
    assert_eq!(row(1), row(1));
    assert_ne!(row(1), row(2));
}
