use super::{
    life::{at, meeting_if, office},
    *,
};

#[test]
fn a_room_s_day_from_boot_over_a_meeting_and_an_update_to_the_evening() {
    let mut life = Life::switched_on_at(at(0, 7, 0), plan(), None);
    life.room = |now| Situation {
        meeting: meeting_if((at(0, 9, 0)..at(0, 11, 0)).contains(&now)),
        traffic: if (at(0, 13, 0)..at(0, 13, 20)).contains(&now) { Traffic::Busy } else { Traffic::Quiet },
        ..office(now)
    };
    life.until(at(0, 20, 0));

    assert_eq!(life.count(Mode::Gate, at(0, 7, 0), at(0, 7, 30)), 0, "the office is closed");
    assert_eq!(life.reasons(Mode::Gate, at(0, 7, 0), at(0, 7, 30)), [Reason::OutsideHours]);
    // Switched on outside the hours, with no verdict known: before anybody comes.
    let [sustain] = life.times(Mode::Sustain)[..] else { panic!("{:?}", life.made) };
    assert!((at(0, 7, 3)..at(0, 7, 9)).contains(&sustain), "{sustain:?}");

    let gates = life.times(Mode::Gate);
    assert!((at(0, 7, 30)..at(0, 7, 36)).contains(&gates[0]), "{gates:?}");
    for mode in [Mode::Gate, Mode::Sustain, Mode::Quality] {
        assert_eq!(life.count(mode, at(0, 9, 0), at(0, 11, 0)), 0, "a meeting is on");
        assert_eq!(life.count(mode, at(0, 13, 0) + MINUTE, at(0, 13, 20)), 0, "an update runs");
        assert_eq!(life.count(mode, at(0, 16, 0) + MINUTE, at(0, 20, 0)), 0, "the office is closed");
    }
    assert_eq!(life.reasons(Mode::Gate, at(0, 9, 0), at(0, 11, 0)), [Reason::MeetingOn]);
    assert_eq!(life.count(Mode::Gate, at(0, 11, 0), at(0, 11, 1)), 1, "as soon as the meeting is over");
    assert_eq!(life.reasons(Mode::Quality, at(0, 13, 1), at(0, 13, 20)), [Reason::OtherTraffic]);
    assert!((12..=16).contains(&gates.len()), "{}", gates.len());
    assert!((60..=85).contains(&life.times(Mode::Quality).len()), "{}", life.times(Mode::Quality).len());
}

#[test]
fn a_budget_that_is_spent_in_the_afternoon_leaves_the_gate_its_reason() {
    // A line in doubt: each look takes its eight seconds.
    let mut life = Life::switched_on_at(at(0, 7, 30), plan(), None);
    life.room = office;
    life.results = |mode| match mode {
        Mode::Gate => {
            Attempt { verdict: Verdict::Inconclusive, reason: Reason::Undecided, ..pass(33_000_000) }
        }
        Mode::Sustain => pass(82_700_000),
        _ => pass(100_000),
    };
    life.until(at(0, 16, 0));
    let gates = life.times(Mode::Gate);
    let spent = *gates.last().unwrap();
    assert_eq!(life.reasons(Mode::Gate, spent + MINUTE, at(0, 16, 0)), [Reason::BudgetSpent]);
    let told = life.told.iter().filter(|(at, it)| it.mode == Mode::Gate && *at > spent).map(|(at, _)| *at);
    let told: Vec<Duration> = told.collect();
    assert!(
        told.windows(2).all(|pair| pair[1] - pair[0] <= plan().interval),
        "what is told stays fresh: {told:?}"
    );
    // The next morning the same, as far as yesterday's data are a day old.
    life.until(at(1, 16, 0));
    assert!(life.count(Mode::Gate, at(1, 7, 30), at(1, 16, 0)) > 0);
}

#[test]
fn nothing_is_measured_over_the_weekend_but_the_daily_sustain_probe() {
    let mut life = Life::switched_on_at(at(4, 8, 0), plan(), None);
    life.room = office;
    life.until(at(7, 9, 0));
    let (friday, monday) = (at(4, 16, 0) + MINUTE, at(7, 7, 30));
    assert_eq!(life.count(Mode::Gate, friday, monday), 0);
    assert_eq!(life.count(Mode::Quality, friday, monday), 0);
    assert_eq!(life.reasons(Mode::Gate, friday, monday), [Reason::OutsideHours]);
    assert_eq!(life.count(Mode::Sustain, friday, monday), 3);
    assert!(life.count(Mode::Gate, monday, monday + MINUTE * 6) >= 1);
}

#[test]
fn after_the_weekend_rooms_don_t_begin_in_the_same_second() {
    let first = |seed| {
        let mut life = Life::switched_on_at(at(6, 20, 0), Plan { seed, ..plan() }, None);
        life.room = office;
        life.until(at(7, 8, 0));
        life.times(Mode::Gate)[0]
    };
    let mut firsts: Vec<Duration> = (0..20).map(first).collect();
    firsts.sort_unstable();
    assert!(firsts[0] >= at(7, 7, 30) && firsts[19] < at(7, 7, 35) + Duration::from_secs(3), "{firsts:?}");
    assert!(firsts[19] - firsts[0] > MINUTE * 2, "{firsts:?}");
}

