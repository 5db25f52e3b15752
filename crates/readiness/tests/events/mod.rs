//! Random sequences of what happens to a room.
#![allow(dead_code, unreachable_pub)]

mod model;
mod record;

use std::{ops::Range, time::Duration};

use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{RngSeed, TestRunner},
};
use siaga_probe::{Direction, DirectionResult, Mode, Reason};
use siaga_readiness::{
    Cause, CheckState, Code, DeviceKind, Evidence, Freshness, Inventory, Judgement, Moment, Policy, Profile,
    RoomVerdict, ScanFault, ServerPlace, TimeToLive, Trial, TrialOutcome,
    host::{Host, MachineKind, Power, Presence},
};

use crate::room::*;

#[allow(unused_imports)] // Each file of laws uses its part.
pub use model::*;
pub use record::{Record, is_occupied};

/// Something that happens to a room.
#[derive(Debug, Clone)]
pub struct Event {
    /// Seconds since the event before.
    pub after: u64,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    /// An observation that began so many seconds before it came in.
    Observed {
        ago: u64,
        evidence: Evidence,
    },
    Invalidated(Cause),
}

/// What is known after the events, and when they are over.
pub fn after(policy: Policy, events: &[Event]) -> Room {
    let mut room = Room::new(policy);
    for Event { after, what } in events {
        room.pass(*after);
        match what {
            What::Observed { ago, evidence } => {
                let at = earlier(room.now, *ago);
                room.observe_from(at, evidence.clone());
            }
            What::Invalidated(cause) => {
                room.invalidate(*cause);
            }
        }
    }
    room
}

fn earlier(now: Moment, seconds: u64) -> Moment {
    let by = Duration::from_secs(seconds);
    Moment { wall: now.wall - by, since_boot: now.since_boot - by, ..now }
}

/// Without its `index`th event; time goes on as before.
pub fn without(events: &[Event], index: usize) -> Vec<Event> {
    let mut rest = events.to_vec();
    let removed = rest.remove(index);
    match rest.get_mut(index) {
        Some(next) => next.after += removed.after,
        // Nothing comes after it: an event that says nothing keeps the time.
        None => rest.push(Event { what: silence(), ..removed }),
    }
    rest
}

/// Without all that are like this.
pub fn without_all(events: &[Event], is_one: impl Fn(&Evidence) -> bool) -> Vec<Event> {
    let is_one = |event: &Event| matches!(&event.what, What::Observed { evidence, .. } if is_one(evidence));
    let mut rest = events.to_vec();
    while let Some(index) = rest.iter().position(is_one) {
        rest = without(&rest, index);
    }
    rest
}

/// Nothing but the trials, at their times.
pub fn only_trials(events: &[Event]) -> Vec<Event> {
    let mut events = events.to_vec();
    for event in &mut events {
        let says_nothing_of_a_trial = matches!(
            event.what,
            What::Observed {
                evidence: Evidence::Devices(_)
                    | Evidence::Probe(_)
                    | Evidence::Remembered(_)
                    | Evidence::Servers(_)
                    | Evidence::Host(_),
                ..
            }
        );
        if says_nothing_of_a_trial {
            event.what = silence();
        }
    }
    events
}

pub fn silence() -> What {
    silence_of(Mode::Gate)
}

pub fn silence_of(mode: Mode) -> What {
    What::Observed {
        ago: 0,
        evidence: probe_of(
            mode,
            ServerPlace::Unknown,
            nothing(10, Reason::NameNotResolved),
            nothing(20, Reason::NameNotResolved),
        ),
    }
}

