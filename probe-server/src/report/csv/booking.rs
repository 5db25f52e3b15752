//! A booking as a table: one fact a row.

use jiff::Timestamp;
use siaga_service::page::Language;

use super::{number, optional, table};
use crate::{
    gate::Refusal,
    report::{
        BookingReport,
        html::{by, told},
        words,
    },
};

/// Of what, when, which, how, how much, in words, by whom; of what is in the log: its number and hash.
const COLUMNS: [&str; 10] =
    ["section", "at", "item", "result", "value", "unit", "text", "who", "entry", "hash"];

#[derive(Default)]
struct Row {
    section: &'static str,
    at: Option<Timestamp>,
    item: String,
    result: String,
    value: Option<f64>,
    unit: &'static str,
    text: String,
    who: String,
    entry: Option<u64>,
    hash: String,
}

impl Row {
    fn cells(self) -> [String; 10] {
        let Self { section, at, item, result, value, unit, text, who, entry, hash } = self;
        [
            section.to_owned(),
            optional(at),
            item,
            result,
            value.map(number).unwrap_or_default(),
            unit.to_owned(),
            text,
            who,
            optional(entry),
            hash,
        ]
    }
}

/// The table.
pub(in crate::report) fn booking(report: &BookingReport, language: Language) -> Result<String, Refusal> {
    let mut rows = Vec::new();
    decision(report, language, &mut rows);
    request(report, &mut rows);
    verified(report, language, &mut rows);
    prepared(report, language, &mut rows);
    if let Some(told) = &report.concluded {
        rows.push(Row {
            section: "outcome",
            at: Some(told.at),
            result: told.outcome.clone(),
            text: told.note.clone().unwrap_or_default(),
            who: told.actor.clone().unwrap_or_default(),
            entry: Some(told.entry),
            ..Row::default()
        });
    }
    measured(report, &mut rows);
    history(report, language, &mut rows);
    table(COLUMNS, rows.into_iter().map(Row::cells))
}

fn decision(report: &BookingReport, language: Language, rows: &mut Vec<Row>) {
    let booking = &report.booking;
    let time = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse().ok());
    rows.push(Row {
        section: "decision",
        at: time(&booking.decided_at),
        item: report.row.reference.to_string(),
        result: booking.decision.as_str().to_owned(),
        text: words::told(&report.message(), language).to_owned(),
        who: booking.overridden.as_ref().map(|person| person.actor.clone()).unwrap_or_default(),
        entry: Some(booking.entry),
        ..Row::default()
    });
    rows.push(Row {
        section: "report",
        at: Some(report.written_at),
        item: "log".to_owned(),
        entry: Some(booking.log.seq),
        hash: booking.log.hash.to_string(),
        ..Row::default()
    });
    for (item, truncated) in [("log", report.truncated), ("measured", report.measured.truncated)] {
        if truncated {
            let (item, result) = (item.to_owned(), "truncated".to_owned());
            rows.push(Row { section: "report", item, result, ..Row::default() });
        }
    }
}

fn request(report: &BookingReport, rows: &mut Vec<Row>) {
    let row = &report.row;
    let mut said = |item: &str, text: String| {
        rows.push(Row { section: "request", item: item.to_owned(), text, ..Row::default() });
    };
    said("room", row.room.to_string());
    said("site", report.site.clone().unwrap_or_default());
    said("start", row.slot.start().to_string());
    said("end", row.slot.end().to_string());
    said("submitted_at", row.submitted_at.to_string());
    for key in ["title", "class", "profile", "letter_ref", "devices_expected", "room_owner"] {
        said(key, report.asked(key).unwrap_or_default());
    }
    for (fact, value) in report.facts() {
        said(&format!("facts.{fact}"), value.to_string());
    }
}

fn verified(report: &BookingReport, language: Language, rows: &mut Vec<Row>) {
    let mut others = 0;
    let findings = report.criteria();
    others += findings.others;
    for finding in findings.all {
        others += finding.evidence().others;
        rows.push(Row {
            section: "criterion",
            text: words::told(&finding.text, language).to_owned(),
            value: finding.age_s,
            unit: if finding.age_s.is_some() { "s" } else { "" },
            item: finding.code,
            result: format!("{} {}", finding.result, finding.reason),
            ..Row::default()
        });
    }
    for (section, told) in [("condition", report.conditions()), ("alternative", report.alternatives())] {
        others += told.others;
        for told in told.all {
            let text = words::told(&told.text, language).to_owned();
            rows.push(Row { section, item: told.code, text, ..Row::default() });
        }
    }
    if others > 0 {
        let text = "of another release; the JSON report has it".to_owned();
        #[allow(clippy::cast_precision_loss)] // Some dozens.
        let value = Some(others as f64);
        rows.push(Row {
            section: "report",
            item: "decision".to_owned(),
            result: "not_understood".to_owned(),
            value,
            text,
            ..Row::default()
        });
    }
}

fn prepared(report: &BookingReport, language: Language, rows: &mut Vec<Row>) {
    for check in &report.prechecks {
        rows.push(Row {
            section: "precheck",
            at: check.due_at,
            item: check.stage.to_owned(),
            result: check.ended.unwrap_or_default().to_owned(),
            ..Row::default()
        });
    }
    for ticked in &report.checklist {
        rows.push(Row {
            section: "checklist",
            at: ticked.at,
            item: ticked.item.to_string(),
            result: "done".to_owned(),
            text: language.of(words::step(ticked.item)).to_owned(),
            who: ticked.name.clone(),
            ..Row::default()
        });
    }
}

fn measured(report: &BookingReport, rows: &mut Vec<Row>) {
    for sample in &report.measured.samples {
        let (outcome, reason) =
            (sample.outcome.unwrap_or_default(), sample.reason.as_deref().unwrap_or_default());
        rows.push(Row {
            section: "measured",
            at: Some(sample.at),
            item: sample.series.to_string(),
            result: format!("{outcome} {reason}").trim().to_owned(),
            value: sample.value,
            unit: unit(&sample.series),
            ..Row::default()
        });
    }
    for event in &report.measured.events {
        rows.push(Row {
            section: "event",
            at: Some(event.at),
            item: event.kind.to_string(),
            text: event.detail.clone(),
            ..Row::default()
        });
    }
}

/// As probes report them.
fn unit(series: &str) -> &'static str {
    match series {
        "gate.up" | "gate.down" | "sustain.up" | "sustain.down" => "bit/s",
        "quality.up.jitter" | "quality.down.jitter" | "quality.rtt" => "ms",
        _ => "",
    }
}

fn history(report: &BookingReport, language: Language, rows: &mut Vec<Row>) {
    for entry in &report.entries {
        rows.push(Row {
            section: "log",
            at: Some(entry.at),
            item: entry.kind.clone(),
            text: told(entry, language),
            who: by(entry).unwrap_or_default().to_owned(),
            entry: Some(entry.seq),
            hash: entry.hash.clone(),
            ..Row::default()
        });
    }
}
