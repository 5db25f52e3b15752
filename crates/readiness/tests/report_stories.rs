//! What a room reports, and what its server makes of it while the room is there, is silent, or speaks another version.

#[allow(unused_imports)]
mod events;
mod room;

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use siaga_probe::{DirectionResult, Reason, Verdict, admission::Purpose};
use siaga_readiness::{
    Cause, CheckCode, CheckState, Code, DeviceKind, Evidence, Inventory, Policy, Profile, Readiness,
    RoomVerdict, ServerPlace, Trial, TrialOutcome, evaluate,
    inventory::{Kind, VideoMode},
    report::{
        Ack, Age, Agenda, Began, CheckAnswer, CheckNow, CheckingFrame, DeviceChange, DeviceEvent, Echo,
        Facts, FromRoom, FromServer, Happening, Hello, Item, JournalId, Looks, MAX_BOOKINGS, MAX_FRAME,
        MAX_RECORDS, NextBooking, OLDEST_VERSION, Record, RecordsFrame, SnapshotFrame, StillFrame, Tick,
        Ticked, Tolerant, VERSION, Welcome, common_version,
    },
};

use events::{after, events, policy, profile};
use room::*;

const ECHO: Echo = Echo { no: 3, held_ms: 20 };

/// A room that was just found ready for everything.
fn ready_room() -> Room {
    let mut room = Room::new(Policy::default());
    room.scan(webcam()).probe(pass(20), pass(20));
    room
}

fn facts(room: &Room) -> Facts {
    Facts::of(room.tracker.snapshot(), room.now)
}

/// What the server answers so many seconds after it heard the facts.
fn answer(facts: &Facts, seconds: u64, profile: &Profile) -> Readiness {
    let (snapshot, now) = facts.as_of(Duration::from_secs(seconds), moment(5000 + seconds).wall);
    evaluate(&snapshot, profile, now)
}

fn over_the_wire(facts: &Facts) -> Facts {
    let frame = SnapshotFrame { no: 1, echo: ECHO, facts: Tolerant::Understood(facts.clone()) };
    let json = serde_json::to_string(&FromRoom::Snapshot(Box::new(frame))).unwrap();
    let FromRoom::Snapshot(frame) = serde_json::from_str(&json).unwrap() else { panic!("{json}") };
    frame.facts.understood().unwrap()
}

proptest! {
    #[test]
    fn the_server_answers_as_the_room_would_however_much_later(
        policy in policy(), events in events(), profile in profile(), later in 0u64..100_000,
    ) {
        let mut room = after(policy, &events);
        let received = over_the_wire(&facts(&room));
        room.pass(later);
        let (snapshot, now) = received.as_of(Duration::from_secs(later), room.now.wall);
        prop_assert_eq!(evaluate(&snapshot, profile, now), room.readiness(profile));
        prop_assert_eq!(
            received.clone().after(Duration::from_secs(later)).as_of(Duration::ZERO, room.now.wall),
            (snapshot, now)
        );
    }

    #[test]
    fn damaged_frames_are_refused_or_read_but_never_end_the_program(
        (mut bytes, changes, cut) in (
            select(frames()),
            vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            any::<Option<prop::sample::Index>>(),
        ),
    ) {
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = serde_json::from_slice::<FromServer>(&bytes);
        if let Ok(FromRoom::Snapshot(frame)) = serde_json::from_slice(&bytes)
            && let Some(facts) = frame.facts.understood()
        {
            for elapsed in [Duration::ZERO, Duration::MAX] {
                let (snapshot, now) = facts.clone().after(elapsed).as_of(elapsed, moment(9).wall);
                let _ = evaluate(&snapshot, Profile::recommended(), now);
            }
        }
    }
}

#[test]
fn a_room_that_is_switched_off_becomes_unknown_by_itself() {
    let facts = over_the_wire(&facts(&ready_room()));
    let at = |seconds| answer(&facts, seconds, Profile::minimum());
    assert_eq!(at(119).verdict, RoomVerdict::Ready);
    let stale = at(120);
    assert_eq!((stale.verdict, stale.reasons), (RoomVerdict::Unknown, vec![Code::EvidenceStale]));
    for later in [60 * MINUTE, 24 * 60 * MINUTE, 100 * 365 * 24 * 60 * MINUTE] {
        assert_eq!(at(later).verdict, RoomVerdict::Unknown);
    }
}

