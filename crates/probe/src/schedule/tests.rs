mod herd;
mod laws;
mod life;
mod stories;
mod sustain;

use super::*;
use life::{Life, pass};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn rate(megabits: u64) -> crate::Bitrate {
    crate::Bitrate::from_bps(megabits * 1_000_000).unwrap()
}

fn plan() -> Plan {
    Plan {
        interval: MINUTE * 30,
        quality_interval: MINUTE * 5,
        gate_life: MINUTE * 60,
        daily_bytes: 250_000_000,
        metered_daily_bytes: 40_000_000,
        costs: Costs::at(rate(10), rate(20)),
        seed: 7,
    }
}

const FREE: Situation = Situation {
    meeting: Meeting::Off,
    traffic: Traffic::Quiet,
    metered: false,
    hours: Hours::Unknown,
    early: None,
};

fn schedule(plan: Plan) -> Schedule {
    Schedule::new(plan, Vec::new(), Duration::ZERO)
}

/// When the next gate probe is made, and that it is.
fn until_gate(schedule: &mut Schedule, mut now: Duration) -> Duration {
    loop {
        match schedule.next(now, FREE) {
            Action::Probe(Mode::Gate) => return now,
            Action::Probe(mode) => schedule.on_result(now, mode, pass(0)),
            Action::Listen => unreachable!("the line is known to be quiet"),
            Action::Wait { until, .. } => {
                assert!(until > now, "the worker would spin");
                now = until;
            }
        }
    }
}

fn gate_put_off(action: Action) -> Option<(Reason, Duration)> {
    let Action::Wait { until, put_off } = action else { return None };
    put_off.iter().find(|it| it.mode == Mode::Gate).map(|it| (it.reason, until))
}

#[test]
fn costs_are_those_of_the_longest_trains_that_can_be_granted() {
    let costs = plan().costs;
    assert_eq!(costs.gate, 37_125_000 + 262_144);
    assert_eq!(costs.usual_gate, 3_937_500);
    assert_eq!(costs.sustain, 127_875_000 + 262_144);
    assert_eq!(costs.quality, 100_000 + 262_144);
    assert_eq!(costs.usual_sustain, 82_687_500);
}

#[test]
fn the_first_probe_comes_within_seconds_and_not_in_every_room_at_once() {
    let first = |seed| {
        let mut schedule = Schedule::new(Plan { seed, ..plan() }, Vec::new(), MINUTE);
        until_gate(&mut schedule, MINUTE)
    };
    assert!((0..50).all(|seed| first(seed) < MINUTE + Duration::from_secs(10)));
    assert_ne!(first(1), first(2));
}

#[test]
fn attempts_without_a_verdict_are_repeated_ever_later_up_to_the_interval() {
    let mut schedule = schedule(plan());
    let mut now = until_gate(&mut schedule, Duration::ZERO);
    for least in [10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800] {
        schedule.on_result(now, Mode::Gate, life::fruitless(None));
        let next = until_gate(&mut schedule, now);
        let pause = (next - now).as_secs_f64();
        assert!((f64::from(least)..f64::from(least) * 1.2).contains(&pause), "{pause} after {least}");
        now = next;
    }
    schedule.on_result(now, Mode::Gate, pass(4_000_000));
    now = until_gate(&mut schedule, now);
    schedule.on_result(now, Mode::Gate, life::fruitless(None));
    assert!(until_gate(&mut schedule, now) - now < Duration::from_secs(12), "the back-off starts anew");
}

#[test]
fn a_change_makes_a_probe_due_at_once_but_not_for_a_busy_server() {
    let mut schedule = schedule(plan());
    schedule.on_result(MINUTE, Mode::Gate, pass(4_000_000));
    schedule.on_change(MINUTE * 2);
    assert_eq!(schedule.next(MINUTE * 2, FREE), Action::Probe(Mode::Gate));
    schedule.on_result(MINUTE * 2, Mode::Gate, life::fruitless(Some(MINUTE * 5)));
    schedule.on_change(MINUTE * 3);
    assert_eq!(until_gate(&mut schedule, MINUTE * 3), MINUTE * 7);
}

