//! What rooms say in stories.

use std::time::Duration;

use jiff::Timestamp;
use siaga_probe::{
    Bitrate, DirectionResult, Mode, ProbeResult, Reason, Verdict,
    network::NetworkId,
    outcome::{ByteCount, RoundTrip},
};
use siaga_readiness::{
    host::{Host, MachineKind, Power},
    moment::{BootId, Moment},
    observation::{Evidence, Observation, ProbeEvidence, ServerPlace},
    policy::Policy,
    report::{Age, Echo, Facts, FromRoom, Happening, Record, RecordsFrame, SnapshotFrame, Tolerant},
    snapshot::Setup,
    tracker::Tracker,
};

pub(super) const ECHO: Echo = Echo { no: 0, held_ms: 0 };

/// A laptop that was looked at so many seconds ago.
pub(crate) fn snapshot(room: &str, seconds: u64) -> FromRoom {
    let at = |since_boot| Moment {
        // A room whose clock is years off.
        wall: "1999-01-01T00:00:00Z".parse().unwrap(),
        since_boot: Duration::from_secs(since_boot),
        boot: BootId(99),
    };
    let setup = Setup { room: room.to_owned(), probe_server: None, policy: Policy::default() };
    let mut tracker = Tracker::new(setup, at(0));
    let host = Host {
        power: Power::Mains,
        charge_percent: None,
        ups: false,
        machine: MachineKind::Laptop,
        programs: Vec::new(),
    };
    let took = Duration::from_millis(1);
    tracker.observe(Observation { at: at(1000), took, evidence: Evidence::Host(host) });
    let facts = Tolerant::Understood(Facts::of(tracker.snapshot(), at(1000 + seconds)));
    FromRoom::Snapshot(Box::new(SnapshotFrame { no: 1, echo: ECHO, facts }))
}

/// The same of a room that goes by a profile.
pub(crate) fn snapshot_by(room: &str, profile: &str) -> FromRoom {
    let FromRoom::Snapshot(mut frame) = snapshot(room, 0) else { panic!("it is one") };
    frame.facts = frame.facts.map(|facts| facts.of_profile(&profile.parse().unwrap()));
    FromRoom::Snapshot(frame)
}

/// The same of a room whose certificate counts until then.
pub(crate) fn snapshot_until(room: &str, until: Timestamp) -> FromRoom {
    let FromRoom::Snapshot(mut frame) = snapshot(room, 0) else { panic!("it is one") };
    frame.facts = frame.facts.map(|facts| facts.certified(Some(until)));
    FromRoom::Snapshot(frame)
}

pub(crate) fn records(records: Vec<Record>) -> FromRoom {
    FromRoom::Records(RecordsFrame { no: 1, echo: ECHO, dropped: 0, records })
}

pub(crate) fn record(seq: u64, seconds_ago: u64, what: Happening) -> Record {
    Record { seq, at: Some(Age::from(Duration::from_secs(seconds_ago))), what }
}

/// A gate probe that passed at 10 up and 20 down.
pub(crate) fn passed_on(network: Option<NetworkId>) -> Happening {
    let Happening::Probe(mut evidence) = probe() else { unreachable!() };
    evidence.network = network;
    let down = &mut evidence.result.down;
    (down.verdict, down.reason, down.delivered_bps) = (Verdict::Pass, Reason::Sustained, Some(20_000_000));
    Happening::Probe(evidence)
}

/// A gate probe: 10 up arrived, 15 of 20 down.
pub(crate) fn probe() -> Happening {
    let rate = |megabits: u64| Bitrate::from_bps(megabits * 1_000_000).unwrap();
    let unmeasured = |megabits| DirectionResult::unmeasured(rate(megabits), Reason::Undecided);
    let result = ProbeResult {
        mode: Mode::Gate,
        server: "probe.example:4433".into(),
        started_at: "1999-01-01T00:00:00Z".into(),
        duration_s: 1.0,
        bytes: ByteCount { sent: 1, received: 1 },
        verdict: Verdict::Fail,
        reason: Reason::QueueGrows,
        detail: None,
        up: DirectionResult {
            verdict: Verdict::Pass,
            reason: Reason::Sustained,
            delivered_bps: Some(10_000_000),
            ..unmeasured(10)
        },
        down: DirectionResult {
            verdict: Verdict::Fail,
            reason: Reason::QueueGrows,
            delivered_bps: Some(15_000_000),
            ..unmeasured(20)
        },
        rtt_ms: RoundTrip { idle: Some(18.0), loaded: None },
    };
    Happening::Probe(Box::new(ProbeEvidence {
        server_place: ServerPlace::Public,
        network: None,
        clock_offset_s: None,
        gateway: None,
        result,
    }))
}
