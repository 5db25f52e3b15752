use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const FREE: Situation = Situation { meeting: false };

fn plan() -> Plan {
    Plan { interval: MINUTE * 30, daily_bytes: 250_000_000, probe_bytes: 20_000_000, seed: 7 }
}

fn pass(bytes: u64) -> Attempt {
    Attempt { verdict: Verdict::Pass, retry_after: None, bytes }
}

fn fruitless(retry_after: Option<Duration>) -> Attempt {
    Attempt { verdict: Verdict::Inconclusive, retry_after, bytes: 6_000 }
}

/// Goes on to the next probe, as the agent's worker does.
fn until_probe(schedule: &Schedule, mut now: Duration) -> Duration {
    loop {
        match schedule.next(now, FREE) {
            Action::Probe => return now,
            Action::WaitUntil(until) | Action::Blocked { until, .. } => {
                assert!(until > now, "the worker would spin");
                now = until;
            }
        }
    }
}

#[test]
fn the_first_probe_comes_within_seconds_and_not_in_every_room_at_once() {
    let first = |seed| until_probe(&Schedule::new(Plan { seed, ..plan() }, MINUTE), MINUTE);
    assert!((0..50).all(|seed| first(seed) < MINUTE + Duration::from_secs(10)));
    assert_ne!(first(1), first(2));
}

#[test]
fn attempts_without_a_verdict_are_repeated_ever_later_up_to_the_interval() {
    let mut schedule = Schedule::new(plan(), Duration::ZERO);
    let mut now = until_probe(&schedule, Duration::ZERO);
    for least in [10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800] {
        schedule.on_result(now, fruitless(None));
        let next = until_probe(&schedule, now);
        let pause = (next - now).as_secs_f64();
        assert!((f64::from(least)..f64::from(least) * 1.2).contains(&pause), "{pause} after {least}");
        now = next;
    }
    schedule.on_result(now, pass(4_000_000));
    now = until_probe(&schedule, now);
    schedule.on_result(now, fruitless(None));
    assert!(until_probe(&schedule, now) - now < Duration::from_secs(12), "the back-off starts anew");
}

#[test]
fn a_change_makes_a_probe_due_at_once_but_not_for_a_busy_server() {
    let mut schedule = Schedule::new(plan(), Duration::ZERO);
    schedule.on_result(MINUTE, pass(4_000_000));
    schedule.on_change(MINUTE * 2);
    assert_eq!(schedule.next(MINUTE * 2, FREE), Action::Probe);
    schedule.on_result(MINUTE * 2, fruitless(Some(MINUTE * 5)));
    schedule.on_change(MINUTE * 3);
    assert_eq!(schedule.next(MINUTE * 3, FREE), Action::WaitUntil(MINUTE * 7));
}

#[test]
fn a_spent_budget_blocks_until_enough_of_it_is_a_day_old() {
    let plan = plan();
    let mut schedule = Schedule::new(plan, Duration::ZERO);
    schedule.on_result(MINUTE, pass(230_000_001));
    schedule.on_change(MINUTE * 2);
    let reason = Reason::BudgetSpent;
    let blocked = |until| Action::Blocked { reason, until };
    assert_eq!(schedule.next(MINUTE * 2, FREE), blocked(MINUTE * 2 + plan.interval));
    let late = DAY - MINUTE * 10;
    assert_eq!(schedule.next(late, FREE), blocked(DAY + MINUTE));
    assert_eq!(schedule.next(DAY + MINUTE, FREE), Action::Probe);
}

#[test]
fn a_budget_below_one_probe_blocks_for_ever_and_never_spins() {
    let plan = Plan { daily_bytes: 19_999_999, ..plan() };
    let schedule = Schedule::new(plan, Duration::ZERO);
    let until = DAY * 9 + plan.interval;
    assert_eq!(schedule.next(DAY * 9, FREE), Action::Blocked { reason: Reason::BudgetSpent, until });
}

#[test]
fn a_probe_that_falls_due_in_a_meeting_is_made_when_it_is_over() {
    let schedule = Schedule::new(plan(), Duration::ZERO);
    let now = MINUTE;
    let reason = Reason::MeetingOn;
    let until = now + Duration::from_secs(30);
    assert_eq!(schedule.next(now, Situation { meeting: true }), Action::Blocked { reason, until });
    assert_eq!(schedule.next(until, FREE), Action::Probe);
}

#[test]
fn the_reserve_for_a_probe_is_that_of_nine_seconds() {
    let rate = |megabits: u64| Bitrate::from_bps(megabits * 1_000_000).unwrap();
    assert_eq!(most_bytes(rate(10), rate(20)), 37_125_000 + 262_144);
}

/// What happens to a room.
#[derive(Debug, Clone, Copy)]
enum Event {
    Ended(Attempt),
    /// A change, at this share of the time to the next probe.
    Changed(f64),
}

