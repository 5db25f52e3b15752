//! Single rooms, strangers and cheats.

use super::*;
use crate::admission::{
    USED_WITHIN,
    known::{MOST_ROOMS, MOST_STRANGERS},
};

/// Lets rooms in until the next one is told to come back; answers with how many.
fn fill(admission: &mut Admission, now: Duration, request: impl Fn(Asker) -> Request) -> usize {
    (1_000..)
        .take_while(|n| matches!(admission.ask(now, &request(room(*n)), false, 0.5), Answer::Grant(_)))
        .count()
}

#[test]
fn a_lease_is_for_what_was_asked_and_for_no_more_bytes_than_its_time_carries() {
    let mut admission = Admission::new(limits(1_000));
    let lease = granted(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    assert_eq!(
        (lease.up, lease.down),
        (Bitrate::from_bps(21_000_000).unwrap(), Bitrate::from_bps(21_000_000).unwrap())
    );
    assert_eq!((lease.longest_train, lease.ends_within), (10 * SECOND, 15 * SECOND));
    let sustain = Request { mode: Mode::Sustain, ..gate(room(2)) };
    let lease = granted(admission.ask(SECOND, &sustain, false, 0.5));
    assert_eq!((lease.longest_train, lease.ends_within), (35 * SECOND, 40 * SECOND));
    let quality = Request { mode: Mode::Quality, ..gate(room(3)) };
    let lease = granted(admission.ask(SECOND, &quality, false, 0.5));
    assert_eq!(lease.up.bps(), 51_200);
    assert_eq!(lease.longest_train, 6 * SECOND);
}

#[test]
fn routine_leaves_a_part_to_pre_checks_and_these_to_bookings() {
    let mut admission = Admission::new(limits(1_000));
    let with = |purpose| move |asker| Request { purpose, ..gate(asker) };
    // Of 800 Mbit/s: 600, 720 and all of it, at 21 each.
    assert_eq!(fill(&mut admission, SECOND, with(Purpose::Routine)), 28);
    assert_eq!(fill(&mut admission, SECOND, |asker| with(Purpose::PreCheck)(also(&asker, "p"))), 34 - 28);
    assert_eq!(fill(&mut admission, SECOND, |asker| with(Purpose::Booking)(also(&asker, "b"))), 38 - 34);
    let standing = admission.standing(SECOND);
    assert_eq!((standing.leases, standing.queue), ([28, 6, 4], [1, 1, 1]));
    assert_eq!((standing.granted_bps, standing.share_bps), ([798_000_000; 2], [800_000_000; 2]));
}

#[test]
fn limits_that_are_lowered_take_nothing_back_and_grant_nothing_more() {
    let mut admission = Admission::new(limits(1_000));
    assert_eq!(fill(&mut admission, SECOND, gate), 28);
    admission.change(limits(500));
    busy(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    let standing = admission.standing(SECOND);
    assert_eq!((standing.leases[0], standing.share_bps), (28, [400_000_000; 2]));
    admission.change(limits(2_000));
    granted(admission.ask(SECOND, &gate(room(2)), false, 0.5));
}

fn also(asker: &Asker, mark: &str) -> Asker {
    Asker::Room(format!("{mark}-{asker}").into())
}

#[test]
fn each_direction_has_its_own_line() {
    let limits = Limits { uplink_up: mbps(100), ..limits(1_000) };
    let mut admission = Admission::new(limits);
    let up = |asker| Request { up: mbps(50), down: mbps(1), ..gate(asker) };
    granted(admission.ask(SECOND, &up(room(1)), false, 0.5));
    let down = |asker| Request { up: mbps(1), down: mbps(50), ..gate(asker) };
    assert_eq!(fill(&mut admission, SECOND, down), 7, "52.5 of 60 Mbit/s are taken, and each takes 1.05");
    busy(admission.ask(SECOND, &up(room(2)), false, 0.5));
}

#[test]
fn sustain_probes_leave_half_of_what_is_for_routine_to_the_gate() {
    let mut admission = Admission::new(limits(1_000));
    let sustain = |asker| Request { mode: Mode::Sustain, ..gate(asker) };
    assert_eq!(fill(&mut admission, SECOND, sustain), 16, "320 of 800 Mbit/s");
    assert_eq!(fill(&mut admission, SECOND, |asker| gate(also(&asker, "gate"))), 13, "the rest of 600");
    let wait = busy(admission.ask(SECOND, &sustain(room(1)), false, 0.5));
    assert!(wait.retry_after > 5 * SECOND, "they take long: {wait:?}");
}

#[test]
fn on_a_small_server_a_probe_has_everything_for_itself() {
    let mut admission = Admission::new(limits(30));
    let lease = granted(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    assert!(busy(admission.ask(SECOND, &gate(room(2)), false, 0.5)).retry_after >= SECOND);
    admission.on_end(2 * SECOND, lease.id, Some(4_000_000));
    granted(admission.ask(3 * SECOND, &gate(room(2)), false, 0.5));
    let large = Request { down: mbps(23), ..gate(room(3)) };
    let Denial::TooFast { down, .. } = denied(admission.ask(3 * SECOND, &large, false, 0.5)) else {
        panic!()
    };
    assert_eq!(down.bps() / 1_000, 22_857, "24 / 1.05");
}

#[test]
fn one_room_holds_one_lease() {
    let mut admission = Admission::new(limits(1_000));
    let lease = granted(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    for mode in [Mode::Gate, Mode::Quality] {
        let again = Request { mode, ..gate(room(1)) };
        assert_eq!(busy(admission.ask(SECOND, &again, false, 0.5)).cause, Cause::HoldsLease);
    }
    admission.on_end(2 * SECOND, lease.id, None);
    granted(admission.ask(2 * SECOND, &gate(room(1)), false, 0.5));
}

#[test]
fn a_lease_of_which_nothing_is_used_is_over_after_five_seconds() {
    let mut admission = Admission::new(limits(30));
    let lease = granted(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    busy(admission.ask(SECOND + USED_WITHIN - MS, &gate(room(2)), false, 0.5));
    granted(admission.ask(SECOND + USED_WITHIN, &gate(room(2)), false, 0.5));
    assert!(!admission.on_use(SECOND + USED_WITHIN, lease.id), "its holder comes too late");
}

#[test]
fn a_lease_that_is_used_is_over_after_its_time_whatever_its_holder_does() {
    let mut admission = Admission::new(limits(30));
    let lease = granted(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    for at in 1..=15 {
        assert!(admission.on_use(at * SECOND, lease.id));
    }
    assert!(!admission.on_use(16 * SECOND, lease.id));
    granted(admission.ask(16 * SECOND, &gate(room(2)), false, 0.5));
}

#[test]
fn who_was_told_first_comes_first() {
    let mut admission = Admission::new(limits(30));
    let lease = granted(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    let waits: Vec<Wait> = (2..12).map(|n| busy(admission.ask(SECOND, &gate(room(n)), false, 0.5))).collect();
    for pair in waits.windows(2) {
        let apart = pair[1].retry_after - pair[0].retry_after;
        assert!(
            (SECOND..3 * SECOND).contains(&apart),
            "a gate probe takes 1.3 s of the whole share: {apart:?}"
        );
    }
    // The first one's probe takes longer than usual, so that the second comes in vain; the third then leaves it room.
    admission.on_use(SECOND, lease.id);
    let second = SECOND + waits[0].retry_after;
    let again = busy(admission.ask(second, &gate(room(2)), false, 1.0));
    admission.on_end(second, lease.id, None);
    let third = SECOND + waits[1].retry_after;
    busy(admission.ask(third, &gate(room(3)), false, 0.5));
    granted(admission.ask(second + again.retry_after, &gate(room(2)), false, 0.5));
}

#[test]
fn coming_too_soon_and_too_often_gains_nothing() {
    let mut admission = Admission::new(limits(30));
    let lease = granted(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    let first = busy(admission.ask(SECOND, &gate(room(2)), false, 0.5));
    let turn = SECOND + busy(admission.ask(SECOND, &gate(room(3)), false, 0.5)).retry_after;
    let ended = SECOND + 200 * MS;
    admission.on_end(ended, lease.id, None);
    for ms in 0..100 {
        let now = ended + ms * MS;
        let wait = busy(admission.ask(now, &gate(room(3)), false, 0.5));
        assert_eq!(now + wait.retry_after, turn, "its turn stays what it was");
    }
    granted(admission.ask(SECOND + first.retry_after, &gate(room(2)), false, 0.5));
}

#[test]
fn a_newcomer_gets_in_where_it_delays_nobody() {
    let mut admission = Admission::new(limits(1_000));
    let leases: Vec<Lease> =
        (0..28).map(|n| granted(admission.ask(SECOND, &gate(room(n)), false, 0.5))).collect();
    busy(admission.ask(SECOND, &gate(room(100)), false, 0.5));
    for lease in &leases {
        admission.on_end(2 * SECOND, lease.id, None);
    }
    for n in 200..227 {
        granted(admission.ask(2 * SECOND, &gate(room(n)), false, 0.5));
    }
    busy(admission.ask(2 * SECOND, &gate(room(300)), false, 0.5));
    granted(admission.ask(3 * SECOND, &gate(room(100)), false, 0.5));
}

#[test]
fn who_does_not_come_holds_nobody_up_for_long_and_keeps_its_place_in_the_order() {
    let mut admission = Admission::new(limits(30));
    let lease = granted(admission.ask(SECOND, &gate(room(1)), false, 0.5));
    busy(admission.ask(SECOND, &gate(room(2)), false, 0.5));
    admission.on_end(2 * SECOND, lease.id, None);
    let lease = granted(admission.ask(10 * SECOND, &gate(room(3)), false, 0.5));
    // Two more are told turns; the late one comes in vain, but before them.
    let told = 10 * SECOND + 2 * SECOND;
    busy(admission.ask(10 * SECOND, &gate(room(4)), false, 0.5));
    let late = busy(admission.ask(told - SECOND, &gate(room(2)), false, 0.5));
    admission.on_end(told - SECOND, lease.id, None);
    busy(admission.ask(told, &gate(room(4)), false, 0.5));
    granted(admission.ask(told - SECOND + late.retry_after, &gate(room(2)), false, 0.5));
}

#[test]
fn a_machine_that_sends_too_late_begins_nothing_and_keeps_the_order() {
    let mut admission = Admission::new(limits(1_000));
    let wait = busy(admission.ask(SECOND, &gate(room(1)), true, 0.5));
    assert_eq!(wait.cause, Cause::Late);
    let booking = Request { purpose: Purpose::Booking, ..gate(room(2)) };
    assert_eq!(busy(admission.ask(SECOND, &booking, true, 0.5)).cause, Cause::Late);
    granted(admission.ask(SECOND + wait.retry_after, &gate(room(1)), false, 0.5));
}

#[test]
fn a_day_s_probes_and_bytes_are_bounded_and_what_was_not_used_is_given_back() {
    let mut admission =
        Admission::new(Limits { daily_bytes: 200_000_000, daily_probes: 10, ..limits(1_000) });
    let probe = |admission: &mut Admission, now, bytes| {
        let lease = granted(admission.ask(now, &gate(room(1)), false, 0.5));
        admission.on_end(now + SECOND, lease.id, bytes);
    };
    for n in 0..5 {
        probe(&mut admission, n * 2 * SECOND, Some(5_000_000));
    }
    let Denial::DayProbes { again_in } = denied(admission.ask(20 * SECOND, &gate(room(1)), false, 0.5))
    else {
        panic!("half of a day's probes at once")
    };
    assert!(again_in > 4 * 3600 * SECOND && again_in < 5 * 3600 * SECOND, "{again_in:?}");
    // Nobody counted: it is taken for all that it could have cost, 53 of 100 MB.
    let later = 24 * 3600 * SECOND;
    probe(&mut admission, later, None);
    let Denial::DayBytes { again_in } = denied(admission.ask(later + 2 * SECOND, &gate(room(1)), false, 0.5))
    else {
        panic!("no more than half of a day's bytes at once")
    };
    granted(admission.ask(later + 2 * SECOND + again_in, &gate(room(1)), false, 0.5));
}

#[test]
fn a_room_that_is_always_in_a_hurry_is_not_believed_for_ever() {
    let mut admission = Admission::new(Limits { daily_probes: 10_000, ..limits(1_000) });
    let hurry = Request { mode: Mode::Quality, purpose: Purpose::Booking, ..gate(room(1)) };
    let purposes: Vec<Purpose> = (0..30)
        .map(|n| {
            let lease = granted(admission.ask(n * 10 * SECOND, &hurry, false, 0.5));
            admission.on_end(n * 10 * SECOND + SECOND, lease.id, Some(0));
            lease.purpose
        })
        .collect();
    assert_eq!(purposes.iter().filter(|purpose| **purpose == Purpose::Booking).count(), 24);
    assert_eq!(purposes[29], Purpose::Routine);
}

#[test]
fn a_stranger_has_no_precedence_and_is_its_network() {
    let mut admission = Admission::new(limits(1_000));
    let at = |text: &str| Request { purpose: Purpose::Booking, ..gate(Asker::at(text.parse().unwrap())) };
    let lease = granted(admission.ask(SECOND, &at("2001:db8::1"), false, 0.5));
    assert_eq!(lease.purpose, Purpose::Routine);
    assert_eq!(busy(admission.ask(SECOND, &at("2001:db8::2"), false, 0.5)).cause, Cause::HoldsLease);
    granted(admission.ask(SECOND, &at("2001:db8:0:1::2"), false, 0.5));
}

#[test]
fn strangers_beyond_what_can_be_accounted_for_get_nothing_and_rooms_do() {
    let mut admission = Admission::new(limits(1_000));
    let stranger = |n: usize| {
        let n = u32::try_from(n).unwrap();
        Request { mode: Mode::Quality, ..gate(Asker::at(std::net::Ipv4Addr::from_bits(n).into())) }
    };
    for n in 0..MOST_STRANGERS {
        admission.ask(SECOND, &stranger(n), false, 0.5);
    }
    let wait = busy(admission.ask(SECOND, &stranger(MOST_STRANGERS), false, 0.5));
    assert_eq!(wait.cause, Cause::TooManyAskers);
    assert_eq!(admission.standing(SECOND).known, MOST_STRANGERS);
    assert_eq!(busy(admission.ask(SECOND, &gate(room(1)), false, 0.5)).cause, Cause::Taken, "its turn comes");
    // Those that have had their day back are forgotten, and others have room.
    let tomorrow = 25 * 3600 * SECOND;
    granted(admission.ask(tomorrow, &stranger(MOST_STRANGERS), false, 0.5));
    assert_eq!(admission.standing(tomorrow).known, 1);
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let mut admission = Admission::new(limits(1_000));
    for n in 0..MOST_ROOMS + 1_000 {
        admission.ask(SECOND, &gate(room(n)), false, 0.5);
    }
    assert_eq!(admission.standing(SECOND).known, MOST_ROOMS);
}

#[test]
fn what_can_not_be_judged_or_is_not_known_is_denied() {
    let mut admission = Admission::new(limits(1_000));
    let mut deny = |request| denied(admission.ask(SECOND, &request, false, 0.5));
    assert_eq!(deny(Request { mode: Mode::Unknown, ..gate(room(1)) }), Denial::UnknownKind);
    let slow = Bitrate::from_bps(999_999).unwrap();
    assert_eq!(deny(Request { up: slow, ..gate(room(1)) }), Denial::TooSlow { lowest: mbps(1) });
    assert_eq!(
        deny(Request { up: mbps(101), ..gate(room(1)) }),
        Denial::TooFast { up: mbps(100), down: mbps(100) }
    );
    assert_eq!(admission.standing(SECOND).known, 0, "nothing is remembered for it");
}

#[test]
fn a_clock_that_is_set_back_changes_nothing() {
    let mut admission = Admission::new(limits(30));
    let lease = granted(admission.ask(100 * SECOND, &gate(room(1)), false, 0.5));
    busy(admission.ask(Duration::ZERO, &gate(room(2)), false, f64::NAN));
    assert!(admission.on_use(Duration::ZERO, lease.id));
    admission.on_end(Duration::ZERO, lease.id, Some(u64::MAX));
    assert!(matches!(
        denied(admission.ask(Duration::ZERO, &gate(room(1)), false, -1.0)),
        Denial::DayBytes { .. }
    ));
}
