//! Groups, confinement, the in-use helper, the clock, the state directory.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    time::SystemTime,
};

use rustix::{
    fs::{Access, StatVfs, access, statvfs},
    process::{getegid, geteuid, getgroups},
};
use siaga_devices::{Roots, in_use};
use siaga_readiness::reasons::Code;

use super::{Finding, Level};
use crate::trials;

/// The machine's table of groups.
pub(super) const GROUPS: &str = "/etc/group";

/// The groups to whom cameras and sound cards belong (Debian's `base-passwd`; udev's `50-udev-default.rules`).
const OWNERS: &[&str] = &["video", "audio"];

/// `SupplementaryGroups=` and `Group=` of `siaga-agent.service`: where one is not there the service ends with 216/GROUP.
const OF_SERVICE: &[&str] = &["video", "audio", "siaga"];

/// Numbers of this user's groups; `None` for root, who needs none.
pub(super) fn own_groups() -> Option<Vec<u32>> {
    if geteuid().is_root() {
        return None;
    }
    let more = getgroups().unwrap_or_default();
    Some(more.into_iter().chain([getegid()]).map(|group| group.as_raw()).collect())
}

/// By the table of groups, `group(5)`.
pub(super) fn groups(table: &Path, own: Option<&[u32]>, roots: &Roots) -> Vec<Finding> {
    let needed = match own {
        Some(_) => OWNERS,
        None if runs_systemd(roots) => OF_SERVICE,
        None => &[],
    };
    let table = fs::read_to_string(table).unwrap_or_default();
    let what_is_wrong = |name: &str| match (number(&table, name), own) {
        (None, _) => Some(Code::DoctorGroupAbsent),
        (Some(number), Some(own)) if !own.contains(&number) => Some(Code::DoctorGroupMissing),
        _ => None,
    };
    let wrong: Vec<_> = needed
        .iter()
        .filter_map(|name| Some(Finding::of(Level::Problem, what_is_wrong(name)?, name)))
        .collect();
    if wrong.is_empty() { vec![Finding::ok(Code::DoctorGroupsFine)] } else { wrong }
}

/// The number of a group of this machine.
pub(super) fn group(name: &str) -> Option<u32> {
    number(&fs::read_to_string(GROUPS).ok()?, name)
}

fn number(table: &str, name: &str) -> Option<u32> {
    let mut fields =
        table.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?;
    fields.nth(2)?.parse().ok()
}

/// As `sd_booted(3)` finds out.
pub(super) fn runs_systemd(roots: &Roots) -> bool {
    roots.run.join("systemd/system").exists()
}

pub(super) async fn confinement() -> Finding {
    match trials::try_to_lock_up().await {
        Ok(()) => Finding::ok(Code::DoctorConfinementFine),
        Err(detail) => Finding::of(Level::Problem, Code::DoctorNotConfined, "").with_detail(detail),
    }
}

pub(super) async fn helper(roots: &Roots) -> Finding {
    let asked = roots.clone();
    let answer = tokio::task::spawn_blocking(move || in_use::is_at_hand(&asked)).await;
    let sees_all = fs::read_dir(roots.proc.join("1/fd")).is_ok();
    match answer.unwrap_or_else(|crash| Err(crash.to_string())) {
        Ok(()) => Finding::ok(Code::DoctorHelperFine),
        // The daemon that systemd starts does not see what this user sees.
        Err(detail) if sees_all && !runs_systemd(roots) => {
            Finding::ok(Code::DoctorHelperNotNeeded).with_detail(detail)
        }
        Err(detail) => Finding::of(Level::Warning, Code::DoctorHelperAbsent, "").with_detail(detail),
    }
}

/// A server's certificate names its time only roughly: this is what an office's clock may be off by.
const TOLERATED_S: f64 = 60.0;

