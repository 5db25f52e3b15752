//! Months of simulated rooms: how often the gate's “approve” is right.
//!
//! A room of each kind has a past of its own, made of chance and a seed. What it would have seen is observed by a tracker, reported, kept by
//! day, foreseen and decided on, by the same code as in an office. Then the meeting is held: it was right to approve if the link carried
//! the rates and the camera was there in every half hour of it.
//!
//! `SIAGA_MONTHS_ROOMS=500 cargo test --release -p siaga-readiness --test months -- --nocapture` prints the table of
//! `docs/gate-results.md`; `SIAGA_MONTHS_SEED` is 1 if not given.

mod room;

use std::{env, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZoneDatabase};
use siaga_probe::{Direction, Mode, Reason, Verdict, network::NetworkId};
use siaga_readiness::{
    CheckCode, CheckState, Code, DeviceKind, Evidence, Judgement, Moment, Observation, Policy, Profile,
    Profiles, ServerPlace, Setup, Tracker, Trial, TrialOutcome,
    booking::{
        Agenda, Booking, BookingPolicy, Calendar, Case, RoomEvidence, Ruling, Slot,
        calendar::{HolidayYear, Zone},
        decide,
        forecast::{Found, Link, Minutes, Needs, Past, Whereabouts, Window, forecast, windows},
    },
    moment::BootId,
    presence::Presence,
    report::Facts,
};

use room::*;

#[test]
fn the_gate_approves_what_can_be_held() {
    let number = |name: &str, usual: u64| env::var(name).map_or(usual, |it| it.parse().expect("a number"));
    let (rooms, seed) = (number("SIAGA_MONTHS_ROOMS", 30), number("SIAGA_MONTHS_SEED", 1));
    let office = Office::new();
    println!("{rooms} rooms of each kind, {BOOKINGS} bookings of each in six months, seed {seed}\n");
    println!("| rooms | could be held | approve | right | on conditions | right | review | deny |");
    println!("|---|---|---|---|---|---|---|---|");
    let (mut all, mut good) = (Tally::default(), Tally::default());
    for (kind, name) in KINDS {
        let mut tally = Tally::default();
        for number in 0..rooms {
            let chance = Chance(seed ^ number << 8 ^ (kind as u64) << 40);
            let room = SimulatedRoom { kind, chance };
            for booking in 0..BOOKINGS {
                office.hold(&room, booking, &mut tally);
            }
        }
        println!("| {name} | {tally} |");
        all.add(&tally);
        if kind == Kind::Good {
            good = tally;
        }
    }
    println!("| **all** | {all} |");
    assert!(all.of(Ruling::Approve).0 > 100, "a gate that approves nothing proves nothing");
    assert!(all.share_right(Ruling::Approve) >= 0.95, "{all}");
    assert!(good.share_of(Ruling::Approve) >= 0.8, "a gate that approves no good room is of no use: {good}");
}

const BOOKINGS: i64 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Good,
    OffAtNight,
    NowAndThen,
    Flapping,
    BadHours,
    Tiring,
    CameraAway,
    MovedAway,
    MovedIn,
    Commuting,
    New,
}

const KINDS: [(Kind, &str); 11] = [
    (Kind::Good, "good, always on"),
    (Kind::OffAtNight, "good, off at night and on days off"),
    (Kind::NowAndThen, "bad in 3 % of half hours"),
    (Kind::Flapping, "flapping: bad in 15 % of half hours"),
    (Kind::BadHours, "bad on most days between 13 and 15"),
    (Kind::Tiring, "passes gate probes, holds no rate (shaper)"),
    (Kind::CameraAway, "camera taken away on every fifth day"),
    (Kind::MovedAway, "laptop, moved to a slow line some days ago"),
    (Kind::MovedIn, "laptop, moved from a slow line some days ago"),
    (Kind::Commuting, "laptop, at home on Thursdays and Fridays"),
    (Kind::New, "good, known for three days"),
];

/// Chance that is the same for the same question.
#[derive(Debug, Clone, Copy)]
struct Chance(u64);

impl Chance {
    /// 0 to 1. (SplitMix64's finalizer.)
    fn of(self, what: u64, index: i64) -> f64 {
        let mut x = self.0 ^ what.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.cast_unsigned().rotate_left(17);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        f64::from(u32::try_from(x >> 32).unwrap()) / f64::from(u32::MAX)
    }

    fn number(self, what: u64, index: i64, of: i64) -> i64 {
        let number = (0..of).rev().find(|it| {
            self.of(what, index) * f64::from(i32::try_from(of).unwrap())
                >= f64::from(i32::try_from(*it).unwrap())
        });
        number.unwrap_or(0)
    }
}

