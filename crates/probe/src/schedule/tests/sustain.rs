use super::{
    life::{at, fail, meeting_if, office},
    *,
};

fn known(ago: Duration, passed: bool) -> Option<Sustained> {
    Some(Sustained { ago, passed })
}

fn sustain_times(life: &Life) -> Vec<Duration> {
    life.times(Mode::Sustain)
}

#[test]
fn a_machine_that_is_always_on_does_it_once_a_day_early_in_the_morning() {
    let mut life = Life::switched_on_at(at(0, 17, 0), plan(), None);
    life.room = office;
    life.until(at(9, 17, 0));
    let [first, rest @ ..] = &sustain_times(&life)[..] else { panic!("never") };
    assert!((at(0, 17, 3)..at(0, 17, 9)).contains(first), "soon after it was switched on: {first:?}");
    assert_eq!(rest.len(), 9, "{rest:?}");
    for (day, time) in (1..).zip(rest) {
        assert!((at(day, 5, 0)..at(day, 7, 0)).contains(time), "{time:?}");
    }
}

#[test]
fn rooms_spread_over_the_early_hours() {
    let morning = |seed| {
        let mut life = Life::switched_on_at(at(0, 12, 0), Plan { seed, ..plan() }, None);
        life.room = office;
        life.until(at(1, 7, 30));
        *sustain_times(&life).last().unwrap()
    };
    let mut times: Vec<Duration> = (0..24).map(morning).collect();
    times.sort_unstable();
    assert!(times[0] < at(1, 5, 30) && times[23] > at(1, 6, 30), "{times:?}");
}

#[test]
fn a_machine_that_is_off_at_night_does_it_after_boot_and_not_while_yesterday_s_is_good_in_the_hours() {
    // Yesterday at 07:50; switched on at 07:40, within the hours.
    let mut life = Life::switched_on_at(at(0, 7, 40), plan(), known(HOUR * 24 - MINUTE * 10, true));
    life.room = office;
    life.until(at(0, 16, 0));
    let [time] = sustain_times(&life)[..] else { panic!("{:?}", life.made) };
    assert!((at(0, 7, 50)..at(0, 7, 52)).contains(&time), "{time:?}");
    // Switched on before the hours: no need to wait until it is a day old.
    let mut life = Life::switched_on_at(at(0, 7, 5), plan(), known(HOUR * 23, true));
    life.room = office;
    life.until(at(0, 7, 30));
    assert_eq!(sustain_times(&life).len(), 1);
    // Restarted at noon, with this morning's known: nothing is gained by another one.
    let mut life = Life::switched_on_at(at(0, 12, 0), plan(), known(HOUR * 4, true));
    life.room = office;
    life.until(at(0, 23, 0));
    assert_eq!(sustain_times(&life), []);
}

#[test]
fn with_no_verdict_of_a_day_it_is_made_in_the_hours_but_never_into_a_meeting() {
    let mut life = Life::switched_on_at(at(0, 8, 0), plan(), None);
    life.room =
        |now| Situation { meeting: meeting_if((at(0, 8, 0)..at(0, 10, 0)).contains(&now)), ..office(now) };
    life.until(at(0, 12, 0));
    let [time] = sustain_times(&life)[..] else { panic!("{:?}", life.made) };
    assert!((at(0, 10, 0)..at(0, 10, 2)).contains(&time), "{time:?}");
    assert!(life.reasons(Mode::Sustain, at(0, 8, 0), at(0, 10, 0)).contains(&Reason::MeetingOn));
}

#[test]
fn a_failure_gets_a_second_look_after_an_hour_and_then_ever_rarer_ones() {
    let plenty = Plan { daily_bytes: 10_000_000_000, ..plan() };
    let mut life = Life::switched_on_at(at(0, 8, 0), plenty, None);
    life.room = office;
    life.results = |mode| if mode == Mode::Sustain { fail(60_000_000) } else { pass(1_000_000) };
    life.until(at(0, 23, 0));
    let times = sustain_times(&life);
    let pauses: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64() / 3600.0).collect();
    for (least, pause) in [1.0, 2.0, 4.0].iter().zip(&pauses) {
        assert!((*least..least * 1.2 + 0.05).contains(pause), "{pauses:?}");
    }
    // A failure that is remembered is looked at again soon after the start.
    let mut life = Life::switched_on_at(at(0, 8, 0), plan(), known(HOUR * 2, false));
    life.room = office;
    life.until(at(0, 8, 30));
    assert_eq!(sustain_times(&life).len(), 1);
}

