//! Configuration: read once, at the edge, into the daemon's own checked types.
//!
//! What is wrong with a file is explained by file, line, column, key, cause and remedy. Values are never
//! repeated in a message, for a value may be a secret; the position says where it stands.

mod duration;
mod error;
mod explain;
mod keys;
mod layers;
mod read;
mod shown;
mod size;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

pub use duration::{BoundedDuration, DurationError};
pub use error::{ConfigError, Position, ReadCause};
pub use layers::{Layers, Place, drop_in_files, drop_ins, lay_over};
pub use read::LARGEST_FILE;
pub use shown::show;
pub use size::{BoundedBytes, SizeError};

/// Reads the TOML file at `path`.
///
/// # Errors
/// The file can't be read, is too large, is not UTF-8 or TOML, or does not fit `T`.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = read::text(path)?;
    parse(&text, &Source::File(path.to_owned()))
}

/// Reads TOML that came from `source`.
///
/// # Errors
/// The text is not TOML or does not fit `T`.
pub fn parse<T: DeserializeOwned>(text: &str, source: &Source) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| explain::explain(text, source, &error))
}

/// Where a piece of configuration came from, as error messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// Several sources that are in order each by itself.
    Together,
}

impl Source {
    const fn has_lines(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Together => f.write_str("the configuration's files and variables together"),
        }
    }
}
