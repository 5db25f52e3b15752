//! Configuration in layers: a file, the files beside it in a drop-in directory, and variables of the environment. What a later
//! layer says counts; of tables both are heard, and a list counts as a whole.
//!
//! Each layer is held against the daemon's types by itself, so that what is wrong is told with its own file and line.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use toml::{
    Table, Value,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    Source,
    error::{ConfigError, Position, ReadCause},
    parse, read, words,
};

/// What was read, the earlier layers first.
#[derive(Debug, Clone, Default)]
pub struct Layers(Vec<Layer>);

#[derive(Debug, Clone)]
struct Layer {
    source: Source,
    text: String,
    table: Table,
}

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// By whom.
    pub source: Source,
    /// In which line; a variable has none.
    pub line: Option<usize>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.source.fmt(f)?;
        self.line.map_or(Ok(()), |line| write!(f, ", line {line}"))
    }
}

impl Layers {
    /// Adds a file.
    ///
    /// # Errors
    /// The file can't be read, or does not fit `T`.
    pub fn add_file<T: DeserializeOwned>(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = read::text(path)?;
        self.add::<T>(Source::File(path.to_owned()), text)
    }

    /// Adds the files `*.toml` of the drop-in directory that belongs to the file `path`, in the order of their names. There may be
    /// none.
    ///
    /// # Errors
    /// The directory, or a file in it, can't be read; a file does not fit `T`.
    pub fn add_drop_ins<T: DeserializeOwned>(&mut self, path: &Path) -> Result<(), ConfigError> {
        let directory = drop_ins(path);
        let files = drop_in_files(path).map_err(|error| ConfigError::Read {
            path: directory,
            cause: match error.kind() {
                io::ErrorKind::NotADirectory => ReadCause::NoDirectory,
                io::ErrorKind::PermissionDenied => ReadCause::PermissionDenied,
                _ => ReadCause::System(error),
            },
        })?;
        files.iter().try_for_each(|file| {
            self.add_file::<T>(file).map_err(|error| match error {
                ConfigError::Read { path, cause: ReadCause::Absent } => {
                    ConfigError::Read { path, cause: ReadCause::Dangling }
                }
                other => other,
            })
        })
    }

    /// Adds the variables whose names begin with `prefix`, in the order of their names: `SIAGA_AGENT__NETWORK__PROBE_INTERVAL` is
    /// `network.probe_interval`. A value is a text if that fits, else what it is in TOML.
    ///
    /// # Errors
    /// A variable names no key of `T`, or its value does not fit.
    pub fn add_environment<T: DeserializeOwned>(
        &mut self,
        prefix: &str,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        let mut ours: Vec<_> = variables
            .into_iter()
            .filter_map(|(name, value)| {
                let name = name.into_string().ok()?;
                Some((name.strip_prefix(prefix)?.to_lowercase(), name, value))
            })
            .collect();
        ours.sort();
        for (key, name, value) in ours {
            let part_of = list(&name);
            let source = Source::Environment(name);
            let value = utf8(&source, &key, &value)?;
            let key = key.split("__").map(written).collect::<Vec<_>>().join(".");
            let line = |value: &Value| format!("{key} = {value}");
            let as_text = line(&Value::String(value.to_owned()));
            let as_toml = ValueDeserializer::parse(value).ok().and_then(|it| Value::deserialize(it).ok());
            let text = match as_toml {
                Some(value) if parse::<T>(&as_text, &source).is_err() => line(&value),
                _ => as_text,
            };
            self.add::<T>(source.clone(), text).map_err(|error| match (part_of, &error) {
                (Some(list), ConfigError::Content { cause, .. }) if cause.ends_with(words::A_LIST) => {
                    ConfigError::Content {
                        origin: source,
                        position: None,
                        key: None,
                        cause: format!("a list is set as a whole, like {list}='[{{ key = \"value\" }}]'"),
                    }
                }
                _ => error,
            })?;
        }
        Ok(())
    }

    /// All layers together.
    #[must_use]
    pub fn table(&self) -> Table {
        self.0.iter().fold(Table::new(), |mut all, layer| {
            lay_over(&mut all, layer.table.clone());
            all
        })
    }

    /// All layers together, as the daemon's own type.
    ///
    /// # Errors
    /// Each layer is in order by itself, and together they are not.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        self.table().try_into().map_err(|error: toml::de::Error| ConfigError::Content {
            origin: Source::Together,
            position: None,
            key: None,
            cause: error.message().to_owned(),
        })
    }

    /// Where the key at `path` was set last: names of tables and of the key, and places in lists, from 0.
    #[must_use]
    pub fn place(&self, path: &[&str]) -> Option<Place> {
        self.0.iter().rev().find_map(|layer| layer.place(path))
    }

    /// What was read, in words.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter().map(|layer| &layer.source)
    }

    fn add<T: DeserializeOwned>(&mut self, source: Source, text: String) -> Result<(), ConfigError> {
        parse::<T>(&text, &source)?;
        let table = parse(&text, &source)?;
        self.0.push(Layer { source, text, table });
        Ok(())
    }
}

impl Layer {
    fn place(&self, path: &[&str]) -> Option<Place> {
        let offset = offset(DeTable::parse(&self.text).ok()?.get_ref(), path)?;
        let line = Position::of_offset(self.text.as_bytes(), offset).line;
        Some(Place { source: self.source.clone(), line: self.source.has_lines().then_some(line) })
    }
}

/// Where in the text the key at `path` stands.
fn offset(table: &DeTable<'_>, path: &[&str]) -> Option<usize> {
    let (name, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == *name)?;
    match (value.get_ref(), rest) {
        (_, []) => Some(key.span().start),
        (DeValue::Table(table), rest) => offset(table, rest),
        (DeValue::Array(items), [index, rest @ ..]) => {
            let item = items.get(index.parse::<usize>().ok()?)?;
            match (item.get_ref(), rest) {
                (DeValue::Table(table), [_, ..]) => offset(table, rest),
                _ => Some(item.span().start),
            }
        }
        _ => None,
    }
}

/// The drop-in directory of the file `path`: `agent.d` beside `agent.toml`.
#[must_use]
pub fn drop_ins(path: &Path) -> PathBuf {
    path.with_extension("d")
}

/// What counts in it: `*.toml`, in the order of their names; none where there is no such directory.
///
/// # Errors
/// The directory can't be read.
pub fn drop_in_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(drop_ins(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    // As of dpkg and editors, which leave others beside them.
    let is_hidden =
        |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml") && !is_hidden(path));
    files.sort();
    Ok(files)
}

/// Lays `over` over `under`: of tables both are heard.
pub fn lay_over(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            (_, value) => drop(under.insert(key, value)),
        }
    }
}

/// The variable of a whole list, where `name` has a number as if it were one of its entries.
fn list(name: &str) -> Option<String> {
    let parts: Vec<_> = name.split("__").collect();
    let number =
        parts.iter().position(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(parts[..number].join("__"))
}

/// A key as TOML has it.
pub(super) fn written(key: &str) -> String {
    let is_bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if is_bare { key.to_owned() } else { Value::String(key.to_owned()).to_string() }
}

fn utf8<'a>(source: &Source, key: &str, value: &'a OsStr) -> Result<&'a str, ConfigError> {
    value.to_str().ok_or_else(|| ConfigError::Content {
        origin: source.clone(),
        position: None,
        key: Some(key.replace("__", ".")),
        cause: "not UTF-8; set it anew".to_owned(),
    })
}
