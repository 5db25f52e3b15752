//! Laws of booking decisions, over random policies, rooms, histories, calendars and agendas.

use std::{sync::LazyLock, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::date, tz::TimeZoneDatabase};
use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{RngSeed, TestRunner},
};
use siaga_readiness::{
    Code, Profile, Profiles, Text,
    answer::{Check, CheckCode, Level, Readiness, RoomVerdict},
    booking::{
        Agenda, Booking, BookingPolicy, Calendar, Case, Class, CriterionCode, CriterionResult, Decision,
        Engagement, Facts, Forecast, Owner, Request, RoomEvidence, Ruling, Slot, Standing,
        calendar::Zone,
        decide,
        forecast::{Delivered, Outlook},
        request::Instant,
        rules::{Counted, OnUnknown, Otherwise, Scope},
    },
    host::{Presence as ProgramPresence, ProgramFact},
    presence::Presence,
    state::CheckState,
};

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn only_what_is_met_throughout_is_approved(scene in scene()) {
        let decision = scene.decide();
        let met = decision.criteria.iter().all(|it| {
            matches!(it.result, CriterionResult::Met | CriterionResult::NotApplicable)
        });
        prop_assert_eq!(decision.decision.is_approval(), met);
        let codes: Vec<CriterionCode> = decision.criteria.iter().map(|it| it.code).collect();
        prop_assert_eq!(codes, CriterionCode::ALL);
        prop_assert_eq!(
            decision.decision == Ruling::ApproveWithConditions,
            !decision.conditions.is_empty()
        );
    }

    #[test]
    fn a_room_that_fails_or_is_not_known_is_not_approved(
        mut scene in scene(),
        which in 0..CHECKS.len(),
        fails in any::<bool>(),
    ) {
        scene.policy.equipment.on = true;
        scene.policy.network_now.on = true;
        // Equipment that is lent stands in for the room's own.
        scene.policy.equipment.lending = false;
        let check = CHECKS[which];
        let state = if fails { CheckState::Failed } else { CheckState::Unknown };
        if let Some(room) = &mut scene.room {
            let of_it = room.readiness.checks.iter_mut().find(|it| it.code == check);
            of_it.unwrap().state = state;
            // The history of a room that is off tells of its link.
            prop_assume!(fails || room.presence.online || !is_network(check));
        }
        let decision = scene.decide();
        prop_assert!(!decision.decision.is_approval(), "{check:?} {state:?}: {decision:#?}");
    }

    #[test]
    fn ageing_never_upgrades(scene in scene(), hours in 0..600_u64) {
        let mut scene = scene;
        let Some(room) = &mut scene.room else { return Ok(()) };
        room.presence.online = false;
        let before = scene.decide();
        let mut later = scene;
        let Some(room) = &mut later.room else { return Ok(()) };
        let longer = Duration::from_secs(hours * 3600);
        room.presence.age += longer;
        for check in &mut room.readiness.checks {
            check.age_s = check.age_s.map(|age| age + longer.as_secs_f64());
        }
        let after = later.decide();
        // What a room said too long ago is not held against it either: a person looks.
        prop_assert!(!after.decision.is_approval() || after.decision <= before.decision);
    }

    #[test]
    fn taking_away_what_speaks_for_a_booking_never_upgrades(scene in scene(), what in taken_away()) {
        let before = scene.decide();
        let Some(less) = scene.without(what) else { return Ok(()) };
        let after = less.decide();
        prop_assert!(after.decision <= before.decision, "{what:?}: {:?} → {:?}", before, after);
    }

    #[test]
    fn what_is_not_known_at_all_is_never_approved(scene in scene(), what in unknown()) {
        let mut scene = scene;
        match what {
            Unknown::Room => {
                scene.policy.equipment.on = true;
                scene.policy.equipment.lending = false;
                scene.room = None;
            }
            Unknown::History => {
                scene.policy.network_at_hour.on = true;
                scene.forecast = None;
            }
            Unknown::Facts => {
                scene.policy.division_staff.on = true;
                scene.booking.facts = Facts::default();
            }
            Unknown::Holidays => {
                scene.policy.working_hours.on = true;
                scene.policy.working_hours.leaders_exempt = false;
                scene.calendar = Calendar::new(scene.calendar.zone().clone(), scene.calendar.hours().clone());
            }
        }
        prop_assert!(!scene.decide().decision.is_approval());
    }

    #[test]
    fn one_more_booking_never_upgrades(scene in scene(), more in engagement()) {
        let before = scene.decide();
        let mut fuller = scene;
        fuller.agenda.engagements.push(more);
        prop_assert!(fuller.decide().decision <= before.decision);
    }

    #[test]
    fn the_same_case_is_decided_the_same_way_whatever_the_order_of_the_agenda(scene in scene()) {
        let decision = scene.decide();
        prop_assert_eq!(&scene.decide(), &decision);
        let mut turned = scene;
        turned.agenda.engagements.reverse();
        prop_assert_eq!(&turned.decide(), &decision);
    }

    #[test]
    fn what_is_booked_elsewhere_or_far_from_the_slot_changes_only_what_is_offered(scene in scene()) {
        let decision = scene.decide();
        let mut near = scene;
        let (slot, rule) = (near.booking.slot, near.policy.slot_free);
        let (from, to) = (slot.start() - Agenda::NEAR, slot.end() + Agenda::NEAR);
        let room = rule.room(&near.booking.room).cloned();
        near.agenda.engagements.retain(|it| {
            it.slot.start() < to && it.slot.end() > from && room.as_ref().is_none_or(|room| it.room == *room)
        });
        let alone = near.decide();
        prop_assert_eq!(&alone.criteria, &decision.criteria);
        prop_assert_eq!(alone.decision, decision.decision);
    }

    #[test]
    fn a_stricter_answer_to_the_unknown_is_never_better(scene in scene()) {
        let mut strict = scene.clone();
        strict.policy.on_unknown = OnUnknown::Deny;
        let mut lenient = scene;
        lenient.policy.on_unknown = OnUnknown::Review;
        prop_assert!(strict.decide().decision <= lenient.decide().decision);
    }

    #[test]
    fn what_is_offered_instead_can_be_had(scene in scene()) {
        let decision = scene.decide();
        prop_assert!(decision.alternatives.len() <= 3);
        prop_assert!(decision.decision == Ruling::Deny || decision.alternatives.is_empty());
        for alternative in &decision.alternatives {
            prop_assert_ne!(alternative.slot, scene.booking.slot);
            let mut again = scene.clone();
            again.booking.slot = alternative.slot;
            again.booking.submitted_at = scene.now;
            again.booking.facts.no_other_vidcon = Some(true);
            let asked = again.decide();
            let of_time = [
                CriterionCode::LeadTime,
                CriterionCode::Preparation,
                CriterionCode::WorkingHours,
                CriterionCode::Length,
                CriterionCode::SlotFree,
            ];
            for criterion in asked.criteria.iter().filter(|it| of_time.contains(&it.code)) {
                prop_assert!(
                    matches!(criterion.result, CriterionResult::Met | CriterionResult::NotApplicable),
                    "{alternative:?}: {criterion:?}"
                );
            }
        }
    }

    #[test]
    fn no_two_that_are_in_each_other_s_way_are_ever_approved(
        scene in scene(),
        arrivals in prop::collection::vec(arrival(), 2..12),
    ) {
        let mut scene = scene;
        scene.agenda.engagements.clear();
        for arrival in arrivals {
            scene.booking.reference = format!("B-{}", arrival.number).parse().unwrap();
            scene.booking.slot = arrival.slot;
            scene.booking.class = arrival.class;
            scene.booking.submitted_at = arrival.submitted_at;
            scene.booking.room = arrival.room.parse().unwrap();
            if let Some(room) = &mut scene.room {
                room.readiness.room = arrival.room.to_owned();
            }
            let ruling = scene.decide().decision;
            scene.agenda.engagements.retain(|it| it.reference != scene.booking.reference);
            if ruling != Ruling::Deny {
                scene.agenda.engagements.push(Engagement {
                    reference: scene.booking.reference.clone(),
                    room: scene.booking.room.clone(),
                    slot: arrival.slot,
                    class: arrival.class,
                    submitted_at: arrival.submitted_at,
                    standing: if ruling.is_approval() { Standing::Approved } else { Standing::UnderReview },
                });
            }
            let approved: Vec<&Engagement> =
                scene.agenda.engagements.iter().filter(|it| it.standing == Standing::Approved).collect();
            for (place, one) in approved.iter().enumerate() {
                for other in &approved[place + 1..] {
                    let together =
                        one.room == other.room || scene.policy.slot_free.scope == Scope::Service;
                    prop_assert!(!(together && one.slot.overlaps(&other.slot)), "{one:?} {other:?}");
                }
            }
        }
    }
}

