//! What ends a probe that runs: somebody needs the room's devices or its line, or the machine is on another network.

use std::{future::pending, path::Path, time::Duration};

use siaga_devices::{Kernel, Roots, trial::any_in_use};
use siaga_probe::{Bitrate, Reason, outcome::ByteCount, schedule::Meeting};
use siaga_readiness::snapshot::{Cause, Scan};
use siaga_transport::client::Meter;
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};

use crate::{changes::Changes, host, network::Counters, room::Room};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);

/// So many looks in a row that see other traffic are a program that uses the line. One may be a page, or this program
/// reading late what the interface had long counted.
const IN_A_ROW: u32 = 2;

/// Keeps an eye on the room while a probe runs.
pub(super) struct Watch<'a> {
    pub(super) room: &'a Room,
    pub(super) changes: Changes,
    /// Other traffic above this rate ends the probe, unless it was made over such traffic knowingly.
    pub(super) quiet_above: Option<Bitrate>,
    /// What the probe itself puts on the line.
    pub(super) meter: Meter,
}

impl Watch<'_> {
    /// Resolves to the reason once the probe has to end.
    pub(super) async fn disturbed(mut self) -> Reason {
        let interface = self.changes.network().interface().map(str::to_owned);
        tokio::select! {
            cause = self.changes.next() => why(cause),
            () = meeting(self.room) => Reason::MeetingOn,
            () = other_traffic(interface.as_deref(), self.quiet_above, &self.meter) => Reason::OtherTraffic,
        }
    }
}

fn why(cause: Cause) -> Reason {
    match cause {
        Cause::NetworkChanged => Reason::NetworkChanged,
        Cause::Started
        | Cause::Resumed
        | Cause::ClockStepped
        | Cause::NotUnderstood
        | Cause::ConfigurationChanged => Reason::Interrupted,
    }
}

/// Resolves once a camera or microphone is in use. What can't be told ends no probe: one that was made all the same, a
/// person has asked for.
async fn meeting(room: &Room) {
    while !is_in_use(room).await {
        sleep(EVERY).await;
    }
}

async fn is_in_use(room: &Room) -> bool {
    let snapshot = room.snapshot();
    // Scans see none of this program's own trials: one waits for the other.
    if snapshot.meeting(host::now()) == Meeting::On {
        return true;
    }
    // A device in this program's own hands looks like one in use.
    let Ok(_in_hand) = room.in_hand().try_lock() else { return false };
    let Some(Scan { inventory, .. }) = snapshot.devices.scan else { return false };
    let accept_virtual = snapshot.setup.policy.accept_virtual;
    let look = move || any_in_use(&Roots::default(), &inventory, accept_virtual, &Kernel);
    spawn_blocking(look).await.unwrap_or(false)
}

/// Resolves once other programs use the interface. What can't be measured ends no probe.
async fn other_traffic(interface: Option<&str>, quiet_above: Option<Bitrate>, meter: &Meter) {
    let (Some(interface), Some(quiet_above)) = (interface, quiet_above) else { return pending().await };
    let sight = || Some((Counters::read(Path::new("/sys"), interface)?, meter.on_the_interface()));
    let Some((all, own)) = sight() else { return pending().await };
    let (mut others, mut began, mut in_a_row) = (Others::new(all, own), Instant::now(), 0);
    while in_a_row < IN_A_ROW {
        sleep(EVERY).await;
        let took = began.elapsed();
        began = Instant::now();
        let Some((all, own)) = sight() else { return pending().await };
        let above = others.grown(all, own, took) > quiet_above.bps_f64();
        in_a_row = if above { in_a_row + 1 } else { 0 };
    }
}

/// Traffic beside a probe's own, each direction by itself.
#[derive(Debug, Clone, Copy)]
struct Others {
    sent: Beside,
    received: Beside,
}

/// What an interface has carried beyond the probe's own, bytes, and the most that it ever was. Packets of the probe's own
/// that wait for the interface make it fall and rise again; what rises above all that was is somebody else's.
#[derive(Debug, Clone, Copy)]
struct Beside {
    own: i128,
    most: i128,
}

impl Others {
    fn new(all: Counters, own: ByteCount) -> Self {
        Self { sent: Beside::new(all.sent, own.sent), received: Beside::new(all.received, own.received) }
    }

