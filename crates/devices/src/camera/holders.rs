//! Which device nodes other programs hold open, as far as this user may see it.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// Those of `nodes` that another process holds open. A process of another user shows its files only to
/// root or `CAP_SYS_PTRACE`, so absence here proves nothing.
pub(crate) fn held(proc: &Path, nodes: &[PathBuf]) -> HashSet<PathBuf> {
    let own = std::process::id();
    let wanted: HashSet<&Path> = nodes.iter().map(PathBuf::as_path).collect();
    let mut held = HashSet::new();
    for process in fs::read_dir(proc).into_iter().flatten().flatten() {
        let id = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        if id.is_none_or(|id| id == own) {
            continue;
        }
        for file in fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten() {
            if let Ok(target) = fs::read_link(file.path())
                && wanted.contains(target.as_path())
            {
                held.insert(target);
            }
        }
    }
    held
}
