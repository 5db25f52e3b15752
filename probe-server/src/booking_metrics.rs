//! What the operator counts of bookings: decisions, checks before meetings, letters, and how right the gate was.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder, core::Collector};
use siaga_booking::{
    Bookings, StoreError,
    prechecks::Approval,
    tally::{Next, Tally},
    webhook::{Carried, Mailbag},
};
use siaga_readiness::{
    booking::{
        Ruling,
        precheck::{Ended, Fault, Stage, Standing},
    },
    profile::Profiles,
};

use crate::desk::Desk;

/// The metrics of bookings.
#[derive(Debug)]
pub struct BookingMetrics {
    registry: Registry,
    decisions: IntCounterVec,
    prechecks: IntCounterVec,
    told: IntCounterVec,
    fault: IntGaugeVec,
    letters: IntCounterVec,
    waiting: IntGauge,
    oldest: IntGauge,
    given_up: IntGauge,
    reviews: IntGauge,
    overdue: IntGauge,
    overridden: IntGaugeVec,
    entries: IntGauge,
    outcomes: IntGaugeVec,
    next_start: IntGaugeVec,
    next_ready: IntGaugeVec,
    readable: IntGauge,
    /// Two scrapes at once must not both begin anew.
    scrape: Mutex<()>,
}

impl BookingMetrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            register(&registry, IntCounterVec::new(Opts::new(name, help), labels).expect("constant name"))
        };
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            register(&registry, IntGaugeVec::new(Opts::new(name, help), labels).expect("constant name"))
        };
        let gauge =
            |name: &str, help: &str| register(&registry, IntGauge::new(name, help).expect("constant name"));
        let it = Self {
            decisions: counters(
                "siaga_bookings_total",
                "Decisions about bookings, by what was decided; a withdrawal is one too.",
                &["decision"],
            ),
            prechecks: counters(
                "siaga_prechecks_total",
                "Checks of rooms before their meetings, by how they ended.",
                &["stage", "ended"],
            ),
            told: counters(
                "siaga_approvals_changed_total",
                "Approvals that were withdrawn, unconfirmed or confirmed after that.",
                &["to"],
            ),
            fault: gauges(
                "siaga_server_fault",
                "1 while the server holds itself to blame for what it can't have checked; such a fault withdraws nothing.",
                &["fault"],
            ),
            letters: counters(
                "siaga_webhook_attempts_total",
                "Attempts to hand a letter to the webhook's receiver, by what became of it.",
                &["result"],
            ),
            waiting: gauge("siaga_webhook_waiting", "Letters that wait for the webhook's receiver."),
            oldest: gauge(
                "siaga_webhook_oldest_timestamp_seconds",
                "When the oldest letter that waits was written; 0 if none waits.",
            ),
            given_up: gauge(
                "siaga_webhook_given_up",
                "Letters of the last 30 days that were given up: the booking system does not know of what they tell.",
            ),
            reviews: gauge("siaga_reviews_waiting", "Bookings that wait for a person to look at them."),
            overdue: gauge(
                "siaga_reviews_overdue",
                "Bookings that have waited longer than a day for a person to look at them.",
            ),
            overridden: gauges(
                "siaga_bookings_overridden",
                "Bookings that a person decided in the gate's place, by what was decided.",
                &["decision"],
            ),
            entries: gauge("siaga_audit_entries", "Entries of the log of decisions, which only grows."),
            outcomes: gauges(
                "siaga_meetings",
                "Meetings whose outcome was told, by whether they were approved: of those that were, the share that went well \
                 is the gate's own precision.",
                &["approved", "outcome"],
            ),
            next_start: gauges(
                "siaga_next_booking_start_timestamp_seconds",
                "When the room's next approved booking within a week begins; absent if there is none.",
                &["room"],
            ),
            next_ready: gauges(
                "siaga_next_booking_ready",
                "1 if the room is ready now for its next approved booking within a week, else 0.",
                &["room"],
            ),
            readable: gauge("siaga_bookings_readable", "0 while the bookings can't be read, else 1."),
            scrape: Mutex::new(()),
            registry,
        };
        it.begin_at_zero();
        it
    }

    /// Counts a decision.
    pub fn decided(&self, ruling: Ruling) {
        self.decisions.with_label_values(&[ruling.as_str()]).inc();
    }

    /// Notes what the server holds itself to blame for.
    pub fn fault(&self, now: Option<Fault>) {
        for fault in FAULTS {
            self.fault.with_label_values(&[fault.as_str()]).set((now == Some(fault)).into());
        }
    }

    /// Counts what has become of an approval's pre-checks.
    pub fn stepped(&self, before: &Approval, after: &Approval) {
        for stage in Stage::ALL {
            let ended = after.progress.ended(stage).filter(|_| before.progress.ended(stage).is_none());
            if let Some(ended) = ended {
                self.prechecks.with_label_values(&[stage.as_str(), ended.as_str()]).inc();
            }
        }
        let (before, after) = (&before.progress.standing, &after.progress.standing);
        let to = match (before, after) {
            (_, Standing::Withdrawn(_)) => WITHDRAWN,
            (Standing::Unconfirmed(_), Standing::Confirmed) => CONFIRMED,
            (Standing::Pending | Standing::Confirmed, Standing::Unconfirmed(_)) => UNCONFIRMED,
            _ => return,
        };
        self.told.with_label_values(&[to]).inc();
    }

    /// Counts an attempt to hand a letter over.
    pub fn carried(&self, carried: Carried) {
        self.letters.with_label_values(&[carried.as_str()]).inc();
    }

    /// In Prometheus' text format, with how things stand at `now`. Reads the bookings, which may take a moment.
    #[must_use]
    pub fn render(
        &self,
        bookings: Result<&Bookings, StoreError>,
        desk: &Desk,
        profiles: &Profiles,
        now: Timestamp,
    ) -> String {
        let _one_at_a_time = self.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        self.next_start.reset();
        self.next_ready.reset();
        let looked = bookings.and_then(|bookings| {
            bookings.read(|reader| Ok((reader.tally(now)?, reader.mailbag()?, reader.next_meetings(now)?)))
        });
        self.readable.set(looked.is_ok().into());
        if let Ok((tally, mailbag, next)) = looked {
            self.stand(&tally, mailbag);
            for Next { room, start, profile } in next {
                let known = desk.room(&room).ok().flatten();
                let ready =
                    known.is_some_and(|known| known.readiness_named(&profile, profiles, None).is_granted());
                self.next_start.with_label_values(&[room.as_str()]).set(start.as_second());
                self.next_ready.with_label_values(&[room.as_str()]).set(ready.into());
            }
        }
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    fn stand(&self, tally: &Tally, mailbag: Mailbag) {
        for (approved, counts) in [("true", &tally.approved), ("false", &tally.others)] {
            for outcome in OUTCOMES {
                let count = counts.get(outcome).copied().unwrap_or_default();
                self.outcomes.with_label_values(&[approved, outcome]).set(whole(count));
            }
        }
        for ruling in OVERRIDES {
            let count = tally.overridden.get(ruling.as_str()).copied().unwrap_or_default();
            self.overridden.with_label_values(&[ruling.as_str()]).set(whole(count));
        }
        self.reviews.set(whole(tally.waiting));
        self.overdue.set(whole(tally.overdue));
        self.entries.set(whole(tally.entries));
        self.waiting.set(whole(mailbag.waiting));
        self.oldest.set(mailbag.oldest.map_or(0, Timestamp::as_second));
        self.given_up.set(whole(mailbag.given_up));
    }

    /// What has not happened yet is told as such.
    fn begin_at_zero(&self) {
        for ruling in Ruling::ALL {
            self.decisions.with_label_values(&[ruling.as_str()]);
        }
        for (stage, ended) in Stage::ALL.into_iter().flat_map(|stage| Ended::ALL.map(|ended| (stage, ended)))
        {
            self.prechecks.with_label_values(&[stage.as_str(), ended.as_str()]);
        }
        for to in [WITHDRAWN, UNCONFIRMED, CONFIRMED] {
            self.told.with_label_values(&[to]);
        }
        for carried in Carried::ALL {
            self.letters.with_label_values(&[carried.as_str()]);
        }
        self.fault(None);
        self.stand(&Tally::default(), Mailbag::default());
    }
}

impl Default for BookingMetrics {
    fn default() -> Self {
        Self::new()
    }
}

const FAULTS: [Fault; 5] = [Fault::JustStarted, Fault::RoomsAway, Fault::NoGrant, Fault::Late, Fault::Store];
const OVERRIDES: [Ruling; 2] = [Ruling::Approve, Ruling::Deny];
const OUTCOMES: [&str; 3] = ["ok", "troubled", "failed"];
const WITHDRAWN: &str = "withdrawn";
const UNCONFIRMED: &str = "unconfirmed";
const CONFIRMED: &str = "confirmed";

fn register<M: Collector + Clone + 'static>(registry: &Registry, metric: M) -> M {
    registry.register(Box::new(metric.clone())).expect("names differ");
    metric
}

fn whole(number: u64) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_metrics_of_bookings_are_as_in_the_golden_file_before_anything_has_happened() {
        let metrics = BookingMetrics::new();
        insta::assert_snapshot!(TextEncoder::new().encode_to_string(&metrics.registry.gather()).unwrap());
    }
}
