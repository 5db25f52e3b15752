use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::record::Word;

/// The numbers under which words stand in the tables.
#[derive(Debug, Default)]
pub(super) struct Words {
    numbers: HashMap<String, i64>,
}

impl Words {
    /// Words come from a fixed vocabulary; a room that makes some up fills neither the table nor memory.
    const MOST: usize = 4096;

    /// A word's number; one word too many is written as `OTHER`.
    pub(super) fn number(&mut self, step: &Transaction<'_>, word: &Word) -> rusqlite::Result<i64> {
        if let Some(number) = self.numbers.get(word.as_str()) {
            return Ok(*number);
        }
        let full = self.numbers.len() >= Self::MOST;
        self.looked_up(step, if full { OTHER } else { word.as_str() })
    }

    fn looked_up(&mut self, step: &Transaction<'_>, word: &str) -> rusqlite::Result<i64> {
        let known = step
            .prepare_cached("SELECT id FROM words WHERE word = ?1")?
            .query_row([word], |row| row.get(0))
            .optional()?;
        let number = match known {
            Some(number) => number,
            None => step
                .prepare_cached("INSERT INTO words (word) VALUES (?1) RETURNING id")?
                .query_row([word], |row| row.get(0))?,
        };
        self.numbers.insert(word.to_owned(), number);
        Ok(number)
    }
}

const OTHER: &str = "OTHER";

/// What the numbers mean.
pub(super) fn by_number(connection: &Connection) -> rusqlite::Result<HashMap<i64, std::sync::Arc<str>>> {
    let mut statement = connection.prepare_cached("SELECT id, word FROM words")?;
    let words = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into())))?;
    words.collect()
}
