//! The log of what was decided: entries that are only ever added, each bound to the one before by a hash.
//!
//! An entry's hash is SHA-256 of one line of [`canonical`] JSON, `{"at":…,"body":…,"kind":…,"prev":…,"reference":…,"seq":…}`, where
//! `prev` is the hash of the entry before, 64 zeros before the first. Whoever keeps a [`Head`] that an answer carried can have
//! all before it [verified](verify), the end included.

mod canonical;
mod hash;
mod verify;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::sqlite::timestamp;

pub use canonical::canonical;
pub use hash::{Hash, Head, HeadError};
pub use verify::{Fault, Verified, Wrong, verify};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    /// By the server's clock; not what orders them.
    pub at: Timestamp,
    /// What it tells of: a short word.
    pub kind: String,
    /// The booking that it tells of, if it is one.
    pub reference: Option<String>,
    /// What it tells: canonical JSON.
    pub body: String,
    /// The hash of the entry before.
    pub prev: Hash,
    /// Its own.
    pub hash: Hash,
}

impl Entry {
    /// What its hash has to be. The body goes in as it is kept.
    #[must_use]
    pub fn proper_hash(&self) -> Hash {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        Hash::of(&[
            "{\"at\":",
            &quoted(&self.at.to_string()),
            ",\"body\":",
            &self.body,
            ",\"kind\":",
            &quoted(&self.kind),
            ",\"prev\":\"",
            &self.prev.to_string(),
            "\",\"reference\":",
            &self.reference.as_deref().map_or("null".to_owned(), quoted),
            ",\"seq\":",
            &self.seq.to_string(),
            "}",
        ])
    }

    /// It is as it was written.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.proper_hash() == self.hash
    }

    /// The log as of this entry.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }

    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get::<_, i64>(0)?.cast_unsigned(),
            at: timestamp(row.get(1)?),
            kind: row.get(2)?,
            reference: row.get(3)?,
            body: row.get(4)?,
            prev: row.get(5)?,
            hash: row.get(6)?,
        })
    }
}

/// The columns that [`Entry::of`] reads.
pub(crate) const COLUMNS: &str = "seq, at, kind, reference, body, prev, hash";

/// The last entry's number and hash.
pub(crate) fn head(connection: &Connection) -> rusqlite::Result<Head> {
    let last = connection
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok(Head { seq: row.get::<_, i64>(0)?.cast_unsigned(), hash: row.get(1)? }))
        .optional()?;
    Ok(last.unwrap_or(Head::BEGINNING))
}

/// The entry with this number, if there is one.
pub(crate) fn entry(connection: &Connection, seq: u64) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM audit WHERE seq = ?1"))?
        .query_row([seq.cast_signed()], Entry::of)
        .optional()
}

/// Adds an entry after `head`, within whatever transaction `step` is in.
pub(crate) fn append(
    step: &Connection,
    head: Head,
    at: Timestamp,
    kind: &str,
    reference: Option<&str>,
    body: String,
) -> rusqlite::Result<Entry> {
    let mut entry = Entry {
        seq: head.seq + 1,
        // As it will be read again.
        at: timestamp(at.as_millisecond()),
        kind: kind.to_owned(),
        reference: reference.map(str::to_owned),
        body,
        prev: head.hash,
        hash: Hash::ZERO,
    };
    entry.hash = entry.proper_hash();
    let Entry { seq, at, kind, reference, body, prev, hash } = &entry;
    step.prepare_cached(&format!("INSERT INTO audit ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"))?
        .execute(params![seq.cast_signed(), at.as_millisecond(), kind, reference, body, prev, hash])?;
    Ok(entry)
}
