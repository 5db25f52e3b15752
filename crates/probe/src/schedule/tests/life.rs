//! A room's life in virtual time.

use super::*;

/// Day 0 begins at midnight.
pub(super) const fn at(day: u32, hour: u32, minute: u32) -> Duration {
    Duration::from_secs(60 * (60 * (24 * day as u64 + hour as u64) + minute as u64))
}

pub(super) fn pass(bytes: u64) -> Attempt {
    let reason = Reason::Sustained;
    Attempt { verdict: Verdict::Pass, reason, retry_after: None, next_probe_in: None, bytes }
}

pub(super) fn fail(bytes: u64) -> Attempt {
    Attempt { verdict: Verdict::Fail, reason: Reason::QueueGrows, ..pass(bytes) }
}

pub(super) fn fruitless(retry_after: Option<Duration>) -> Attempt {
    Attempt { verdict: Verdict::Inconclusive, reason: Reason::Undecided, retry_after, ..pass(6_000) }
}

/// An attempt that this side ended for the sake of something else.
pub(super) fn stopped(reason: Reason, bytes: u64) -> Attempt {
    Attempt { verdict: Verdict::Inconclusive, reason, ..pass(bytes) }
}

/// What a steady link at 10 up and 20 down costs.
fn steady(mode: Mode) -> Attempt {
    pass(match mode {
        Mode::Gate | Mode::Unknown => 3_940_000,
        Mode::Sustain => 82_700_000,
        Mode::Quality => 100_000,
    })
}

/// How long a probe takes.
pub(super) const fn length(mode: Mode) -> Duration {
    Duration::from_secs(match mode {
        Mode::Gate | Mode::Unknown => 1,
        Mode::Sustain => 22,
        Mode::Quality => 10,
    })
}

/// A machine that is on.
pub(super) struct Life {
    pub(super) schedule: Schedule,
    pub(super) now: Duration,
    /// What the room is like at a time.
    pub(super) room: fn(Duration) -> Situation,
    /// What comes of a probe.
    pub(super) results: fn(Mode) -> Attempt,
    /// What was made, and when it began.
    pub(super) made: Vec<(Duration, Mode)>,
    /// What was put off, and when that was told.
    pub(super) told: Vec<(Duration, PutOff)>,
}

impl Life {
    pub(super) fn new(plan: Plan) -> Self {
        Self::switched_on_at(Duration::ZERO, plan, None)
    }

    pub(super) fn switched_on_at(now: Duration, plan: Plan, known: Option<Sustained>) -> Self {
        let mut schedule = Schedule::new(plan, Vec::new(), now);
        if let Some(sustained) = known {
            schedule.recall(now, sustained);
        }
        Self { schedule, now, room: |_| FREE, results: steady, made: Vec::new(), told: Vec::new() }
    }

    /// Lives on until `end`, as the agent's driver does.
    pub(super) fn until(&mut self, end: Duration) {
        const LISTENING: Duration = Duration::from_secs(2);
        let mut listened = false;
        while self.now < end {
            let mut situation = (self.room)(self.now);
            if !listened {
                situation.traffic = Traffic::Unmeasured;
            }
            listened = false;
            match self.schedule.next(self.now, situation) {
                Action::Probe(mode) => {
                    self.made.push((self.now, mode));
                    self.now += length(mode);
                    self.schedule.on_result(self.now, mode, (self.results)(mode));
                }
                Action::Listen => {
                    self.now += LISTENING;
                    listened = true;
                }
                Action::Wait { until, put_off } => {
                    self.told.extend(put_off.into_iter().map(|it| (self.now, it)));
                    assert!(until > self.now, "the driver would spin");
                    self.now = until.min(end);
                }
            }
        }
    }

    pub(super) fn times(&self, wanted: Mode) -> Vec<Duration> {
        self.made.iter().filter(|(_, mode)| *mode == wanted).map(|(at, _)| *at).collect()
    }

    pub(super) fn count(&self, wanted: Mode, from: Duration, to: Duration) -> usize {
        self.times(wanted).iter().filter(|at| (from..to).contains(*at)).count()
    }

    /// Why probes of this kind were put off between two times, each reason once.
    pub(super) fn reasons(&self, mode: Mode, from: Duration, to: Duration) -> Vec<Reason> {
        let within = self.told.iter().filter(|(at, it)| it.mode == mode && (from..to).contains(at));
        let mut reasons: Vec<Reason> = within.map(|(_, it)| it.reason).collect();
        reasons.dedup();
        reasons
    }
}

pub(super) const fn meeting_if(is_on: bool) -> Meeting {
    if is_on { Meeting::On } else { Meeting::Off }
}

/// Monday to Friday 07:30 to 16:00 if day 0 is a Monday; early from five to seven every day.
pub(super) fn office(now: Duration) -> Situation {
    let today = now.as_secs() / DAY.as_secs();
    let time = now - DAY * u32::try_from(today).unwrap();
    let day = |more: u64| u32::try_from(today + more).unwrap();
    let (opens, closes) = (at(0, 7, 30), at(0, 16, 0));
    let works = |day: u64| day % 7 < 5;
    let hours = if works(today) && (opens..closes).contains(&time) {
        Hours::Open
    } else {
        let first = u64::from(time >= opens);
        let next = (first..8).find(|more| works(today + more)).unwrap();
        Hours::Closed { until: at(day(next), 7, 30) }
    };
    let next = day(u64::from(time >= at(0, 7, 0)));
    Situation { hours, early: Some(Window { begins: at(next, 5, 0), ends: at(next, 7, 0) }), ..FREE }
}
