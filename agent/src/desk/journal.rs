//! What happened here and the server does not have yet: a small database in the state directory, so that a room that is
//! offline or switched off loses nothing of its history. What the server has stays for a week, for the room's own page.
//!
//! It can always be used. Where it can't be kept on disk, it is kept in memory, under another id; where a line can't be
//! written, it is counted as lost; a file that is damaged, or that a newer release wrote in another form, is set aside. Each of
//! these is told.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use serde::Serialize;
use siaga_readiness::{
    moment::{BootId, Moment},
    report::{Age, Happening, JournalId, MAX_RECORDS, Record},
};
use tracing::{info, warn};

/// The file's name in the state directory.
const FILE: &str = "journal.sqlite";

/// Of the file's form, as SQLite's `user_version`; 0 is that of the first releases, which this one goes on with.
const FORM: i64 = 1;

/// Lines that are kept; the oldest gives way. A room that probes as planned writes some 340 a day: they last for four weeks offline.
const MOST: u32 = 10_000;

/// The file grows no further than 32 MiB.
const MOST_PAGES: u32 = 8 * 1024;

/// What the server has is kept for so long.
const KEPT: Duration = Duration::from_secs(8 * 24 * 60 * 60);

/// Bytes of lines in one frame, which has some more.
const FRAME: usize = 200 * 1024;

/// A room's journal.
#[derive(Debug)]
pub struct Journal {
    /// On disk; none if it is kept in memory alone.
    file: Option<PathBuf>,
    store: Connection,
    id: JournalId,
    most: u32,
    /// Lines that could not be written since the program started.
    lost: u64,
    trouble: Option<String>,
}

/// How the journal is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct JournalState {
    /// Whether it outlasts the program.
    pub on_disk: bool,
    /// Lines that the server does not have yet.
    pub waiting: u64,
    /// Lines of this journal that were lost before the server had them.
    pub dropped: u64,
    /// What is wrong with it, for people.
    pub trouble: Option<String>,
}

impl Journal {
    /// The journal that is kept in `directory`, or in memory where that can't be.
    #[must_use]
    pub fn open(directory: &Path, new_id: JournalId) -> Self {
        let file = directory.join(FILE);
        let opened = open_file(&file, new_id).or_else(|error| {
            if !is_of_no_use(&error) {
                return Err(error);
            }
            set_aside(&file, &error);
            open_file(&file, new_id)
        });
        match opened {
            Ok((store, id)) => Self { file: Some(file), store, id, most: MOST, lost: 0, trouble: None },
            Err(error) => {
                let trouble = format!(
                    "the journal {} cannot be kept ({error}): what happens while the server is not reached is lost when \
                     this program ends; check the directory's owner and the disk",
                    file.display()
                );
                warn!("{trouble}");
                Self { trouble: Some(trouble), ..Self::in_memory(new_id) }
            }
        }
    }

    fn in_memory(id: JournalId) -> Self {
        let mut store = Connection::open_in_memory().expect("a database in memory needs nothing but memory");
        prepare(&mut store, id).expect("a new database is in order");
        Self { file: None, store, id, most: MOST, lost: 0, trouble: None }
    }

    /// Tells this journal from the one before it.
    #[must_use]
    pub fn id(&self) -> JournalId {
        self.id
    }

    /// Writes a line. One that can't be written is counted.
    pub fn append(&mut self, at: Moment, what: &Happening) {
        let mut written = self.try_to_append(at, what);
        // What the server has gives way first.
        if written.is_err() && self.forget_sent(i64::MAX).is_ok_and(|forgotten| forgotten > 0) {
            written = self.try_to_append(at, what);
        }
        match written {
            Ok(()) => self.trouble = self.trouble.take().filter(|_| self.file.is_none()),
            Err(error) => {
                self.lost += 1;
                self.on_error("a line could not be written", &error);
            }
        }
    }

    fn try_to_append(&mut self, at: Moment, what: &Happening) -> Result<(), StoreError> {
        let body = serde_json::to_string(what)?;
        let transaction = self.store.transaction()?;
        transaction.execute(
            "INSERT INTO line (wall_ms, boot, since_boot_ms, body) VALUES (?1, ?2, ?3, ?4)",
            params![at.wall.as_millisecond(), at.boot.to_string(), millis(at.since_boot), body],
        )?;
        let gives_way = "SELECT seq FROM line ORDER BY seq DESC LIMIT 1 OFFSET ?1";
        let last: Option<i64> = transaction.query_row(gives_way, [self.most], |row| row.get(0)).optional()?;
        if let Some(last) = last {
            let unsent = "SELECT count(*) FROM line WHERE seq <= ?1 AND seq > committed";
            transaction.execute(&format!("UPDATE journal SET dropped = dropped + ({unsent})"), [last])?;
            transaction.execute("DELETE FROM line WHERE seq <= ?1", [last])?;
        }
        Ok(transaction.commit()?)
    }

