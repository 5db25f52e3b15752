//! One that asks the server nothing and waits for the same machine: what it waits too long for is not the server's doing.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::figure::{Figure, waits};

/// Woken this often, it writes a page of its own to the disk each time: seldom enough to be no load.
const EVERY: Duration = Duration::from_millis(50);

/// What a database writes at the least.
const PAGE: [u8; 4096] = [7; 4096];

/// Runs until it is asked what it noticed, or dropped.
#[derive(Debug)]
pub struct Bystander {
    stays: Sender<()>,
    thread: JoinHandle<io::Result<Noticed>>,
    before: Option<Processors>,
}

/// Milliseconds, as they came.
#[derive(Debug, Default)]
struct Noticed {
    /// How late it was woken.
    late: Vec<f64>,
    /// How long a page took to the disk.
    committed: Vec<f64>,
}

impl Bystander {
    /// Writes to a file of its own in `directory`, which is on the disk that is measured.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn beside(directory: &Path) -> io::Result<Self> {
        let file = File::create(directory.join("bystander"))?;
        let (stays, until) = channel();
        let thread = thread::spawn(move || stand(file, &until));
        Ok(Self { stays, thread, before: Processors::now() })
    }

    /// As a line below the figures that were measured meanwhile.
    ///
    /// # Errors
    /// It could not write.
    pub fn tell(self, meanwhile: &str) -> io::Result<Figure> {
        drop(self.stays);
        let noticed = self.thread.join().map_err(|_| io::Error::other("the bystander broke"))??;
        let Noticed { mut late, mut committed } = noticed;
        late.sort_by(f64::total_cmp);
        committed.sort_by(f64::total_cmp);
        let mut measured =
            format!("`fdatasync` of a page {}; woken late by {}", waits(&committed), waits(&late));
        if let (Some(before), Some(after)) = (self.before, Processors::now()) {
            let _ = write!(measured, "; processors stolen {:.1} %", 100.0 * after.stolen_since(&before));
        }
        Ok(Figure::told(format!("a bystander on the same machine and disk, while {meanwhile}"), measured))
    }
}

fn stand(mut file: File, until: &Receiver<()>) -> io::Result<Noticed> {
    let mut noticed = Noticed::default();
    loop {
        let slept = Instant::now();
        if until.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
            return Ok(noticed);
        }
        noticed.late.push(slept.elapsed().saturating_sub(EVERY).as_secs_f64() * 1e3);
        let began = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        noticed.committed.push(began.elapsed().as_secs_f64() * 1e3);
    }
}

/// The first line of `/proc/stat`, ticks.
#[derive(Debug, Clone, Copy)]
struct Processors {
    all: f64,
    stolen: f64,
}

impl Processors {
    fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<f64> = line.split_whitespace().filter_map(|it| it.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal; guests' time is in user's and nice's (proc(5)).
        Some(Self { all: ticks.get(..8)?.iter().sum(), stolen: ticks[7] })
    }

    fn stolen_since(&self, before: &Self) -> f64 {
        (self.stolen - before.stolen) / (self.all - before.all).max(1.0)
    }
}
