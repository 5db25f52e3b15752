//! A day as a table: a row for each booking, each room and each overdue review, and how many there were.

use siaga_service::page::Language;

use super::{number, optional, table};
use crate::{
    gate::Refusal,
    report::{
        DayReport,
        day::{DayRate, Meeting, RoomDay},
        words,
    },
};

const COLUMNS: [&str; 26] = [
    "section",
    "item",
    "room",
    "site",
    "start",
    "end",
    "class",
    "decision",
    "overridden",
    "standing",
    "ticked",
    "outcome",
    "text",
    "note",
    "who",
    "count",
    "minutes_heard",
    "minutes",
    "up_passed",
    "up_failed",
    "up_undecided",
    "up_lowest_bps",
    "down_passed",
    "down_failed",
    "down_undecided",
    "down_lowest_bps",
];

/// The table.
pub(in crate::report) fn day(report: &DayReport, language: Language) -> Result<String, Refusal> {
    let bookings = report.bookings.iter().map(|meeting| booking(meeting, language));
    let rooms = report.rooms.iter().map(room);
    let overdue = report.overdue.iter().map(|waiting| {
        row(
            "overdue",
            &[
                ("item", waiting.reference.to_string()),
                ("room", waiting.room.to_string()),
                ("start", waiting.start.to_string()),
                ("text", waiting.since.to_string()),
            ],
        )
    });
    table(COLUMNS, counts(report).into_iter().chain(bookings).chain(rooms).chain(overdue))
}

fn counts(report: &DayReport) -> Vec<[String; COLUMNS.len()]> {
    let count = |section: &'static str, item: &str, count: u64| {
        row(section, &[("item", item.to_owned()), ("count", count.to_string())])
    };
    let mut rows = vec![
        row(
            "report",
            &[
                ("item", report.date.to_string()),
                ("site", report.site.clone().unwrap_or_default()),
                ("start", report.from.to_string()),
                ("end", report.to.to_string()),
                ("text", report.log.to_string()),
                ("note", report.written_at.to_string()),
            ],
        ),
        count("count", "bookings", report.counts.bookings),
        count("count", "not_reported", report.counts.not_reported),
    ];
    let shortened = [
        ("bookings", report.bookings_truncated),
        ("rooms", report.rooms_truncated),
        ("overdue", report.overdue_truncated),
    ];
    for (item, _) in shortened.into_iter().filter(|(_, truncated)| *truncated) {
        rows.push(row("truncated", &[("item", item.to_owned())]));
    }
    rows.extend(report.counts.by_decision.iter().map(|(name, many)| count("decision", name, *many)));
    rows.extend(report.counts.by_outcome.iter().map(|(name, many)| count("outcome", name, *many)));
    for (section, of) in [("precision_day", &report.precision.day), ("precision_all", &report.precision.all)]
    {
        for (decision, outcomes) in [("approved", &of.approved), ("other", &of.others)] {
            rows.extend(outcomes.iter().map(|(outcome, many)| {
                row(
                    section,
                    &[
                        ("decision", decision.to_owned()),
                        ("outcome", outcome.clone()),
                        ("count", many.to_string()),
                    ],
                )
            }));
        }
    }
    rows
}

fn booking(meeting: &Meeting, language: Language) -> [String; COLUMNS.len()] {
    let told = meeting.outcome.as_ref();
    row(
        "booking",
        &[
            ("item", meeting.reference.to_string()),
            ("room", meeting.room.to_string()),
            ("site", meeting.site.clone().unwrap_or_default()),
            ("start", meeting.slot.start().to_string()),
            ("end", meeting.slot.end().to_string()),
            (
                "class",
                if meeting.class == siaga_readiness::booking::Class::Leaders { "leaders" } else { "regular" }
                    .to_owned(),
            ),
            ("decision", meeting.decision.as_str().to_owned()),
            ("overridden", meeting.overridden.to_string()),
            ("standing", meeting.standing.clone().unwrap_or_default()),
            ("ticked", meeting.ticked.to_string()),
            ("outcome", told.map(|told| told.outcome.clone()).unwrap_or_default()),
            ("text", words::told(&meeting.message, language).to_owned()),
            ("note", told.and_then(|told| told.note.clone()).unwrap_or_default()),
            ("who", told.and_then(|told| told.actor.clone()).unwrap_or_default()),
        ],
    )
}

fn room(room: &RoomDay) -> [String; COLUMNS.len()] {
    let faults: Vec<_> =
        room.faults.iter().map(|(check, minutes)| format!("{check} {minutes} min")).collect();
    let lowest = |rate: &DayRate| optional(rate.least_bps.map(number));
    let RoomDay { up, down, .. } = room;
    row(
        "room",
        &[
            ("room", room.room.to_string()),
            ("site", room.site.clone().unwrap_or_default()),
            ("text", faults.join("; ")),
            ("minutes_heard", room.heard_minutes.to_string()),
            ("minutes", room.minutes.to_string()),
            ("up_passed", up.passed.to_string()),
            ("up_failed", up.failed.to_string()),
            ("up_undecided", up.undecided.to_string()),
            ("up_lowest_bps", lowest(up)),
            ("down_passed", down.passed.to_string()),
            ("down_failed", down.failed.to_string()),
            ("down_undecided", down.undecided.to_string()),
            ("down_lowest_bps", lowest(down)),
        ],
    )
}

fn row(section: &str, cells: &[(&str, String)]) -> [String; COLUMNS.len()] {
    COLUMNS.map(|column| {
        let cell = cells.iter().find(|(name, _)| *name == column).map(|(_, cell)| cell.clone());
        if column == "section" { section.to_owned() } else { cell.unwrap_or_default() }
    })
}
