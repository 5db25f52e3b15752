//! The devices that were found good, kept beyond the program's end.
//!
//! One small file in the state directory, read at every look: `siaga-agent devices --accept` may have written it.
//! Without it every device is new.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siaga_devices::trial::plan::Key;
use siaga_readiness::{
    baseline::Baseline,
    inventory::{Inventory, Kind},
    state::CheckState,
    trial::{Judgement, TrialOutcome},
};
use tokio::task::spawn_blocking;
use tracing::{debug, warn};

use crate::keep;

/// Of the file's form. One of another version is set aside.
const VERSION: u32 = 1;

/// Where they are kept.
#[derive(Debug, Clone)]
pub struct KnownGood {
    file: PathBuf,
    /// That they can't be read or kept was said.
    complained: Arc<AtomicBool>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: u32,
    devices: Baseline,
}

impl KnownGood {
    /// In this directory.
    #[must_use]
    pub fn in_directory(directory: &Path) -> Self {
        Self { file: directory.join("devices.json"), complained: Arc::default() }
    }

    /// What is kept; nothing if that is damaged, which is set aside and told, or can't be read, which is told once. Blocks.
    #[must_use]
    pub fn read(&self) -> Baseline {
        self.try_read().unwrap_or_else(|error| {
            if !self.complained.swap(true, Ordering::Relaxed) {
                warn!(
                    file = %self.file.display(),
                    %error,
                    "the devices that are known to work can't be read and are left as they are: every device is new, and \
                     none is noted; let the agent's user read and write there, or note them anew by “siaga-agent \
                     devices --accept”"
                );
            }
            Baseline::default()
        })
    }

    /// As [`read`](Self::read); an error is one of which nobody knows what it is about: the file may be whole.
    fn try_read(&self) -> io::Result<Baseline> {
        let consequence = "the devices that are known to work are damaged: every device is new until it is tried, or until \
                           “siaga-agent devices --accept”";
        match keep::read(&self.file, VERSION, consequence) {
            keep::Kept::Whole(Kept { devices, .. }) => Ok(devices),
            keep::Kept::Nothing => Ok(Baseline::default()),
            keep::Kept::Unread(error) => Err(error),
        }
    }

    /// What came of trying a device of this inventory. One that works is kept.
    pub async fn on_trial(
        &self,
        inventory: &Inventory,
        (kind, id): &Key,
        outcome: Option<&TrialOutcome>,
        at: Timestamp,
    ) {
        if let Some(TrialOutcome::Found(Judgement { state: CheckState::Ok, .. })) = outcome {
            self.on_good(inventory, (*kind).into(), id, at).await;
        }
    }

    /// If it can't be kept, or what was kept before can't be read, that is said once, and things go on.
    async fn on_good(&self, inventory: &Inventory, kind: Kind, id: &str, at: Timestamp) {
        let (this, inventory, id) = (self.clone(), inventory.clone(), id.to_owned());
        // Off the async threads: a disk may be slow.
        let kept = spawn_blocking(move || {
            let mut baseline = this.try_read()?;
            baseline.on_good(&inventory, kind, &id, at);
            this.write(baseline)
        });
        match kept.await.unwrap_or_else(|crash| Err(crash.into())) {
            Ok(()) => self.complained.store(false, Ordering::Relaxed),
            Err(error) if self.complained.swap(true, Ordering::Relaxed) => {
                debug!(%error, "the devices that are known to work are not kept");
            }
            Err(error) => warn!(
                file = %self.file.display(),
                %error,
                "the devices that are known to work are not kept: one that is swapped or moved is not noticed; let the \
                 agent's user write there, or set state_dir"
            ),
        }
    }

    /// Keeps these instead of what was kept. Blocks.
    ///
    /// # Errors
    /// The directory can't be written to.
    pub fn write(&self, devices: Baseline) -> io::Result<()> {
        keep::write(&self.file, &Kept { version: VERSION, devices })
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use siaga_readiness::inventory::Standing;

    use super::*;
    use crate::sample::{at, inventory};

    fn standing(known_good: &KnownGood) -> Standing {
        let mut inventory = inventory();
        known_good.read().mark(&mut inventory);
        inventory.cameras[0].known.as_ref().unwrap().standing
    }

    async fn learn(known_good: &KnownGood) {
        let mut inventory = inventory();
        known_good.read().mark(&mut inventory);
        known_good.on_good(&inventory, Kind::Camera, &inventory.cameras[0].id, at(0).wall).await;
    }

    #[tokio::test]
    async fn a_camera_that_was_found_good_is_known_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        let known_good = KnownGood::in_directory(&state);
        assert_eq!(standing(&known_good), Standing::New);
        learn(&known_good).await;
        assert_eq!(standing(&KnownGood::in_directory(&state)), Standing::Same);
        let names: Vec<_> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["devices.json"], "nothing is left beside it");
    }

    #[tokio::test]
    async fn a_damaged_file_is_set_aside_and_another_one_takes_its_place() {
        for damaged in ["", "{\"version\":1,\"devices\":[{", "{\"version\":2,\"devices\":[]}", "[]"] {
            let directory = tempfile::tempdir().unwrap();
            let known_good = KnownGood::in_directory(directory.path());
            fs::write(known_good.file(), damaged).unwrap();
            assert_eq!(standing(&known_good), Standing::New);
            assert_eq!(fs::read_to_string(directory.path().join("devices.json.damaged")).unwrap(), damaged);
            learn(&known_good).await;
            assert_eq!(standing(&known_good), Standing::Same);
        }
    }

    /// As an error of the disk's: not even root reads a directory as a file.
    #[tokio::test]
    async fn a_file_that_can_t_be_read_is_left_alone_by_looks_and_trials() {
        let directory = tempfile::tempdir().unwrap();
        let known_good = KnownGood::in_directory(directory.path());
        let whole = directory.path().join("whole");
        learn(&known_good).await;
        fs::rename(known_good.file(), &whole).unwrap();
        fs::create_dir(known_good.file()).unwrap();
        for _ in 0..2 {
            assert_eq!(standing(&known_good), Standing::New);
            learn(&known_good).await;
        }
        let entries = fs::read_dir(directory.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["devices.json", "whole"], "neither set aside nor replaced");
        fs::remove_dir(known_good.file()).unwrap();
        fs::rename(whole, known_good.file()).unwrap();
        assert_eq!(standing(&known_good), Standing::Same, "once it can be read again");
    }

    #[tokio::test]
    async fn a_file_that_is_damaged_after_something_else_was_told_is_set_aside_too() {
        let directory = tempfile::tempdir().unwrap();
        let known_good = KnownGood::in_directory(directory.path());
        known_good.complained.store(true, Ordering::Relaxed);
        fs::write(known_good.file(), "{").unwrap();
        learn(&known_good).await;
        assert_eq!(fs::read_to_string(directory.path().join("devices.json.damaged")).unwrap(), "{");
    }

    #[tokio::test]
    async fn a_directory_that_can_t_be_written_is_no_reason_to_stop() {
        let directory = tempfile::tempdir().unwrap();
        let no_directory = directory.path().join("file");
        fs::write(&no_directory, "").unwrap();
        let known_good = KnownGood::in_directory(&no_directory);
        learn(&known_good).await;
        learn(&known_good).await;
        assert!(known_good.complained.load(Ordering::Relaxed));
        assert_eq!(standing(&known_good), Standing::New);
    }
}
