//! The sustain judge's table, with what it makes of shapers.

use siaga_probe::{Mode, judge::Effort};
use siaga_tests::{
    cells::{self, Kind},
    matrix::{self, Confidence},
};

use super::Arguments;

/// Prints it.
pub(super) fn print(arguments: &Arguments) {
    let cells = arguments.cells(cells::sustain);
    for target in arguments.targets() {
        println!(
            "\nTarget {target}, sustain, {} runs a cell, seed {}; cells in names at 20 Mbit/s",
            arguments.runs, arguments.seed
        );
        println!(
            "| cell | truth pass % | P/F/I % | false pass | false fail | borderline | mean s | longest s | MB \
             | shaped % | estimate: rate Mbit/s, bucket MB |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|");
        let mut confidence = Vec::new();
        for cell in &cells {
            let runs = if cell.is_random() { arguments.runs } else { 1 };
            let row = matrix::run(cell, Mode::Sustain, target, Effort::Normal, arguments.seed, runs);
            if cell.kind != Kind::Other {
                confidence.push(row.confidence);
            }
            let shaper =
                row.mean_shaper().map_or("–".to_owned(), |(mbps, mb)| format!("{mbps:.2}, {mb:.2}"));
            println!(
                "| {} | {:.1} | {:.1}/{:.1}/{:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} | {:.1} | {shaper} |",
                cell.name,
                row.percent(row.truth_passes),
                row.percent(row.passes),
                row.percent(row.fails),
                row.percent(row.inconclusive()),
                row.percent(row.false_passes),
                row.percent(row.false_fails),
                row.percent(row.borderline),
                row.mean_s(),
                row.longest_s(),
                row.mean_mb(),
                row.percent(row.shaped()),
            );
        }
        println!("\nRight over all cells with limits:");
        print!("{}", confidence.into_iter().sum::<Confidence>());
    }
}
