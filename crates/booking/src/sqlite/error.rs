use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use siaga_readiness::room::RoomId;
use thiserror::Error;

/// Why the store could not do what it was asked. Nothing that it has acknowledged is lost by any of these, except by damage.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum StoreError {
    #[error(
        "{} was written by a newer version of this program (layout {found}; this one knows up to {known}); \
         install that version again, or move the file away to begin anew", path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(
        "{} was written by an older version of this program (layout {found}; this one reads {known}); \
         start the server once with this version, which brings it up to date", path.display()
    )]
    Older { path: PathBuf, found: i64, known: i64 },
    #[error("{} is not there: a server makes it when it is first started; name the directory of one that was", path.display())]
    Absent { path: PathBuf },
    #[error(
        "{} is a database of another program; move it away, or give this server another directory", path.display()
    )]
    Foreign { path: PathBuf },
    #[error("{} is in use by another probe server; stop that one, or give this one a directory of its own", path.display())]
    InUse { path: PathBuf },
    #[error(
        "no room is left for {}: nothing new is kept until there is, rooms keep what they measure and send it again, \
         bookings are not decided; free space on its disk, or raise [store] max_size", path.display()
    )]
    Full { path: PathBuf },
    #[error(
        "{} cannot be written: {cause}; rooms keep what they measure and send it again, bookings are not decided; \
         check that this user owns the file and its directory and that the disk is not mounted read-only", path.display()
    )]
    ReadOnly { path: PathBuf, cause: String },
    #[error(
        "{} was moved or replaced while this server had it open: nothing is decided, so that nothing is lost; \
         put it back, or stop the server before another one is put there", path.display()
    )]
    Moved { path: PathBuf },
    #[error("{} is damaged: {cause}", path.display())]
    Damaged { path: PathBuf, cause: String },
    #[error("{}: {cause}; check the disk and that this user may read and write there", path.display())]
    System { path: PathBuf, cause: String },
    #[error("room {room} numbers its journal beyond 2^63; nothing of that is kept")]
    SequenceTooLarge { room: RoomId },
    #[error("the store has stopped; the log says why")]
    Stopped,
}

impl StoreError {
    /// An entry of the log is gone or not as it was written.
    pub(crate) fn changed(path: &Path, seq: u64) -> Self {
        let cause = format!(
            "entry {seq} of its log is not as it was written; “siaga-probe-server audit verify” looks through all of it"
        );
        Self::Damaged { path: path.to_owned(), cause }
    }

    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let (path, cause) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { path, cause }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, cause },
            _ => Self::System { path, cause },
        }
    }
}