struct SimulatedRoom {
    kind: Kind,
    chance: Chance,
}

const OFFICE: NetworkId = NetworkId(1);
const ELSEWHERE: NetworkId = NetworkId(2);

impl SimulatedRoom {
    /// `decided`: what the room's story is told around.
    fn network(&self, at: Timestamp, decided: Timestamp, office: &Office) -> NetworkId {
        let moved = decided - SignedDuration::from_hours(24 * self.chance.number(7, 0, 25));
        let away = match self.kind {
            Kind::MovedAway => at >= moved,
            Kind::MovedIn => at < moved,
            Kind::Commuting => {
                matches!(office.local(at).weekday(), Weekday::Thursday | Weekday::Friday)
            }
            _ => false,
        };
        if away { ELSEWHERE } else { OFFICE }
    }

    fn is_on(&self, at: Timestamp, decided: Timestamp, office: &Office) -> bool {
        let local = office.local(at);
        let minutes = i32::from(local.hour()) * 60 + i32::from(local.minute());
        match self.kind {
            Kind::OffAtNight | Kind::MovedAway | Kind::MovedIn | Kind::Commuting => {
                office.works(at) && (450..990).contains(&minutes)
            }
            Kind::New => at >= decided - SignedDuration::from_hours(72),
            _ => true,
        }
    }

    /// Whether the link carries the rates for as long as a gate probe looks.
    fn carries(&self, at: Timestamp, decided: Timestamp, office: &Office) -> bool {
        let half_hour = at.as_second().div_euclid(1800);
        let bad = match self.kind {
            _ if self.network(at, decided, office) == ELSEWHERE => 1.0,
            Kind::NowAndThen => 0.03,
            Kind::Flapping => 0.15,
            Kind::BadHours if (13..15).contains(&office.local(at).hour()) => 0.7,
            _ => 0.001,
        };
        self.chance.of(1, half_hour) >= bad
    }

    fn has_camera(&self, at: Timestamp, office: &Office) -> bool {
        let day = i64::from(office.local(at).date().day_of_year());
        self.kind != Kind::CameraAway || self.chance.of(2, day) >= 0.2
    }

    /// The truth.
    fn holds(&self, slot: Slot, decided: Timestamp, office: &Office) -> bool {
        let mut at = slot.start();
        while at < slot.end() {
            if self.kind == Kind::Tiring || !self.carries(at, decided, office) || !self.has_camera(at, office)
            {
                return false;
            }
            at += SignedDuration::from_mins(30);
        }
        true
    }

    /// A gate probe; of a link that carries the rates two of a thousand fail, and of one that does not one of a hundred passes: more than
    /// the judge was measured to get wrong on links without chance.
    fn gate(&self, at: Timestamp, decided: Timestamp, office: &Office) -> bool {
        let carries = self.carries(at, decided, office);
        carries != (self.chance.of(3, at.as_second()) < if carries { 0.002 } else { 0.01 })
    }

    /// The last sustain probe before `at`: early in the morning, or when the machine was switched on.
    fn sustain(&self, at: Timestamp, decided: Timestamp, office: &Office) -> Option<(Timestamp, bool)> {
        let minute = |back: i64| {
            let begin = at.as_second().div_euclid(300) * 300 - back * 300;
            Timestamp::from_second(begin).unwrap()
        };
        let made = (0..288).map(minute).find(|at| {
            let local = office.local(*at);
            let early = (local.hour(), local.minute()) == (5, 30);
            let before = *at - SignedDuration::from_mins(5);
            self.is_on(*at, decided, office) && (early || !self.is_on(before, decided, office))
        })?;
        Some((made, self.kind != Kind::Tiring && self.carries(made, decided, office)))
    }

    fn past(&self, window: Window, decided: Timestamp, office: &Office) -> Past {
        let mut past = Past {
            window,
            found: Vec::new(),
            devices: [CheckCode::Camera, CheckCode::Microphone].map(|code| (code, Minutes::default())).into(),
            online: 0,
            minutes: 0,
        };
        let mut at = window.from + SignedDuration::from_mins(self.chance.number(5, 0, 30));
        while at < window.to {
            past.minutes += 30;
            if self.is_on(at, decided, office) {
                past.online += 30;
                past.devices.entry(CheckCode::Microphone).or_default().good += 30;
                if self.has_camera(at, office) {
                    past.devices.entry(CheckCode::Camera).or_default().good += 30;
                } else {
                    past.devices.entry(CheckCode::Camera).or_default().bad += 30;
                }
                let network = self.network(at, decided, office);
                past.found.extend(found(at, Mode::Gate, self.gate(at, decided, office), network));
            }
            at += SignedDuration::from_mins(30);
        }
        if let Some((at, held)) = self.sustain(window.to, decided, office) {
            past.found.extend(found(at, Mode::Sustain, held, self.network(at, decided, office)));
        }
        past
    }

