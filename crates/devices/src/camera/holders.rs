//! Which device nodes other programs hold open.
//!
//! A process shows its files to its own user and to root. What this user may not see, the [helper](crate::in_use) is
//! asked; without it, absence proves nothing.

use std::{
    collections::HashSet,
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use crate::{
    in_use::{self, Held},
    roots::Roots,
};

/// Who holds some nodes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Holders {
    /// Nodes that another process holds open.
    pub(crate) held: HashSet<PathBuf>,
    /// Nodes of which that can't be told.
    pub(crate) unknown: HashSet<PathBuf>,
}

/// Looks at all processes but this one, and asks the helper about what can't be seen.
pub(crate) fn of(roots: &Roots, nodes: &[PathBuf]) -> Holders {
    let Holders { mut held, unknown } = seen(&roots.proc, nodes, std::process::id());
    let mut still_unknown = HashSet::new();
    let unseen: Vec<PathBuf> = unknown.into_iter().collect();
    for (answer, node) in in_use::ask(roots, &unseen).into_iter().zip(unseen) {
        match answer {
            Held::Yes => held.insert(node),
            Held::No => false,
            Held::Unknown => still_unknown.insert(node),
        };
    }
    Holders { held, unknown: still_unknown }
}

/// What this process itself can see of all others but `except`. Each node is held, unknown or neither.
pub(crate) fn seen(proc: &Path, nodes: &[PathBuf], except: u32) -> Holders {
    seen_by(|file| fs::read_link(file), proc, nodes, except)
}

fn seen_by(
    read_link: impl Fn(&Path) -> io::Result<PathBuf>,
    proc: &Path,
    nodes: &[PathBuf],
    except: u32,
) -> Holders {
    let mut held = HashSet::new();
    // Where processes are hidden (proc(5), hidepid), the first one is.
    let mut sees_all = fs::read_dir(proc.join("1/fd")).is_ok();
    for process in fs::read_dir(proc).into_iter().flatten().flatten() {
        let id = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        if id.is_none_or(|id| id == except) {
            continue;
        }
        let files = fs::read_dir(process.path().join("fd"));
        sees_all &= !files.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
        let files = files.into_iter().flatten().flatten();
        for file in files {
            let file = file.path();
            match read_link(&file) {
                Ok(target) => held.extend(node_behind(&file, &target, nodes)),
                // What was closed meanwhile is not held; what may not be seen may be anything.
                Err(error) => sees_all &= error.kind() != io::ErrorKind::PermissionDenied,
            }
        }
    }
    let is_free = |node: &PathBuf| sees_all || held.contains(node);
    let unknown = nodes.iter().filter(|node| !is_free(node)).cloned().collect();
    Holders { held, unknown }
}

/// The node that an open file is. In a sandbox it may have another path, but not another number.
fn node_behind(file: &Path, target: &Path, nodes: &[PathBuf]) -> Option<PathBuf> {
    let namesake = nodes.iter().find(|node| node.file_name() == target.file_name())?;
    (*namesake == target || is_same_device(file, namesake)).then(|| namesake.clone())
}

fn is_same_device(file: &Path, node: &Path) -> bool {
    let number = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        metadata.file_type().is_char_device().then(|| metadata.rdev())
    };
    number(file).is_some_and(|found| number(node) == Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_may_not_be_seen_may_be_the_camera_and_one_that_was_closed_is_not() {
        let proc = tempfile::tempdir().unwrap();
        for file in ["1/fd", "7/fd/3"] {
            fs::create_dir_all(proc.path().join(file)).unwrap();
        }
        let nodes = [PathBuf::from("/dev/video0")];
        let unknown = |error: io::ErrorKind| {
            seen_by(|_| Err(error.into()), proc.path(), &nodes, 9).unknown.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(unknown(io::ErrorKind::PermissionDenied), nodes);
        assert!(unknown(io::ErrorKind::NotFound).is_empty());
    }
}