#[test]
fn scenes_are_decided_in_every_way() {
    let mut runner = TestRunner::new(configuration());
    let mut counts = [0; 4];
    for _ in 0..600 {
        let decided = scene().new_tree(&mut runner).unwrap().current().decide().decision;
        counts[Ruling::ALL.iter().position(|it| *it == decided).unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| *count >= 30), "{counts:?}");
}

fn configuration() -> ProptestConfig {
    ProptestConfig {
        cases: 600,
        rng_seed: RngSeed::Fixed(0x5146_4147),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// All that a decision is made of, to be changed at will.
#[derive(Debug, Clone)]
struct Scene {
    policy: BookingPolicy,
    booking: Booking,
    room: Option<RoomEvidence>,
    forecast: Option<Forecast>,
    calendar: Calendar,
    agenda: Agenda,
    now: Timestamp,
}

impl Scene {
    fn decide(&self) -> Decision {
        decide(&Case {
            booking: &self.booking,
            policy: &self.policy,
            policy_digest: "",
            room: self.room.as_ref(),
            forecast: self.forecast.as_ref(),
            calendar: &self.calendar,
            agenda: &self.agenda,
            now: self.now,
        })
    }

    /// `None` if it does not speak for the booking.
    fn without(&self, what: TakenAway) -> Option<Self> {
        let mut less = self.clone();
        let facts = &mut less.booking.facts;
        let spoke_for_it = match what {
            TakenAway::Letter => less.booking.letter_ref.take().is_some(),
            TakenAway::GoodHistory => {
                less.forecast.take().is_some_and(|history| history.outlook >= Outlook::TooLittle)
            }
            TakenAway::Programs => {
                let programs = less.room.as_mut()?.programs.take()?.0;
                programs.iter().any(|it| it.presence == ProgramPresence::Present)
            }
            TakenAway::Check(which) => {
                let room = less.room.as_mut()?;
                let check = room.readiness.checks.iter_mut().find(|it| it.code == CHECKS[which])?;
                let was = std::mem::replace(&mut check.state, CheckState::Unknown);
                was == CheckState::Ok
            }
            TakenAway::Fact(which) => {
                let fact = match which {
                    0 => &mut facts.applicant_equipment,
                    1 => &mut facts.applicant_accounts,
                    2 => &mut facts.applicant_staff,
                    3 => &mut facts.division_equipment,
                    4 => &mut facts.division_accounts,
                    5 => &mut facts.division_staff,
                    6 => &mut facts.division_capacity,
                    7 => &mut facts.no_other_vidcon,
                    _ => &mut facts.software,
                };
                fact.take() == Some(true)
            }
        };
        spoke_for_it.then_some(less)
    }
}

#[derive(Debug, Clone, Copy)]
enum TakenAway {
    Letter,
    Check(usize),
    GoodHistory,
    Programs,
    Fact(usize),
}

fn taken_away() -> impl Strategy<Value = TakenAway> {
    prop_oneof![
        Just(TakenAway::Letter),
        (0..CHECKS.len()).prop_map(TakenAway::Check),
        Just(TakenAway::GoodHistory),
        Just(TakenAway::Programs),
        (0..9_usize).prop_map(TakenAway::Fact),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Unknown {
    Room,
    History,
    Facts,
    Holidays,
}

fn unknown() -> impl Strategy<Value = Unknown> {
    select(&[Unknown::Room, Unknown::History, Unknown::Facts, Unknown::Holidays][..])
}

const CHECKS: [CheckCode; 7] = [
    CheckCode::Camera,
    CheckCode::Microphone,
    CheckCode::Power,
    CheckCode::NetServer,
    CheckCode::NetUp,
    CheckCode::NetDown,
    CheckCode::NetSustain,
];

fn is_network(check: CheckCode) -> bool {
    CHECKS[3..].contains(&check)
}

/// Mostly good, so that approvals are not rare.
fn scene() -> impl Strategy<Value = Scene> {
    (policy(), booking(), room(), history(), prop::collection::vec(engagement(), 0..3), 0..72_i64).prop_map(
        |(policy, booking, room, forecast, engagements, hours)| Scene {
            policy,
            booking,
            room,
            forecast,
            calendar: calendar(),
            agenda: Agenda { engagements },
            now: at("2026-11-20T09:00:00+07:00") + SignedDuration::from_hours(hours),
        },
    )
}

fn calendar() -> Calendar {
    static CALENDAR: LazyLock<Calendar> = LazyLock::new(made_calendar);
    CALENDAR.clone()
}

fn made_calendar() -> Calendar {
    let zone = Zone::named("Asia/Pontianak", &TimeZoneDatabase::bundled()).unwrap();
    let empty = Calendar::new(zone, "Mon-Fri 07:30-16:00".parse().unwrap());
    Calendar::shipped_years().iter().cloned().fold(empty, Calendar::with)
}

fn policy() -> impl Strategy<Value = BookingPolicy> {
    let switches = prop::collection::vec(any::<bool>(), 16);
    (select(BookingPolicy::all_shipped()), switches, any::<bool>()).prop_map(
        |(mut policy, on, as_shipped)| {
            if as_shipped {
                return policy;
            }
            let otherwise = |review| if review { Otherwise::Review } else { Otherwise::Deny };
            policy.letter.on = on[0];
            policy.lead_time.on = on[1];
            policy.lead_time.counted = if on[2] { Counted::Dates } else { Counted::FullDays };
            policy.working_hours.on = on[3];
            policy.working_hours.otherwise = otherwise(on[4]);
            policy.slot_free.scope = if on[5] { Scope::Room } else { Scope::Service };
            policy.slot_free.by_hour = on[6];
            policy.slot_free.leaders_first = on[7];
            policy.slot_free.ask = on[8];
            policy.equipment.lending = on[9];
            policy.software.on = on[10];
            policy.network_now.on = on[11];
            policy.network_now.otherwise = otherwise(on[12]);
            policy.network_at_hour.on = on[13];
            policy.preparation.on = on[14];
            policy.on_unknown = if on[15] { OnUnknown::Review } else { OnUnknown::Deny };
            policy
        },
    )
}

fn booking() -> impl Strategy<Value = Booking> {
    let fact = || prop_oneof![30 => Just(Some(true)), 1 => Just(None), 1 => Just(Some(false))];
    let facts = (fact(), fact(), fact(), fact(), fact(), fact(), fact(), fact(), fact());
    (slot(), class(), facts, prop::option::weighted(0.97, Just("090/12")), any::<bool>(), 0..24_i64).prop_map(
        |(slot, class, facts, letter, applicant, ago)| {
            let request = Request {
                room: "r1".to_owned(),
                slot,
                submitted_at: Instant(at("2026-11-20T09:00:00+07:00") - SignedDuration::from_hours(ago)),
                class,
                profile: None,
                title: None,
                letter_ref: letter.map(str::to_owned),
                devices_expected: Some(12),
                room_owner: Some(if applicant { Owner::Applicant } else { Owner::Division }),
                facts: Facts {
                    applicant_equipment: facts.0,
                    applicant_accounts: facts.1,
                    applicant_staff: facts.2,
                    division_equipment: facts.3,
                    division_accounts: facts.4,
                    division_staff: facts.5,
                    division_capacity: facts.6,
                    no_other_vidcon: facts.7,
                    software: facts.8,
                },
            };
            Booking::new("THIS-1".parse().unwrap(), &request, &Profiles::default(), Profile::minimum())
                .unwrap()
        },
    )
}

fn room() -> impl Strategy<Value = Option<RoomEvidence>> {
    let states = prop::collection::vec(
        prop_oneof![
            40 => Just(CheckState::Ok),
            1 => Just(CheckState::Warning),
            1 => Just(CheckState::InUse),
            1 => Just(CheckState::Unknown),
            1 => Just(CheckState::Failed),
        ],
        CHECKS.len(),
    );
    let program = prop_oneof![
        8 => Just(ProgramPresence::Present),
        1 => Just(ProgramPresence::Absent),
        1 => Just(ProgramPresence::Unknown),
    ];
    prop::option::weighted(0.95, (states, prop::bool::weighted(0.7), 0..240_u64, program)).prop_map(|room| {
        let (states, online, hours, program) = room?;
        let age = Duration::from_secs(if online { 20 } else { hours * 3600 });
        let check = |(code, state): (&CheckCode, CheckState)| Check {
            code: *code,
            state,
            reason: Code::EvidenceStale,
            value: None,
            unit: None,
            required: None,
            observed_at: None,
            age_s: Some(age.as_secs_f64()),
            text: Text::default(),
            remedy: Text::default(),
        };
        Some(RoomEvidence {
            presence: Presence {
                online,
                revoked: Some(false),
                last_seen: at("2026-11-20T09:00:00+07:00") - age,
                age,
            },
            readiness: Readiness {
                room: "r1".to_owned(),
                profile: "minimum".to_owned(),
                verdict: RoomVerdict::Unknown,
                level: Level::Unknown,
                valid_until: None,
                checks: CHECKS.iter().zip(states).map(check).collect(),
                reasons: Vec::new(),
            },
            programs: Some((
                vec![ProgramFact { id: "zoom".parse().unwrap(), name: "Zoom".to_owned(), presence: program }],
                age,
            )),
        })
    })
}

fn history() -> impl Strategy<Value = Option<Forecast>> {
    let outlook = prop_oneof![
        20 => Just((Outlook::Good, 20, 20, 0.88)),
        1 => Just((Outlook::Little, 8, 8, 0.747)),
        1 => Just((Outlook::TooLittle, 3, 3, 0.525)),
        1 => Just((Outlook::Nothing, 0, 0, 0.0)),
        1 => Just((Outlook::Poor, 17, 20, 0.676)),
        1 => Just((Outlook::Poor, 6, 20, 0.165)),
    ];
    prop::option::weighted(0.95, outlook).prop_map(|history| {
        let (outlook, good_days, days, bound) = history?;
        Some(Forecast {
            outlook,
            working_days: true,
            good_days,
            days,
            lower_bound: (days > 0).then_some(bound),
            required: 0.8,
            delivered: Delivered::default(),
            online: None,
            newest: None,
            history: Vec::new(),
        })
    })
}

/// Within some days, mostly in working hours.
fn slot() -> impl Strategy<Value = Slot> {
    (0..10_i64, 0..48_i64, 1..8_i64, prop::bool::weighted(0.9)).prop_map(
        |(days, half_hours, length, in_hours)| {
            let half_hours = if in_hours { 16 + half_hours % 14 } else { half_hours };
            let day = date(2026, 11, 24).to_datetime(jiff::civil::Time::midnight());
            let zone = jiff::tz::offset(7).to_time_zone();
            let start = zone.to_timestamp(day).unwrap()
                + SignedDuration::from_hours(24 * days)
                + SignedDuration::from_mins(30 * half_hours);
            Slot::new(start, start + SignedDuration::from_mins(20 * length)).unwrap()
        },
    )
}

fn class() -> impl Strategy<Value = Class> {
    select(&[Class::Regular, Class::Regular, Class::Leaders][..])
}

fn engagement() -> impl Strategy<Value = Engagement> {
    (1..50_u32, select(&["r1", "r2"][..]), slot(), class(), 0..48_i64, any::<bool>()).prop_map(
        |(number, room, slot, class, ago, approved)| Engagement {
            reference: format!("OTHER-{number}").parse().unwrap(),
            room: room.parse().unwrap(),
            slot,
            class,
            submitted_at: at("2026-11-20T09:00:00+07:00") - SignedDuration::from_hours(ago),
            standing: if approved { Standing::Approved } else { Standing::UnderReview },
        },
    )
}

/// A booking that is put, or put again for another time.
#[derive(Debug, Clone)]
struct Arrival {
    number: u32,
    slot: Slot,
    class: Class,
    submitted_at: Timestamp,
    room: &'static str,
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let near = (0..6_i64, 1..6_i64).prop_map(|(half_hours, length)| {
        let start = at("2026-11-26T09:00:00+07:00") + SignedDuration::from_mins(30 * half_hours);
        Slot::new(start, start + SignedDuration::from_mins(20 * length)).unwrap()
    });
    (0..6_u32, near, class(), 0..3_i64, select(&["r1", "r2"][..])).prop_map(
        |(number, slot, class, ago, room)| Arrival {
            number,
            slot,
            class,
            submitted_at: at("2026-11-20T09:00:00+07:00") - SignedDuration::from_hours(ago),
            room,
        },
    )
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
