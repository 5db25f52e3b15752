use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::sqlite::{StoreError, with};

/// Moves a damaged store away, its log with it, and answers where to. Nothing is deleted: `sqlite3 FILE .recover` may still get
/// most of it back.
pub(super) fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let away = free_name(path, now);
    let failed = |cause: io::Error| StoreError::ReadOnly { path: path.to_owned(), cause: cause.to_string() };
    fs::rename(path, &away).map_err(failed)?;
    // A log left behind would be taken for the new file's.
    for suffix in ["-wal", "-shm"] {
        match fs::rename(with(path, suffix), with(&away, suffix)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(failed(cause)),
            _ => {}
        }
    }
    Ok(away)
}

fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let name = with(path, &format!(".damaged-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    let numbered = (2..).map(|number| with(&name, &format!("-{number}")));
    std::iter::once(name.clone()).chain(numbered).find(|name| !name.exists()).unwrap_or(name)
}
