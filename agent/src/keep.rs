//! Small files in the state directory that outlast the program.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use serde::{Serialize, de::DeserializeOwned};
use tracing::warn;

/// Bytes; some fifty times what any of them was seen to take.
const LARGEST: u64 = 1024 * 1024;

/// Reads what was kept.
///
/// # Errors
/// The file is not there, can't be read, is too large, or is damaged.
pub(crate) fn read<T: DeserializeOwned>(file: &Path) -> io::Result<T> {
    let mut text = String::new();
    let length = File::open(file)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if length as u64 > LARGEST {
        return Err(io::Error::other("it is too large"));
    }
    Ok(serde_json::from_str(&text)?)
}

/// First beside it, then in its place: a machine that is switched off in between keeps the old one.
///
/// # Errors
/// The directory can't be made or written to.
pub(crate) fn write(file: &Path, kept: &impl Serialize) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let beside = file.with_extension("json.new");
    let mut new = File::create(&beside)?;
    new.write_all(&serde_json::to_vec(kept)?)?;
    new.sync_all()?;
    fs::rename(beside, file)
}

/// Whoever looks into a damaged file later finds it. `consequence` says how things go on.
pub(crate) fn set_aside(file: &Path, why: &io::Error, consequence: &str) {
    let aside = file.with_extension("json.damaged");
    let moved = fs::rename(file, &aside);
    warn!(file = %file.display(), error = %why, set_aside = moved.is_ok(), "{consequence}");
}
