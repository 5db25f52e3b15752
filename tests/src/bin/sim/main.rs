//! Prints a judge's confusion matrix over simulated links:
//! `cargo run --release -p siaga-tests --bin sim -- --runs 1000 --seed 1`, and with `--mode sustain` the other judge's.
//! With `--report` it prints the part of `docs/probing-results.md` that begins at “What misses its target”.

mod gate;
mod sustain;

use std::{fs, path::PathBuf};

use clap::{Parser, ValueEnum};
use siaga_probe::{Bitrate, judge::Effort};
use siaga_tests::cells::{self, Cell};

/// A judge's confusion matrix over simulated links; the same arguments print the same table.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which judge.
    #[arg(long, value_enum, default_value_t = Judge::Gate)]
    mode: Judge,
    /// Trains per cell; a sustain train over a link without chance is made once.
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
    /// Other cells than those of `cells.toml` (with `--mode sustain`: `cells-sustain.toml`).
    #[arg(long)]
    cells: Option<PathBuf>,
    /// Everything that is measured of the gate judge, as Markdown: all efforts, and the neighbours of the cells.
    #[arg(long)]
    report: bool,
}

/// The judges that give a verdict on a rate.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Judge {
    Gate,
    Sustain,
}

fn main() {
    let arguments = Arguments::parse();
    match arguments.mode {
        Judge::Gate => gate::print(&arguments),
        Judge::Sustain => sustain::print(&arguments),
    }
}

impl Arguments {
    /// The cells that were asked for; `usual` ones if no file was named.
    fn cells(&self, usual: fn() -> Vec<Cell>) -> Vec<Cell> {
        let cells = match &self.cells {
            Some(path) => {
                let text =
                    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                cells::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            }
            None => usual(),
        };
        cells.into_iter().filter(|cell| cell.name.contains(&self.cell)).collect()
    }

    fn targets(&self) -> Vec<Bitrate> {
        if self.target.is_empty() {
            vec!["10M".parse().expect("a rate"), "20M".parse().expect("a rate")]
        } else {
            self.target.clone()
        }
    }
}