#[test]
fn what_was_seen_is_dated_by_the_server_s_clock_alone() {
    let mut room = ready_room();
    room.pass(10);
    // The room's clock is a year ahead.
    room.now.wall += Duration::from_secs(365 * 24 * 3600);
    let answer = answer(&facts(&room), 5, Profile::minimum());
    let camera = check(&answer, CheckCode::Camera);
    assert_eq!((camera.age_s, camera.observed_at), (Some(15.0), Some(moment(4990).wall)));
}

#[test]
fn a_room_that_is_looked_at_again_stays_ready_without_reporting_it_all_again() {
    let mut room = ready_room();
    let before = room.tracker.snapshot().clone();
    let mut held = facts(&room);
    for _ in 0..10 {
        room.pass(30).scan(webcam());
        let looks = Looks::alone_differ(&before, room.tracker.snapshot(), room.now).unwrap();
        held = held.after(Duration::from_secs(30));
        held.see_again(looks);
        let (server, own) = (answer(&held, 0, Profile::minimum()), room.minimum());
        assert_eq!(server.verdict, RoomVerdict::Ready);
        assert_eq!(check(&server, CheckCode::Camera).age_s, check(&own, CheckCode::Camera).age_s);
        assert_eq!(check(&server, CheckCode::NetUp).age_s, check(&own, CheckCode::NetUp).age_s);
    }
}

#[test]
fn what_differs_in_more_than_a_look_is_reported_whole() {
    let mut room = ready_room();
    let before = room.tracker.snapshot().clone();
    let differs = |room: &Room| Looks::alone_differ(&before, room.tracker.snapshot(), room.now).is_none();
    room.pass(5).scan(webcam());
    assert!(!differs(&room));
    for change in [
        |room: &mut Room| {
            room.scan(built_in());
        },
        |room: &mut Room| {
            room.scan_fails();
        },
        |room: &mut Room| {
            room.probe(pass(20), fail(20, Reason::Loss, 9_000_000));
        },
        |room: &mut Room| {
            room.invalidate(Cause::Resumed);
        },
    ] {
        let mut room = ready_room();
        change(room.pass(5));
        assert!(differs(&room));
    }
}

#[test]
fn a_look_cannot_bring_what_is_not_known_nor_make_older_what_is() {
    let mut held = facts(&Room::new(Policy::default()));
    let again = Looks { scan: Some(Age::ZERO), attempt: Some(Age::ZERO), host: Some(Age::ZERO) };
    held.see_again(again);
    assert_eq!(held, facts(&Room::new(Policy::default())));
    let mut held = facts(&ready_room());
    held.see_again(Looks { scan: Some(Age::from(Duration::from_secs(500))), ..again });
    assert_eq!(held, facts(&ready_room()));
}

#[test]
fn every_frame_survives_the_wire() {
    for bytes in frames() {
        let shown: Value = serde_json::from_slice(&bytes).unwrap();
        let again = match serde_json::from_slice::<FromRoom>(&bytes).unwrap() {
            FromRoom::Unknown => serde_json::to_value(serde_json::from_slice::<FromServer>(&bytes).unwrap()),
            known => serde_json::to_value(known),
        };
        assert_eq!(again.unwrap(), shown);
    }
}

#[test]
fn neighbouring_versions_find_the_one_that_both_speak() {
    assert_eq!(common_version(VERSION), Some(VERSION));
    assert_eq!(common_version(VERSION + 1), Some(VERSION));
    assert_eq!(common_version(OLDEST_VERSION - 1), None);
}