#[test]
fn two_rooms_don_t_coincide_and_one_room_repeats_itself_under_its_seed() {
    let day = |seed| {
        let mut life = Life::switched_on_at(at(0, 7, 30), Plan { seed, ..plan() }, None);
        life.room = office;
        life.until(at(0, 16, 0));
        life.made
    };
    assert_eq!(day(1), day(1));
    let (here, there) = (day(1), day(2));
    let together = |(at, mode): &&(Duration, Mode)| {
        there.iter().any(|(other, _)| at.abs_diff(*other) < life::length(*mode))
    };
    let shared = here.iter().filter(together).count();
    assert!(shared * 10 < here.len(), "{shared} of {}", here.len());
}

#[test]
fn on_a_metered_link_only_a_demand_is_served_and_within_its_own_budget() {
    let mut life = Life::switched_on_at(at(0, 8, 0), plan(), None);
    life.room = |now| Situation { metered: true, ..office(now) };
    life.until(at(0, 12, 0));
    assert_eq!(life.made, []);
    assert_eq!(life.reasons(Mode::Gate, at(0, 8, 0), at(0, 12, 0)), [Reason::Metered]);
    for _ in 0..20 {
        life.schedule.on_demand();
        life.until(life.now + MINUTE * 2);
    }
    // Nine fit into 40 MB with the usual cost of one.
    assert_eq!(life.made.len(), 10);
    assert!(life.made.iter().all(|(_, mode)| *mode == Mode::Gate));
    assert!(life.reasons(Mode::Gate, at(0, 12, 0), life.now).contains(&Reason::BudgetSpent));
}

#[test]
fn a_demand_is_served_outside_the_hours_and_over_a_busy_line_but_never_in_a_meeting() {
    let night = |meeting| {
        let mut life = Life::switched_on_at(at(0, 20, 0), plan(), None);
        life.room = if meeting {
            |now| Situation { traffic: Traffic::Busy, meeting: meeting_if(now < at(0, 21, 0)), ..office(now) }
        } else {
            |now| Situation { traffic: Traffic::Busy, ..office(now) }
        };
        life.schedule.on_demand();
        life.until(at(0, 22, 0));
        life
    };
    assert_eq!(night(false).times(Mode::Gate), [at(0, 20, 0)]);
    let life = night(true);
    assert_eq!(life.times(Mode::Gate), [], "not hours later either");
    assert_eq!(life.told[0].1, PutOff { mode: Mode::Gate, reason: Reason::MeetingOn });
}

#[test]
fn a_line_that_is_never_quiet_is_probed_after_four_hours_but_by_the_gate_alone() {
    let mut life = Life::new(plan());
    life.room = |_| Situation { traffic: Traffic::Busy, ..FREE };
    life.until(HOUR * 8);
    let gates = life.times(Mode::Gate);
    assert!((HOUR * 4..HOUR * 4 + MINUTE * 2).contains(&gates[0]), "{gates:?}");
    assert!((7..=10).contains(&gates.len()), "from then on at its usual pace: {gates:?}");
    assert_eq!(life.times(Mode::Sustain), []);
    assert_eq!(life.times(Mode::Quality), []);
    // One quiet look, and a busy line may be a meeting again.
    life.room =
        |now| Situation { traffic: if now < HOUR * 9 { Traffic::Quiet } else { Traffic::Busy }, ..FREE };
    life.until(HOUR * 12);
    assert_eq!(life.count(Mode::Gate, HOUR * 9 + MINUTE, HOUR * 12), 0);
}

#[test]
fn a_gate_that_fails_gets_its_second_look_and_no_sustain_probe_follows() {
    let mut life = Life::switched_on_at(at(0, 8, 0), plan(), None);
    life.room = office;
    life.results = |mode| if mode == Mode::Gate { life::fail(1_000_000) } else { pass(100_000) };
    life.until(at(0, 15, 0));
    let gates = life.times(Mode::Gate);
    let pause = gates[1] - gates[0];
    assert!((Duration::from_secs(60)..Duration::from_secs(77)).contains(&pause), "{pause:?}");
    assert_eq!(life.times(Mode::Sustain), []);
}

