//! Faults that were seen in the field, for the evaluation after the event.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use siaga_probe::{Direction, Reason};
use siaga_readiness::{
    catalogue::{self, Words as Filled},
    reasons::Code,
};
use siaga_service::page::Language;

use crate::report::{
    BookingReport,
    html::happened,
    measured::{Happened, Measure},
    words::{self, EVENTS, SERIES, said},
};

/// What was seen from the preparation of the room until the end of the event.
pub(super) fn seen(report: &BookingReport, language: Language) -> Vec<Markup> {
    let during = |at: Timestamp| during(report, at);
    let probes = failed(report.measured.samples.iter().filter(|it| during(it.at)));
    let probes = probes.into_iter().map(|failure| failure.told(report, language));
    let events = report.measured.events.iter().filter(|it| during(it.at) && is_fault(it));
    let events = events.map(|event| {
        html! {
            (language.day_and_time(event.at, report.clock.rules())) ": " (words::named(EVENTS, &event.kind, language))
            @if let Some(detail) = happened::detail(event, report, language) { " – " (detail) }
        }
    });
    probes.chain(events).collect()
}

/// Something was measured in that time: of silence nothing is said.
pub(super) fn was_measured(report: &BookingReport) -> bool {
    report.measured.samples.iter().any(|it| during(report, it.at))
}

fn during(report: &BookingReport, at: Timestamp) -> bool {
    let slot = report.row.slot;
    let prepared = slot.start().checked_sub(PREPARATION).unwrap_or(slot.start());
    (prepared..slot.end()).contains(&at)
}

/// As long before the event as the procedure begins to prepare.
const PREPARATION: SignedDuration = SignedDuration::from_mins(150);

fn is_fault(event: &Happened) -> bool {
    match &*event.kind {
        "ROOM_NOT_READY" | "ROOM_OFFLINE" | "DEVICE_GONE" | "NET_CHANGED" | "CLOCK_STEPPED" => true,
        "DEVICE_CHANGED" => happened::has_failed(event),
        _ => false,
    }
}

/// Probes or trials that failed for one reason.
struct Failure<'a> {
    series: &'a str,
    reason: &'a str,
    count: usize,
    first: Timestamp,
    least: Option<f64>,
}

fn failed<'a>(samples: impl Iterator<Item = &'a Measure>) -> Vec<Failure<'a>> {
    let mut failures: BTreeMap<(&str, &str), Failure<'a>> = BTreeMap::new();
    for sample in samples.filter(|sample| sample.outcome == Some("bad")) {
        let (series, reason) = (&*sample.series, sample.reason.as_deref().unwrap_or_default());
        let failure = failures.entry((series, reason)).or_insert(Failure {
            series,
            reason,
            count: 0,
            first: sample.at,
            least: None,
        });
        failure.count += 1;
        failure.least = match (failure.least, sample.value) {
            (Some(least), Some(value)) => Some(least.min(value)),
            (least, value) => least.or(value),
        };
    }
    let mut failures: Vec<_> = failures.into_values().collect();
    failures.sort_by_key(|failure| failure.first);
    failures
}

impl Failure<'_> {
    fn told(&self, report: &BookingReport, language: Language) -> Markup {
        let required = report.measured.required(self.series);
        html! {
            (language.day_and_time(self.first, report.clock.rules())) ": "
            (words::named(SERIES, self.series, language)) " "
            (language.either("gagal", "failed"))
            @if self.count > 1 { " " (self.count) (language.either(" kali", " times")) }
            ". " (why(self.series, self.reason, self.least, required, language))
        }
    }
}

/// Why a probe or a trial found what it did.
pub(super) fn why(
    series: &str,
    reason: &str,
    value: Option<f64>,
    required: Option<u64>,
    language: Language,
) -> String {
    let direction = match series.rsplit_once('.') {
        Some(("gate" | "sustain", "up")) => Some(Direction::Up),
        Some(("gate" | "sustain", "down")) => Some(Direction::Down),
        _ => None,
    };
    let code = match direction {
        Some(direction) => parsed::<Reason>(reason).map(|reason| Code::of_probe(reason, direction)),
        None => parsed::<Code>(reason),
    };
    let Some(code) = code.filter(|code| *code != Code::Unknown) else { return reason.to_owned() };
    let words = Filled {
        value: value.map(|bps| bps / 1e6).filter(|_| direction.is_some()),
        required: required.map(|bps| super::evidence::as_f64(bps) / 1e6),
        in_sustain: series.starts_with("sustain"),
        ..Filled::default()
    };
    said(&catalogue::entry(code).found(&words), language).to_owned()
}

fn parsed<T: serde::de::DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(word.into()).ok()
}