    /// Bit/s of others in the busier direction, for the time that passed since the last look.
    fn grown(&mut self, all: Counters, own: ByteCount, took: Duration) -> f64 {
        let sent = self.sent.grown(all.sent, own.sent);
        let received = self.received.grown(all.received, own.received);
        sent.max(received) * 8.0 / took.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// Headers that a driver counts differently are at most this share of the probe's own.
const MISCOUNTED: f64 = 0.02;

impl Beside {
    const fn new(all: u64, own: u64) -> Self {
        Self { own: own as i128, most: all as i128 - own as i128 }
    }

    #[allow(clippy::cast_precision_loss)]
    fn grown(&mut self, all: u64, own: u64) -> f64 {
        let beside = i128::from(all) - i128::from(own);
        let grown = (beside - self.most) as f64 - (i128::from(own) - self.own) as f64 * MISCOUNTED;
        self.own = own.into();
        self.most = self.most.max(beside);
        grown.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::{
        observation::{Evidence, Observation},
        policy::Policy,
        profile::Profiles,
        snapshot::Setup,
        state::CheckState,
    };

    use super::*;
    use crate::sample;

    const SECOND: Duration = Duration::from_secs(1);

    fn all(received: u64, sent: u64) -> Counters {
        Counters { received, sent }
    }

    fn own(received: u64, sent: u64) -> ByteCount {
        ByteCount { sent, received }
    }

    #[test]
    fn what_the_probe_itself_carries_is_not_another_program_s_however_it_is_counted() {
        for miscounted in [0, 4] {
            let mut others = Others::new(all(7_000, 5_000), own(0, 0));
            for second in 1..30 {
                // 2200 packets a second down, 1100 up.
                let (down, up) = (second * 2_200, second * 1_100);
                let interface = all(7_000 + down * (1_242 + miscounted), 5_000 + up * (1_242 + miscounted));
                let grown = others.grown(interface, own(down * 1_242, up * 1_242), SECOND);
                assert!(grown < 1_000.0, "{grown}");
            }
        }
    }

    #[test]
    fn what_waits_for_a_slow_interface_and_leaves_later_is_the_probe_s_own() {
        let mut others = Others::new(all(0, 0), own(0, 0));
        for (left, handed_over) in [(1_000_000, 2_500_000), (2_000_000, 2_500_000), (2_500_000, 2_500_000)] {
            assert!(others.grown(all(0, left), own(0, handed_over), SECOND) < 1.0);
        }
    }

    #[test]
    fn a_call_that_begins_beside_a_probe_shows_in_the_second_in_which_it_does() {
        let mut others = Others::new(all(0, 0), own(0, 0));
        assert!(others.grown(all(2_600_000, 1_300_000), own(2_600_000, 1_300_000), SECOND) < 1.0);
        let grown = others.grown(all(5_700_000, 2_600_000), own(5_200_000, 2_600_000), SECOND);
        assert!((3_400_000.0..4_000_000.0).contains(&grown), "half a megabyte: {grown}");
    }

    #[tokio::test]
    async fn a_meeting_that_the_last_scan_shows_ends_a_probe_though_a_device_is_being_tried() {
        let setup = Setup { room: "r2".into(), probe_server: None, policy: Policy::default() };
        let room = Room::new(setup, Profiles::default(), "minimum", host::now()).unwrap();
        let _in_hand = room.in_hand().lock().await;
        let mut inventory = sample::inventory();
        for (state, is_meeting) in [(CheckState::Ok, false), (CheckState::InUse, true)] {
            inventory.cameras[0].state = state;
            let evidence = Evidence::Devices(inventory.clone());
            room.observe(Observation { at: host::now(), took: Duration::ZERO, evidence });
            assert_eq!(is_in_use(&room).await, is_meeting, "{state:?}");
        }
    }

    #[test]
    fn another_network_has_its_own_reason_and_all_else_was_an_interruption() {
        assert_eq!(why(Cause::NetworkChanged), Reason::NetworkChanged);
        for cause in [Cause::Resumed, Cause::ClockStepped] {
            assert_eq!(why(cause), Reason::Interrupted);
        }
    }
}
