use std::{path::Path, sync::Arc, sync::atomic::AtomicU64};

use super::{LAYOUT, Reader};
use crate::sqlite::{Pool, StoreError, check_to_read};

/// What a server that may be running has kept of its rooms, to be read and nothing else: no lock is taken, and no file made.
#[derive(Debug)]
pub struct StoreFile(Pool);

impl StoreFile {
    /// That in `path`.
    ///
    /// # Errors
    /// There is none, it is another program's or another version's, or it can't be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        check_to_read(path, &LAYOUT)?;
        Ok(Self(Pool::new(path, Arc::new(AtomicU64::new(0)))))
    }

    /// Asks something.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn read<T>(
        &self,
        ask: impl FnOnce(&mut Reader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        ask(&mut Reader(self.0.connection()?))
    }
}