#[test]
fn what_a_newer_peer_adds_is_ignored() {
    let read = |value: Value| serde_json::from_value::<FromRoom>(value).unwrap();
    assert_eq!(read(json!({"type": "dance", "steps": [1, {"a": null}]})), FromRoom::Unknown);
    let mut frame = serde_json::to_value(checking()).unwrap();
    frame["why"] = json!({"deep": [1, 2]});
    assert_eq!(read(frame.clone()), checking());
    frame["answer"] = json!("perhaps");
    let FromRoom::Checking(CheckingFrame { answer, .. }) = read(frame) else { panic!("it is known") };
    assert_eq!(answer, CheckAnswer::Unknown);

    let mut frame = serde_json::to_value(records(vec![probe_record(1), probe_record(2)])).unwrap();
    frame["records"][0]["what"] = json!({"event": "eclipse", "of": "sun"});
    let FromRoom::Records(RecordsFrame { records, .. }) = read(frame.clone()) else { panic!("known") };
    assert_eq!((records[0].seq, &records[0].what), (1, &Happening::Unknown));
    assert_eq!(records[1], probe_record(2));
    frame["records"][0]["what"] = json!({"event": "probe", "result": "in words"});
    let FromRoom::Records(RecordsFrame { records, .. }) = read(frame.clone()) else { panic!("known") };
    assert_eq!(records[0].what, Happening::Unknown);
    frame["records"][0]["what"] = frame["records"][1]["what"].clone();
    frame["records"][0]["what"]["result"]["up"]["verdict"] = json!("perhaps");
    let FromRoom::Records(RecordsFrame { records, .. }) = read(frame) else { panic!("known") };
    let Happening::Probe(probe) = &records[0].what else { panic!("known") };
    assert_eq!(probe.result.up.verdict, Verdict::Inconclusive);
}

#[test]
fn a_room_and_a_server_of_the_release_before_are_understood() {
    let read = |value: Value| serde_json::from_value::<FromServer>(value).unwrap();
    assert_eq!(common_version(1), Some(1));
    let asked = FromServer::CheckNow(CheckNow { id: 7, purpose: Purpose::PreCheck });
    assert_eq!(read(json!({"type": "check_now", "id": 7})), asked);
    let FromServer::Agenda(Agenda { bookings }) = read(
        json!({"type": "agenda", "dress": "batik", "bookings": [{"ref": "b1", "colour": "red", "start": "2026-11-26T09:00:00+07:00",
            "end": "2026-11-26T11:00:00+07:00", "class": "regal", "decision": "perhaps",
            "checklist": [{"item": "coffee_ready", "name": "Dewi"}]}]}),
    ) else {
        panic!("it is known")
    };
    let NextBooking { reference, start, checklist, .. } = &bookings[0];
    assert_eq!((reference.as_str(), start), ("b1", &"2026-11-26T02:00:00Z".parse().unwrap()));
    assert_eq!(checklist[0].item, Item::Unknown);
}

#[test]
fn the_longest_agenda_fits_into_a_frame() {
    let longest = |text: &str| text.repeat(400);
    let ticked = Ticked { item: Item::AttendanceConfirmed, name: longest("n"), at: booking().start.into() };
    let of = NextBooking {
        reference: longest("r"),
        title: Some(longest("t")),
        class: longest("c"),
        decision: longest("d"),
        checklist: vec![ticked; Item::ALL.len()],
        ..booking()
    };
    let frame = FromServer::Agenda(Agenda { bookings: vec![of; MAX_BOOKINGS] });
    let size = serde_json::to_vec(&frame).unwrap().len();
    assert!(size < MAX_FRAME as usize, "{size}");
}

