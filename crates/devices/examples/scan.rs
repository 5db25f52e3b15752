//! Prints this machine's devices as JSON, and how long two scans took on standard error.

use std::time::Instant;

use siaga_devices::{Kernel, Roots, ScanOptions, Scanner};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut scanner = Scanner::new(Roots::default(), ScanOptions::default(), Kernel);
    let start = Instant::now();
    let inventory = scanner.scan()?;
    let first = start.elapsed();
    scanner.scan()?;
    let second = start.elapsed() - first;
    println!("{}", serde_json::to_string_pretty(&inventory)?);
    eprintln!("first scan {first:.1?}, second {second:.1?}");
    Ok(())
}