    /// What the room last reported: it was heard at `heard`.
    fn reported(&self, heard: Timestamp, decided: Timestamp, office: &Office) -> RoomEvidence {
        let moment = |at: Timestamp| Moment {
            wall: at,
            since_boot: Duration::try_from(at.duration_since(heard) + SignedDuration::from_hours(100))
                .unwrap(),
            boot: BootId(1),
        };
        let setup = Setup {
            room: "r1".to_owned(),
            probe_server: Some("probe.example.go.id:4433".to_owned()),
            policy: Policy::default(),
        };
        let mut tracker = Tracker::new(setup, moment(heard - SignedDuration::from_hours(30)));
        let mut observe = |at, evidence| {
            tracker.observe(Observation { at: moment(at), took: Duration::from_millis(900), evidence });
        };
        let here = self.network(heard, decided, office);
        let is_here = |at: Timestamp| self.network(at, decided, office) == here;
        let down = |passed: bool| {
            if passed { pass(20) } else { fail(20, Reason::QueueGrows, 12_000_000) }
        };
        if let Some((at, held)) = self.sustain(heard, decided, office).filter(|(at, _)| is_here(*at)) {
            observe(at, probe_of(Mode::Sustain, ServerPlace::Public, pass(10), down(held)));
        }
        for ago in [100, 70, 40, 10] {
            let at = heard - SignedDuration::from_mins(ago);
            if self.is_on(at, decided, office) && is_here(at) {
                let passed = self.gate(at, decided, office);
                observe(at, probe(ServerPlace::Public, pass(10), down(passed)));
            }
        }
        let mut inventory = built_in();
        let works = |kind, id: &str, reason| {
            let outcome = TrialOutcome::Found(Judgement::new(CheckState::Ok, reason));
            Evidence::Trial(Trial { kind, id: id.to_owned(), outcome })
        };
        let tried = heard - SignedDuration::from_mins(90);
        observe(tried, works(DeviceKind::Camera, &inventory.cameras[0].id, Code::CameraWorks));
        observe(tried, works(DeviceKind::Microphone, &inventory.microphones[0].id, Code::MicrophoneWorks));
        if !self.has_camera(heard, office) {
            inventory.cameras.clear();
        }
        let seen = heard - SignedDuration::from_secs(20);
        observe(seen, Evidence::Devices(inventory));
        observe(seen, Evidence::Host(laptop()));
        let away = Duration::try_from(decided.duration_since(heard)).unwrap();
        let facts = Facts::of(tracker.snapshot(), moment(heard));
        let (snapshot, now) = facts.as_of(away, decided);
        let presence = Presence { online: away.is_zero(), revoked: Some(false), last_seen: heard, age: away };
        RoomEvidence::new(&snapshot, now, presence, Profile::minimum())
    }
}

fn found(at: Timestamp, mode: Mode, passed: bool, network: NetworkId) -> [Found; 2] {
    let one = |direction, verdict, rate: u64| Found {
        at,
        mode,
        direction,
        verdict,
        outage: false,
        public: true,
        rate_bps: Some(rate * 1_000_000),
        delivered_bps: Some(rate * 1_000_000),
        network: Some(network),
    };
    let verdict = if passed { Verdict::Pass } else { Verdict::Fail };
    [one(Direction::Up, Verdict::Pass, 10), one(Direction::Down, verdict, 20)]
}

struct Office {
    calendar: Calendar,
    policy: BookingPolicy,
}

impl Office {
    fn new() -> Self {
        let zone = Zone::named("Asia/Pontianak", &TimeZoneDatabase::bundled()).unwrap();
        let year = "year = 2026\ncomplete = true\n[days]\n\"2026-08-17\" = \"Hari Kemerdekaan\"";
        let calendar = Calendar::new(zone, "Mon-Fri 07:30-16:00".parse().unwrap())
            .with(HolidayYear::from_toml(year).unwrap());
        Self { calendar, policy: BookingPolicy::shipped("kalbar-98-2021").unwrap().clone() }
    }

    fn local(&self, at: Timestamp) -> jiff::civil::DateTime {
        self.calendar.zone().rules().to_datetime(at)
    }

    fn works(&self, at: Timestamp) -> bool {
        self.calendar.works(self.local(at).date())
    }

