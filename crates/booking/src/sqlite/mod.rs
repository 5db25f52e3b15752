//! What the desk's two files have in common: how a file is opened, comes to have its tables and is found damaged, who may write
//! it, and connections that read it ([`Pool`]).
//!
//! Times are milliseconds since 1970 by the server's clock.

mod error;
mod lock;
mod log;
mod pool;
mod sight;

use std::{
    cmp::Ordering,
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};

pub use error::StoreError;
pub(crate) use lock::{lock, with};
pub(crate) use log::Log;
pub(crate) use pool::{Pool, Pooled, damaged, parsed, timestamp};
pub(crate) use sight::Sight;

/// What a file holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Tells it from the files of other programs, and from our others.
    pub(crate) application: i64,
    /// Each brings a file from the layout of its position to the next; once released, none is ever changed.
    pub(crate) migrations: &'static [&'static str],
}

/// Someone who copies the file or looks into it by hand holds it for a moment.
const OTHERS_MAY_HOLD_IT: Duration = Duration::from_secs(5);

/// A connection that writes, to a file with the newest layout.
pub(crate) fn connect(path: &Path, holds: &Layout) -> Result<Connection, StoreError> {
    make_private(path)?;
    let failed = |error: rusqlite::Error| StoreError::of(path, &error);
    let mut connection = plain(path).map_err(failed)?;
    let (application, layout) = (header(&connection, "application_id"), header(&connection, "user_version"));
    let (application, layout) = (application.map_err(failed)?, layout.map_err(failed)?);
    let empty = is_empty(&connection).map_err(failed)?;
    if application != holds.application && !empty {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    let known = i64::try_from(holds.migrations.len()).unwrap_or(i64::MAX);
    if layout > known {
        return Err(StoreError::Newer { path: path.to_owned(), found: layout, known });
    }
    // The log first: a migration is then as safe as any other change.
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    connection.pragma_update(None, "journal_size_limit", LARGEST_LOG).map_err(failed)?;
    connection.pragma_update(None, "wal_autocheckpoint", LARGEST_LOG / PAGE).map_err(failed)?;
    migrate(&mut connection, holds, layout).map_err(failed)?;
    check(&mut connection, path)?;
    Ok(connection)
}

/// Whether this version of the program can go on with a file, if there is one. Changes nothing; what else is wrong with it is told by
/// [`connect`].
///
/// # Errors
/// A newer version wrote it.
pub(crate) fn fits(path: &Path, holds: &Layout) -> Result<(), StoreError> {
    // Not one that is open for reading only: the write-ahead log wants more. None is made.
    let layout = plain(path).and_then(|it| header(&it, "user_version"));
    let known = i64::try_from(holds.migrations.len()).unwrap_or(i64::MAX);
    match layout {
        Ok(found) if found > known => Err(StoreError::Newer { path: path.to_owned(), found, known }),
        _ => Ok(()),
    }
}

/// A connection that reads.
pub(crate) fn connect_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let connection = plain(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Whether this version can read what a file holds. Nothing is made or changed.
pub(crate) fn check_to_read(path: &Path, holds: &Layout) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::of(path, &error);
    if !path.exists() {
        return Err(StoreError::Absent { path: path.to_owned() });
    }
    let connection = connect_to_read(path).map_err(failed)?;
    let application = header(&connection, "application_id").map_err(failed)?;
    let found = header(&connection, "user_version").map_err(failed)?;
    let known = i64::try_from(holds.migrations.len()).unwrap_or(i64::MAX);
    match found.cmp(&known) {
        _ if application != holds.application => Err(StoreError::Foreign { path: path.to_owned() }),
        Ordering::Less => Err(StoreError::Older { path: path.to_owned(), found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StoreError::Newer { path: path.to_owned(), found, known }),
    }
}

/// Whoever commits to a log of this size takes it into the file, if nobody did before ([`Log`]); it is cut to this then, bytes.
const LARGEST_LOG: i64 = 16 << 20;

/// As SQLite makes its files, bytes.
const PAGE: i64 = 4096;

fn plain(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(OTHERS_MAY_HOLD_IT)?;
    // A damaged file must show as damaged and not be believed.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Room names and what happens in rooms are the office's business: for the owner only. SQLite gives its other files the
/// same mode.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    file.map(drop).map_err(|cause| StoreError::ReadOnly { path: path.to_owned(), cause: cause.to_string() })
}

fn header(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

/// All or nothing: a kill in between leaves the layout that was there.
fn migrate(connection: &mut Connection, holds: &Layout, layout: i64) -> rusqlite::Result<()> {
    let done = usize::try_from(layout).unwrap_or(0);
    for (number, script) in (1_i64..).zip(holds.migrations).skip(done) {
        let step = connection.transaction()?;
        step.execute_batch(script)?;
        step.pragma_update(None, "application_id", holds.application)?;
        step.pragma_update(None, "user_version", number)?;
        step.commit()?;
    }
    Ok(())
}

/// Looks the file over, for as long as a start may take. What is broken beyond that shows when it is read.
fn check(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::of(path, &error);
    let started = Instant::now();
    let late = move || started.elapsed() > LONGEST_LOOK;
    connection.progress_handler(10_000, Some(late)).map_err(failed)?;
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    connection.progress_handler(0, None::<fn() -> bool>).map_err(failed)?;
    match found {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(StoreError::Damaged { path: path.to_owned(), cause: said }),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

const LONGEST_LOOK: Duration = Duration::from_millis(200);

/// Whether the file is damaged; looks all of it over, however long that takes, and not at what another connection has in its
/// memory.
pub(crate) fn is_damaged(path: &Path) -> bool {
    let said = connect_to_read(path).and_then(|connection| {
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    });
    match said {
        Ok(said) => said != "ok",
        // That it can't be looked at says nothing.
        Err(error) => matches!(StoreError::of(path, &error), StoreError::Damaged { .. }),
    }
}
