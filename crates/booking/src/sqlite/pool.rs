//! Connections that can't change the file.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::{StoreError, connect_to_read};

/// One of them, for as long as somebody asks.
#[derive(Debug)]
pub(crate) struct Pooled<'a> {
    pool: &'a Pool,
    generation: u64,
    // `None` only while it is given back.
    connection: Option<Connection>,
}

impl Pooled<'_> {
    pub(crate) fn ask<T>(
        &mut self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let Some(connection) = &self.connection else { return Err(StoreError::Stopped) };
        question(connection).map_err(|error| StoreError::of(&self.pool.path, &error))
    }
}

impl Drop for Pooled<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(self.generation, connection);
        }
    }
}

/// Connections that nobody uses at the moment.
#[derive(Debug)]
pub(crate) struct Pool {
    path: PathBuf,
    generation: Arc<AtomicU64>,
    idle: Mutex<Vec<(u64, Connection)>>,
}

impl Pool {
    pub(crate) fn new(path: &Path, generation: Arc<AtomicU64>) -> Self {
        Self { path: path.to_owned(), generation, idle: Mutex::default() }
    }

    pub(crate) fn connection(&self) -> Result<Pooled<'_>, StoreError> {
        let generation = self.generation.load(Ordering::SeqCst);
        let held = self.idle().pop().filter(|(of, _)| *of == generation);
        let connection = match held {
            Some((_, connection)) => connection,
            None => connect_to_read(&self.path).map_err(|error| StoreError::of(&self.path, &error))?,
        };
        Ok(Pooled { pool: self, generation, connection: Some(connection) })
    }

    /// Closes those that nobody uses, and keeps none of those that are in use: the file is another one.
    pub(crate) fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.idle().clear();
    }

    fn give_back(&self, generation: u64, connection: Connection) {
        let mut idle = self.idle();
        if generation == self.generation.load(Ordering::SeqCst) && idle.len() < MOST_IDLE {
            idle.push((generation, connection));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(u64, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MOST_IDLE: usize = 8;

/// Only checked values are written: anything else is damage.
pub(crate) fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| damaged(format!("“{text}” stands where it can't")))
}

pub(crate) fn damaged(what: String) -> rusqlite::Error {
    let damage = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    rusqlite::Error::SqliteFailure(damage, Some(what))
}

pub(crate) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
