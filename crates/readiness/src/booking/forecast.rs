//! What a room was like at a slot's hours on the days before, and so what is to be expected of it.
//!
//! The unit is a day: probes of one afternoon fail together, and thirty of them say hardly more than one. Of the days of the slot's kind
//! (working or not) within the last four weeks, each is good if at least 95 % of the probes in the slot's hours, and the hour before
//! and after, passed at the profile's rates, no sustain probe within its last 24 hours stands that failed, and what the profile asks of camera and microphone was there.
//! [`windows`] tells which stretches of the past are asked for, whoever keeps them hands them over as [`Past`].

mod day;
mod lookback;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
pub use siaga_probe::{Direction, Mode, Reason, Verdict, network::NetworkId};

pub use day::{DEVICES, Day, Found, Minutes, Past};
pub use lookback::{LOOKBACK_DAYS, Window, windows};

use crate::profile::Requirements;

/// What is to be expected of a room at a slot's hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Forecast {
    /// In a word.
    pub outlook: Outlook,
    /// Whether it was made of working days, or of the others.
    pub working_days: bool,
    /// Days that were good.
    pub good_days: u32,
    /// Days of which enough is known to say so.
    pub days: u32,
    /// One-sided 95 % lower bound (Wilson) of the share of good days; `None` without a day.
    pub lower_bound: Option<f64>,
    /// What that must be at least.
    pub required: f64,
    /// What nine of ten gate probes at these hours delivered at least, of those that asked for the profile's rates.
    pub delivered: Delivered,
    /// Share of these hours in which the room was heard; `None` where nobody listened.
    pub online: Option<f64>,
    /// When the newest probe that it rests on began.
    pub newest: Option<Timestamp>,
    /// What it rests on, the newest first.
    pub history: Vec<Day>,
}

/// Rates, bit/s at the IP layer; `None` where nothing was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Delivered {
    /// From the room.
    pub up_p10_bps: Option<u64>,
    /// To the room.
    pub down_p10_bps: Option<u64>,
}

/// A forecast in a word, the worst first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// Too many of the days were not good.
    Poor,
    /// Nothing is known of such hours.
    Nothing,
    /// What is known is good, but of fewer days than [`Needs::days`]: too little history to say anything.
    TooLittle,
    /// What is known is good, and not yet enough for [`Self::Good`].
    Little,
    /// Good.
    Good,
}

/// What a forecast must show to be good; of the office's policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needs {
    /// The least lower bound: at 0.8, 11 good days of 11, or 19 of 20.
    pub lower_bound: f64,
    /// Of fewer days than these nothing is said.
    pub days: u32,
}

impl Default for Needs {
    fn default() -> Self {
        Self { lower_bound: 0.8, days: 5 }
    }
}

/// Which probes say something about the room's link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Those that were made on this network.
    pub network: Whereabouts,
    /// A pass to a server in the office's own network counts: the operator declares that it is what they mean.
    pub accept_internal_server: bool,
}

/// Which network's history counts: another network is another link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// The one that the room is on, or was on last.
    On(NetworkId),
    /// A room of an older release, which does not say: it may have gone elsewhere at this time, and not since.
    Untold(Timestamp),
    /// One that it has not been probed on yet.
    New,
}

impl Link {
    fn admits(self, found: &Found) -> bool {
        // A link that fails inside the house can't carry the rate further.
        let says_something = found.public || self.accept_internal_server || found.verdict != Verdict::Pass;
        says_something
            && match self.network {
                Whereabouts::On(network) => found.network == Some(network),
                Whereabouts::Untold(since) => found.network.is_none() && found.at >= since,
                Whereabouts::New => false,
            }
    }
}

/// Holds what is kept of a room's past against a profile. `known_since`: before that nobody listened for the room.
#[must_use]
pub fn forecast(
    past: &[Past],
    required: &Requirements,
    link: Link,
    known_since: Timestamp,
    needs: Needs,
) -> Forecast {
    let of_kind = |working: bool| {
        let of_kind: Vec<&Past> = past.iter().filter(|it| it.window.working == working).collect();
        (!of_kind.is_empty()).then(|| of_one_kind(&of_kind, working, required, link, known_since, needs))
    };
    // A slot that falls on both kinds is as good as the worse of them.
    let worse = |one: &Forecast, other: &Forecast| {
        let bound = |it: &Forecast| it.lower_bound.unwrap_or(0.0);
        one.outlook.cmp(&other.outlook).then(bound(one).total_cmp(&bound(other)))
    };
    let told = [true, false].into_iter().filter_map(of_kind).min_by(worse);
    told.unwrap_or_else(|| of_one_kind(&[], true, required, link, known_since, needs))
}

