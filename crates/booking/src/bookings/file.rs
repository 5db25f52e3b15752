use std::{path::Path, sync::Arc, sync::atomic::AtomicU64};

use super::{BookingsReader, LAYOUT};
use crate::sqlite::{Pool, StoreError, check_to_read};

/// The bookings of a server that may be running, to be read and nothing else: no lock is taken, and no file made.
#[derive(Debug)]
pub struct BookingsFile {
    pool: Pool,
    path: Box<Path>,
}

impl BookingsFile {
    /// Those in `path`.
    ///
    /// # Errors
    /// There are none, they are another program's or another version's, or they can't be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        check_to_read(path, &LAYOUT)?;
        Ok(Self { pool: Pool::new(path, Arc::new(AtomicU64::new(0))), path: path.into() })
    }

    /// Asks something.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn read<T>(
        &self,
        ask: impl FnOnce(&mut BookingsReader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        ask(&mut BookingsReader::new(self.pool.connection()?, &self.path))
    }
}