pub fn policy() -> impl Strategy<Value = Policy> {
    let ttl = |range: Range<u64>| range.prop_map(|s| TimeToLive::new(Duration::from_secs(s)).unwrap());
    // Those of a sustain probe and of a trial are short, so that failures run out while gate probes still count.
    let freshness = (ttl(30..300), ttl(30..300), ttl(10..150), ttl(10..150), ttl(100..900)).prop_map(
        |(device_scan, gate_probe, sustain_probe, device_check, host)| Freshness {
            host,
            device_scan,
            gate_probe,
            sustain_probe,
            device_check,
        },
    );
    (any::<bool>(), any::<bool>(), freshness).prop_map(
        |(accept_virtual, accept_internal_server, freshness)| Policy {
            accept_virtual,
            accept_internal_server,
            ..Policy::strict(freshness)
        },
    )
}

fn inventory() -> impl Strategy<Value = Inventory> {
    let changed = |change: fn(&mut Inventory)| {
        let mut inventory = webcam_alone();
        change(&mut inventory);
        inventory
    };
    prop_oneof![
        10 => Just(webcam()),
        2 => Just(built_in()),
        1 => Just(Inventory::default()),
        1 => Just(changed(|it| it.cameras[0].fov = None)),
        1 => Just(changed(|it| it.cameras[0].is_virtual = true)),
        1 => Just(changed(|it| it.microphones[0].is_virtual = true)),
        2 => Just(changed(|it| it.cameras[0].state = CheckState::InUse)),
        1 => Just(changed(|it| it.microphones[0].state = CheckState::InUse)),
        1 => Just(changed(|it| {
            it.cameras[0].state = CheckState::InUse;
            it.cameras[0].modes = vec![];
        })),
        1 => Just(changed(|it| {
            it.microphones[0].state = CheckState::Unknown;
            it.microphones[0].reason = Code::DeviceNoPermission;
        })),
    ]
}

fn host() -> impl Strategy<Value = Host> {
    let kind = prop_oneof![
        8 => Just(MachineKind::Laptop),
        4 => Just(MachineKind::Desktop),
        1 => select(vec![MachineKind::Tablet, MachineKind::Virtual, MachineKind::Other, MachineKind::Unknown]),
    ];
    let power = select(vec![Power::Mains, Power::Battery, Power::Unknown]);
    let presence = select(vec![Presence::Present, Presence::Absent, Presence::Unknown]);
    (kind, power, presence, any::<bool>(), any::<bool>()).prop_map(
        |(machine, power, presence, ups, looked)| {
            let mut host = Host { machine, power, ups, ..laptop() };
            host.programs[0].presence = presence;
            host.programs.truncate(usize::from(looked));
            host
        },
    )
}

fn direction() -> impl Strategy<Value = DirectionResult> {
    let rate = || select(vec![5, 10, 20, 20, 20, 50, 50]);
    let slow = select(vec![Reason::QueueGrows, Reason::StandingQueue, Reason::Loss]);
    let open = select(vec![Reason::Outage, Reason::Undecided, Reason::Interrupted, Reason::PeerFailed]);
    prop_oneof![
        18 => rate().prop_map(pass),
        2 => (rate(), slow.clone()).prop_map(|(rate, reason)| fail(rate, reason, rate * 800_000)),
        1 => (rate(), slow).prop_map(|(rate, reason)| DirectionResult {
            delivered_bps: None,
            ..fail(rate, reason, 0)
        }),
        1 => (rate(), open).prop_map(|(rate, reason)| disturbed(rate, reason)),
    ]
}

