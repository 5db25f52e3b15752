use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::StoreError;

/// For as long as the answer is kept. Two writers would not see what each other has in memory; SQLite's own lock is held only
/// during a commit.
pub(crate) fn lock(path: &Path) -> Result<File, StoreError> {
    let name = with(path, ".lock");
    let failed =
        |cause: std::io::Error| StoreError::ReadOnly { path: name.clone(), cause: cause.to_string() };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&name)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

/// A file beside `path`.
pub(crate) fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
