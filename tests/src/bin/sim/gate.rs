//! The gate judge's table, what misses its target in it, and how far its confidence holds.

use siaga_probe::{Bitrate, Mode, judge::Effort};
use siaga_tests::{
    cells::{self, Cell, Kind},
    matrix::{self, Confidence, Row},
    targets,
};

use super::Arguments;

/// The cells between and beside the others.
const NEIGHBOURS: &str = include_str!("../../../neighbours.toml");
/// What an earlier rule did, see its first line.
const FIRST_RULE: &str = include_str!("../../../first-rule.csv");

/// Prints all of it.
pub(super) fn print(arguments: &Arguments) {
    let (cells, targets) = (arguments.cells(cells::all), arguments.targets());
    let measure = |cells: &[Cell], target, effort| -> Table {
        let row = |cell| matrix::run(cell, Mode::Gate, target, effort, arguments.seed, arguments.runs);
        Table { target, rows: cells.iter().map(|cell| (cell.clone(), row(cell))).collect() }
    };
    let tables: Vec<Table> =
        targets.iter().map(|target| measure(&cells, *target, arguments.effort)).collect();
    if arguments.effort == Effort::Normal {
        println!("## What misses its target\n");
        tables.iter().for_each(Table::print_misses);
    }
    for table in &tables {
        println!("\n## {}\n", table.target);
        table.print(arguments.report);
    }
    println!(
        "\n## Confidence\n\nVerdicts that were right, over all cells with limits; the source of `confidence`:\n"
    );
    tables.iter().for_each(Table::print_confidence);
    if arguments.report {
        let variable: Vec<_> =
            cells.iter().filter(|cell| matches!(cell.kind, Kind::Variable | Kind::Bursts)).cloned().collect();
        for target in &targets {
            println!("\n## With more effort, {target}\n\n`--effort careful`, the same seeds:\n");
            measure(&variable, *target, Effort::Careful).print(false);
        }
        for target in targets.iter().take(1) {
            println!("\n## With less effort, {target}\n\n`--effort light`, the same seeds:\n");
            measure(&cells, *target, Effort::Light).print(false);
            println!("\n## Neighbours, {target}\n");
            println!(
                "`--cells tests/neighbours.toml`, the same seeds: rates, delays and bursts between and beside those of the cells.\n"
            );
            let neighbours = cells::parse(NEIGHBOURS).expect("neighbours.toml is well-formed");
            measure(&neighbours, *target, Effort::Normal).print(false);
        }
    }
}

/// Cells measured at one rate.
struct Table {
    target: Bitrate,
    rows: Vec<(Cell, Row)>,
}

impl Table {
    fn print_misses(&self) {
        for (cell, row) in &self.rows {
            for miss in targets::misses(cell, row) {
                println!("* {}, {}: {miss}", self.target, cell.name);
            }
        }
    }

    fn print(&self, beside_first_rule: bool) {
        let (head, rule) = if beside_first_rule { (" the first rule |", "---|") } else { ("", "") };
        println!(
            "| cell | truth passes % | P/F/I % | false pass / false fail % | mean s | MB | borderline % |{head}"
        );
        println!("|---|---|---|---|---|---|---|{rule}");
        for (cell, row) in &self.rows {
            let first = if beside_first_rule { self.first_rule(&cell.name) + " |" } else { String::new() };
            println!(
                "| {} | {:.1} | {:.1}/{:.1}/{:.1} | {:.1} / {:.1} | {:.3} | {:.2} | {:.1} |{first}",
                cell.name,
                row.percent(row.truth_passes),
                row.percent(row.passes),
                row.percent(row.fails),
                row.percent(row.inconclusive()),
                row.percent(row.false_passes),
                row.percent(row.false_fails),
                row.mean_s(),
                row.mean_mb(),
                row.percent(row.borderline),
            );
        }
    }

    /// Passes, failures and inconclusive, false passes and false failures, time.
    fn first_rule(&self, name: &str) -> String {
        let fields = |line: &'static str| line.split(';').collect::<Vec<_>>();
        let target = self.target.mbps().to_string();
        let mut lines = FIRST_RULE.lines().map(fields);
        let found = lines.find(|line| line.first() == Some(&target.as_str()) && line.get(1) == Some(&name));
        match found.as_deref() {
            Some([_, _, passes, fails, none, false_passes, false_fails, mean_s]) => {
                format!(" {passes}/{fails}/{none}, {false_passes} / {false_fails}, {mean_s}")
            }
            _ => String::new(),
        }
    }

    fn print_confidence(&self) {
        let with_limits = self.rows.iter().filter(|(cell, _)| cell.kind != Kind::Other);
        let confidence: Confidence = with_limits.map(|(_, row)| row.confidence).sum();
        print!("{}:\n{confidence}", self.target);
    }
}
