//! Prints how often the judge ends how, and after how long, over a table of simulated links:
//! `cargo run --release -p siaga-tests --example judge_table [RUNS] [TARGET]` (400 runs a cell, 20M).

use siaga_probe::{Bitrate, DirectionResult, Verdict};
use siaga_tests::link::{
    LinkSpec,
    train::{self, Machine},
    truth,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runs: u32 = arguments.next().map_or(400, |text| text.parse().expect("RUNS is a number"));
    let target: Bitrate =
        arguments.next().map_or("20M".into(), |text| text).parse().expect("TARGET is a rate");
    println!("| cell at {target} | truth passes % | pass/fail/inconclusive % | mean s | longest s |");
    println!("|---|---|---|---|---|");
    for (name, link) in cells(target.mbps()) {
        let spec: LinkSpec = toml::from_str(&link).expect("the cells are well-formed");
        let mut machine = Machine::default();
        if name.contains("stalls") {
            (machine.stalls.every_ms, machine.stalls.from_ms, machine.stalls.to_ms) = (150.0, 1.0, 30.0);
        }
        let results: Vec<DirectionResult> =
            (0..runs).map(|seed| train::run(target, &spec, &machine, &machine, seed.into())).collect();
        let truths = (0..10).filter(|seed| truth::of(target, &spec, *seed) == Verdict::Pass).count();
        let share = |verdict| {
            let count = results.iter().filter(|result| result.verdict == verdict).count();
            100.0 * f64::from(u32::try_from(count).expect("few runs")) / f64::from(runs)
        };
        let mean = results.iter().map(|result| result.observed_s).sum::<f64>() / f64::from(runs);
        let longest = results.iter().map(|result| result.observed_s).fold(0.0, f64::max);
        println!(
            "| {name} | {} | {:.1}/{:.1}/{:.1} | {mean:.2} | {longest:.2} |",
            truths * 10,
            share(Verdict::Pass),
            share(Verdict::Fail),
            share(Verdict::Inconclusive)
        );
    }
}

/// Names and links; rates are relative to the target of `mbps`, which is 20 in the names.
fn cells(mbps: f64) -> Vec<(String, String)> {
    let rate = |at_20: f64| format!("\"{}k\"", at_20 * mbps / 20.0 * 1e3);
    let mut cells = Vec::new();
    for at in [2.0, 5.0, 10.0, 15.0, 18.0, 19.0, 20.0, 21.5, 25.0, 50.0, 1000.0] {
        cells.push((format!("clean {at}"), format!("delay_ms = 15\nbottleneck.rate = {}", rate(at))));
    }
    for at in [19.0, 21.5, 25.0] {
        cells.push((format!("clean {at}, stalls"), format!("delay_ms = 15\nbottleneck.rate = {}", rate(at))));
    }
    for at in [12.0, 15.0, 18.0, 19.0, 21.5, 25.0, 50.0] {
        cells.push((format!("policer {at}"), format!("delay_ms = 15\npolicer.rate = {}", rate(at))));
    }
    for ratio in [0.001, 0.003, 0.005, 0.008, 0.012, 0.02, 0.05] {
        cells.push((
            format!("loss {} %", ratio * 100.0),
            format!("delay_ms = 15\nbottleneck.rate = {}\nloss.ratio = {ratio}", rate(50.0)),
        ));
    }
    for (burst_ms, ratio) in [(2.5, 0.003), (2.5, 0.02), (10.0, 0.003), (10.0, 0.02)] {
        cells.push((
            format!("bursts of {burst_ms} ms, {} %", ratio * 100.0),
            format!(
                "delay_ms = 15\nbottleneck.rate = {}\nloss = {{ ratio = {ratio}, burst_ms = {burst_ms} }}",
                rate(50.0)
            ),
        ));
    }
    for (at, megabytes) in [(10.0, 0.25), (10.0, 0.5), (10.0, 1.0), (10.0, 2.0), (15.0, 0.5), (15.0, 1.0)] {
        cells.push((
            format!("shaper {at}, {megabytes} MB"),
            format!(
                "delay_ms = 15\nbottleneck = {{ rate = {}, bucket_bytes = {} }}",
                rate(at),
                megabytes * 1e6 * mbps / 20.0
            ),
        ));
    }
    for for_ms in [100, 200, 300, 1000] {
        cells.push((
            format!("outage {for_ms} ms"),
            format!(
                "delay_ms = 15\nbottleneck.rate = {}\noutages = [{{ at_s = 0.4, for_ms = {for_ms} }}]",
                rate(50.0)
            ),
        ));
    }
    for jitter_ms in [5, 20] {
        cells.push((
            format!("jitter {jitter_ms} ms"),
            format!("delay_ms = 15\njitter_ms = {jitter_ms}\nbottleneck.rate = {}", rate(50.0)),
        ));
    }
    cells
}
