//! What drivers answered before, for as long as device and node stay the same.

use std::{
    collections::{HashMap, HashSet},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::drivers::DriverError;

/// Answers by device node. A node that was recreated (unplugged, plugged in) or whose permissions changed is another
/// node: its change time differs. So is one behind which another device sits.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    answers: HashMap<PathBuf, (Stamp, Result<T, DriverError>)>,
}

impl<T: Clone> Memory<T> {
    /// What the device `identity` answered at `node`, if both are still the same.
    pub(crate) fn recall(&self, node: &Path, identity: &str) -> Option<Result<T, DriverError>> {
        let (stamp, answer) = self.answers.get(node)?;
        (Stamp::of(node, identity)? == *stamp).then(|| answer.clone())
    }

    /// Keeps `answer` until device or node change. That a device was busy or went away is about one moment, and is not
    /// kept.
    pub(crate) fn keep(&mut self, node: &Path, identity: &str, answer: Result<T, DriverError>) {
        if matches!(answer, Err(DriverError::Busy | DriverError::Gone)) {
            return;
        }
        if let Some(stamp) = Stamp::of(node, identity) {
            self.answers.insert(node.to_owned(), (stamp, answer));
        }
    }

    /// Drops the answers of all nodes but `present`.
    pub(crate) fn retain(&mut self, present: &HashSet<&Path>) {
        self.answers.retain(|node, _| present.contains(node.as_path()));
    }

    /// Drops the answer of one node.
    pub(crate) fn forget(&mut self, node: &Path) {
        self.answers.remove(node);
    }

    /// Changes each answer that is no error.
    pub(crate) fn each_answer(&mut self, change: impl FnMut(&mut T)) {
        self.answers.values_mut().filter_map(|(_, answer)| answer.as_mut().ok()).for_each(change);
    }

    /// Drops the answers that are errors.
    pub(crate) fn forget_failures(&mut self) {
        self.answers.retain(|_, (_, answer)| answer.is_ok());
    }
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { answers: HashMap::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    identity: String,
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(node: &Path, identity: &str) -> Option<Self> {
        let metadata = fs::symlink_metadata(node).ok()?;
        Some(Self {
            identity: identity.to_owned(),
            device: metadata.rdev(),
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