/// `offset_s`: a probe server's clock less this machine's.
pub(super) fn clock(roots: &Roots, offset_s: Option<f64>) -> Finding {
    let wrong = |detail: String| Finding::of(Level::Problem, Code::DoctorClockWrong, "").with_detail(detail);
    if let Some(offset_s) = offset_s.filter(|offset| offset.abs() > TOLERATED_S) {
        return wrong(format!("the probe server's clock is {offset_s:+.0} s from this one"));
    }
    let now = SystemTime::now();
    // A package keeps the time of its making.
    let made = fs::metadata("/proc/self/exe").and_then(|program| program.modified());
    if made.is_ok_and(|made| made > now) {
        return wrong("it is earlier than the time at which this program was made".to_owned());
    }
    let timesync = roots.run.join("systemd/timesync");
    if timesync.is_dir() && !timesync.join("synchronized").exists() {
        return Finding::of(Level::Warning, Code::DoctorClockNotSynchronized, "");
    }
    Finding::ok(Code::DoctorClockFine)
}

pub(crate) fn state_directory(directory: &Path) -> Finding {
    let name = directory.display().to_string();
    if !directory.exists() && can_be_made(directory) {
        return Finding::of(Level::Ok, Code::DoctorStateNotYet, &name);
    }
    match written_and_removed(&directory.join(".doctor")) {
        Ok(()) => statvfs(directory)
            .ok()
            .and_then(|of| nearly_full(&of, &name))
            .unwrap_or_else(|| Finding::of(Level::Ok, Code::DoctorStateFine, &name)),
        Err(error) => {
            Finding::of(Level::Problem, Code::DoctorStateNotWritable, &name).with_detail(error.to_string())
        }
    }
}

fn nearly_full(of: &StatVfs, name: &str) -> Option<Finding> {
    let free = of.f_bavail.saturating_mul(of.f_frsize);
    // Some file systems count no files.
    let is_out_of_files = of.f_files > 0 && of.f_favail < FEW_FILES;
    (free < LITTLE_SPACE || is_out_of_files).then(|| {
        let detail = format!("{} MB and {} files are free", free / 1_000_000, of.f_favail);
        Finding::of(Level::Warning, Code::DoctorDiskNearlyFull, name).with_detail(detail)
    })
}

/// Bytes: three times what the journal may grow to.
const LITTLE_SPACE: u64 = 100_000_000;

/// More than the state directory ever has.
const FEW_FILES: u64 = 100;

/// By this user: the nearest directory above that is there lets them.
fn can_be_made(directory: &Path) -> bool {
    let above = directory.ancestors().find(|above| above.exists());
    above.is_some_and(|above| above.is_dir() && access(above, Access::WRITE_OK | Access::EXEC_OK).is_ok())
}

