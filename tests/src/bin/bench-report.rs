//! Writes what `bench-links` measured: `bench-report RESULTS.jsonl DOCS` writes `bench-results.jsonl`,
//! `bench-results.md` and `bench.svg` into the directory DOCS, and prints the targets.

use std::{error::Error, fs, path::PathBuf};

use clap::Parser;
use siaga_tests::bench::{picture, record::Line, summary::Summary, table};

/// Writes the measurements beside iperf3 as a table and a picture.
#[derive(Debug, Parser)]
struct Arguments {
    /// Lines of JSON, as `bench-links` writes them.
    results: PathBuf,
    /// Where to write.
    docs: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { results, docs } = Arguments::parse();
    let text = fs::read_to_string(&results)?;
    let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Line>, _>>()?;
    let summary = Summary::of(lines).ok_or("the results do not name their machine")?;
    if summary.rows.is_empty() {
        return Err("no link was measured to its end".into());
    }
    fs::write(docs.join("bench-results.jsonl"), &text)?;
    fs::write(docs.join("bench-results.md"), table::page(&summary))?;
    fs::write(docs.join("bench.svg"), picture::svg(&summary))?;
    // Benchmarks measure, tests decide: a missed target is no failure.
    for target in summary.targets() {
        println!("{:<7} {}: {}", if target.met { "met" } else { "MISSED" }, target.what, target.found);
    }
    Ok(())
}
