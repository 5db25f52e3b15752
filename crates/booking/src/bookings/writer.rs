//! The one that writes.

use std::{
    fmt,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{Connection, Savepoint, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{LAYOUT, NotDone, Turn};
use crate::{
    audit::{self, Head},
    sqlite::{self, Log, Pool, Sight, StoreError, lock},
};

#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    file: OpenFile,
    log: Log,
    /// For as long as the file is damaged.
    shut: Option<Shut>,
    pool: Arc<Pool>,
    _lock: File,
}

#[derive(Debug)]
struct OpenFile {
    connection: Connection,
    inode: Option<(u64, u64)>,
}

#[derive(Debug)]
struct Shut {
    why: StoreError,
    /// Of what it was said: as long as that is there, it need not be looked at again.
    damaged: Option<Sight>,
}

impl Writer {
    pub(super) fn open(path: &Path) -> Result<(Self, Arc<Pool>), StoreError> {
        let lock = lock(path)?;
        let file = OpenFile::open(path)?;
        let pool = Arc::new(Pool::new(path, Arc::default()));
        let (path, log) = (path.to_owned(), Log::default());
        Ok((Self { path, file, log, shut: None, pool: pool.clone(), _lock: lock }, pool))
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
            let done = self.at_hand().and_then(|()| self.commit(&mut gathered));
            if let Err(why @ StoreError::Damaged { .. }) = &done
                && self.shut.is_none()
            {
                self.shut(why.clone());
            }
            for job in gathered {
                job.answer(&done);
            }
            self.log.committed(&self.file.connection, !jobs.is_empty());
        }
    }

    /// Whether the file can be written. One that was taken away would take with it whatever is put into it.
    fn at_hand(&mut self) -> Result<(), StoreError> {
        let there = Sight::of(&self.path);
        match &self.shut {
            None if there.map(|file| file.inode) == self.file.inode => Ok(()),
            None => Err(StoreError::Moved { path: self.path.clone() }),
            Some(shut) if there == shut.damaged || !there.is_some_and(|file| file.is_at_rest()) => {
                Err(shut.why.clone())
            }
            Some(_) => self.begin_again(),
        }
    }

    /// Lets go of a damaged file, so that somebody can put another one in its place.
    fn shut(&mut self, why: StoreError) {
        tracing::error!(error = %why, "no booking is decided until this is mended");
        if let Ok(nothing) = Connection::open_in_memory() {
            self.file.connection = nothing;
            self.pool.forget();
            self.shut = Some(Shut { why, damaged: Sight::of(&self.path) });
        }
    }

    fn begin_again(&mut self) -> Result<(), StoreError> {
        // All of it, however long that takes: the server knows of one damage, and it may be the same file.
        let whole = if sqlite::is_damaged(&self.path) {
            Err(StoreError::Damaged {
                path: self.path.clone(),
                cause: "so is what was put in its place".to_owned(),
            })
        } else {
            OpenFile::open(&self.path)
        };
        match whole {
            Ok(file) => {
                tracing::info!("bookings are decided again");
                self.file = file;
                self.pool.forget();
                self.shut = None;
                Ok(())
            }
            Err(why) => {
                self.shut(why.clone());
                Err(why)
            }
        }
    }

    fn commit(&mut self, gathered: &mut [Box<dyn Work>]) -> Result<(), StoreError> {
        let Self { path, file, .. } = self;
        take_turns(path, &mut file.connection, gathered).map_err(|error| StoreError::of(path, &error))
    }
}

impl OpenFile {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = sqlite::connect(path, &LAYOUT)?;
        let file = Self { connection, inode: Sight::of(path).map(|file| file.inode) };
        file.check_end(path)?;
        Ok(file)
    }

    /// Nothing is to be added to an entry that is not sound.
    fn check_end(&self, path: &Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::of(path, &error);
        let head = audit::head(&self.connection).map_err(failed)?;
        match audit::entry(&self.connection, head.seq).map_err(failed)? {
            Some(last) if !last.is_sound() => Err(StoreError::changed(path, last.seq)),
            _ => Ok(()),
        }
    }
}

fn take_turns(
    path: &Path,
    connection: &mut Connection,
    gathered: &mut [Box<dyn Work>],
) -> rusqlite::Result<()> {
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