    /// The oldest lines that the server does not have, with their ages at `now`: as many as a frame takes.
    pub fn unsent(&mut self, now: Moment) -> Vec<Record> {
        self.try_to_read(now).unwrap_or_else(|error| {
            self.on_error("it could not be read", &error);
            Vec::new()
        })
    }

    fn try_to_read(&self, now: Moment) -> Result<Vec<Record>, StoreError> {
        let mut select = self
            .store
            .prepare(
                "SELECT seq, wall_ms, boot, since_boot_ms, body FROM line, journal WHERE seq > committed ORDER BY seq LIMIT ?1",
            )?;
        let mut lines = select.query([MAX_RECORDS as i64])?;
        let (mut records, mut bytes) = (Vec::new(), 0);
        while let Some(line) = lines.next()? {
            let (wall_ms, boot, since_boot_ms, body): (i64, String, i64, String) =
                (line.get(1)?, line.get(2)?, line.get(3)?, line.get(4)?);
            bytes += body.len();
            if bytes > FRAME && !records.is_empty() {
                break;
            }
            records.push(Record {
                seq: line.get::<_, i64>(0)?.unsigned_abs(),
                at: age(wall_ms, boot.parse().unwrap_or(BootId(0)), since_boot_ms, now),
                // One of a newer release keeps its number.
                what: serde_json::from_str(&body).unwrap_or(Happening::Unknown),
            });
        }
        Ok(records)
    }

