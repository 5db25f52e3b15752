use std::fmt;
use std::io;
use std::path::PathBuf;

use super::Source;
use super::read::LARGEST_FILE;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: ReadCause,
    },
    /// The file is not text.
    #[error("{}, {position}: not UTF-8 (byte {offset}); save the file as UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first byte that is not UTF-8, counted from 0.
        offset: usize,
        /// Where that is.
        position: Position,
    },
    /// The text is not TOML.
    #[error("{origin}{}: {}not valid TOML: {cause}", At(*position), Key(key.as_deref()))]
    Syntax {
        /// Where the text came from.
        origin: Source,
        /// Where in the text.
        position: Option<Position>,
        /// The path of the key there, if it can be made out.
        key: Option<String>,
        /// What is wrong and how to put it right.
        cause: String,
    },
    /// A key is unknown or missing, or its value does not fit.
    #[error("{origin}{}: {}{cause}", At(*position), Key(key.as_deref()))]
    Content {
        /// Where the text came from.
        origin: Source,
        /// Where in the text.
        position: Option<Position>,
        /// The path of the key, like `servers[0].address`.
        key: Option<String>,
        /// What is wrong and how to put it right.
        cause: String,
    },
}

impl ConfigError {
    /// Whether there is simply no such file: where a file is optional, defaults may take its place.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Read { cause: ReadCause::Absent, .. })
    }
}

/// Why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadCause {
    /// There is no such file.
    #[error("no such file; create it, or name the right one with --config FILE")]
    Absent,
    /// It is in a drop-in directory, and what it links to is not there.
    #[error("a link to nothing; remove it, or make the file that it names")]
    Dangling,
    /// The path is a directory.
    #[error("a directory, not a file; remove or move it, or name the TOML file itself")]
    Directory,
    /// A file is where the drop-in directory would be.
    #[error(
        "not a directory; files that are added to the configuration are *.toml in a directory of this name: remove or move it"
    )]
    NoDirectory,
    /// It is a pipe, a socket or a device where a file belongs.
    #[error("a pipe, a socket or a device, not a file; remove or move it")]
    NoFile,
    /// The user may not read it.
    #[error(
        "no permission to read it; `ls -l` shows who may, let the user that runs this program be one of them"
    )]
    PermissionDenied,
    /// It is larger than [`LARGEST_FILE`].
    #[error("larger than {LARGEST_FILE} bytes, so hardly a configuration; put the right file in its place")]
    TooLarge,
    /// Anything else.
    #[error("cannot be read: {0}; see to it that it can, or remove it")]
    System(io::Error),
}

/// A place in a text; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Position {
    /// The place of the byte at `offset`; the text before it must be UTF-8 for the column to be exact.
    pub(super) fn of_offset(bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line = before.split(|byte| *byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let row = String::from_utf8_lossy(before.get(start..).unwrap_or_default());
        // A byte-order mark is no column in any editor.
        let column = row.trim_start_matches('\u{feff}').chars().count() + 1;
        Self { line, column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

struct At(Option<Position>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |position| write!(f, ", {position}"))
    }
}

struct Key<'a>(Option<&'a str>);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |key| write!(f, "`{key}`: "))
    }
}
