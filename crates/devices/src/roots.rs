//! Where the kernel shows its devices.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// The directories a scan reads. The default is the running machine; a test points them at a recorded one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// sysfs, `/sys`.
    pub sys: PathBuf,
    /// procfs, `/proc`.
    pub proc: PathBuf,
    /// Device nodes, `/dev`.
    pub dev: PathBuf,
    /// Run-time data, `/run`; udev keeps its records there.
    pub run: PathBuf,
}

impl Roots {
    /// The same four directories below `root`.
    pub fn below(root: &Path) -> Self {
        Self { sys: root.join("sys"), proc: root.join("proc"), dev: root.join("dev"), run: root.join("run") }
    }
}

impl Default for Roots {
    fn default() -> Self {
        Self::below(Path::new("/"))
    }
}

/// A small text attribute, trimmed; bytes that are not UTF-8 become U+FFFD. `None` if it is absent,
/// unreadable or empty.
pub(crate) fn attribute(path: &Path) -> Option<String> {
    // Longer than any real table read here (the card list of 32 cards is about 5 KB).
    const LONGEST: u64 = 64 * 1024;
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
    let text =
        String::from_utf8_lossy(&bytes).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned();
    (!text.is_empty()).then_some(text)
}