    /// What happened since then, the oldest first, by this machine's clock. What can't be read is left out: it is for a picture.
    #[must_use]
    pub fn recent(&self, since: Timestamp) -> Vec<(Timestamp, Happening)> {
        let read = || -> Result<Vec<_>, rusqlite::Error> {
            let mut select =
                self.store.prepare("SELECT wall_ms, body FROM line WHERE wall_ms >= ?1 ORDER BY seq")?;
            let lines = select.query_map([since.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            lines.collect()
        };
        let lines: Vec<(i64, String)> = read().unwrap_or_default();
        let parsed = lines.into_iter().filter_map(|(wall_ms, body)| {
            Some((Timestamp::from_millisecond(wall_ms).ok()?, serde_json::from_str(&body).ok()?))
        });
        parsed.collect()
    }

    /// The server has stored all up to `seq`, so they are not sent again, and not kept for longer than [`KEPT`]. The next line's
    /// number comes after it, whatever this journal remembers.
    pub fn on_committed(&mut self, seq: u64, now: Moment) {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let noted = self.store.transaction().and_then(|transaction| {
            transaction.execute("UPDATE journal SET committed = max(committed, ?1)", [seq])?;
            transaction
                .execute("UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'line'", [seq])?;
            transaction.commit()
        });
        let before = now.wall.as_millisecond() - millis(KEPT);
        if let Err(error) = noted.and_then(|()| self.forget_sent(before)) {
            self.on_error("what the server has could not be noted", &error.into());
        }
    }

    /// Takes out what the server has and what happened before that. Answers how many lines that were.
    fn forget_sent(&self, before_ms: i64) -> Result<usize, rusqlite::Error> {
        let sent = "DELETE FROM line WHERE wall_ms < ?1 AND seq <= (SELECT committed FROM journal)";
        self.store.execute(sent, [before_ms])
    }

    /// How it is.
    #[must_use]
    pub fn state(&self) -> JournalState {
        let count =
            |sql| self.store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or(0).unsigned_abs();
        JournalState {
            on_disk: self.file.is_some(),
            waiting: count("SELECT count(*) FROM line, journal WHERE seq > committed"),
            dropped: count("SELECT dropped FROM journal") + self.lost,
            trouble: self.trouble.clone(),
        }
    }

    /// A file that turns out to be damaged is set aside at once, and a new journal begun: under another id, for its
    /// numbers begin anew.
    fn on_error(&mut self, what: &str, error: &StoreError) {
        let trouble = format!("{what}: {error}");
        if self.trouble.as_ref() != Some(&trouble) {
            warn!(file = ?self.file, "the journal: {trouble}");
        }
        let (lost, most) = (self.lost, self.most);
        if is_of_no_use(error)
            && let Some(file) = self.file.clone()
        {
            // The old file is closed before it is moved.
            *self = Self::in_memory(JournalId(self.id.0.wrapping_add(1)));
            set_aside(&file, error);
            if let Some(directory) = file.parent() {
                *self = Self::open(directory, self.id);
            }
            (self.lost, self.most) = (lost, most);
        } else {
            self.trouble = Some(trouble);
        }
    }
}

fn open_file(file: &Path, new_id: JournalId) -> Result<(Connection, JournalId), StoreError> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut store = Connection::open(file)?;
    let id = prepare(&mut store, new_id)?;
    Ok((store, id))
}

/// Answers with the id of the journal that is there, or of the one that is begun.
fn prepare(store: &mut Connection, new_id: JournalId) -> Result<JournalId, StoreError> {
    store.busy_timeout(Duration::from_secs(2))?;
    let form: i64 = store.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if form > FORM {
        return Err(StoreError::Newer);
    }
    // A machine that is switched off may lose the last line, never the file.
    store.pragma_update(None, "journal_mode", "wal")?;
    store.pragma_update(None, "synchronous", "normal")?;
    store.pragma_update(None, "max_page_count", MOST_PAGES)?;
    let sound: String = store.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(StoreError::Damaged(sound));
    }
    let transaction = store.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS journal (
             id TEXT NOT NULL, dropped INTEGER NOT NULL DEFAULT 0, committed INTEGER NOT NULL DEFAULT 0
         );
         CREATE TABLE IF NOT EXISTS line (
             seq INTEGER PRIMARY KEY AUTOINCREMENT,
             wall_ms INTEGER NOT NULL, boot TEXT NOT NULL, since_boot_ms INTEGER NOT NULL,
             body TEXT NOT NULL
         );",
    )?;
    // A journal of an earlier release took out what the server had.
    let column = "SELECT count(*) FROM pragma_table_info('journal') WHERE name = 'committed'";
    if transaction.query_row(column, [], |row| row.get::<_, i64>(0))? == 0 {
        transaction.execute("ALTER TABLE journal ADD COLUMN committed INTEGER NOT NULL DEFAULT 0", [])?;
    }
    let held: Option<String> =
        transaction.query_row("SELECT id FROM journal", [], |row| row.get(0)).optional()?;
    let id = match held.map(|id| id.parse()) {
        Some(Ok(id)) => id,
        Some(Err(_)) => return Err(StoreError::Damaged("its id is none".to_owned())),
        None => {
            transaction.execute("INSERT INTO journal (id) VALUES (?1)", [new_id.to_string()])?;
            // There is a row to be changed before the first line is written.
            transaction.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('line', 0)", [])?;
            new_id
        }
    };
    transaction.pragma_update(None, "user_version", FORM)?;
    // What can't be written is told now and not when something has happened.
    transaction.execute("UPDATE journal SET dropped = dropped", [])?;
    transaction.commit()?;
    Ok(id)
}

/// How old a line is: by the clock that nobody sets, within one boot; else by the wall clock, if that says anything.
fn age(wall_ms: i64, boot: BootId, since_boot_ms: i64, now: Moment) -> Option<Age> {
    let ago = if boot == now.boot {
        millis(now.since_boot).checked_sub(since_boot_ms)
    } else {
        now.wall.as_millisecond().checked_sub(wall_ms)
    };
    Some(Age::from(Duration::from_millis(u64::try_from(ago?).ok()?)))
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Whoever looks into it later finds it.
fn set_aside(file: &Path, why: &StoreError) {
    let beside = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let moved = fs::rename(file, beside(".damaged"));
    for left in ["-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(left));
    }
    warn!(file = %file.display(), error = %why, set_aside = moved.is_ok(), "the journal can't be used: a new one is begun");
    info!("what the server did not have yet does not reach it any more");
}

/// And of none later: another journal is begun.
fn is_of_no_use(error: &StoreError) -> bool {
    match error {
        StoreError::Damaged(_) | StoreError::Newer => true,
        StoreError::Sqlite(error) => {
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        }
        StoreError::Io(_) | StoreError::Json(_) => false,
    }
}

#[derive(Debug, thiserror::Error)]
enum StoreError {
    #[error("{0}")]
    Damaged(String),
    #[error("a newer release wrote it in another form")]
    Newer,
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

#[cfg(test)]
mod tests;
