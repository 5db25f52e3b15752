//! The devices that were found good, and how those of a scan compare with them.

use std::{cmp::Reverse, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::inventory::{Absent, DeviceRef, Inventory, Kind, Known, Standing};

/// Devices that a trial, or a person, found good.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Baseline(Vec<Good>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Good {
    kind: Kind,
    id: String,
    name: String,
    usb_id: Option<String>,
    serial: Option<String>,
    bus: String,
    /// When it was last found good.
    at: Timestamp,
    /// By a person: it is missed until a person says otherwise.
    accepted: bool,
}

impl Baseline {
    /// More devices than a room has; past it the one that was good longest ago is forgotten.
    const MOST: usize = 64;

    /// A device that only trials found good, such as a visitor's headset, is missed for so long.
    const MISSED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// Writes into `inventory` how each of its devices compares, and which are missing.
    pub fn mark(&self, inventory: &mut Inventory) {
        let mut unmatched: Vec<&Good> = self.0.iter().collect();
        let known = standings(inventory, &mut unmatched);
        for (place, known) in inventory.known_mut().zip(known) {
            *place = known;
        }
        inventory.missing = unmatched.into_iter().map(Good::absent).collect();
    }

    /// A trial found a device of a marked `inventory` good. It becomes part of the baseline, unless it stands in
    /// another one's place: whether that is meant only a person knows.
    pub fn on_good(&mut self, inventory: &Inventory, kind: Kind, id: &str, at: Timestamp) {
        let Some(device) = inventory.devices().find(|device| device.kind == kind && device.id == id) else {
            return;
        };
        let moved_from = match device.known {
            Some(Known { standing: Standing::Swapped, .. }) => return,
            Some(Known { standing: Standing::MovedPort, before, .. }) => before.as_deref(),
            _ => None,
        };
        let was_elsewhere = |good: &Good| good.is_elsewhere(&device) && moved_from == Some(good.bus.as_str());
        let held = self.0.iter().position(|good| good.is(&device) || was_elsewhere(good));
        let accepted = held.is_some_and(|held| self.0.swap_remove(held).accepted);
        self.0.push(Good { accepted, ..Good::of(&device, at) });
        let is_there = |good: &Good| inventory.devices().any(|device| good.is(&device));
        let lately = |good: &Good| good.at.checked_add(Self::MISSED_FOR).is_ok_and(|until| until >= at);
        self.0.retain(|good| good.accepted || lately(good) || is_there(good));
        self.in_order();
    }

    /// A person says that the devices of `inventory` that count are as they should be, and no others are.
    #[must_use]
    pub fn accepting(inventory: &Inventory, accept_virtual: bool, at: Timestamp) -> Self {
        let counted = inventory.devices().filter(|device| accept_virtual || !device.is_virtual);
        let mut accepted =
            Self(counted.map(|device| Good { accepted: true, ..Good::of(&device, at) }).collect());
        accepted.in_order();
        accepted
    }

    /// How many devices it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was found good yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn in_order(&mut self) {
        self.0.sort_by_key(|good| Reverse((good.accepted, good.at)));
        self.0.truncate(Self::MOST);
        self.0.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    }
}

/// In the order of [`Inventory::devices`]. What is matched is taken out of `unmatched`. The surest match comes first: the
/// same device at the same port, the same device at another port, the same port.
fn standings(inventory: &Inventory, unmatched: &mut Vec<&Good>) -> Vec<Option<Known>> {
    type Fits = fn(&Good, &DeviceRef<'_>) -> bool;
    let rounds: [(Standing, Fits); 3] = [
        (Standing::Same, Good::is),
        (Standing::MovedPort, Good::is_elsewhere),
        (Standing::Swapped, Good::is_at_the_place_of),
    ];
    let devices: Vec<DeviceRef<'_>> = inventory.devices().collect();
    let mut known: Vec<Option<Known>> = vec![None; devices.len()];
    for (standing, fits) in rounds {
        for (device, known) in devices.iter().zip(&mut known).filter(|(_, known)| known.is_none()) {
            if let Some(index) = unmatched.iter().position(|good| fits(good, device)) {
                let good = unmatched.remove(index);
                *known = Some(Known { standing, good_at: Some(good.at), before: good.before(standing) });
            }
        }
    }
    let new = || Known { standing: Standing::New, good_at: None, before: None };
    known.into_iter().map(|known| Some(known.unwrap_or_else(new))).collect()
}

impl Good {
    fn of(device: &DeviceRef<'_>, at: Timestamp) -> Self {
        Self {
            kind: device.kind,
            id: device.id.to_owned(),
            name: device.name.to_owned(),
            usb_id: device.usb_id.map(str::to_owned),
            serial: device.serial.map(str::to_owned),
            bus: device.bus.to_owned(),
            at,
            accepted: false,
        }
    }

    fn is(&self, device: &DeviceRef<'_>) -> bool {
        self.kind == device.kind && self.id == device.id
    }

    /// The same model, and the same serial number if they have one: most have none.
    fn is_elsewhere(&self, device: &DeviceRef<'_>) -> bool {
        self.kind == device.kind
            && self.usb_id.is_some()
            && self.usb_id.as_deref() == device.usb_id
            && self.serial.as_deref() == device.serial
            && self.bus != device.bus
    }

    fn is_at_the_place_of(&self, device: &DeviceRef<'_>) -> bool {
        self.kind == device.kind && self.bus == device.bus
    }

    fn before(&self, standing: Standing) -> Option<String> {
        match standing {
            Standing::MovedPort => Some(self.bus.clone()),
            Standing::Swapped => Some(self.name.clone()),
            Standing::Same | Standing::New | Standing::Unknown => None,
        }
    }

    fn absent(&self) -> Absent {
        Absent {
            kind: self.kind,
            id: self.id.clone(),
            name: self.name.clone(),
            usb_id: self.usb_id.clone(),
            bus: self.bus.clone(),
            good_at: self.at,
        }
    }
}
