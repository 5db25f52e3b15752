use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime},
};

/// What can be seen of a file from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The device, and the number on it: another file under the same name has another one.
    pub(crate) inode: (u64, u64),
    length: u64,
    modified: SystemTime,
}

impl Sight {
    /// `None` where there is no file, or none that can be looked at.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let seen = fs::metadata(path).ok()?;
        let modified = seen.modified().ok()?;
        Some(Self { inode: (seen.dev(), seen.ino()), length: seen.len(), modified })
    }

    /// Whether nobody has written to it for a while: a copy that is put there takes its time, and half of one must not be begun with.
    pub(crate) fn is_at_rest(&self) -> bool {
        // By a clock that was set back since it never is; the next write sees to that.
        self.modified.elapsed().is_ok_and(|ago| ago >= AT_REST)
    }
}

const AT_REST: Duration = Duration::from_secs(10);