fn of_one_kind(
    past: &[&Past],
    working_days: bool,
    required: &Requirements,
    link: Link,
    known_since: Timestamp,
    needs: Needs,
) -> Forecast {
    let mut history: Vec<Day> = past.iter().map(|past| day::judge(past, required, link)).collect();
    // The newest comes first. A laptop that was carried elsewhere and came back will be elsewhere again.
    if let Some(first) = history.iter().rposition(|day| day.passed + day.failed > 0) {
        for day in history[..first].iter_mut().filter(|day| day.elsewhere) {
            day.good = Some(false);
        }
    }
    let counted = history.iter().filter(|day| day.good.is_some()).count();
    let good = history.iter().filter(|day| day.good == Some(true)).count();
    let (days, good_days) = (count(counted), count(good));
    let (lower_bound, outlook) = outlook(good_days, days, needs);
    let gate = || {
        let inside = past.iter().flat_map(|past| past.found.iter().map(move |found| (past.window, found)));
        inside.filter(|(window, it)| {
            it.mode == Mode::Gate && (window.from..window.to).contains(&it.at) && link.admits(it)
        })
    };
    let delivered = |direction, rate: Option<u64>| {
        let asked = gate().filter(|(_, it)| it.direction == direction && it.rate_bps >= rate);
        p10(asked.filter_map(|(_, it)| it.delivered_bps).collect())
    };
    let rates = required.network;
    let listened = || past.iter().filter(|past| past.window.from >= known_since);
    let minutes: u32 = listened().map(|past| past.minutes).sum();
    let online: u32 = listened().map(|past| past.online.min(past.minutes)).sum();
    let conclusive = gate().filter(|(_, it)| it.verdict != Verdict::Inconclusive);
    Forecast {
        outlook,
        working_days,
        good_days,
        days,
        lower_bound,
        required: needs.lower_bound,
        delivered: Delivered {
            up_p10_bps: delivered(Direction::Up, rates.map(|it| it.up.bps())),
            down_p10_bps: delivered(Direction::Down, rates.map(|it| it.down.bps())),
        },
        online: (minutes > 0).then(|| thousandths(f64::from(online) / f64::from(minutes))),
        newest: conclusive.map(|(_, it)| it.at).max(),
        history,
    }
}

/// What so many good days of so many come to, with the lower bound.
pub(super) fn outlook(good_days: u32, days: u32, needs: Needs) -> (Option<f64>, Outlook) {
    let lower_bound = (days > 0).then(|| thousandths(wilson(good_days, days)));
    let outlook = match lower_bound {
        None => Outlook::Nothing,
        Some(bound) if bound >= needs.lower_bound && days >= needs.days => Outlook::Good,
        Some(_) if good_days < days => Outlook::Poor,
        Some(_) if days < needs.days => Outlook::TooLittle,
        Some(_) => Outlook::Little,
    };
    (lower_bound, outlook)
}

impl Forecast {
    /// The days that it is made of.
    pub fn dates(&self) -> impl Iterator<Item = Date> {
        self.history.iter().filter(|day| day.good.is_some()).map(|day| day.date)
    }
}

/// Lower bound of a share of which `good` of `all` were seen, one-sided at 95 % (Wilson 1927).
fn wilson(good: u32, all: u32) -> f64 {
    let (n, share) = (f64::from(all), f64::from(good) / f64::from(all));
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - spread) / (1.0 + Z * Z / n)).max(0.0)
}

/// The 95 % quantile of the normal distribution.
const Z: f64 = 1.644_853_626_951_472_2;

/// Rounded down: what is just short of a bound must not read as met.
fn thousandths(share: f64) -> f64 {
    (share * 1e3 + 1e-9).floor() / 1e3
}

/// What nine of ten are not below.
fn p10(mut rates: Vec<u64>) -> Option<u64> {
    rates.sort_unstable();
    rates.get(rates.len() / 10).copied()
}

fn count(days: usize) -> u32 {
    u32::try_from(days).unwrap_or(u32::MAX)
}
