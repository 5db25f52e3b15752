//! What sustain and quality probes tell of the server, before the next gate probe.

mod room;

use siaga_probe::{Mode, Reason};
use siaga_readiness::{
    CheckCode, CheckState, Code, Evidence, Policy, Profile, RoomVerdict, ServerPlace, evaluate,
};

use room::*;

/// A room with devices, so that only its link decides.
fn equipped() -> Room {
    let mut room = Room::new(Policy::default());
    room.scan(webcam());
    room
}

fn seen_by(mode: Mode, reason: Reason) -> Evidence {
    probe_of(mode, ServerPlace::Public, nothing(10, reason), nothing(20, reason))
}

/// A stream that measured something.
fn stream() -> Evidence {
    probe_of(Mode::Quality, ServerPlace::Public, pass(1), pass(1))
}

const SERVED: (CheckState, Code) = (CheckState::Ok, Code::NetServerAnswers);

#[test]
fn a_room_that_any_probe_finds_revoked_or_without_a_server_says_so_before_its_next_gate_probe() {
    for mode in [Mode::Quality, Mode::Sustain] {
        for (reason, code) in [
            (Reason::IdentityRefused, Code::NetIdentityRefused),
            (Reason::IdentityRequired, Code::NetIdentityRequired),
            (Reason::ServerAbsent, Code::NetServerAbsent),
            (Reason::ServerNotTrusted, Code::NetServerNotTrusted),
        ] {
            let mut room = equipped();
            room.probe(pass(10), pass(20)).pass(30);
            room.observe(seen_by(mode, reason)).pass(15);
            let readiness = room.minimum();
            assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Warning, code), "{mode:?}");
            assert_eq!(check(&readiness, CheckCode::NetServer).age_s, Some(15.0));
            assert_eq!(says(&readiness, CheckCode::NetUp), (CheckState::Ok, Code::NetUpSustained));
            assert_eq!((readiness.verdict, readiness.exit_code()), (RoomVerdict::Ready, 1));
            assert!(readiness.reasons.contains(&code));

            // Once the link's own evidence has run out, nothing grants.
            room.pass(59 * MINUTE + 15).scan(webcam());
            assert_eq!(room.minimum().verdict, RoomVerdict::Unknown);
        }
    }
}

#[test]
fn that_no_server_served_holds_until_one_serves_any_probe() {
    let turned_away = || {
        let mut room = equipped();
        room.probe(pass(10), pass(20)).pass(30).observe(seen_by(Mode::Quality, Reason::ServerUnreachable));
        room.pass(15);
        room
    };
    let server = |room: &Room| says(&room.minimum(), CheckCode::NetServer);
    assert_eq!(server(&turned_away()), (CheckState::Warning, Code::NetServerUnreachable));
    for served in [
        stream(),
        probe_of(Mode::Sustain, ServerPlace::Public, pass(10), pass(20)),
        probe(ServerPlace::Public, pass(10), pass(20)),
    ] {
        let mut room = turned_away();
        assert_eq!(server(room.observe(served)), SERVED);
    }
    // What is put off or broken off has asked no server.
    for reason in [Reason::MeetingOn, Reason::Interrupted] {
        let mut room = turned_away();
        room.observe(seen_by(Mode::Quality, reason));
        assert_eq!(server(&room), (CheckState::Warning, Code::NetServerUnreachable));
    }
    // In whichever order they come in.
    let mut room = equipped();
    let earlier = room.now;
    room.pass(30).probe(pass(10), pass(20));
    room.observe_from(earlier, seen_by(Mode::Quality, Reason::IdentityRefused));
    assert_eq!(server(&room), SERVED);
}

#[test]
fn a_stream_that_was_put_off_broken_off_or_not_let_in_for_now_says_nothing_about_the_server() {
    for reason in [
        Reason::MeetingOn,
        Reason::OtherTraffic,
        Reason::BudgetSpent,
        Reason::OutsideHours,
        Reason::Metered,
        Reason::Interrupted,
        Reason::NetworkChanged,
        Reason::ServerBusy,
        Reason::LocalFault,
        Reason::Outage,
    ] {
        let mut room = equipped();
        room.probe(pass(10), pass(20)).pass(30);
        for mode in [Mode::Quality, Mode::Sustain] {
            room.observe(seen_by(mode, reason));
        }
        assert_eq!(says(&room.minimum(), CheckCode::NetServer), SERVED, "{reason}");
    }
}

#[test]
fn that_the_link_failed_before_it_was_asked_for_still_counts() {
    let mut room = equipped();
    room.probe(fail(10, Reason::QueueGrows, 4_000_000), pass(20)).pass(20);
    room.probe(nothing(10, Reason::ServerAbsent), nothing(20, Reason::ServerAbsent)).pass(1);
    let asked = room.tracker.snapshot().clone().no_gate_older_than(std::time::Duration::from_secs(2));
    let readiness = evaluate(&asked, Profile::minimum(), room.now);
    assert_eq!(says(&readiness, CheckCode::NetUp), (CheckState::Failed, Code::NetUpBelowMinimum));
    assert_eq!(readiness.exit_code(), 2);
}
