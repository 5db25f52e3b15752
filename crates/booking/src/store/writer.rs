//! The one that writes.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use siaga_readiness::room::RoomId;

use super::{Committed, LAYOUT, Order, Retention, Tidied, damage, orders, take::take, tidy, words::Words};
use crate::{
    record::Report,
    sqlite::{self, Log, StoreError, lock},
};

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Job {
    /// Take it in.
    Record { report: Box<Report>, reply: Reply<Committed> },
    /// Drop what is old.
    Tidy { now: Timestamp, reply: Reply<Tidied> },
    /// Let the file become this large.
    Limit { max_bytes: u64, reply: Reply<()> },
    /// Keep what a room was asked for.
    Order(Box<Order>),
    /// It is over.
    OrderIsOver(RoomId, u64),
    /// A reader met damage.
    Suspect,
}

#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    retention: Retention,
    connection: Connection,
    log: Log,
    words: Words,
    /// Counts the files that were begun: readers of the one before must not go on with it.
    generation: Arc<AtomicU64>,
    /// The latest time that this writer was told, for the name of a file set aside.
    now: Timestamp,
    _lock: File,
}

impl Writer {
    pub(super) fn open(
        path: &Path,
        retention: Retention,
        now: Timestamp,
    ) -> Result<(Self, Option<PathBuf>), StoreError> {
        let lock = lock(path)?;
        let (connection, set_aside) = match sqlite::connect(path, &LAYOUT) {
            Err(StoreError::Damaged { cause, .. }) => {
                let away = damage::set_aside(path, now)?;
                tell(path, &away, &cause);
                (sqlite::connect(path, &LAYOUT)?, Some(away))
            }
            connected => (connected?, None),
        };
        let generation = Arc::new(AtomicU64::new(0));
        let path = path.to_owned();
        let words = Words::default();
        let log = Log::default();
        let mut writer = Self { path, retention, connection, log, words, generation, now, _lock: lock };
        writer.set_limits()?;
        Ok((writer, set_aside))
    }

    pub(super) fn generation(&self) -> Arc<AtomicU64> {
        self.generation.clone()
    }

    /// Until nobody is left who could hand anything in. What gathered while a commit was under way goes into the next one.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut gathered = Vec::new();
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Record { report, reply } => gathered.push((*report, reply)),
                    Job::Tidy { now, reply } => {
                        self.commit(std::mem::take(&mut gathered));
                        let _ = reply.send(self.tidy(now));
                    }
                    Job::Limit { max_bytes, reply } => {
                        let _ = reply.send(self.limit(max_bytes));
                    }
                    Job::Order(order) => self.note(|connection| orders::keep(connection, &order)),
                    Job::OrderIsOver(room, id) => {
                        self.note(|connection| orders::drop_one(connection, &room, id));
                    }
                    Job::Suspect => self.look_at_all(),
                }
                next = if gathered.len() < MOST { jobs.try_recv().ok() } else { None };
            }
            self.commit(gathered);
            self.log.committed(&self.connection, !jobs.is_empty());
        }
    }

    fn commit(&mut self, gathered: Vec<(Report, Reply<Committed>)>) {
        if gathered.is_empty() {
            return;
        }
        let (reports, replies): (Vec<_>, Vec<_>) = gathered.into_iter().unzip();
        if let Some(last) = reports.last() {
            self.now = last.received.wall;
        }
        let done = match self.commit_all(&reports) {
            Err(StoreError::Damaged { cause, .. }) => {
                self.begin_anew(&cause).and_then(|()| self.commit_all(&reports))
            }
            done => done,
        };
        for (number, reply) in replies.into_iter().enumerate() {
            let answer = match &done {
                Ok(committed) => committed.get(number).copied().ok_or(StoreError::Stopped),
                Err(error) => Err(error.clone()),
            };
            // Whoever asked may have gone.
            let _ = reply.send(answer);
        }
    }

    fn commit_all(&mut self, reports: &[Report]) -> Result<Vec<Committed>, StoreError> {
        let Self { connection, words, retention, .. } = self;
        let mut all = || {
            let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let taken: rusqlite::Result<Vec<_>> =
                reports.iter().map(|report| take(&step, words, retention, report)).collect();
            let taken = taken?;
            step.commit()?;
            Ok(taken)
        };
        all().map_err(|error| {
            // Words that were new in it are not in the table.
            self.words = Words::default();
            StoreError::of(&self.path, &error)
        })
    }

    fn tidy(&mut self, now: Timestamp) -> Result<Tidied, StoreError> {
        self.now = now;
        let done = tidy::tidy(&mut self.connection, &self.retention, now);
        let failed = |error| StoreError::of(&self.path, &error);
        match done.map_err(failed) {
            Err(StoreError::Damaged { cause, .. }) => self.begin_anew(&cause).map(|()| Tidied::default()),
            done => done,
        }
    }

    /// What nobody waits for.
    fn note(&self, what: impl FnOnce(&Connection) -> rusqlite::Result<()>) {
        if let Err(error) = what(&self.connection) {
            let error = StoreError::of(&self.path, &error);
            tracing::warn!(%error, "what a room was asked to check may not outlive a restart");
        }
    }

    fn look_at_all(&mut self) {
        if sqlite::is_damaged(&self.path)
            && let Err(error) = self.begin_anew("found while reading")
        {
            tracing::error!(%error, "cannot set the damaged store aside");
        }
    }

    fn begin_anew(&mut self, cause: &str) -> Result<(), StoreError> {
        // Closed first, so that its last words go to its own file.
        let closed = Connection::open_in_memory().map_err(|error| StoreError::of(&self.path, &error))?;
        drop(std::mem::replace(&mut self.connection, closed));
        let away = damage::set_aside(&self.path, self.now)?;
        tell(&self.path, &away, cause);
        self.words = Words::default();
        self.connection = sqlite::connect(&self.path, &LAYOUT)?;
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.set_limits()
    }

    /// Where it can't be set, what held before goes on holding.
    fn limit(&mut self, max_bytes: u64) -> Result<(), StoreError> {
        let before = std::mem::replace(&mut self.retention.max_bytes, max_bytes);
        self.set_limits().inspect_err(|_| self.retention.max_bytes = before)
    }

    fn set_limits(&mut self) -> Result<(), StoreError> {
        tidy::limit(&self.connection, &self.retention).map_err(|error| StoreError::of(&self.path, &error))
    }
}

/// Reports in one commit: bounds how long the first of them waits.
const MOST: usize = 256;

fn tell(path: &Path, away: &Path, cause: &str) {
    tracing::error!(
        damaged = %away.display(),
        cause,
        "{} is damaged; it was set aside and a new one begun: rooms are known again as they report, their history begins \
         anew; `sqlite3 FILE .recover` may get most of the old one back",
        path.display()
    );
}
