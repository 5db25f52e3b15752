//! What a process costs, a question over HTTP, and the disk before a figure.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::Command,
};

use rustix::fs::{Advice, fadvise, sync};

pub use crate::http::get;

/// Resident memory of a process, KiB.
///
/// # Errors
/// It is gone.
pub fn resident_kib(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    kib.ok_or_else(|| io::Error::other("a process's memory can't be read"))
}

/// Processor time that a process has used, seconds.
///
/// # Errors
/// It is gone.
pub fn processor_seconds(pid: u32) -> io::Result<f64> {
    let other = || io::Error::other("a process's time can't be read");
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The fields after the name, which may hold anything: state is field 3, utime 14, stime 15 (proc(5)).
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or_else(other)?.1.split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|it| it.parse::<f64>().ok()).ok_or_else(other);
    let ticks = field(11)? + field(12)?;
    let per_second = Command::new("getconf").arg("CLK_TCK").output()?;
    let per_second =
        String::from_utf8_lossy(&per_second.stdout).trim().parse::<f64>().map_err(io::Error::other)?;
    Ok(ticks / per_second)
}

/// A metric's value as it is written, labels and all; `None` if it is not there.
#[must_use]
pub fn metric(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

/// Writes to the disk what was made: the next figure would wait for it.
pub fn settle() {
    sync();
}

/// Drops a file from the machine's memory.
///
/// # Errors
/// It can't be opened.
pub fn forget(path: &Path) -> io::Result<()> {
    Ok(fadvise(&File::open(path)?, 0, None, Advice::DontNeed)?)
}
