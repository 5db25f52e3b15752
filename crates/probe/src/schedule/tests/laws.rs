//! What holds whatever happens to a room.

use proptest::{prelude::*, sample::select, test_runner::RngSeed};

use super::{life::length, *};

/// What the world does at one step.
#[derive(Debug, Clone)]
struct Step {
    situation: Situation,
    /// What comes of a probe, if one is made; its cost as a share of the most that it can be.
    verdict: Verdict,
    reason: Reason,
    share: f64,
    retry_after: Option<Duration>,
    next_probe_in: Option<Duration>,
    /// The driver is woken by a change at this share of its wait.
    change: Option<f64>,
    demand: bool,
}

fn situation() -> impl Strategy<Value = Situation> {
    let traffic = select(vec![Traffic::Unmeasured, Traffic::Quiet, Traffic::Quiet, Traffic::Busy]);
    let meeting = prop_oneof![6 => Just(Meeting::Off), 2 => Just(Meeting::On), 1 => Just(Meeting::Unknown)];
    let hours = prop_oneof![
        3 => Just(None),
        3 => Just(Some(None)),
        1 => (1_u64..200_000).prop_map(|left| Some(Some(Duration::from_secs(left)))),
    ];
    (meeting, traffic, prop::bool::weighted(0.1), hours).prop_map(|(meeting, traffic, metered, hours)| {
        let hours = match hours {
            None => Hours::Unknown,
            Some(None) => Hours::Open,
            // From now; made absolute where the step is taken.
            Some(Some(left)) => Hours::Closed { until: left },
        };
        Situation { meeting, traffic, metered, hours, early: None }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let ending = prop_oneof![
        4 => Just((Verdict::Pass, Reason::Sustained)),
        1 => Just((Verdict::Fail, Reason::QueueGrows)),
        2 => Just((Verdict::Inconclusive, Reason::Undecided)),
        1 => Just((Verdict::Inconclusive, Reason::ServerRefused)),
    ];
    let wait =
        || prop_oneof![3 => Just(None), 1 => (1_u64..3_600).prop_map(|s| Some(Duration::from_secs(s)))];
    let change = prop_oneof![9 => Just(None), 1 => (0.0..1.0).prop_map(Some)];
    (situation(), ending, 0.0..=1.0, wait(), wait(), change, prop::bool::weighted(0.05)).prop_map(
        |(situation, (verdict, reason), share, retry_after, next_probe_in, change, demand)| Step {
            situation,
            verdict,
            reason,
            share,
            retry_after,
            next_probe_in,
            change,
            demand,
        },
    )
}

fn plans() -> impl Strategy<Value = Plan> {
    let rates = (1_u64..30, 1_u64..30);
    (10_u64..7_200, 10_u64..7_200, 60_u64..86_400, rates, 0.2..20.0_f64, any::<u64>()).prop_map(
        |(interval, quality, life, (up, down), probes, seed)| {
            let costs = Costs::at(rate(up), rate(down));
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let daily_bytes = (costs.gate as f64 * probes) as u64;
            Plan {
                interval: Duration::from_secs(interval),
                quality_interval: Duration::from_secs(quality),
                gate_life: Duration::from_secs(life),
                daily_bytes,
                metered_daily_bytes: costs.gate,
                costs,
                seed,
            }
        },
    )
}

/// A probe that was made: when, in which situation, by demand or not, and what it cost.
#[derive(Debug, Clone, PartialEq)]
struct Made {
    at: Duration,
    mode: Mode,
    situation: Situation,
    demanded: bool,
    bytes: u64,
}

fn lived(plan: Plan, steps: &[Step]) -> Result<Vec<Made>, TestCaseError> {
    let mut schedule = schedule(plan);
    let mut now = Duration::ZERO;
    let mut made = Vec::new();
    for step in steps {
        let mut situation = step.situation;
        if let Hours::Closed { until } = situation.hours {
            situation.hours = Hours::Closed { until: now + until };
        }
        if let Some(begins) = now.as_secs().is_multiple_of(2).then_some(now) {
            situation.early = Some(Window { begins, ends: begins + HOUR * 2 });
        }
        if step.demand {
            schedule.on_demand();
        }
        let demanded = schedule.demanded;
        match schedule.next(now, situation) {
            Action::Listen => {
                prop_assert_eq!(situation.traffic, Traffic::Unmeasured);
                now += Duration::from_secs(2);
            }
            Action::Wait { until, put_off } => {
                prop_assert!(now < until && until <= now + plan.interval, "due again within bounds");
                prop_assert!(put_off.iter().all(|it| it.reason.is_postponement()));
                let share = step.change.unwrap_or(1.0);
                now += (until - now).mul_f64(share);
                if step.change.is_some() {
                    schedule.on_change(now);
                }
            }
            Action::Probe(mode) => {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss
                )]
                let bytes = (plan.costs.most(mode) as f64 * step.share) as u64;
                made.push(Made { at: now, mode, situation, demanded: demanded && mode == Mode::Gate, bytes });
                now += length(mode);
                let Step { verdict, reason, retry_after, next_probe_in, .. } = *step;
                let attempt = Attempt { verdict, reason, retry_after, next_probe_in, bytes };
                schedule.on_result(now, mode, attempt);
            }
        }
    }
    Ok(made)
}

