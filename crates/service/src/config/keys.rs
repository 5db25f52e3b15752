use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Whether `text` is TOML; and the path of the key that is at `offset`, or whose value is: `servers[0].address`.
/// In a text that is not TOML, as far as it can be made out.
pub(super) fn locate(text: &str, offset: Option<usize>) -> (bool, Option<String>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let key = offset.and_then(|offset| {
        let mut search = Search { offset, path: Vec::new(), best: None };
        search.table(document.get_ref());
        search.best.map(|(_, path)| path)
    });
    (errors.is_empty(), key.filter(|key| !key.is_empty()))
}

/// Looks through all values, for the place of a `[table]` is only its header: what it holds lies outside.
struct Search<'a> {
    offset: usize,
    path: Vec<Step<'a>>,
    /// The narrowest place so far: its length in bytes, and its key.
    best: Option<(usize, String)>,
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Search<'a> {
    fn table(&mut self, table: &'a DeTable<'_>) {
        for (key, value) in table.iter() {
            self.path.push(Step::Key(key.get_ref()));
            self.compare(&key.span());
            self.value(value);
            self.path.pop();
        }
    }

    fn value(&mut self, value: &'a Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.value(item);
                    self.path.pop();
                }
            }
            _ => {}
        }
        self.compare(&value.span());
    }

    fn compare(&mut self, span: &Range<usize>) {
        // The end counts: there a text that is not closed is missed.
        let touches = (span.start..=span.end).contains(&self.offset);
        if touches && self.best.as_ref().is_none_or(|(narrowest, _)| span.len() < *narrowest) {
            self.best = Some((span.len(), self.path_text()));
        }
    }

    fn path_text(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }
}
