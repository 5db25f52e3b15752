//! The one that writes.

use std::{
    fmt,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rusqlite::{Connection, Savepoint, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{LAYOUT, NotDone, Turn};
use crate::{
    audit::{self, Head},
    sqlite::{self, StoreError, lock},
};

#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    connection: Connection,
    _lock: File,
}

impl Writer {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        let connection = sqlite::connect(path, &LAYOUT)?;
        let writer = Self { path: path.to_owned(), connection, _lock: lock };
        writer.check_end()?;
        Ok(writer)
    }

    /// Nothing is to be added to an entry that is not sound.
    fn check_end(&self) -> Result<(), StoreError> {
        let failed = |error| StoreError::of(&self.path, &error);
        let head = audit::head(&self.connection).map_err(failed)?;
        match audit::entry(&self.connection, head.seq).map_err(failed)? {
            Some(last) if !last.is_sound() => Err(StoreError::changed(&self.path, last.seq)),
            _ => Ok(()),
        }
    }

    /// Until nobody is left who could hand anything in. What gathered while a commit was under way goes into the next one.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Work>>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut gathered = vec![first];
            while gathered.len() < MOST
                && let Ok(job) = jobs.try_recv()
            {
                gathered.push(job);
            }
            let done = self.commit(&mut gathered).map_err(|error| StoreError::of(&self.path, &error));
            for job in gathered {
                job.answer(&done);
            }
        }
    }

    fn commit(&mut self, gathered: &mut [Box<dyn Work>]) -> rusqlite::Result<()> {
        let Self { path, connection, .. } = self;
        let mut step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut head = audit::head(&step)?;
        for job in gathered {
            let mut point = step.savepoint()?;
            let before = head;
            if job.take_turn(path, &point, &mut head) {
                point.commit()?;
            } else {
                head = before;
                point.rollback()?;
            }
        }
        step.commit()
    }
}

/// Turns in one commit: bounds how long the first of them waits.
const MOST: usize = 64;

/// Something that waits for its turn.
pub(super) trait Work: Send {
    /// Whether what it did is to be kept.
    fn take_turn(&mut self, path: &Path, point: &Savepoint<'_>, head: &mut Head) -> bool;

    /// Says what came of it; `done` is whether it is all on the disk.
    fn answer(self: Box<Self>, done: &Result<(), StoreError>);
}

impl fmt::Debug for dyn Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work")
    }
}

pub(super) struct Job<F, T, E> {
    now: Timestamp,
    work: Option<F>,
    came: Option<Result<(T, Head), NotDone<E>>>,
    reply: oneshot::Sender<Result<(T, Head), NotDone<E>>>,
}

impl<F, T, E> Job<F, T, E> {
    pub(super) const fn new(
        now: Timestamp,
        work: F,
        reply: oneshot::Sender<Result<(T, Head), NotDone<E>>>,
    ) -> Self {
        Self { now, work: Some(work), came: None, reply }
    }
}

impl<F, T, E> Work for Job<F, T, E>
where
    F: FnOnce(&mut Turn<'_>) -> Result<T, NotDone<E>> + Send,
    T: Send,
    E: Send,
{
    fn take_turn(&mut self, path: &Path, point: &Savepoint<'_>, head: &mut Head) -> bool {
        let Some(work) = self.work.take() else { return false };
        let mut turn = Turn::new(path, point, head, self.now);
        // One that breaks must not take the others with it, nor those that come later.
        let came = catch_unwind(AssertUnwindSafe(|| work(&mut turn)));
        let keep = matches!(came, Ok(Ok(_)));
        let head = *head;
        self.came = came.ok().map(|came| came.map(|came| (came, head)));
        keep
    }

    fn answer(self: Box<Self>, done: &Result<(), StoreError>) {
        let Self { came, reply, .. } = *self;
        let answer = match (came, done) {
            // Refused is refused, whatever became of the others.
            (Some(Err(NotDone::Refused(why))), _) => Err(NotDone::Refused(why)),
            (_, Err(error)) => Err(error.clone().into()),
            (Some(came), Ok(())) => came,
            (None, Ok(())) => Err(StoreError::Stopped.into()),
        };
        // Whoever asked may have gone.
        let _ = reply.send(answer);
    }
}
