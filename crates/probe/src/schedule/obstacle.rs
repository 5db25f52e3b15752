//! What stands in a probe's way.

use std::time::Duration;

use super::{DAY, REST, Schedule};
use crate::{Mode, Reason};

/// What the room is like at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// Whether a meeting is on.
    pub meeting: Meeting,
    /// What else uses the line.
    pub traffic: Traffic,
    /// Data on the present link is paid for by volume.
    pub metered: bool,
    /// The office's hours.
    pub hours: Hours,
    /// The early hours in which nobody is there: the present ones, else the next.
    pub early: Option<Window>,
}

/// Whether somebody uses the room's camera or microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// Nobody does.
    Off,
    /// Somebody does.
    On,
    /// Nobody has looked lately.
    Unknown,
}

/// What else uses the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// That was not measured just now.
    Unmeasured,
    /// Nothing that matters; or it can't be measured here.
    Quiet,
    /// So much that it may be a meeting without this room's devices.
    Busy,
}

/// The office's hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// None are known: it may be open at any time.
    Unknown,
    /// Open.
    Open,
    /// Closed.
    Closed {
        /// When it opens.
        until: Duration,
    },
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Window {
    pub begins: Duration,
    /// Not included.
    pub ends: Duration,
}

/// While a meeting is on or the line is busy, a probe that is due asks this often whether it is over.
const LOOK: Duration = Duration::from_secs(30);

/// The same while nobody has looked at the devices: the next scan is a matter of seconds.
const SCAN: Duration = Duration::from_secs(1);

/// A line that has not been found quiet for this long is always like that: no meeting without a camera or microphone
/// lasts longer.
const LONGEST_MEETING: Duration = Duration::from_secs(4 * 60 * 60);

/// Rooms begin within this part of the interval after the office opens: they don't ask together.
const OPENING_SPREAD: u32 = 6;

impl Schedule {
    /// Takes in what the situation says beyond this moment.
    pub(super) fn note(&mut self, now: Duration, situation: Situation) {
        match situation.traffic {
            Traffic::Unmeasured => {}
            Traffic::Quiet => self.busy_since = None,
            Traffic::Busy => self.busy_since = self.busy_since.or(Some(now)),
        }
        if let Hours::Closed { until } = situation.hours
            && self.opening < until
        {
            self.opening = until + self.jitter.stretch(self.plan.interval / OPENING_SPREAD, 0.0..1.0);
        }
    }

    /// When a probe of this kind is due; not later than `now` means that it is.
    pub(super) fn due(&self, mode: Mode, now: Duration, situation: Situation) -> Duration {
        let after_opening =
            |due: Duration| if situation.hours == Hours::Open { due.max(self.opening) } else { due };
        match mode {
            Mode::Gate | Mode::Unknown if self.demanded => now.max(self.demanded_due()),
            Mode::Gate | Mode::Unknown => after_opening(self.gate.due),
            Mode::Quality => after_opening(self.quality.due),
            // A link that failed the short probe fails the long one, and that costs thirty times as much: not before the
            // gate has passed.
            Mode::Sustain if self.gate.has_failed() => Duration::MAX,
            Mode::Sustain => self.sustain.due(situation),
        }
    }

    /// When a gate probe that somebody asked for may begin, as far as this side's rest and a busy server's turn go.
    pub(super) fn demanded_due(&self) -> Duration {
        let rested = self.gate.ended_at().map_or(Duration::ZERO, |ended| ended + REST);
        rested.max(self.gate.held_until())
    }

    /// Why a probe of this kind must not be made although it is due, and when to ask again: later than `now`.
    pub(super) fn obstacle(
        &self,
        mode: Mode,
        now: Duration,
        situation: Situation,
    ) -> Option<(Reason, Duration)> {
        let demanded = self.is_demanded(mode);
        if situation.metered && !demanded {
            return Some((Reason::Metered, now + DAY));
        }
        if let Hours::Closed { .. } = situation.hours
            && mode != Mode::Sustain
            && !demanded
        {
            return Some((Reason::OutsideHours, self.opening.max(now + LOOK)));
        }
        let (needed, limit) = (self.needed(mode), self.limit(situation));
        match self.budget.fits_at(now, needed, limit) {
            Some(at) if at <= now => {}
            freed => return Some((Reason::BudgetSpent, freed.unwrap_or(now + DAY))),
        }
        match situation.meeting {
            Meeting::On => return Some((Reason::MeetingOn, now + LOOK)),
            // Whoever asks is in the room, and sees what no scan has told.
            Meeting::Unknown if !demanded => return Some((Reason::MeetingUnknown, now + SCAN)),
            Meeting::Off | Meeting::Unknown => {}
        }
        let busy = situation.traffic == Traffic::Busy && self.minds_traffic(mode, now);
        busy.then_some((Reason::OtherTraffic, now + LOOK))
    }

    /// Whether a probe of this kind, made at `now`, yields to what else uses the line.
    #[must_use]
    pub fn minds_traffic(&self, mode: Mode, now: Duration) -> bool {
        let always_busy = self.busy_since.is_some_and(|since| now >= since + LONGEST_MEETING);
        match mode {
            Mode::Gate | Mode::Unknown => !(self.demanded || always_busy),
            // Over a busy line the one would load it for half a minute, and the other would say nothing.
            Mode::Sustain | Mode::Quality => true,
        }
    }

    /// Whether somebody asked for a probe of this kind, and waits for it.
    #[must_use]
    pub fn is_demanded(&self, mode: Mode) -> bool {
        mode == Mode::Gate && self.demanded
    }

    /// What must be left of the budget. The gate, which readiness rests on, goes first: what the other kinds leave must
    /// pay for its next probe. What gates cost within the last day stands for what they will cost in the next.
    fn needed(&self, mode: Mode) -> u64 {
        let costs = &self.plan.costs;
        match mode {
            // Somebody who asks is not turned away for a cost that is seldom.
            Mode::Gate | Mode::Unknown if self.demanded => costs.usual_gate,
            Mode::Gate | Mode::Unknown => costs.gate,
            Mode::Sustain => costs.sustain.max(costs.usual_sustain.saturating_add(costs.gate)),
            Mode::Quality => costs.quality.saturating_add(costs.gate),
        }
    }

    fn limit(&self, situation: Situation) -> u64 {
        let Self { plan, .. } = self;
        if situation.metered { plan.metered_daily_bytes.min(plan.daily_bytes) } else { plan.daily_bytes }
    }
}