/// Of the devices that the inventories above have.
fn trial() -> impl Strategy<Value = Evidence> {
    let id = |index: usize| {
        let inventory = webcam();
        (inventory.cameras[index].id.clone(), inventory.microphones[index].id.clone())
    };
    let found = |state, reason| {
        TrialOutcome::Found(Judgement {
            value: Some(29.5),
            required: Some(30.0),
            ..Judgement::new(state, reason)
        })
    };
    let outcome = prop_oneof![
        12 => Just(found(CheckState::Ok, Code::CameraWorks)),
        2 => Just(found(CheckState::Warning, Code::CameraDark)),
        4 => Just(found(CheckState::Failed, Code::CameraFrozen)),
        2 => Just(found(CheckState::Unknown, Code::DeviceRetrying)),
        6 => Just(TrialOutcome::Voided),
        2 => Just(TrialOutcome::NotDone { reason: Code::DeviceTryBroke, detail: "crashed".to_owned() }),
    ];
    (0..2_usize, any::<bool>(), outcome).prop_map(move |(index, is_camera, outcome)| {
        let (camera, microphone) = id(index);
        Evidence::Trial(if is_camera {
            Trial { kind: DeviceKind::Camera, id: camera, outcome }
        } else {
            Trial { kind: DeviceKind::Microphone, id: microphone, outcome }
        })
    })
}

pub fn evidence() -> impl Strategy<Value = Evidence> {
    let place = prop_oneof![
        8 => Just(ServerPlace::Public),
        1 => Just(ServerPlace::Internal),
        1 => Just(ServerPlace::Unknown),
    ];
    let away = select(vec![
        Reason::ServerBusy,
        Reason::ServerUnreachable,
        Reason::UdpBlocked,
        Reason::NoServerAnswers,
        Reason::BudgetSpent,
        Reason::MeetingOn,
        Reason::MeetingUnknown,
        Reason::OtherTraffic,
        Reason::Metered,
        Reason::OutsideHours,
    ]);
    prop_oneof![
        15 => inventory().prop_map(Evidence::Devices),
        1 => Just(Evidence::DeviceFault(ScanFault {
            reason: Code::DeviceScanFailed,
            detail: "no such directory".to_owned(),
        })),
        11 => trial(),
        8 => host().prop_map(Evidence::Host),
        26 => (place.clone(), direction(), direction())
            .prop_map(|(place, up, down)| probe(place, up, down)),
        5 => (select(vec![Mode::Sustain, Mode::Sustain, Mode::Sustain, Mode::Quality]), place, direction(), direction())
            .prop_map(|(mode, place, up, down)| probe_of(mode, place, up, down)),
        1 => (select(vec![Direction::Up, Direction::Down]), select(vec![5, 10, 20, 50]), 0..200_u64).prop_map(
            |(direction, rate, ago)| Evidence::Remembered(vec![remembered(direction, rate, ago)])
        ),
        1 => away.prop_map(|reason| probe(ServerPlace::Public, nothing(10, reason), nothing(20, reason))),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let ago = prop_oneof![3 => Just(0), 1 => 0..80_u64];
    let cause = select(vec![Cause::Resumed, Cause::NetworkChanged, Cause::ConfigurationChanged]);
    let what = prop_oneof![
        60 => (ago, evidence()).prop_map(|(ago, evidence)| What::Observed { ago, evidence }),
        1 => cause.prop_map(What::Invalidated),
    ];
    (0..40_u64, what).prop_map(|(after, what)| Event { after, what })
}

pub fn events() -> impl Strategy<Value = Vec<Event>> {
    events_of(6..32)
}

pub fn events_of(number: Range<usize>) -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(event(), number)
}

/// With an event at the end that says nothing, so that each of the others can be left out.
pub fn up_to_now(mut events: Vec<Event>) -> Vec<Event> {
    events.push(Event { after: 0, what: silence() });
    events
}

pub fn configuration(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x5146_4147),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub fn profile() -> impl Strategy<Value = &'static Profile> {
    select(vec![Profile::minimum(), Profile::recommended()])
}

pub fn is_ready(room: &Room, profile: &Profile) -> bool {
    room.readiness(profile).verdict == RoomVerdict::Ready
}

pub fn random_rooms(count: usize) -> impl Iterator<Item = Room> {
    let mut runner = TestRunner::new(configuration(1));
    (0..count).map(move |_| {
        let (policy, events) = (policy(), events()).new_tree(&mut runner).unwrap().current();
        after(policy, &events)
    })
}