    /// Books a room, decides, and holds the meeting.
    fn hold(&self, room: &SimulatedRoom, number: i64, tally: &mut Tally) {
        let chance = |what, of| room.chance.number(what, number, of);
        let begin: Timestamp = "2026-03-02T00:00:00+07:00".parse().unwrap();
        let hours = |hours| SignedDuration::from_hours(hours);
        // Two of ten are decided in the evening.
        let hour = if chance(10, 10) < 2 { 20 } else { 9 + chance(11, 6) };
        let decided = (0..7)
            .map(|day| begin + hours(24 * (22 * number + chance(12, 15) + day) + hour))
            .find(|at| self.works(*at))
            .unwrap();
        let midnight = decided - hours(hour);
        let start = (0..7)
            .map(|day| midnight + hours(24 * (4 + chance(13, 7) + day) + 8 + chance(14, 6)))
            .find(|at| self.works(*at))
            .unwrap();
        let slot = Slot::new(start, start + hours(1 + chance(15, 2))).unwrap();
        let decision = self.decide(room, slot, decided);
        tally.take(decision, room.holds(slot, decided, self));
    }

    fn decide(&self, room: &SimulatedRoom, slot: Slot, now: Timestamp) -> Ruling {
        let zone = self.calendar.zone();
        let told = |at: Timestamp| at.to_string();
        let request = serde_json::json!({
            "room": "r1", "slot": {"start": told(slot.start()), "end": told(slot.end())},
            "submitted_at": told(now), "letter_ref": "090/12/OPD/2026", "devices_expected": 12,
            "facts": {"applicant_equipment": true, "applicant_accounts": true, "applicant_staff": true,
                "division_equipment": true, "division_accounts": true, "division_staff": true, "division_capacity": true}
        });
        let request = serde_json::from_value(request).unwrap();
        let booking =
            Booking::new("SBW-1".parse().unwrap(), &request, &Profiles::default(), Profile::minimum())
                .unwrap();

        let back = (0..2000).map(|back| now - SignedDuration::from_mins(5 * back));
        let heard = back.into_iter().find(|at| room.is_on(*at, now, self)).unwrap();
        let evidence = room.reported(heard, now, self);
        let windows = windows(slot.start(), slot.end(), zone.rules(), |date| self.calendar.works(date), now);
        let past: Vec<Past> = windows.iter().map(|window| room.past(*window, now, self)).collect();
        let rule = self.policy.network_at_hour;
        let forecast = forecast(
            &past,
            &booking.profile.requirements,
            Link { network: Whereabouts::On(room.network(heard, now, self)), accept_internal_server: false },
            Timestamp::UNIX_EPOCH,
            Needs { lower_bound: rule.lower_bound, days: rule.days.into() },
        );
        let decision = decide(&Case {
            booking: &booking,
            policy: &self.policy,
            policy_digest: "",
            room: Some(&evidence),
            forecast: Some(&forecast),
            calendar: &self.calendar,
            agenda: &Agenda::default(),
            now,
        });
        decision.decision
    }
}

/// How many of each ruling, and of them how many could be held.
#[derive(Debug, Default)]
struct Tally([(u32, u32); 4]);

impl Tally {
    fn take(&mut self, ruling: Ruling, holds: bool) {
        let (count, held) = &mut self.0[place(ruling)];
        *count += 1;
        *held += u32::from(holds);
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum = (sum.0 + more.0, sum.1 + more.1);
        }
    }

    fn of(&self, ruling: Ruling) -> (u32, u32) {
        self.0[place(ruling)]
    }

    fn all(&self) -> (u32, u32) {
        self.0.iter().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
    }

    fn share_right(&self, ruling: Ruling) -> f64 {
        let (count, held) = self.of(ruling);
        f64::from(held) / f64::from(count.max(1))
    }

    fn share_of(&self, ruling: Ruling) -> f64 {
        f64::from(self.of(ruling).0) / f64::from(self.all().0.max(1))
    }
}

fn place(ruling: Ruling) -> usize {
    Ruling::ALL.iter().position(|it| *it == ruling).unwrap()
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |(of, part): (u32, u32)| match of {
            0 => "–".to_owned(),
            _ => format!("{:.1} %", 100.0 * f64::from(part) / f64::from(of)),
        };
        let (approve, conditions) = (self.of(Ruling::Approve), self.of(Ruling::ApproveWithConditions));
        write!(
            f,
            "{} of {} | {} | {} | {} | {} | {} | {}",
            self.all().1,
            self.all().0,
            approve.0,
            percent(approve),
            conditions.0,
            percent(conditions),
            self.of(Ruling::Review).0,
            self.of(Ruling::Deny).0
        )
    }
}
