//! What of an observation belongs into a room's history.

use siaga_readiness::{
    inventory::{DeviceRef, Inventory},
    observation::{Evidence, Observation},
    report::{DeviceChange, DeviceEvent, Happening},
    snapshot::Snapshot,
};

/// What an observation adds to the history of a room of which `before` was known. A look that shows what the one before
/// it showed adds nothing; neither does a probe that was put off before its first packet.
#[must_use]
pub fn happenings(before: &Snapshot, observation: &Observation) -> Vec<Happening> {
    match &observation.evidence {
        Evidence::Probe(probe) if probe.result.was_made() => vec![Happening::Probe(probe.clone())],
        Evidence::Trial(trial) => vec![Happening::Trial(trial.clone())],
        Evidence::Devices(now) => match &before.devices.scan {
            Some(scan) => device_events(&scan.inventory, now).into_iter().map(Happening::Device).collect(),
            // The first look: all that is there has been there.
            None => Vec::new(),
        },
        Evidence::Probe(_)
        | Evidence::DeviceFault(_)
        | Evidence::Host(_)
        | Evidence::Remembered(_)
        | Evidence::Servers(_) => Vec::new(),
    }
}

fn device_events(before: &Inventory, now: &Inventory) -> Vec<DeviceEvent> {
    let event = |device: DeviceRef<'_>, change| DeviceEvent {
        device: device.kind,
        id: device.id.to_owned(),
        name: device.name.to_owned(),
        change,
        state: device.state,
        reason: device.reason,
    };
    let find = |among: &'_ Inventory, like: &DeviceRef<'_>| {
        let found = among.devices().find(|it| (it.kind, it.id) == (like.kind, like.id));
        found.map(|it| (it.state, it.reason))
    };
    let gone = before.devices().filter(|it| find(now, it).is_none()).map(|it| event(it, DeviceChange::Gone));
    let rest = now.devices().filter_map(|it| match find(before, &it) {
        None => Some(event(it, DeviceChange::Came)),
        Some(was) if was != (it.state, it.reason) => Some(event(it, DeviceChange::Changed)),
        Some(_) => None,
    });
    gone.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use siaga_probe::{Reason, outcome::ByteCount};
    use siaga_readiness::{
        inventory::Kind,
        observation::{ProbeEvidence, ServerPlace},
        reasons::Code,
        state::CheckState,
    };

    use super::*;
    use crate::sample::{self, at};

    fn told(evidence: Evidence) -> Vec<Happening> {
        let observation = Observation { at: at(30), took: Duration::from_millis(5), evidence };
        happenings(&sample::snapshot(), &observation)
    }

    #[test]
    fn a_look_that_shows_what_was_there_adds_nothing() {
        assert_eq!(told(Evidence::Devices(sample::inventory())), []);
        assert_eq!(told(Evidence::Host(sample::host())), []);
    }

    #[test]
    fn devices_that_come_go_and_are_taken_are_told() {
        let mut inventory = sample::inventory();
        let microphone = inventory.microphones.remove(0);
        (inventory.cameras[0].state, inventory.cameras[0].reason) = (CheckState::InUse, Code::DeviceBusy);
        inventory.speakers.push(microphone);
        let told: Vec<_> = told(Evidence::Devices(inventory))
            .into_iter()
            .map(|what| match what {
                Happening::Device(event) => (event.device, event.change, event.state),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                (Kind::Microphone, DeviceChange::Gone, CheckState::Ok),
                (Kind::Camera, DeviceChange::Changed, CheckState::InUse),
                (Kind::Speaker, DeviceChange::Came, CheckState::Ok),
            ]
        );
    }

    #[test]
    fn a_probe_is_told_if_it_was_made() {
        let probe = |reason, bytes| {
            let mut result = sample::probe();
            (result.reason, result.bytes) = (reason, bytes);
            told(Evidence::Probe(Box::new(ProbeEvidence {
                server_place: ServerPlace::Public,
                network: None,
                clock_offset_s: None,
                gateway: None,
                result,
            })))
            .len()
        };
        assert_eq!(probe(Reason::QueueGrows, ByteCount { sent: 1, received: 1 }), 1);
        assert_eq!(probe(Reason::MeetingOn, ByteCount { sent: 1, received: 0 }), 1, "it was stopped");
        assert_eq!(probe(Reason::MeetingOn, ByteCount::default()), 0, "it was put off");
    }
}
