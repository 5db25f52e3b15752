//! When what was committed goes from the write-ahead log into the file.

use rusqlite::Connection;

/// The log is taken in after so many commits: some hundred pages, a few milliseconds.
const COMMITS: u32 = 64;

/// Commits that are in the log only.
///
/// Left to SQLite, one in a hundred of those who commit would wait for hundreds of pages to reach the file, and twice more for
/// the disk.
#[derive(Debug, Default)]
pub(crate) struct Log {
    commits: u32,
}

impl Log {
    /// To be told when those who waited for a commit have their answers. Where somebody always waits, it is left to SQLite after all.
    pub(crate) fn committed(&mut self, connection: &Connection, somebody_waits: bool) {
        self.commits = self.commits.saturating_add(1);
        if self.commits < COMMITS || somebody_waits {
            return;
        }
        self.commits = 0;
        // What fails here is as safe in the log, and the next commit tells what is wrong with the disk.
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_goes_into_the_file_once_nobody_waits() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("a.sqlite");
        let connection = Connection::open(&path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.execute_batch("CREATE TABLE t (n INTEGER)")?;
        let mut log = Log::default();
        let size = || std::fs::metadata(&path).map(|it| it.len());
        let before = size()?;
        for _ in 0..2 * COMMITS {
            connection.execute("INSERT INTO t VALUES (1)", [])?;
            log.committed(&connection, true);
        }
        assert_eq!(size()?, before, "somebody waits");
        log.committed(&connection, false);
        assert!(size()? > before);
        Ok(())
    }
}