fn configuration() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(0x5146_4147),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn stories() -> impl Strategy<Value = (Plan, Vec<Step>)> {
    (plans(), prop::collection::vec(step(), 1..150))
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn nothing_is_probed_in_a_meeting_and_routine_asks_for_more_than_that((plan, steps) in stories()) {
        for made in lived(plan, &steps)? {
            let Situation { meeting, traffic, metered, hours, .. } = made.situation;
            prop_assert!(meeting != Meeting::On);
            if made.demanded {
                continue;
            }
            prop_assert!(meeting == Meeting::Off, "nobody knows");
            prop_assert!(!metered);
            let closed = matches!(hours, Hours::Closed { .. });
            prop_assert!(!closed || made.mode == Mode::Sustain);
            let late = made.at >= HOUR * 4 && made.mode == Mode::Gate;
            prop_assert!(traffic == Traffic::Quiet || late, "{:?} over a line that is {:?}", made.mode, traffic);
        }
    }

    #[test]
    fn no_day_costs_more_than_its_budget((plan, steps) in stories()) {
        let steps: Vec<Step> = steps.into_iter().map(|step| Step { demand: false, ..step }).collect();
        let made = lived(plan, &steps)?;
        for end in &made {
            let day = made.iter().filter(|it| it.at <= end.at && it.at + DAY > end.at);
            prop_assert!(day.map(|it| it.bytes).sum::<u64>() <= plan.daily_bytes);
        }
    }

    #[test]
    fn a_demand_overdraws_the_budget_by_less_than_one_probe((plan, steps) in stories()) {
        let made = lived(plan, &steps)?;
        for end in &made {
            let day = made.iter().filter(|it| it.at <= end.at && it.at + DAY > end.at);
            prop_assert!(day.map(|it| it.bytes).sum::<u64>() <= plan.daily_bytes + plan.costs.gate);
        }
    }

    #[test]
    fn sustain_probes_without_a_verdict_cost_a_third_of_a_day_s_budget_and_one_attempt(
        (plan, steps) in stories()
    ) {
        let always_in_vain = |step: Step| Step {
            verdict: Verdict::Inconclusive,
            reason: if step.demand { Reason::MeetingOn } else { Reason::Undecided },
            situation: FREE,
            ..step
        };
        // Time for many: each step is one, and a wait lasts an interval.
        let plan = Plan { interval: HOUR * 2, quality_interval: DAY, ..plan };
        let steps: Vec<Step> = steps.into_iter().map(always_in_vain).collect();
        let made: Vec<Made> =
            lived(plan, &steps)?.into_iter().filter(|made| made.mode == Mode::Sustain).collect();
        for end in &made {
            let day = made.iter().filter(|it| it.at <= end.at && it.at + DAY > end.at);
            let cost = day.map(|it| it.bytes).sum::<u64>();
            prop_assert!(cost <= plan.daily_bytes / 3 + plan.costs.sustain, "{cost} of {}", plan.daily_bytes);
        }
    }

    #[test]
    fn in_a_free_room_the_next_gate_probe_comes_within_bounds((plan, steps) in stories()) {
        let plenty = Plan { daily_bytes: u64::MAX, ..plan };
        let longest = longest_pause(plan.interval)
            .max(plan.interval * 2)
            .max(longest_pause(HOUR))
            + length(Mode::Sustain) + length(Mode::Quality) + length(Mode::Gate);
        let free = |step: Step| Step { situation: FREE, ..step };
        let steps: Vec<Step> = steps.into_iter().map(free).collect();
        let gates: Vec<Made> =
            lived(plenty, &steps)?.into_iter().filter(|made| made.mode == Mode::Gate).collect();
        for pair in gates.windows(2) {
            prop_assert!(pair[1].at - pair[0].at <= longest, "{:?} is more than {longest:?}", pair[1].at - pair[0].at);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_run((plan, steps) in stories()) {
        prop_assert_eq!(lived(plan, &steps)?, lived(plan, &steps)?);
    }
}
