//! Bookings and how they stand, with the [log](crate::audit) of how that came about, in one SQLite file (`bookings.sqlite`).
//!
//! Whatever is done is done in a [`Turn`]: one after the other, each in a savepoint of the transaction that those who came at the same
//! time share, with its entries in the log. So what is decided in a turn is decided on what is so, and of two bookings for one
//! slot the second meets the first. The answer comes once it is all on the disk (`synchronous=FULL`).
//!
//! A damaged file is not replaced: the log in it is what an audit needs. Nothing is decided until somebody has put a whole one in its
//! place; that is then begun with.

mod file;
mod reader;
mod row;
mod turn;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use self::writer::{Job, Work, Writer};
use crate::{
    audit::Head,
    sqlite::{Layout, Pool, Sight, StoreError},
};

pub use file::BookingsFile;
pub use reader::{BookingsPage, BookingsReader};
pub use row::{BookingRow, OutcomeRow, OverrideRow};
pub use turn::{Decided, Overridden, Turn};
pub(crate) use turn::{IN_FORCE, LONGEST_MS};

/// The file's name in a server's directory.
pub const FILE: &str = "bookings.sqlite";

/// “SIAB”.
const LAYOUT: Layout = Layout {
    application: 0x5349_4142,
    migrations: &[include_str!("layout-1.sql"), include_str!("layout-2.sql")],
};

/// All bookings: one writer, any number of readers. Clones are one and the same.
#[derive(Debug, Clone)]
pub struct Bookings(Arc<Inner>);

impl Bookings {
    /// Opens the file in `path`, or makes it.
    ///
    /// # Errors
    /// It is damaged, a newer version wrote it, it is another program's, another server has it, or it can't be read or written. It is
    /// left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let (writer, pool) = Writer::open(path)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("bookings".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(|cause| StoreError::System { path: path.to_owned(), cause: cause.to_string() })?;
        let (jobs, thread) = (Some(jobs), Some(thread));
        Ok(Self(Arc::new(Inner { jobs, thread, pool, path: path.to_owned() })))
    }

    /// Whether somebody has put a file in `path` and is done with it: half of a copy must not be begun with, nor an empty file where one
    /// was damaged.
    #[must_use]
    pub fn is_at_rest(path: &Path) -> bool {
        Sight::of(path).is_some_and(|file| file.is_at_rest())
    }

    /// Whether this version of the program can go on with the bookings in `path`, if there are any. Changes nothing.
    ///
    /// # Errors
    /// A newer version wrote them.
    pub fn fits(path: &Path) -> Result<(), StoreError> {
        crate::sqlite::fits(path, &LAYOUT)
    }

    /// Does something in a turn of its own, and answers once it is on the disk, with how far the log then reached. What `work`
    /// did before it refused is undone.
    ///
    /// # Errors
    /// `work` refused, or the file can't be written; then nothing of it was kept.
    pub async fn in_turn<T: Send + 'static, E: Send + 'static>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut Turn<'_>) -> Result<T, NotDone<E>> + Send + 'static,
    ) -> Result<(T, Head), NotDone<E>> {
        let (reply, answer) = oneshot::channel();
        let job: Box<dyn Work> = Box::new(Job::new(now, work, reply));
        let Some(jobs) = &self.0.jobs else { return Err(StoreError::Stopped.into()) };
        jobs.send(job).await.map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Asks something, on a connection of its own. Blocks while it reads.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn read<T>(
        &self,
        ask: impl FnOnce(&mut BookingsReader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0
            .pool
            .connection()
            .and_then(|connection| ask(&mut BookingsReader::new(connection, &self.0.path)))
    }
}

/// Those who wait for their turn; whoever comes then waits outside.
const QUEUE: usize = 256;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone<E> {
    /// The file does not let it.
    Store(StoreError),
    /// It must not be done.
    Refused(E),
}

impl<E> From<StoreError> for NotDone<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[derive(Debug)]
struct Inner {
    jobs: Option<mpsc::Sender<Box<dyn Work>>>,
    thread: Option<JoinHandle<()>>,
    pool: Arc<Pool>,
    path: PathBuf,
}

impl Drop for Inner {
    /// What was handed in is on the disk before the program ends.
    fn drop(&mut self) {
        self.jobs = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
