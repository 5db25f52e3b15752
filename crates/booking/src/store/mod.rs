//! What rooms have reported, in one SQLite file (`rooms.sqlite`), with its write-ahead log and a lock beside it.
//!
//! In the order a report travels: `writer` gathers what many rooms hand over into one transaction, `take` puts a report into
//! the tables of `layout-1.sql` to `layout-3.sql`, [`reader`](Reader), `history`, for how long it has been so `standing`, and for
//! forecasts `past` answer, `orders` keeps what rooms were asked for, `tidy` drops what has grown old, `damage` sets a broken
//! file aside.
//!
//! **Durability.** The write-ahead log with `synchronous=FULL`: a commit returns once the log is on the disk. A room forgets
//! what is acknowledged, so an acknowledgement promises that. Everything is written by the one writer, and so in the
//! same transactions: when a room was last seen, its last state and what tidying drops would not need it, and cost nothing
//! more.

mod damage;
mod file;
mod history;
mod orders;
mod past;
mod reader;
mod standing;
mod take;
mod tidy;
mod words;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use self::writer::{Job, Writer};
use crate::{
    record::Report,
    sqlite::{Layout, Pool},
};

pub use crate::sqlite::StoreError;
pub use file::StoreFile;
pub use history::{EventRow, HourRow, SampleRow};
pub use orders::Order;
pub use past::RoomPast;
pub use reader::{Reader, RoomPage, RoomRow, StateRow};
pub use standing::{NetworkRow, Standing};
pub use tidy::{Retention, Tidied};

/// “SIAG”.
const LAYOUT: Layout = Layout {
    application: 0x5349_4147,
    migrations: &[include_str!("layout-1.sql"), include_str!("layout-2.sql"), include_str!("layout-3.sql")],
};

/// The store: one writer, any number of readers. Clones are one and the same.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

/// What a commit promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The room's journal is on the disk up to this number, all of it; 0 if nothing is.
    pub through: u64,
    /// What was not kept because its time lies ahead of the server's clock by more than five minutes, or before what is kept.
    pub ignored: usize,
}

impl Store {
    /// Opens the store in `path`, or makes it. A damaged file is set aside and a new one begun; the second of the pair is then
    /// where the damaged one is.
    ///
    /// # Errors
    /// Another program holds the store, a newer version wrote it, it is no store, or it can't be read or written.
    pub fn open(
        path: &Path,
        retention: Retention,
        now: Timestamp,
    ) -> Result<(Self, Option<PathBuf>), StoreError> {
        let max_bytes = retention.max_bytes;
        let (writer, set_aside) = Writer::open(path, retention, now)?;
        let pool = Pool::new(path, writer.generation());
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread =
            thread::Builder::new()
                .name("rooms-store".to_owned())
                .spawn(move || writer.run(queue))
                .map_err(|cause| StoreError::System { path: path.to_owned(), cause: cause.to_string() })?;
        Ok((
            Self(Arc::new(Inner {
                jobs: Some(jobs),
                thread: Some(thread),
                pool,
                max_bytes: max_bytes.into(),
            })),
            set_aside,
        ))
    }

    /// How large the file may become, bytes.
    #[must_use]
    pub fn max_bytes(&self) -> u64 {
        self.0.max_bytes.load(Ordering::Relaxed)
    }

    /// Whether this version of the program can go on with the store in `path`, if there is one. Changes nothing.
    ///
    /// # Errors
    /// A newer version wrote it.
    pub fn fits(path: &Path) -> Result<(), StoreError> {
        crate::sqlite::fits(path, &LAYOUT)
    }

    /// Takes a report in and answers once it is on the disk. Reports that come at the same time share a commit. What was
    /// committed before is not taken again.
    ///
    /// # Errors
    /// Nothing of the report was kept; the room has to send it again.
    pub async fn record(&self, report: Report) -> Result<Committed, StoreError> {
        if report.frames.iter().any(|frame| i64::try_from(frame.sequence).is_err()) {
            return Err(StoreError::SequenceTooLarge { room: report.room });
        }
        let (reply, answer) = oneshot::channel();
        self.hand_in(Job::Record { report: Box::new(report), reply }).await?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Drops what has grown old of some rooms, those first that were tidied longest ago; each room is due once a day. To be
    /// called every minute.
    ///
    /// # Errors
    /// The file can't be written.
    pub async fn tidy(&self, now: Timestamp) -> Result<Tidied, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.hand_in(Job::Tidy { now, reply }).await?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Lets the file become this large, bytes, from now on. One that is larger already takes nothing new.
    ///
    /// # Errors
    /// That can't be set.
    pub async fn limit(&self, max_bytes: u64) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.hand_in(Job::Limit { max_bytes, reply }).await?;
        answer.await.map_err(|_| StoreError::Stopped)??;
        self.0.max_bytes.store(max_bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Asks something, on a connection of its own. Blocks while it reads.
    ///
    /// # Errors
    /// The file can't be read, or is damaged; then the writer sets it aside and a new one is begun.
    pub fn read<T>(&self, ask: impl FnOnce(&mut Reader) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let answer = self.0.pool.connection().and_then(|connection| ask(&mut Reader(connection)));
        if let (Err(StoreError::Damaged { .. }), Some(jobs)) = (&answer, &self.0.jobs) {
            // A queue that is full holds reports, which meet the damage themselves.
            let _ = jobs.try_send(Job::Suspect);
        }
        answer
    }

    async fn hand_in(&self, job: Job) -> Result<(), StoreError> {
        let Some(jobs) = &self.0.jobs else { return Err(StoreError::Stopped) };
        jobs.send(job).await.map_err(|_| StoreError::Stopped)
    }
}

/// Reports that wait for the writer; whoever brings more waits before it takes more from its room.
const QUEUE: usize = 256;

#[derive(Debug)]
struct Inner {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    pool: Pool,
    max_bytes: AtomicU64,
}

impl Drop for Inner {
    /// What was handed in is on the disk before the program ends.
    fn drop(&mut self) {
        self.jobs = None;
        // A writer that panicked has already failed those who waited for it.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
