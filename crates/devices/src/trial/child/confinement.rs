//! What locks the process up.

use std::{env::consts::ARCH, path::Path};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{BackendError, BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

/// Why the process could not be locked up.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum NotConfined {
    #[error("this kernel does not enforce Landlock (Linux 5.13 or newer, with landlock among its lsm=)")]
    NoLandlock,
    #[error("Landlock: {0}")]
    Landlock(#[from] RulesetError),
    #[error("file size limit: {0}")]
    Limit(#[from] rustix::io::Errno),
    #[error("system calls: {0}")]
    Filter(#[from] BackendError),
    #[error("system calls: {0}")]
    Seccomp(#[from] seccompiler::Error),
}

/// Locks this thread, and those that it will start, up for ever: it can read below `reads`, use the device nodes at or
/// below `devices`, and open nothing else; it can't write a file, make one, start a program, or make a socket.
///
/// What was open before stays open. Paths that don't exist are left out.
///
/// # Errors
/// The kernel can't do it. Then nothing must be tried.
pub fn confine(reads: &[&Path], devices: &[&Path]) -> Result<(), NotConfined> {
    // A file that could still be written to can't grow; devices and pipes don't count (setrlimit(2)).
    setrlimit(Resource::Fsize, Rlimit { current: Some(0), maximum: Some(0) })?;
    deny_files(reads, devices)?;
    deny_system_calls()
}

/// The first version suffices to keep files from being opened, made or written; what newer kernels know beyond it is
/// taken where it is there.
const NEEDED: ABI = ABI::V1;
const WANTED: ABI = ABI::V6;

fn deny_files(reads: &[&Path], devices: &[&Path]) -> Result<(), NotConfined> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(NEEDED))
        .map_err(|_| NotConfined::NoLandlock)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WANTED))?
        .create()
        .map_err(|_| NotConfined::NoLandlock)?;
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let ruleset = allowed(ruleset, reads, read)?;
    let ruleset = allowed(ruleset, devices, read | AccessFs::WriteFile | AccessFs::IoctlDev)?;
    let status = ruleset.restrict_self()?;
    match status.landlock {
        LandlockStatus::Available { .. } if status.no_new_privs => Ok(()),
        _ => Err(NotConfined::NoLandlock),
    }
}

fn allowed(
    ruleset: RulesetCreated,
    paths: &[&Path],
    access: landlock::BitFlags<AccessFs>,
) -> Result<RulesetCreated, NotConfined> {
    paths.iter().try_fold(ruleset, |ruleset, path| {
        let Ok(fd) = PathFd::new(path) else { return Ok(ruleset) };
        let is_directory = path.is_dir();
        let access = if is_directory { access } else { access & AccessFs::from_file(WANTED) };
        Ok(ruleset.add_rule(PathBeneath::new(fd, access))?)
    })
}

/// The ways out that are no files: sockets, other programs and their memory, and io_uring, which makes sockets and
/// opens files past such a filter.
const DENIED: [libc::c_long; 16] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    libc::SYS_memfd_create,
    libc::SYS_bpf,
];

fn deny_system_calls() -> Result<(), NotConfined> {
    let denied = DENIED.into_iter().map(|call| (call, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let machine: TargetArch = ARCH.try_into()?;
    let filter: BpfProgram = SeccompFilter::new(denied, SeccompAction::Allow, refuse, machine)?.try_into()?;
    Ok(apply_filter(&filter)?)
}