fn event(most: u64) -> impl Strategy<Value = Event> {
    let verdict =
        prop_oneof![4 => Just(Verdict::Pass), 1 => Just(Verdict::Fail), 3 => Just(Verdict::Inconclusive)];
    let retry_after = prop_oneof![3 => Just(None), 1 => (1_u64..3_600).prop_map(Some)];
    let ended = (verdict, retry_after, 0..=most).prop_map(|(verdict, retry_after, bytes)| {
        let retry_after = retry_after.map(Duration::from_secs);
        Event::Ended(Attempt { verdict, retry_after, bytes })
    });
    prop_oneof![9 => ended, 1 => (0.0..1.0).prop_map(Event::Changed)]
}

fn plans() -> impl Strategy<Value = Plan> {
    (10_u64..7_200, 1_u64..50, 1_u64..20, any::<u64>()).prop_map(|(interval, probes, reserve, seed)| {
        let probe_bytes = reserve * 1_000_000;
        let interval = Duration::from_secs(interval);
        Plan { interval, daily_bytes: probe_bytes * probes, probe_bytes, seed }
    })
}

fn stories() -> impl Strategy<Value = (Plan, Vec<Event>)> {
    plans().prop_flat_map(|plan| (Just(plan), prop::collection::vec(event(plan.probe_bytes), 1..60)))
}

/// When each attempt was made, with what it came to; a probe takes a second.
fn lived(plan: Plan, events: &[Event]) -> Vec<(Duration, Attempt)> {
    let mut schedule = Schedule::new(plan, Duration::ZERO);
    let mut now = Duration::ZERO;
    let mut attempts = Vec::new();
    for event in events {
        let next = until_probe(&schedule, now);
        match *event {
            Event::Ended(attempt) => {
                now = next + Duration::from_secs(1);
                schedule.on_result(now, attempt);
                attempts.push((next, attempt));
            }
            Event::Changed(share) => {
                now += (next - now).mul_f64(share);
                schedule.on_change(now);
            }
        }
    }
    attempts
}

fn configuration() -> ProptestConfig {
    ProptestConfig {
        cases: 500,
        rng_seed: RngSeed::Fixed(0x5146_4147),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn no_day_costs_more_than_its_budget((plan, events) in stories()) {
        let attempts = lived(plan, &events);
        for (end, _) in &attempts {
            let day = attempts.iter().filter(|(at, _)| at <= end && *at + DAY > *end);
            let spent: u64 = day.map(|(_, attempt)| attempt.bytes).sum();
            prop_assert!(spent <= plan.daily_bytes);
        }
    }

    #[test]
    fn without_changes_pauses_keep_their_bounds((plan, events) in stories()) {
        let events: Vec<Event> =
            events.into_iter().filter(|event| matches!(event, Event::Ended(_))).collect();
        let plenty = Plan { daily_bytes: u64::MAX, ..plan };
        let (mut back_off, mut second_look) = (FIRST_RETRY, SECOND_LOOK);
        for pair in lived(plenty, &events).windows(2) {
            let [(began, attempt), (next, _)] = pair else { unreachable!() };
            let pause = *next - *began - Duration::from_secs(1);
            let (least, most) = match attempt.verdict {
                Verdict::Inconclusive => {
                    let least = back_off.min(plan.interval).max(attempt.retry_after.unwrap_or_default());
                    back_off *= 2;
                    (least, least.mul_f64(1.2))
                }
                Verdict::Fail => {
                    let least = second_look.min(plan.interval);
                    (back_off, second_look) = (FIRST_RETRY, second_look * 2);
                    (least, least.mul_f64(1.2))
                }
                Verdict::Pass => {
                    (back_off, second_look) = (FIRST_RETRY, SECOND_LOOK);
                    (plan.interval.mul_f64(0.8), longest_pause(plan.interval))
                }
            };
            prop_assert!(least <= pause && pause <= most, "{pause:?} is not in {least:?}..{most:?}");
        }
    }

    #[test]
    fn whatever_came_of_probes_the_next_one_is_due_within_a_day_and_a_pause((plan, events) in stories()) {
        let mut schedule = Schedule::new(plan, Duration::ZERO);
        let mut now = Duration::ZERO;
        for event in events {
            let next = until_probe(&schedule, now);
            let longest = longest_pause(plan.interval).max(longest_pause(MINUTE * 60));
            prop_assert!(next - now <= DAY + longest);
            now = next;
            match event {
                Event::Ended(attempt) => schedule.on_result(now, attempt),
                Event::Changed(_) => schedule.on_change(now),
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_run((plan, events) in stories()) {
        prop_assert_eq!(lived(plan, &events), lived(plan, &events));
    }
}
