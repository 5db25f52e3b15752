//! Which device nodes other programs hold open, as far as this user may see it.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Those of `nodes` that another process holds open, and whether all processes could be seen. A process of another
/// user shows its files only to root or `CAP_SYS_PTRACE`; unless all were seen, absence proves nothing.
pub(crate) fn held(proc: &Path, nodes: &[PathBuf]) -> (HashSet<PathBuf>, bool) {
    let own = std::process::id();
    let wanted: HashSet<&Path> = nodes.iter().map(PathBuf::as_path).collect();
    let mut held = HashSet::new();
    // Where processes are hidden (proc(5), hidepid), the first one is.
    let mut sees_all = fs::read_dir(proc.join("1/fd")).is_ok();
    for process in fs::read_dir(proc).into_iter().flatten().flatten() {
        let id = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        if id.is_none_or(|id| id == own) {
            continue;
        }
        let files = fs::read_dir(process.path().join("fd"));
        sees_all &= !files.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
        for file in files.into_iter().flatten().flatten() {
            if let Ok(target) = fs::read_link(file.path())
                && wanted.contains(target.as_path())
            {
                held.insert(target);
            }
        }
    }
    (held, sees_all)
}