#[test]
fn a_busy_server_s_turn_is_kept_to_and_one_that_goes_on_like_that_is_asked_less_and_less() {
    let mut schedule = schedule(plan());
    let mut now = until_gate(&mut schedule, Duration::ZERO);
    let pauses: Vec<f64> = (0..8)
        .map(|_| {
            schedule.on_result(now, Mode::Gate, life::fruitless(Some(Duration::from_secs(5))));
            let pause = until_gate(&mut schedule, now) - now;
            now += pause;
            pause.as_secs_f64()
        })
        .collect();
    assert!(pauses[..4].iter().all(|pause| (5.0..6.0).contains(pause)), "{pauses:?}");
    for (pause, least) in pauses[4..].iter().zip([10.0, 20.0, 40.0, 80.0]) {
        assert!((least..least + 1.0).contains(pause), "{pauses:?}");
    }
    schedule.on_result(now, Mode::Gate, life::fruitless(Some(HOUR / 2)));
    let pause = (until_gate(&mut schedule, now) - now).as_secs_f64();
    assert!((1_800.0..1_801.0).contains(&pause), "a turn that is late in the queue: {pause}");
    let mut hasty = Schedule::new(plan(), Vec::new(), Duration::ZERO);
    hasty.on_result(MINUTE, Mode::Gate, life::fruitless(Some(Duration::ZERO)));
    assert!(until_gate(&mut hasty, MINUTE) >= MINUTE + Duration::from_secs(1), "nobody is hammered");
}

#[test]
fn a_server_may_ask_for_a_later_probe_but_evidence_does_not_die_of_it() {
    let after = |wish: Duration, plan: Plan| {
        let mut schedule = schedule(plan);
        let attempt = Attempt { next_probe_in: Some(wish), ..pass(4_000_000) };
        schedule.on_result(Duration::ZERO, Mode::Gate, attempt);
        until_gate(&mut schedule, Duration::ZERO)
    };
    assert!(after(Duration::ZERO, plan()) >= MINUTE * 24, "never sooner than planned");
    assert_eq!(after(MINUTE * 40, plan()), MINUTE * 40);
    assert_eq!(after(HOUR * 9, plan()), MINUTE * 48, "four fifths of the hour that a verdict counts");
    let short = Plan { interval: MINUTE * 10, ..plan() };
    assert_eq!(after(HOUR * 9, short), MINUTE * 20, "twice the interval");
}

#[test]
fn a_spent_budget_blocks_until_enough_of_it_is_a_day_old() {
    let plan = Plan { daily_bytes: 137_387_144, quality_interval: DAY, ..plan() };
    let mut schedule = schedule(plan);
    schedule.on_result(MINUTE, Mode::Gate, pass(100_000_001));
    schedule.on_change(MINUTE * 2);
    schedule.recall(MINUTE * 2, Sustained { ago: Duration::ZERO, passed: true });
    let reason = Reason::BudgetSpent;
    let blocked = |until| Some((reason, until));
    assert_eq!(gate_put_off(schedule.next(MINUTE * 2, FREE)), blocked(MINUTE * 2 + plan.interval));
    assert_eq!(gate_put_off(schedule.next(DAY - MINUTE * 10, FREE)), blocked(DAY + MINUTE));
    assert_eq!(schedule.next(DAY + MINUTE, FREE), Action::Probe(Mode::Gate));
}

#[test]
fn a_budget_below_one_probe_blocks_for_ever_and_never_spins() {
    let plan = Plan { daily_bytes: 37_000_000, ..plan() };
    let blocked = Some((Reason::BudgetSpent, DAY * 9 + plan.interval));
    assert_eq!(gate_put_off(schedule(plan).next(DAY * 9, FREE)), blocked);
}

#[test]
fn a_probe_that_falls_due_in_a_meeting_is_made_when_it_is_over() {
    let mut schedule = schedule(plan());
    let until = MINUTE + Duration::from_secs(30);
    let meeting = Situation { meeting: Meeting::On, ..FREE };
    assert_eq!(gate_put_off(schedule.next(MINUTE, meeting)), Some((Reason::MeetingOn, until)));
    assert_eq!(schedule.next(until, FREE), Action::Probe(Mode::Gate));
}

#[test]
fn a_probe_that_a_meeting_ends_is_made_when_that_is_over_and_counts_as_no_failure() {
    for reason in [Reason::MeetingOn, Reason::OtherTraffic] {
        let mut schedule = schedule(plan());
        schedule.on_result(MINUTE, Mode::Gate, life::stopped(reason, 2_000_000));
        assert_eq!(schedule.spent(MINUTE), [Spent { ago: Duration::ZERO, bytes: 2_000_000 }]);
        let again = until_gate(&mut schedule, MINUTE);
        assert!((10..13).contains(&(again - MINUTE).as_secs()), "{again:?}");
        // However often it happens: the link did nothing wrong.
        for stopped in 2..10 {
            schedule.on_result(MINUTE * stopped, Mode::Gate, life::stopped(reason, 2_000_000));
        }
        let again = until_gate(&mut schedule, MINUTE * 9);
        assert!((10..13).contains(&(again - MINUTE * 9).as_secs()), "{again:?}");
    }
}

