//! Prints a judge's confusion matrix over simulated links:
//! `cargo run --release -p siaga-tests --bin sim -- --runs 1000 --seed 1`, and with `--mode sustain` the other judge's.

use clap::{Parser, ValueEnum};
use siaga_probe::{Bitrate, Mode, judge::Effort};
use siaga_tests::{
    cells::{self, Kind},
    matrix,
};

/// A judge's confusion matrix over simulated links; the same arguments print the same table.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which judge.
    #[arg(long, value_enum, default_value_t = Judge::Gate)]
    mode: Judge,
    /// Trains per cell; links and machines without chance get one.
    #[arg(long, default_value_t = 400)]
    runs: u32,
    /// Seed of each cell's first train; the next ones follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rate to be judged; 10M and 20M if not given.
    #[arg(long)]
    target: Vec<Bitrate>,
    /// How much time the gate judge may take: light, normal or careful.
    #[arg(long, default_value_t)]
    effort: Effort,
    /// Only the cells whose name contains this.
    #[arg(long, default_value = "")]
    cell: String,
}

/// The judges that give a verdict on a rate.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Judge {
    Gate,
    Sustain,
}

fn main() {
    let arguments = Arguments::parse();
    let (mode, cells) = match arguments.mode {
        Judge::Gate => (Mode::Gate, cells::all()),
        Judge::Sustain => (Mode::Sustain, cells::sustain()),
    };
    let targets = if arguments.target.is_empty() {
        vec!["10M".parse().expect("a rate"), "20M".parse().expect("a rate")]
    } else {
        arguments.target
    };
    let cells: Vec<_> = cells.into_iter().filter(|cell| cell.name.contains(&arguments.cell)).collect();
    for target in targets {
        println!(
            "\nTarget {target}, {mode}, {} runs a cell, seed {}; cells in names at 20 Mbit/s",
            arguments.runs, arguments.seed
        );
        println!(
            "| cell | truth pass % | P/F/I % | false pass | false fail | borderline | mean s | longest s | MB |{}",
            if mode == Mode::Sustain { " shaped % | estimate: rate Mbit/s, bucket MB |" } else { "" }
        );
        println!(
            "|---|---|---|---|---|---|---|---|---|{}",
            if mode == Mode::Sustain { "---|---|" } else { "" }
        );
        let mut kinds = [(0, 0); 3];
        for cell in &cells {
            let runs = if mode == Mode::Gate || cell.is_random() { arguments.runs } else { 1 };
            let row = matrix::run(cell, mode, target, arguments.effort, arguments.seed, runs);
            if cell.kind != Kind::Other {
                for (sum, kind) in kinds.iter_mut().zip(row.kinds) {
                    *sum = (sum.0 + kind.0, sum.1 + kind.1);
                }
            }
            print!(
                "| {} | {:.1} | {:.1}/{:.1}/{:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} |",
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
            );
            if mode == Mode::Sustain {
                let shaper =
                    row.mean_shaper().map_or("–".to_owned(), |(mbps, mb)| format!("{mbps:.2}, {mb:.2}"));
                print!(" {:.1} | {shaper} |", row.percent(row.shaped()));
            }
            println!();
        }
        println!("\nRight over all cells with limits:");
        for (name, (verdicts, right)) in
            ["without a doubt", "doubted passes", "doubted failures"].iter().zip(kinds)
        {
            let percent = 100.0 * f64::from(right) / f64::from(verdicts.max(1));
            println!("* {name}: {right} of {verdicts} ({percent:.1} %)");
        }
    }
}