#[test]
fn what_a_machine_that_is_always_on_can_do_with_its_budget() {
    let days = |megabytes: u64| {
        let budget = Plan { daily_bytes: megabytes * 1_000_000, ..plan() };
        let mut life = Life::switched_on_at(at(0, 8, 0), budget, None);
        life.room = |now| Situation { hours: Hours::Unknown, ..office(now) };
        life.until(at(8, 8, 0));
        life
    };
    let enough = days(450);
    assert_eq!(enough.reasons(Mode::Gate, at(0, 8, 0), at(8, 8, 0)), []);
    assert_eq!(enough.reasons(Mode::Sustain, at(0, 8, 0), at(8, 8, 0)), []);
    assert_eq!(enough.times(Mode::Sustain).len(), 9);
    // Less is enough if the sustain probe may stay at the hour at which it was first made.
    let by_day = days(350);
    assert_eq!(by_day.reasons(Mode::Gate, at(0, 8, 0), at(8, 8, 0)), []);
    assert_eq!(by_day.times(Mode::Sustain).len(), 8);
    // The default is for a machine that is off at night. Here the first sustain probe costs the gate a part of the first
    // night, and then gates take all there is.
    let short = days(250);
    assert_eq!(short.reasons(Mode::Gate, at(0, 8, 0), at(0, 22, 0)), []);
    assert_eq!(short.reasons(Mode::Gate, at(0, 22, 0), at(1, 8, 30)), [Reason::BudgetSpent]);
    let gates: Vec<Duration> =
        short.times(Mode::Gate).into_iter().filter(|time| *time > at(2, 8, 0)).collect();
    assert!(
        gates.windows(2).all(|pair| pair[1] - pair[0] < plan().gate_life.mul_f64(0.8)),
        "evidence never dies"
    );
    assert_eq!(short.times(Mode::Sustain).len(), 1);
    assert_eq!(short.reasons(Mode::Sustain, at(2, 8, 0), at(8, 8, 0)), [Reason::BudgetSpent]);
}

#[test]
fn a_demand_at_night_waits_for_the_turn_that_a_busy_server_tells_and_not_for_hours() {
    let busy = |turn: Duration| {
        let mut life = Life::switched_on_at(at(0, 20, 0), plan(), None);
        life.room = office;
        life.schedule.on_demand();
        assert_eq!(life.schedule.next(life.now, office(life.now)), Action::Probe(Mode::Gate));
        let busy = Attempt {
            verdict: Verdict::Inconclusive,
            reason: Reason::ServerBusy,
            retry_after: Some(turn),
            ..pass(0)
        };
        life.schedule.on_result(life.now, Mode::Gate, busy);
        life.until(at(0, 23, 0));
        (life.times(Mode::Gate), life.schedule.is_demanded(Mode::Gate))
    };
    assert_eq!(busy(MINUTE * 5), (vec![at(0, 20, 5)], false));
    assert_eq!(busy(MINUTE * 50), (vec![], false));
}

#[test]
fn a_demand_right_after_a_probe_is_met_after_a_short_rest_and_not_with_what_was_found_before() {
    let mut life = Life::switched_on_at(at(0, 20, 0), plan(), None);
    life.room = office;
    life.schedule.on_demand();
    life.until(life.now + Duration::from_secs(7));
    assert_eq!(life.times(Mode::Gate).len(), 1);
    // Somebody has mended the cable, and asks again.
    life.schedule.on_demand();
    life.until(life.now + MINUTE);
    let [first, second] = life.times(Mode::Gate)[..] else { panic!("{:?}", life.made) };
    let ended = first + life::length(Mode::Gate);
    assert_eq!(second, ended + Duration::from_secs(15));
}

#[test]
fn whoever_asks_in_a_loop_gets_no_more_than_four_probes_a_minute() {
    let mut life = Life::switched_on_at(at(0, 20, 0), plan(), None);
    life.room = office;
    for _ in 0..300 {
        life.schedule.on_demand();
        life.until(life.now + Duration::from_secs(1));
    }
    let made = life.times(Mode::Gate).len();
    assert!((15..=20).contains(&made), "{:?}", life.made);
    // On another network there is nothing to rest from.
    life.schedule.on_change(life.now);
    life.schedule.on_demand();
    life.until(life.now + Duration::from_secs(2));
    assert_eq!(life.times(Mode::Gate).len(), made + 1);
}

#[test]
fn ten_hours_a_day_fit_into_the_default_budget_day_after_day() {
    let mut spent = Vec::new();
    let mut sustained = None;
    for day in 0..10 {
        let (on, off) = (at(day, 8, day % 3), at(day, 18, 0));
        let plan = Plan { seed: day.into(), ..plan() };
        let mut life = Life::switched_on_at(on, plan, sustained);
        life.schedule = Schedule::new(plan, spent, on);
        if let Some(sustained) = sustained {
            life.schedule.recall(on, sustained);
        }
        life.room = |now| Situation { hours: Hours::Unknown, ..office(now) };
        life.until(off);
        assert_eq!(life.reasons(Mode::Gate, on, off), [], "day {day}");
        let [time] = life.times(Mode::Sustain)[..] else {
            panic!("day {day}: {:?}", life.times(Mode::Sustain))
        };
        assert!(time < at(day, 9, 0), "{time:?}");
        let next = at(day + 1, 8, (day + 1) % 3);
        sustained = Some(Sustained { ago: next - time, passed: true });
        let night = next - off;
        spent = life.schedule.spent(off).into_iter().map(|it| Spent { ago: it.ago + night, ..it }).collect();
    }
}