#[test]
fn whoever_asks_after_a_meeting_has_ended_a_probe_is_served_at_once() {
    let mut schedule = schedule(plan());
    schedule.on_result(MINUTE, Mode::Gate, life::stopped(Reason::MeetingOn, 2_000_000));
    let now = MINUTE + Duration::from_secs(1);
    schedule.on_demand();
    assert_eq!(schedule.next(now, FREE), Action::Probe(Mode::Gate));
}

#[test]
fn while_nobody_has_looked_at_the_devices_only_a_demand_is_served() {
    let mut schedule = schedule(plan());
    let unknown = Situation { meeting: Meeting::Unknown, ..FREE };
    let until = MINUTE + Duration::from_secs(1);
    assert_eq!(gate_put_off(schedule.next(MINUTE, unknown)), Some((Reason::MeetingUnknown, until)));
    schedule.on_demand();
    assert_eq!(schedule.next(until, unknown), Action::Probe(Mode::Gate));
}

#[test]
fn before_a_probe_begins_the_most_that_it_can_cost_counts_as_spent() {
    let mut schedule = schedule(plan());
    schedule.on_result(MINUTE, Mode::Gate, pass(4_000_000));
    for (mode, most) in [(Mode::Gate, plan().costs.gate), (Mode::Sustain, plan().costs.sustain)] {
        let known = schedule.spent_at_most(MINUTE * 2, mode);
        assert_eq!(known.len(), 2);
        assert_eq!(known[1], Spent { ago: Duration::ZERO, bytes: most });
    }
    assert_eq!(schedule.spent(MINUTE * 2).len(), 1, "it is not spent yet");
}

#[test]
fn a_line_is_listened_to_before_it_is_probed_and_only_then() {
    let mut schedule = schedule(plan());
    let unmeasured = Situation { traffic: Traffic::Unmeasured, ..FREE };
    assert_eq!(schedule.next(MINUTE, unmeasured), Action::Listen);
    let meeting = Situation { meeting: Meeting::On, ..unmeasured };
    assert!(matches!(schedule.next(MINUTE, meeting), Action::Wait { .. }), "nothing would come of it");
    let busy = Situation { traffic: Traffic::Busy, ..FREE };
    let until = MINUTE + Duration::from_secs(30);
    assert_eq!(gate_put_off(schedule.next(MINUTE, busy)), Some((Reason::OtherTraffic, until)));
    assert_eq!(schedule.next(until, FREE), Action::Probe(Mode::Gate));
}

#[test]
fn what_was_spent_before_a_restart_still_counts() {
    let mut before = schedule(Plan { daily_bytes: 100_000_000, ..plan() });
    before.on_result(HOUR, Mode::Gate, pass(70_000_000));
    let spent = before.spent(HOUR * 3);
    let plan = Plan { daily_bytes: 100_000_000, ..plan() };
    let mut after = Schedule::new(plan, spent, MINUTE);
    let told = gate_put_off(after.next(MINUTE * 2, FREE));
    assert_eq!(told.map(|(reason, _)| reason), Some(Reason::BudgetSpent));
    assert_eq!(after.next(HOUR * 22 + MINUTE, FREE), Action::Probe(Mode::Gate));
}

#[test]
fn a_server_that_knows_no_quality_stream_is_asked_again_after_a_day_and_the_gate_goes_on() {
    let mut life = Life::new(plan());
    life.results = |mode| match mode {
        Mode::Gate => pass(4_000_000),
        _ => Attempt { reason: Reason::ServerRefused, ..life::fruitless(None) },
    };
    life.until(HOUR * 23);
    assert_eq!(life.times(Mode::Quality).len(), 1);
    assert_eq!(life.times(Mode::Sustain).len(), 1);
    let gates = life.times(Mode::Gate);
    assert!(
        gates.windows(2).all(|pair| pair[1] - pair[0] <= longest_pause(MINUTE * 30) + Duration::from_secs(2))
    );
    // Neither does a change of the network make the server know it.
    life.schedule.on_change(life.now);
    life.until(HOUR * 24 - MINUTE);
    assert_eq!(life.times(Mode::Quality).len(), 1);
}
