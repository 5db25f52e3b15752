//! Effective values with their source, a line each; itself a configuration in TOML.

use std::fmt::Write;

use toml::{Table, Value};

use super::layers::written;

/// Shows `effective`; `source` says where the key at a path has its value from.
#[must_use]
pub fn show(effective: &Table, source: impl Fn(&[&str]) -> String) -> String {
    let mut lines = vec![];
    leaves(effective, &mut vec![], &mut |path, value| {
        let key = path.iter().map(|key| written(key)).collect::<Vec<_>>().join(".");
        lines.push((format!("{key} = {value}"), source(path)));
    });
    // What is longer than most does not move the others' sources out of sight.
    let width = lines.iter().map(|(line, _)| line.chars().count()).filter(|width| *width <= WIDEST).max();
    let mut text = String::new();
    for (line, source) in lines {
        let _ = writeln!(text, "{line:<width$}  # {source}", width = width.unwrap_or_default());
    }
    text
}

/// Characters.
const WIDEST: usize = 60;

fn leaves<'a>(table: &'a Table, path: &mut Vec<&'a str>, each: &mut impl FnMut(&[&'a str], &Value)) {
    for (key, value) in table {
        path.push(key);
        match value {
            // An empty one asks for something too, such as any camera.
            Value::Table(inner) if !inner.is_empty() => leaves(inner, path, each),
            value => each(path, value),
        }
        path.pop();
    }
}