#[test]
fn second_looks_end_where_they_would_take_the_gate_s_next_probe_from_it() {
    let mut life = Life::switched_on_at(at(0, 7, 30), plan(), None);
    life.room = office;
    life.results = |mode| match mode {
        Mode::Sustain => fail(60_000_000),
        Mode::Gate => pass(4_000_000),
        _ => pass(100_000),
    };
    life.until(at(0, 16, 0));
    assert_eq!(sustain_times(&life).len(), 2);
    assert_eq!(life.reasons(Mode::Sustain, at(0, 10, 0), at(0, 16, 0)), [Reason::BudgetSpent]);
    assert_eq!(life.reasons(Mode::Gate, at(0, 7, 30), at(0, 16, 0)), []);
}

#[test]
fn an_undecided_one_backs_off() {
    let mut life = Life::switched_on_at(at(0, 8, 0), plan(), None);
    life.room = office;
    life.results = |mode| if mode == Mode::Sustain { life::fruitless(None) } else { pass(100_000) };
    life.until(at(0, 12, 0));
    let times = sustain_times(&life);
    let pauses: Vec<u64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs() / 60).collect();
    for (least, pause) in [5, 10, 20, 40].iter().zip(&pauses) {
        assert!((*least..=least * 6 / 5 + 1).contains(pause), "{pauses:?}");
    }
}

/// At their full price and with the default budget there is one a day, and the gate never waits for data.
#[test]
fn undecided_ones_leave_the_gate_its_day() {
    for reason in [Reason::Undecided, Reason::MeetingOn, Reason::Interrupted] {
        let mut life = Life::switched_on_at(at(0, 8, 0), plan(), None);
        life.room = office;
        life.results = match reason {
            Reason::Undecided => |mode| undecided(mode, Reason::Undecided),
            Reason::MeetingOn => |mode| undecided(mode, Reason::MeetingOn),
            _ => |mode| undecided(mode, Reason::Interrupted),
        };
        // A network that comes and goes makes none of them free.
        for hour in 9..16 {
            life.until(at(0, hour, 0));
            life.schedule.on_change(life.now);
        }
        life.until(at(3, 16, 0));
        assert_eq!(life.reasons(Mode::Gate, at(0, 8, 0), at(0, 16, 0)), [], "{reason:?}");
        for day in 0..3 {
            let made = life.count(Mode::Sustain, at(day, 8, 0), at(day + 1, 8, 0));
            assert_eq!(made, 1, "{reason:?}, day {day}: {:?}", sustain_times(&life));
        }
    }
}

fn undecided(mode: Mode, reason: Reason) -> Attempt {
    match mode {
        Mode::Sustain => life::stopped(reason, 83_000_000),
        Mode::Quality => life::pass(100_000),
        Mode::Gate | Mode::Unknown => life::pass(4_000_000),
    }
}

#[test]
fn one_that_is_stopped_early_is_tried_again_the_sooner_the_less_it_has_cost() {
    let pause = |megabytes: u64| {
        let mut schedule = Schedule::new(plan(), Vec::new(), Duration::ZERO);
        schedule.on_result(HOUR, Mode::Sustain, life::stopped(Reason::MeetingOn, megabytes * 1_000_000));
        (schedule.due(Mode::Sustain, HOUR, FREE) - HOUR).as_secs() / 60
    };
    assert!((5..=6).contains(&pause(0)), "{}", pause(0));
    assert_eq!(pause(1), 17);
    assert_eq!(pause(20), 345);
    assert_eq!(pause(83), 1_434);
}

#[test]
fn another_network_is_another_link_unless_it_is_known() {
    let carried = |known: Option<Sustained>| {
        let mut life = Life::switched_on_at(at(0, 17, 0), plan(), None);
        life.room = office;
        life.until(at(0, 18, 0));
        life.schedule.on_change(life.now);
        if let Some(sustained) = known {
            life.schedule.recall(life.now, sustained);
        }
        life.until(at(0, 19, 0));
        sustain_times(&life).len()
    };
    assert_eq!(carried(known(HOUR * 3, true)), 1);
    assert_eq!(carried(known(HOUR * 25, true)), 2);
    assert_eq!(carried(None), 2);
}