/// Root looks too, in a directory that is the service's: what lies there already, a link to somewhere else maybe, is not written to.
fn written_and_removed(file: &Path) -> io::Result<()> {
    if fs::symlink_metadata(file).is_ok() {
        fs::remove_file(file)?;
    }
    let written =
        File::create_new(file).and_then(|mut file| file.write_all(b"written by siaga-agent doctor"));
    // Half a file is a file too.
    fs::remove_file(file).and(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "root:x:0:\naudio:x:29:pulse\nvideo:x:44:\n";

    /// The codes and what they are about, on a machine with or without systemd.
    fn of_groups(table: &str, own: Option<&[u32]>, systemd: bool) -> Vec<(Code, Option<String>)> {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        if systemd {
            fs::create_dir_all(roots.run.join("systemd/system")).unwrap();
        }
        let file = directory.path().join("group");
        fs::write(&file, table).unwrap();
        let findings = groups(&file, own, &roots);
        findings.into_iter().map(|finding| (finding.code, finding.about)).collect()
    }

    #[test]
    fn a_user_needs_the_groups_that_own_devices() {
        let fine = [(Code::DoctorGroupsFine, None)];
        assert_eq!(of_groups(TABLE, Some(&[29, 44, 1000]), true), fine);
        let missing = |name: &str| (Code::DoctorGroupMissing, Some(name.to_owned()));
        assert_eq!(of_groups(TABLE, Some(&[29]), true), [missing("video")]);
        assert_eq!(of_groups(TABLE, Some(&[]), false), [missing("video"), missing("audio")]);
        let absent = [(Code::DoctorGroupAbsent, Some("audio".to_owned()))];
        assert_eq!(of_groups("video:x:44:\n", Some(&[44]), false), absent, "nobody can be added to it");
        let no_table = groups(Path::new("/no/such/table"), Some(&[44]), &Roots::default());
        assert_eq!(no_table.len(), 2, "not known is not there");
    }

    #[test]
    fn root_needs_no_group_and_the_service_that_systemd_starts_needs_each_of_its_own() {
        let absent = |name: &str| (Code::DoctorGroupAbsent, Some(name.to_owned()));
        assert_eq!(of_groups(TABLE, None, true), [absent("siaga")]);
        assert_eq!(of_groups("siaga:x:990:\naudio:x:29:\n", None, true), [absent("video")]);
        let fine = [(Code::DoctorGroupsFine, None)];
        assert_eq!(of_groups(&format!("{TABLE}siaga:x:990:\n"), None, true), fine);
        assert_eq!(of_groups("", None, false), fine);
    }

    #[test]
    fn a_state_directory_is_as_good_as_what_can_be_written_there() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(state_directory(directory.path()).level, Level::Ok);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left");
        let not_yet = state_directory(&directory.path().join("not/yet"));
        assert_eq!((not_yet.level, not_yet.code), (Level::Ok, Code::DoctorStateNotYet));
        assert!(!directory.path().join("not").exists(), "the doctor makes none");
        let elsewhere = directory.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, directory.path().join(".doctor")).unwrap();
        assert_eq!(state_directory(directory.path()).level, Level::Ok);
        assert!(!elsewhere.exists(), "a link is not followed");
        fs::write(directory.path().join("file"), "").unwrap();
        for impossible in ["file", "file/below"] {
            let found = state_directory(&directory.path().join(impossible));
            assert_eq!((found.level, found.detail.is_some()), (Level::Problem, true), "{impossible}");
        }
    }

    #[test]
    fn a_disk_is_nearly_full_by_bytes_or_by_files() {
        let directory = tempfile::tempdir().unwrap();
        let roomy = StatVfs {
            f_bavail: 1 << 30,
            f_frsize: 4096,
            f_files: 0,
            f_favail: 0,
            ..statvfs(directory.path()).unwrap()
        };
        assert_eq!(nearly_full(&roomy, "/var"), None);
        let small = nearly_full(&StatVfs { f_bavail: 1000, ..roomy }, "/var").unwrap();
        assert_eq!((small.level, small.code), (Level::Warning, Code::DoctorDiskNearlyFull));
        assert_eq!(small.detail.as_deref(), Some("4 MB and 0 files are free"));
        let crowded = StatVfs { f_files: 1000, f_favail: 3, ..roomy };
        assert!(nearly_full(&crowded, "/var").is_some());
    }

    #[test]
    fn a_clock_far_from_the_server_s_is_wrong_and_one_that_waits_for_its_time_is_suspect() {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        assert_eq!(clock(&roots, None).level, Level::Ok);
        assert_eq!(clock(&roots, Some(-59.0)).level, Level::Ok);
        assert_eq!(clock(&roots, Some(61.0)).code, Code::DoctorClockWrong);
        fs::create_dir_all(roots.run.join("systemd/timesync")).unwrap();
        assert_eq!(clock(&roots, None).code, Code::DoctorClockNotSynchronized);
        fs::write(roots.run.join("systemd/timesync/synchronized"), "").unwrap();
        assert_eq!(clock(&roots, None).level, Level::Ok);
    }

    #[tokio::test]
    async fn a_helper_is_missed_by_those_who_don_t_see_all_processes_and_by_the_service_of_systemd() {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        assert_eq!(helper(&roots).await.code, Code::DoctorHelperAbsent);
        fs::create_dir_all(roots.proc.join("1/fd")).unwrap();
        assert_eq!(helper(&roots).await.code, Code::DoctorHelperNotNeeded);
        fs::create_dir_all(roots.run.join("systemd/system")).unwrap();
        let found = helper(&roots).await;
        assert_eq!((found.level, found.code), (Level::Warning, Code::DoctorHelperAbsent));
    }
}
