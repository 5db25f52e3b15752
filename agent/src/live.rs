//! What is being done in the room at this moment, for whoever watches: its page and its command line. No evidence.

use std::{sync::Arc, time::Instant};

use serde::{Deserialize, Serialize};
use siaga_probe::{Mode, outcome::ByteCount};
use siaga_readiness::trial::DeviceKind;
use siaga_transport::client::Meter;
use tokio::sync::watch;

/// Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<watch::Sender<Going>>);

/// What goes on.
#[derive(Debug, Clone, Default)]
pub struct Going {
    /// The probe that runs.
    pub probe: Option<Probing>,
    /// The device that is being tried.
    pub trial: Option<Trying>,
    probes: u64,
}

/// A probe that runs.
#[derive(Debug, Clone)]
pub struct Probing {
    /// Tells probes apart.
    pub number: u64,
    /// Its kind.
    pub mode: Mode,
    /// What it has sent and received so far.
    pub meter: Meter,
}

/// A device that is being tried.
#[derive(Debug, Clone)]
pub struct Trying {
    /// Its name.
    pub device: String,
    /// What it is.
    pub kind: DeviceKind,
    /// The greatest amplitude that was heard lately, out of 2^31; `None` before the first, and of a camera.
    pub level: Option<u32>,
}

impl Live {
    /// A probe runs, until the answer is dropped.
    #[must_use]
    pub fn probing(&self, mode: Mode, meter: &Meter) -> impl Drop + use<> {
        let meter = meter.clone();
        self.0.send_modify(|going| {
            going.probes += 1;
            going.probe = Some(Probing { number: going.probes, mode, meter });
        });
        Ending { live: self.clone(), end: |going| going.probe = None }
    }

    /// A device is being tried, until the answer is dropped.
    #[must_use]
    pub fn trying(&self, kind: DeviceKind, device: &str) -> impl Drop + use<> {
        let trial = Trying { device: device.to_owned(), kind, level: None };
        self.0.send_modify(|going| going.trial = Some(trial));
        Ending { live: self.clone(), end: |going| going.trial = None }
    }

    /// The microphone that is being tried has heard something so loud.
    pub fn heard(&self, level: u32) {
        self.0.send_modify(|going| {
            if let Some(trial) = &mut going.trial {
                trial.level = Some(level);
            }
        });
    }

    /// Something that is not evidence is another than it was, and whoever watches should look.
    pub fn stir(&self) {
        self.0.send_modify(|_| {});
    }

    /// What goes on now.
    #[must_use]
    pub fn sight(&self) -> Sight {
        self.0.borrow().sight(false)
    }

    /// What goes on, whenever that changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Going> {
        self.0.subscribe()
    }
}

impl Going {
    /// The same as it is told to another process.
    #[must_use]
    pub fn sight(&self, probe_wanted: bool) -> Sight {
        let probe = self.probe.as_ref().map(|it| ProbeSeen {
            number: it.number,
            mode: it.mode,
            bytes: it.meter.ip_bytes(),
        });
        let trial = self.trial.as_ref().map(|it| TrialSeen { kind: it.kind, level: it.level });
        Sight { probe, trial, probe_wanted }
    }
}

/// What goes on, as `GET /v1/live` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// The probe that runs.
    pub probe: Option<ProbeSeen>,
    /// The device that is being tried.
    pub trial: Option<TrialSeen>,
    /// Whether somebody waits for a probe that is not over.
    pub probe_wanted: bool,
}

/// A probe that runs, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeSeen {
    /// Tells probes apart.
    pub number: u64,
    /// Its kind.
    pub mode: Mode,
    /// What it has sent and received so far: two looks make a rate.
    pub bytes: ByteCount,
}

/// A device that is being tried, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialSeen {
    /// What it is.
    pub kind: DeviceKind,
    /// As in [`Trying`].
    pub level: Option<u32>,
}

struct Ending {
    live: Live,
    end: fn(&mut Going),
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.live.0.send_modify(self.end);
    }
}

/// How fast bytes pass, by looks at a count of them.
#[derive(Debug)]
pub struct Speed {
    looked: Instant,
    before: ByteCount,
    rates: Rates,
}

/// Bits per second at the IP layer, since the look before.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// From this machine.
    pub up_bps: f64,
    /// To it.
    pub down_bps: f64,
}

/// Looks that are closer together see the same: a rate over less is a matter of chance.
const SHORTEST: f64 = 0.1;

impl Speed {
    /// From `now` on, when so much has `passed`.
    #[must_use]
    pub fn new(passed: ByteCount, now: Instant) -> Self {
        Self { looked: now, before: passed, rates: Rates::default() }
    }

    /// The rates at `now`, when so much has `passed`.
    pub fn look(&mut self, passed: ByteCount, now: Instant) -> Rates {
        let seconds = now.saturating_duration_since(self.looked).as_secs_f64();
        if seconds >= SHORTEST {
            let rate = |now: u64, before: u64| {
                f64::from(u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX)) * 8.0 / seconds
            };
            self.rates = Rates {
                up_bps: rate(passed.sent, self.before.sent),
                down_bps: rate(passed.received, self.before.received),
            };
            (self.looked, self.before) = (now, passed);
        }
        self.rates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_told_until_it_ends() {
        let live = Live::default();
        let watch = live.watch();
        let probing = live.probing(Mode::Gate, &Meter::default());
        let trying = live.trying(DeviceKind::Microphone, "C920");
        live.heard(7);
        assert_eq!(watch.borrow().trial.as_ref().unwrap().level, Some(7));
        drop(trying);
        live.heard(8);
        assert!(watch.borrow().trial.is_none() && watch.borrow().probe.is_some());
        let sight = watch.borrow().sight(true);
        let told: Sight = serde_json::from_str(&serde_json::to_string(&sight).unwrap()).unwrap();
        assert_eq!((told.probe.as_ref().map(|it| it.mode), &told), (Some(Mode::Gate), &sight));
        drop(probing);
        assert!(watch.borrow().probe.is_none());
    }

    #[test]
    fn a_rate_is_of_what_passed_between_two_looks_that_are_not_too_close() {
        let (began, passed) = (Instant::now(), |sent, received| ByteCount { sent, received });
        let mut speed = Speed::new(passed(1_000, 0), began);
        let after = |ms| began + std::time::Duration::from_millis(ms);
        let first = Rates { up_bps: 2_000_000.0, down_bps: 4_000_000.0 };
        assert_eq!(speed.look(passed(126_000, 250_000), after(500)), first);
        assert_eq!(speed.look(passed(999_000, 999_000), after(510)), first, "too close");
        assert_eq!(speed.look(passed(126_000, 250_000), after(1_000)), Rates::default());
    }
}
