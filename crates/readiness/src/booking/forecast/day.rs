//! Whether one day's hours were good.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use siaga_probe::{Bitrate, Direction, Mode, Verdict, network::NetworkId};

use super::{Link, Whereabouts, Window};
use crate::{answer::CheckCode, evaluate::camera_checks, profile::Requirements};

/// What is kept of a room of one [`Window`].
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Of when.
    pub window: Window,
    /// What gate probes found in it, and sustain probes in the 24 hours before its end: each direction by itself, in any order.
    pub found: Vec<Found>,
    /// How the checks on cameras and the microphone stood, minute by minute, by the profile that the room went by. What that did not ask
    /// for is not there, or nothing.
    pub devices: BTreeMap<CheckCode, Minutes>,
    /// In how many minutes the room was heard.
    pub online: u32,
    /// Of how many.
    pub minutes: u32,
}

/// What a probe found of one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// When it began.
    pub at: Timestamp,
    /// Gate or sustain; others say nothing.
    pub mode: Mode,
    /// Which direction.
    pub direction: Direction,
    /// What came of it.
    pub verdict: Verdict,
    /// Nothing arrived for a while: no statement about a rate, but no pass either.
    pub outage: bool,
    /// To a server on the internet.
    pub public: bool,
    /// The rate that was asked about, where that was kept.
    pub rate_bps: Option<u64>,
    /// What arrived, where it was measured.
    pub delivered_bps: Option<u64>,
    /// On which network, where that was kept.
    pub network: Option<NetworkId>,
}

/// How a check stood, in minutes; at most one counts in each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Minutes {
    pub good: u32,
    pub bad: u32,
    pub unknown: u32,
}

/// What [`Past::devices`] is told of.
pub const DEVICES: [CheckCode; 6] = [
    CheckCode::Camera,
    CheckCode::CameraExternal,
    CheckCode::CameraMicrophone,
    CheckCode::CameraResolution,
    CheckCode::CameraFieldOfView,
    CheckCode::Microphone,
];

/// What one day says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Day {
    /// The office's day.
    pub date: Date,
    /// Gate probes that passed in both directions.
    pub passed: u32,
    /// Gate probes that did not.
    pub failed: u32,
    /// The room was on another network: it was probed there and not on the one that counts.
    pub elsewhere: bool,
    /// The link failed to hold the rates for longer than a gate probe looks, and has not been seen to hold them since.
    pub tired: bool,
    /// The devices were there for as long as they must be; `None` if nobody knows.
    pub devices: Option<bool>,
    /// Whether the day was good; `None` if too little is known of it to count.
    pub good: Option<bool>,
}

/// Of a day's probes, and of the minutes in which devices were looked at, so many percent must have been good.
const GOOD_PERCENT: u64 = 95;

/// Holds a day against a profile.
pub(super) fn judge(past: &Past, required: &Requirements, link: Link) -> Day {
    let (passed, failed) = gate(past, required, link);
    let tired = is_tired(past, required, link);
    let devices = devices(past, required);
    let carries = match required.network {
        Some(_) if passed + failed == 0 => None,
        _ => Some(is_enough(passed, failed) && !tired),
    };
    // What is bad is bad, whatever else is not known.
    let good = match (carries, devices) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => (past.online > 0 || required.network.is_some()).then_some(true),
        _ => None,
    };
    let elsewhere = passed + failed == 0 && is_elsewhere(past, link);
    Day { date: past.window.date, passed, failed, elsewhere, tired, devices, good }
}

fn is_elsewhere(past: &Past, link: Link) -> bool {
    let inside = past.window.from..past.window.to;
    let made = |found: &&Found| found.mode == Mode::Gate && inside.contains(&found.at);
    let Whereabouts::On(here) = link.network else { return false };
    past.found.iter().filter(made).any(|found| found.network.is_some_and(|network| network != here))
}

fn is_enough(good: u32, bad: u32) -> bool {
    u64::from(good) * 100 >= (u64::from(good) + u64::from(bad)) * GOOD_PERCENT
}

/// How many gate probes passed, and how many did not; one of which no statement came counts as neither.
fn gate(past: &Past, required: &Requirements, link: Link) -> (u32, u32) {
    let Some(rates) = required.network else { return (0, 0) };
    let mut probes: BTreeMap<Timestamp, [Option<bool>; 2]> = BTreeMap::new();
    let inside = past.window.from..past.window.to;
    for found in past.found.iter().filter(|it| it.mode == Mode::Gate && inside.contains(&it.at)) {
        if link.admits(found) {
            let probe = probes.entry(found.at).or_default();
            let (place, rate) = match found.direction {
                Direction::Up => (0, rates.up),
                Direction::Down => (1, rates.down),
            };
            probe[place] = found.says_of(rate);
        }
    }
    let mut counts = (0, 0);
    for probe in probes.values() {
        match probe {
            [Some(true), Some(true)] => counts.0 += 1,
            [Some(false), _] | [_, Some(false)] => counts.1 += 1,
            _ => {}
        }
    }
    counts
}

/// A sustain probe is made once a day, mostly not in the slot's hours; what it finds of the link's endurance holds for all of them.
fn is_tired(past: &Past, required: &Requirements, link: Link) -> bool {
    let Some(rates) = required.network else { return false };
    let since = past.window.to.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let lasts = |direction, rate| {
        let of_it = past.found.iter().filter(|it| {
            it.mode == Mode::Sustain
                && it.direction == direction
                && (since..past.window.to).contains(&it.at)
                && link.admits(it)
        });
        let said = of_it.filter(|it| !it.outage).filter_map(|it| Some((it.at, it.says_of(rate)?)));
        said.max_by_key(|(at, lasts)| (*at, !lasts)).is_none_or(|(_, lasts)| lasts)
    };
    !(lasts(Direction::Up, rates.up) && lasts(Direction::Down, rates.down))
}

impl Found {
    /// Whether the link carries `rate`; `None` if this says nothing of it. A pass counts for every lower rate. A failure says
    /// nothing of lower rates, and of a higher one that it was not carried either.
    fn says_of(&self, rate: Bitrate) -> Option<bool> {
        let asked = self.rate_bps?;
        match self.verdict {
            Verdict::Pass => (asked >= rate.bps()).then_some(true),
            Verdict::Fail => (asked <= rate.bps()).then_some(false),
            Verdict::Inconclusive => (self.outage && asked <= rate.bps()).then_some(false),
        }
    }
}

/// A check of which nobody could tell for more of the time than it was good says nothing.
fn devices(past: &Past, required: &Requirements) -> Option<bool> {
    let camera = required.camera.iter().flat_map(camera_checks);
    let microphone = required.microphone.as_ref().map(|_| CheckCode::Microphone);
    let mut known = Some(true);
    for code in camera.chain(microphone) {
        let Minutes { good, bad, unknown } = past.devices.get(&code).copied().unwrap_or_default();
        if good + bad > 0 && !is_enough(good, bad) {
            known = Some(false);
        } else if good == 0 || unknown > good {
            known = known.filter(|good| !good);
        }
    }
    known
}