#[test]
fn what_is_not_understood_is_unknown_with_a_reason_and_leaves_the_rest_as_it_is() {
    let facts_with = |part: &str, value: Value| {
        let mut facts = serde_json::to_value(facts(&ready_room())).unwrap();
        *facts.pointer_mut(part).unwrap() = value;
        serde_json::from_value::<Facts>(facts).unwrap()
    };
    let minimum = |facts: &Facts| answer(facts, 1, Profile::minimum());

    let strange = facts_with("/devices/scan/inventory/cameras", json!("two of them"));
    let answer_ = minimum(&strange);
    assert_eq!(answer_.verdict, RoomVerdict::Unknown);
    assert_eq!(says(&answer_, CheckCode::Camera), (CheckState::Unknown, Code::ReportNotUnderstood));
    assert_eq!(says(&answer_, CheckCode::NetUp).0, CheckState::Ok);

    let strange = facts_with("/network/gate/up/0/conclusion", json!({"mostly": 0.9}));
    let answer_ = minimum(&strange);
    assert_eq!(says(&answer_, CheckCode::NetUp), (CheckState::Unknown, Code::ReportNotUnderstood));
    assert_eq!(says(&answer_, CheckCode::Camera).0, CheckState::Warning);

    let strange = facts_with("/host/host/machine", json!([]));
    let answer_ = answer(&strange, 1, Profile::recommended());
    assert_eq!(says(&answer_, CheckCode::Machine).0, CheckState::Unknown);

    // It survives being stored and read again.
    let stored = serde_json::to_string(&strange).unwrap();
    let read: Facts = serde_json::from_str(&stored).unwrap();
    assert_eq!(answer(&read, 1, Profile::recommended()).verdict, RoomVerdict::Unknown);

    // What a room requires and the server does not know, it can't be held against.
    let mut facts = serde_json::to_value(facts(&ready_room())).unwrap();
    facts["setup"]["policy"]["required"] = json!({"cameras": 1, "interpreters": 2});
    let frame = json!({"type": "snapshot", "no": 1, "echo": ECHO, "facts": facts});
    let FromRoom::Snapshot(frame) = serde_json::from_value(frame).unwrap() else { panic!("it is known") };
    assert_eq!(frame.facts, Tolerant::NotUnderstood);
    let setup = ready_room().tracker.snapshot().setup.clone();
    let unknown = minimum(&Facts::not_understood(setup));
    assert_eq!((unknown.verdict, unknown.reasons[0]), (RoomVerdict::Unknown, Code::ReportNotUnderstood));
}

#[test]
fn nothing_can_be_reported_from_the_future() {
    let mut facts = serde_json::to_value(facts(&ready_room())).unwrap();
    facts["devices"]["scan"]["at"] = json!({"age_ms": -1000});
    let read: Facts = serde_json::from_value(facts).unwrap();
    assert_eq!(read.devices, Tolerant::NotUnderstood);
    // In the room itself, evidence from a later time than now does not count, and is not reported.
    let mut room = ready_room();
    let snapshot = room.tracker.snapshot().clone();
    room.now = moment(999);
    let Tolerant::Understood(devices) = Facts::of(&snapshot, room.now).devices else { panic!("it is known") };
    assert_eq!(devices.scan, None);
}

#[test]
fn the_largest_room_and_the_longest_records_fit_into_a_frame() {
    let size = |frame: &FromRoom| serde_json::to_vec(frame).unwrap().len();
    let modes: Vec<_> = (0..16).map(|n| VideoMode { width: 4096 - n, height: 2160, fps: 29.97 }).collect();
    let mut inventory = Inventory::default();
    for n in 0..64 {
        let mut camera = webcam().cameras.remove(1);
        (camera.id, camera.modes) = (format!("{n}-{}", camera.id), modes.clone());
        inventory.cameras.push(camera);
        inventory.microphones.push(webcam().microphones.remove(1));
    }
    let mut room = ready_room();
    room.scan(inventory).probe(fail(10, Reason::Loss, 1), fail(20, Reason::Loss, 1));
    let frame = SnapshotFrame { no: 1, echo: ECHO, facts: Tolerant::Understood(facts(&room)) };
    let largest = size(&FromRoom::Snapshot(Box::new(frame)));
    assert!(largest < MAX_FRAME as usize / 2, "{largest}");
    let frame = SnapshotFrame { no: 1, echo: ECHO, facts: Tolerant::Understood(facts(&ready_room())) };
    let ordinary = size(&FromRoom::Snapshot(Box::new(frame)));
    let looks = Looks { scan: Some(Age::ZERO), attempt: Some(Age::ZERO), host: Some(Age::ZERO) };
    let still = size(&FromRoom::Still(StillFrame { no: 1, echo: ECHO, looks }));
    println!("snapshots of {largest} and {ordinary} bytes, still {still}");
    let frame = records((0..MAX_RECORDS as u64).map(probe_record).collect());
    assert!(size(&frame) < MAX_FRAME as usize * 4 / 5, "{}", size(&frame));
}

fn checking() -> FromRoom {
    FromRoom::Checking(CheckingFrame { no: 9, id: 4, answer: CheckAnswer::MeetingOn })
}

fn tick() -> Tick {
    Tick { reference: "SBW-2026-004512".into(), item: Item::RadioReady, name: "Dewi".into() }
}

