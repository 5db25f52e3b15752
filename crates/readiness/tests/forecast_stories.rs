//! Stories of rooms' pasts, and what is expected of them.

use jiff::{
    SignedDuration, Timestamp, Zoned,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use siaga_probe::{Direction, Mode, Verdict, network::NetworkId};
use siaga_readiness::{
    CheckCode, Profile,
    booking::forecast::{
        DEVICES, Forecast, Found, Link, Minutes, Needs, Outlook, Past, Whereabouts, Window, forecast, windows,
    },
};

const HERE: NetworkId = NetworkId(1);
const MBIT: u64 = 1_000_000;

/// Thursday 26 November 2026, 12.00 in Pontianak.
fn now() -> Timestamp {
    at("2026-11-26T12:00:00+07:00")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn pontianak() -> TimeZone {
    TimeZone::get("Asia/Pontianak").unwrap()
}

fn works(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Windows of a slot in the office's zone, for a date to come.
fn looked_back(start: &str, end: &str) -> Vec<Window> {
    windows(at(start), at(end), &pontianak(), works, now())
}

fn tuesday_at_nine() -> Vec<Window> {
    looked_back("2026-12-01T09:00:00+07:00", "2026-12-01T11:00:00+07:00")
}

/// A day with a probe every half hour that passed at 10 up and 20 down, and the devices there all the time.
fn good(window: Window) -> Past {
    let minutes = u32::try_from(window.to.duration_since(window.from).as_mins()).unwrap();
    let mut past = Past {
        window,
        found: Vec::new(),
        devices: DEVICES.map(|code| (code, all_good(minutes))).into(),
        online: minutes,
        minutes,
    };
    let mut at = window.from;
    while at < window.to {
        past.found.extend(probe(at, Mode::Gate, [10, 20], [Verdict::Pass, Verdict::Pass]));
        at += SignedDuration::from_mins(30);
    }
    past
}

fn all_good(minutes: u32) -> Minutes {
    Minutes { good: minutes, ..Minutes::default() }
}

fn probe(at: Timestamp, mode: Mode, rates: [u64; 2], verdicts: [Verdict; 2]) -> [Found; 2] {
    let one = |direction, place: usize| Found {
        at,
        mode,
        direction,
        verdict: verdicts[place],
        outage: false,
        public: true,
        rate_bps: Some(rates[place] * MBIT),
        delivered_bps: Some(rates[place] * MBIT),
        network: Some(HERE),
    };
    [one(Direction::Up, 0), one(Direction::Down, 1)]
}

fn change(past: &mut Past, change: impl Fn(&mut Found)) {
    past.found.iter_mut().for_each(change);
}

fn told(past: &[Past]) -> Forecast {
    told_of(past, Profile::minimum(), Whereabouts::On(HERE))
}

fn told_of(past: &[Past], profile: &Profile, network: Whereabouts) -> Forecast {
    let link = Link { network, accept_internal_server: false };
    forecast(past, &profile.requirements, link, Timestamp::UNIX_EPOCH, Needs::default())
}

/// The newest `days` of them.
fn good_days(days: usize) -> Vec<Past> {
    tuesday_at_nine().into_iter().take(days).map(good).collect()
}

#[test]
fn the_past_of_a_slot_is_its_hours_and_one_around_on_days_of_its_kind() {
    let windows = tuesday_at_nine();
    assert_eq!(windows.len(), 20, "four weeks of working days");
    // Today's is over at noon.
    assert_eq!(windows[0].from, at("2026-11-26T08:00:00+07:00"));
    assert_eq!(windows[0].to, at("2026-11-26T12:00:00+07:00"));
    assert_eq!(windows[19].date.to_string(), "2026-10-30");
    assert!(windows.iter().all(|window| window.working && works(window.date)));
    let later = looked_back("2026-12-01T10:00:00+07:00", "2026-12-01T11:30:00+07:00");
    assert_eq!(later[0].date.to_string(), "2026-11-25", "today's is not over");
    let sunday = looked_back("2026-11-29T09:00:00+07:00", "2026-11-29T11:00:00+07:00");
    assert_eq!(sunday.len(), 8);
}

#[test]
fn a_slot_over_midnight_belongs_to_the_day_of_its_start_and_a_long_one_to_each_of_its_days() {
    let night = looked_back("2026-12-04T22:00:00+07:00", "2026-12-05T02:00:00+07:00");
    assert!(night.iter().all(|window| window.working));
    let last = night[0];
    assert_eq!(
        (last.date.to_string().as_str(), last.from, last.to),
        ("2026-11-25", at("2026-11-25T21:00:00+07:00"), at("2026-11-26T03:00:00+07:00"))
    );
    let long = looked_back("2026-12-04T09:00:00+07:00", "2026-12-06T12:00:00+07:00");
    assert!(long.iter().any(|window| window.working) && long.iter().any(|window| !window.working));
    assert!(long.iter().all(|window| window.to.duration_since(window.from).as_hours() == 24));
    let mut past: Vec<Past> = long.into_iter().map(good).collect();
    assert_eq!(told(&past).outlook, Outlook::Little, "there are eight days of weekends in four weeks");
    for past in past.iter_mut().filter(|past| !past.window.working) {
        change(past, |found| found.verdict = Verdict::Fail);
    }
    let told = told(&past);
    assert_eq!((told.outlook, told.working_days), (Outlook::Poor, false));
}

#[test]
fn nine_o_clock_is_nine_o_clock_on_both_sides_of_a_change_of_the_zone() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let now = at("2026-11-05T12:00:00Z");
    let windows = windows(at("2026-11-10T08:00:00Z"), at("2026-11-10T09:00:00Z"), &berlin, works, now);
    let hour = |window: &Window| Zoned::new(window.from, berlin.clone()).hour();
    assert!(windows.iter().all(|window| hour(window) == 8));
    let summer = windows.iter().filter(|it| it.date.to_string().as_str() < "2026-10-25");
    assert!(summer.clone().count() > 5);
    assert!(summer.clone().all(|it| it.from.to_string().ends_with("T06:00:00Z")));
}

#[test]
fn eleven_good_days_are_good_and_ten_are_not_enough() {
    let outlooks: Vec<(usize, Outlook)> =
        [0, 1, 4, 5, 10, 11, 20].into_iter().map(|days| (days, told(&good_days(days)).outlook)).collect();
    assert_eq!(
        outlooks,
        [
            (0, Outlook::Nothing),
            (1, Outlook::TooLittle),
            (4, Outlook::TooLittle),
            (5, Outlook::Little),
            (10, Outlook::Little),
            (11, Outlook::Good),
            (20, Outlook::Good)
        ]
    );
    let told = told(&good_days(11));
    assert_eq!((told.good_days, told.days, told.lower_bound), (11, 11, Some(0.802)));
    assert_eq!((told.delivered.up_p10_bps, told.delivered.down_p10_bps), (Some(10 * MBIT), Some(20 * MBIT)));
    assert_eq!(told.online, Some(1.0));
    assert_eq!(told.newest, Some(at("2026-11-26T11:30:00+07:00")));
}

#[test]
fn one_bad_day_of_twenty_is_still_good_and_two_are_not() {
    for (bad, outlook) in [(0, Outlook::Good), (1, Outlook::Good), (2, Outlook::Poor)] {
        let mut past = good_days(20);
        for past in &mut past[..bad] {
            // One probe of eight is more than 5 %.
            past.found[3].verdict = Verdict::Fail;
        }
        let told = told(&past);
        assert_eq!((told.outlook, told.good_days), (outlook, 20 - u32::try_from(bad).unwrap()));
    }
    let mut few = good_days(3);
    few[1].found[0].verdict = Verdict::Fail;
    assert_eq!(told(&few).outlook, Outlook::Poor, "what little there is speaks against it");
}

#[test]
fn days_with_gaps_count_for_what_they_have_and_days_without_anything_do_not_count() {
    let mut past = good_days(20);
    for past in &mut past[..5] {
        past.found.clear();
        (past.devices, past.online) = (Default::default(), 0);
    }
    for past in &mut past[5..10] {
        past.found.truncate(2);
    }
    let told = told(&past);
    assert_eq!((told.outlook, told.good_days, told.days), (Outlook::Good, 15, 15));
    assert_eq!(told.online, Some(0.75));
    assert_eq!(told.history.len(), 20);
    assert_eq!(told.history[0].good, None);
}

#[test]
fn a_room_that_nobody_knew_yet_was_not_offline() {
    let mut past = good_days(20);
    for past in &mut past[2..] {
        past.found.clear();
        (past.devices, past.online) = (Default::default(), 0);
    }
    let told = |since| {
        let requirements = &Profile::minimum().requirements;
        let link = Link { network: Whereabouts::On(HERE), accept_internal_server: false };
        forecast(&past, requirements, link, since, Needs::default()).online
    };
    assert_eq!(told(at("2026-11-25T00:00:00+07:00")), Some(1.0));
    assert_eq!(told(at("2026-11-01T00:00:00+07:00")), Some(0.105));
    assert_eq!(told(now()), None);
}

#[test]
fn a_camera_that_is_missing_at_that_hour_makes_a_day_bad_and_one_that_nobody_saw_makes_it_count_for_nothing()
{
    let mut past = good_days(20);
    let minutes = |good, bad, unknown| Minutes { good, bad, unknown };
    past[0].devices.insert(CheckCode::Camera, minutes(120, 120, 0));
    past[1].devices.insert(CheckCode::Camera, minutes(236, 4, 0));
    past[2].devices.remove(&CheckCode::Microphone);
    past[3].devices.insert(CheckCode::Camera, minutes(20, 0, 220));
    past[4].devices.insert(CheckCode::Camera, minutes(200, 0, 40));
    past[5].devices.insert(CheckCode::Camera, minutes(0, 0, 240));
    let told = told(&past);
    let days: Vec<_> = told.history.iter().take(7).map(|day| day.good).collect();
    assert_eq!(days, [Some(false), Some(true), None, None, Some(true), None, Some(true)]);
}

#[test]
fn what_a_profile_asks_of_a_camera_was_there_on_the_days_before_too() {
    let mut past = good_days(20);
    for past in &mut past {
        past.found.clear();
        past.found.extend(probe(past.window.from, Mode::Gate, [20, 20], [Verdict::Pass, Verdict::Pass]));
    }
    let outlook = |past: &[Past]| told_of(past, Profile::recommended(), Whereabouts::On(HERE)).outlook;
    assert_eq!(outlook(&past), Outlook::Good);
    let mut asked_for_less = past.clone();
    for past in &mut asked_for_less {
        past.devices.retain(|code, _| [CheckCode::Camera, CheckCode::Microphone].contains(code));
    }
    assert_eq!(outlook(&asked_for_less), Outlook::Nothing, "nobody ever asked it for such a camera");
    for past in past.iter_mut().step_by(2) {
        past.devices.insert(CheckCode::CameraExternal, Minutes { good: 60, bad: 180, unknown: 0 });
    }
    assert_eq!(outlook(&past), Outlook::Poor, "somebody takes it home");
}

#[test]
fn a_pass_counts_for_lower_rates_and_a_failure_for_none() {
    let with = |rates: [u64; 2], verdict| {
        let mut past = good_days(11);
        for past in &mut past {
            let from = past.window.from;
            past.found = probe(from, Mode::Gate, rates, [verdict, verdict]).into();
        }
        past
    };
    let outlook = |past: &[Past], profile| told_of(past, profile, Whereabouts::On(HERE)).outlook;
    let (minimum, recommended) = (Profile::minimum(), Profile::recommended());
    let passed = with([20, 20], Verdict::Pass);
    assert_eq!(outlook(&passed, minimum), Outlook::Good);
    assert_eq!(outlook(&passed, recommended), Outlook::Good);
    let passed = with([10, 20], Verdict::Pass);
    assert_eq!(outlook(&passed, minimum), Outlook::Good);
    assert_eq!(outlook(&passed, recommended), Outlook::Nothing, "20 up was never asked about");
    let failed = with([20, 50], Verdict::Fail);
    assert_eq!(outlook(&failed, minimum), Outlook::Nothing, "10 up may be carried");
    assert_eq!(outlook(&failed, recommended), Outlook::Poor);
    let failed = with([10, 20], Verdict::Fail);
    assert_eq!(outlook(&failed, recommended), Outlook::Poor, "less than that was not carried");
}

#[test]
fn probes_without_a_verdict_are_not_counted_but_an_outage_is_no_pass() {
    let with = |outage| {
        let mut past = good_days(11);
        for past in &mut past {
            for found in &mut past.found[..2] {
                (found.verdict, found.outage, found.delivered_bps) = (Verdict::Inconclusive, outage, None);
            }
        }
        told(&past)
    };
    assert_eq!(with(false).outlook, Outlook::Good);
    assert_eq!(with(false).history[0].passed, 7);
    assert_eq!(with(true).outlook, Outlook::Poor);
}

#[test]
fn a_link_that_tires_is_bad_at_all_hours_until_it_was_seen_to_hold() {
    let mut past = good_days(20);
    for past in &mut past[..2] {
        let morning = past.window.from - SignedDuration::from_hours(3);
        past.found.extend(probe(morning, Mode::Sustain, [10, 20], [Verdict::Pass, Verdict::Fail]));
    }
    let noon = past[1].window.from + SignedDuration::from_hours(3);
    past[1].found.extend(probe(noon, Mode::Sustain, [10, 20], [Verdict::Pass, Verdict::Pass]));
    let told = told(&past);
    assert!(told.history[0].tired && !told.history[1].tired);
    assert_eq!((told.history[0].good, told.history[1].good), (Some(false), Some(true)));
}

#[test]
fn a_laptop_that_was_carried_elsewhere_has_no_history_there() {
    let past = good_days(20);
    let elsewhere = Whereabouts::On(NetworkId(2));
    assert_eq!(told_of(&past, Profile::minimum(), elsewhere).outlook, Outlook::Nothing);
    assert_eq!(told_of(&past, Profile::minimum(), Whereabouts::New).outlook, Outlook::Nothing);
    let mut both = past;
    for past in &mut both[..6] {
        change(past, |found| found.network = Some(NetworkId(2)));
    }
    assert_eq!(told_of(&both, Profile::minimum(), elsewhere).days, 6);
}

#[test]
fn a_laptop_that_comes_and_goes_is_not_there_on_the_days_on_which_it_was_elsewhere() {
    let mut past = good_days(20);
    for past in past.iter_mut().filter(|it| it.window.date.weekday() == Weekday::Friday) {
        change(past, |found| found.network = Some(NetworkId(2)));
    }
    let told = told(&past);
    // The oldest Friday came before anything was known of this network.
    assert_eq!((told.outlook, told.good_days, told.days), (Outlook::Poor, 16, 19));
    assert!(told.history.iter().filter(|day| day.elsewhere).count() == 4);
}

#[test]
fn what_passed_to_a_server_in_the_house_counts_only_where_that_is_meant() {
    let mut past = good_days(11);
    past.iter_mut().for_each(|past| change(past, |found| found.public = false));
    let told = |past: &[Past], accept_internal_server| {
        let link = Link { network: Whereabouts::On(HERE), accept_internal_server };
        let requirements = &Profile::minimum().requirements;
        forecast(past, requirements, link, Timestamp::UNIX_EPOCH, Needs::default()).outlook
    };
    assert_eq!((told(&past, false), told(&past, true)), (Outlook::Nothing, Outlook::Good));
    past.iter_mut().for_each(|past| change(past, |found| found.verdict = Verdict::Fail));
    assert_eq!(told(&past, false), Outlook::Poor);
}

#[test]
fn of_an_older_room_what_was_probed_since_it_last_went_elsewhere_counts() {
    let mut past = good_days(20);
    past.iter_mut().for_each(|past| change(past, |found| found.network = None));
    let told = |since| told_of(&past, Profile::minimum(), Whereabouts::Untold(since)).days;
    assert_eq!(told(Timestamp::UNIX_EPOCH), 20);
    assert_eq!(told(past[2].window.to), 2);
    assert_eq!(told_of(&past, Profile::minimum(), Whereabouts::On(HERE)).days, 0);
}
