//! What drivers answered before, for as long as the device node stays the same.

use std::{
    collections::{HashMap, HashSet},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Answers by device node. A node that was recreated (unplugged, plugged in) or whose permissions changed
/// is another node: its change time differs.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    answers: HashMap<PathBuf, (Stamp, T)>,
}

impl<T: Clone> Memory<T> {
    /// What `node` answered, if it is still the same node.
    pub(crate) fn recall(&self, node: &Path) -> Option<T> {
        let (stamp, answer) = self.answers.get(node)?;
        (Stamp::of(node)? == *stamp).then(|| answer.clone())
    }

    /// Keeps `answer` until `node` changes.
    pub(crate) fn keep(&mut self, node: &Path, answer: T) {
        if let Some(stamp) = Stamp::of(node) {
            self.answers.insert(node.to_owned(), (stamp, answer));
        }
    }

    /// Drops the answers of all nodes but `present`.
    pub(crate) fn retain(&mut self, present: &HashSet<&Path>) {
        self.answers.retain(|node, _| present.contains(node.as_path()));
    }
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { answers: HashMap::new() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(node: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(node).ok()?;
        Some(Self {
            device: metadata.rdev(),
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