fn booking() -> NextBooking {
    NextBooking {
        reference: "SBW-2026-004512".into(),
        title: Some("Rapat koordinasi".into()),
        start: "2026-11-26T02:00:00Z".parse().unwrap(),
        end: "2026-11-26T04:00:00Z".parse().unwrap(),
        class: "regular".into(),
        decision: "approve".into(),
        checklist: vec![Ticked { item: Item::RoomReady, name: "Dewi".into(), at: None }],
    }
}

fn records(records: Vec<Record>) -> FromRoom {
    FromRoom::Records(RecordsFrame { no: 8, echo: ECHO, dropped: 2, records })
}

fn probe_record(seq: u64) -> Record {
    let measured = |result: DirectionResult| DirectionResult {
        delay_ms: serde_json::from_value(json!({"p50": 0.123, "p95": 1.234, "p99": 12.345, "max": 123.456}))
            .unwrap(),
        sustain: serde_json::from_value(json!({
            "windows": 70, "bad_windows": 3, "longest_bad_s": 0.6, "slow_share": 0.031_234,
            "shaper": {"rate_bps": 7_512_345, "bucket_bytes": 1_512_345},
        }))
        .unwrap(),
        ..result
    };
    let Evidence::Probe(mut probe) =
        probe(ServerPlace::Public, measured(pass(10)), measured(fail(20, Reason::Shaped, 7_512_345)))
    else {
        panic!("it is one")
    };
    probe.result.detail = Some("x".repeat(300));
    Record { seq, at: Some(Age::from(Duration::from_secs(90))), what: Happening::Probe(probe) }
}

/// One frame of each kind.
fn frames() -> Vec<Vec<u8>> {
    let hello = Hello {
        version: VERSION,
        agent: "0.1.0".into(),
        room: "diskominfo-r2".parse().unwrap(),
        site: Some("diskominfo".into()),
        journal: JournalId(7),
        clock_ms: 1_790_000_000_000,
    };
    let event = DeviceEvent {
        device: Kind::Camera,
        id: "046d:0843@usb-0000:00:14.0-2".into(),
        name: "Logitech Webcam C930e".into(),
        change: DeviceChange::Gone,
        state: CheckState::Ok,
        reason: Code::DevicePresent,
    };
    let began = Began { cause: Cause::Resumed };
    let trial = Trial {
        kind: DeviceKind::Microphone,
        id: "PCH@pci-0000:00:1f.3".into(),
        outcome: TrialOutcome::NotDone { reason: Code::DeviceBusy, detail: "taken".into() },
    };
    let all = vec![
        probe_record(1),
        Record { seq: 3, at: None, what: Happening::Device(event) },
        Record { seq: 4, at: Some(Age::ZERO), what: Happening::Began(began) },
        Record { seq: 5, at: Some(Age::ZERO), what: Happening::Trial(trial) },
        Record { seq: 6, at: Some(Age::ZERO), what: Happening::Tick(tick()) },
    ];
    let looks = Looks { scan: Some(Age::ZERO), attempt: Some(Age::ZERO), host: None };
    let snapshot = SnapshotFrame { no: 1, echo: ECHO, facts: Tolerant::Understood(facts(&ready_room())) };
    let of_room = [
        FromRoom::Hello(hello),
        FromRoom::Snapshot(Box::new(snapshot)),
        FromRoom::Still(StillFrame { no: 2, echo: ECHO, looks }),
        records(all),
        checking(),
    ];
    let of_server = [
        FromServer::Welcome(Welcome {
            version: VERSION,
            server: "0.1.0".into(),
            server_time_ms: 1_790_000_000_000,
            committed: 41,
        }),
        FromServer::Ack(Ack { no: 1, committed: 43, server_time_ms: 1_790_000_000_000 }),
        FromServer::CheckNow(CheckNow { id: 4, purpose: Purpose::Booking }),
        FromServer::Agenda(Agenda { bookings: vec![booking()] }),
    ];
    let of_room = of_room.iter().map(|frame| serde_json::to_vec(frame).unwrap());
    of_room.chain(of_server.iter().map(|frame| serde_json::to_vec(frame).unwrap())).collect()
}
