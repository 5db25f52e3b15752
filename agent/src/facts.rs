//! Looks at the machine itself: what it runs on, what it is, which programs it has. Opens no device and starts nothing.

mod machine;
mod power;
mod programs;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use siaga_readiness::{
    host::Host,
    observation::{Evidence, Observation},
    software::Programs,
};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    changes::Changes,
    config::{HostSettings, Settings},
    host,
    room::Room,
};

/// Looks at the configured interval and after each change of the machine, for ever.
pub async fn watch(room: &Room, settings: &Settings, mut changes: Changes) {
    let looker = Looker::new(settings);
    let mut ticks = interval(settings.host.interval.duration());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = changes.next() => {}
        }
        room.observe(looker.look());
    }
}

/// Looks at a machine.
#[derive(Debug)]
pub struct Looker {
    root: PathBuf,
    settings: HostSettings,
    programs: Programs,
}

impl Looker {
    /// At this machine.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self { root: "/".into(), settings: settings.host.clone(), programs: settings.programs() }
    }

    /// One look; some dozen small files. What can't be read is told as not known.
    #[must_use]
    pub fn look(&self) -> Observation {
        let at = host::now();
        let evidence = Evidence::Host(self.host());
        let took = at.age_at(&host::now()).unwrap_or(Duration::ZERO);
        Observation { at, took, evidence }
    }

    fn host(&self) -> Host {
        let (power, charge_percent) = power::read(&self.root);
        Host {
            power,
            charge_percent,
            ups: self.settings.ups,
            machine: self.settings.machine.map_or_else(|| machine::read(&self.root), |declared| declared.0),
            programs: programs::look_for(&self.root, &self.programs),
        }
    }
}

/// A small file of the kernel's, without the newline at its end.
fn attribute(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use siaga_readiness::host::{MachineKind, Power, Presence};

    use super::*;

    /// A machine made of files.
    pub(super) struct Tree(tempfile::TempDir);

    impl Tree {
        pub(super) fn new(files: &[(&str, &str)]) -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            for (path, text) in files {
                let path = tree.root().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            tree
        }

        pub(super) fn root(&self) -> &Path {
            self.0.path()
        }
    }

    fn looker(root: &Path, settings: HostSettings) -> Looker {
        Looker { root: root.to_owned(), settings, programs: Programs::default() }
    }

    #[test]
    fn a_laptop_on_battery_without_zoom_is_told_as_it_is() {
        let laptop = Tree::new(&[
            ("sys/class/dmi/id/chassis_type", "10\n"),
            ("sys/class/power_supply/AC/type", "Mains\n"),
            ("sys/class/power_supply/AC/online", "0\n"),
            ("sys/class/power_supply/BAT0/type", "Battery\n"),
            ("sys/class/power_supply/BAT0/status", "Discharging\n"),
            ("sys/class/power_supply/BAT0/capacity", "41\n"),
        ]);
        let host = looker(laptop.root(), HostSettings::default()).host();
        assert_eq!((host.power, host.charge_percent, host.ups), (Power::Battery, Some(41), false));
        assert_eq!(host.machine, MachineKind::Laptop);
        assert_eq!(host.programs.len(), 1);
        assert_eq!((host.programs[0].name.as_str(), host.programs[0].presence), ("Zoom", Presence::Absent));
    }

    #[test]
    fn a_machine_that_shows_nothing_is_not_known_and_what_is_declared_counts() {
        let nothing = Tree::new(&[]);
        let host = looker(nothing.root(), HostSettings::default()).host();
        assert_eq!((host.power, host.machine), (Power::Unknown, MachineKind::Unknown));

        let declared: HostSettings = toml::from_str("machine = \"desktop\"\nups = true\n").unwrap();
        let host = looker(nothing.root(), declared).host();
        assert_eq!((host.machine, host.ups), (MachineKind::Desktop, true));
    }
}
