//! One report into the tables.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{Committed, Retention, words::Words};
use crate::record::{Event, Outcome, Report, RoomState, Sample};

/// Puts a report into the tables.
pub(super) fn take(
    step: &Transaction<'_>,
    words: &mut Words,
    retention: &Retention,
    report: &Report,
) -> rusqlite::Result<Committed> {
    let room = room(step, report)?;
    let now = report.received.wall.as_millisecond();
    if let Some(state) = &report.state {
        take_state(step, words, room, report, state)?;
    }
    for event in &report.noticed {
        take_event(step, words, room, event)?;
    }
    let kept = now.saturating_sub(millis(retention.hourly))..now.saturating_add(CLOCKS_DIFFER);
    let before = through(step, room, report)?;
    let mut committed = Committed { through: before, ignored: 0 };
    for frame in &report.frames {
        // Sent again because the room never heard that it was committed.
        if frame.sequence <= committed.through {
            continue;
        }
        committed.through = frame.sequence;
        for sample in &frame.samples {
            if kept.contains(&sample.at.as_millisecond()) {
                take_sample(step, words, room, sample)?;
            } else {
                committed.ignored += 1;
            }
        }
        for event in &frame.events {
            if kept.contains(&event.at.as_millisecond()) {
                take_event(step, words, room, event)?;
            } else {
                committed.ignored += 1;
            }
        }
    }
    if committed.through != before {
        remember_through(step, room, report, committed.through)?;
    }
    Ok(committed)
}

/// A room's clock is anchored to the server's when it reports; what lies further ahead is wrong.
const CLOCKS_DIFFER: i64 = 5 * 60_000;

/// Whether the room itself has said anything. That its link is gone is noticed here, a while after it was heard last.
fn is_heard(report: &Report) -> bool {
    let Report { about, state, frames, noticed, .. } = report;
    about.is_some() || state.is_some() || !frames.is_empty() || noticed.is_empty()
}

fn room(step: &Transaction<'_>, report: &Report) -> rusqlite::Result<i64> {
    let about = report.about.as_ref();
    step.prepare_cached(
        "INSERT INTO rooms (name, first_seen, last_seen, site, agent) VALUES (?1, ?2, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET last_seen = CASE WHEN ?6 THEN ?2 ELSE last_seen END,
             site = CASE WHEN ?5 THEN ?3 ELSE site END, agent = CASE WHEN ?5 THEN ?4 ELSE agent END
         RETURNING id",
    )?
    .query_row(
        params![
            report.room.as_str(),
            report.received.wall.as_millisecond(),
            about.and_then(|about| about.site.as_ref()).map(|site| site.as_str()),
            about.and_then(|about| about.agent.as_ref()).map(|agent| agent.as_str()),
            about.is_some(),
            is_heard(report),
        ],
        |row| row.get(0),
    )
}

fn take_state(
    step: &Transaction<'_>,
    words: &mut Words,
    room: i64,
    report: &Report,
    state: &RoomState,
) -> rusqlite::Result<()> {
    let now = report.received.wall.as_millisecond();
    let before: Option<i64> = step
        .prepare_cached("SELECT received FROM states WHERE room = ?1")?
        .query_row([room], |row| row.get(0))
        .optional()?;
    if before.is_none_or(|before| before.div_euclid(MINUTE) != now.div_euclid(MINUTE)) {
        for (series, outcome) in &state.standing {
            let series = words.number(step, series)?;
            into_hour(step, room, now, series, *outcome, None)?;
        }
    }
    let since_boot = i64::try_from(report.received.since_boot.as_millis()).unwrap_or(i64::MAX);
    step.prepare_cached(
        "INSERT INTO states (room, received, boot, since_boot, json) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (room) DO UPDATE SET received = ?2, boot = ?3, since_boot = ?4, json = ?5",
    )?
    .execute(params![room, now, report.received.boot.to_string(), since_boot, state.json()])?;
    Ok(())
}

const MINUTE: i64 = 60_000;

fn through(step: &Transaction<'_>, room: i64, report: &Report) -> rusqlite::Result<u64> {
    let through: Option<i64> = step
        .prepare_cached("SELECT through FROM journals WHERE room = ?1 AND journal = ?2")?
        .query_row(params![room, report.journal.cast_signed()], |row| row.get(0))
        .optional()?;
    Ok(through.map_or(0, i64::cast_unsigned))
}

fn remember_through(
    step: &Transaction<'_>,
    room: i64,
    report: &Report,
    through: u64,
) -> rusqlite::Result<()> {
    step.prepare_cached(
        "INSERT INTO journals (room, journal, through, touched) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (room, journal) DO UPDATE SET through = ?3, touched = ?4",
    )?
    .execute(params![
        room,
        report.journal.cast_signed(),
        through.cast_signed(),
        report.received.wall.as_millisecond()
    ])?;
    step.prepare_cached(
        "DELETE FROM journals WHERE room = ?1 AND journal <> ?2 AND journal NOT IN
             (SELECT journal FROM journals WHERE room = ?1 ORDER BY touched DESC LIMIT ?3)",
    )?
    .execute(params![room, report.journal.cast_signed(), JOURNALS])?;
    Ok(())
}

/// How many journals of a room are remembered: it gets a new one with a new disk, not more often.
const JOURNALS: i64 = 4;

fn take_sample(
    step: &Transaction<'_>,
    words: &mut Words,
    room: i64,
    sample: &Sample,
) -> rusqlite::Result<()> {
    let series = words.number(step, &sample.series)?;
    let reason = sample.reason.as_ref().map(|reason| words.number(step, reason)).transpose()?;
    let value = sample.value.filter(|value| value.is_finite());
    let at = sample.at.as_millisecond();
    let new = step
        .prepare_cached(
            "INSERT OR IGNORE INTO samples (room, at, series, outcome, reason, value, rate, network, public)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            room,
            at,
            series,
            code(sample.outcome),
            reason,
            value,
            sample.of.map(|of| of.rate_bps.cast_signed()),
            sample.of.and_then(|of| of.network).map(|network| network.0.cast_signed()),
            sample.of.map(|of| of.public),
        ])?;
    // Told by another journal before: it must not count twice.
    if new == 1 { into_hour(step, room, at, series, sample.outcome, value) } else { Ok(()) }
}

fn into_hour(
    step: &Transaction<'_>,
    room: i64,
    at: i64,
    series: i64,
    outcome: Outcome,
    value: Option<f64>,
) -> rusqlite::Result<()> {
    step.prepare_cached(
        "INSERT INTO hours (room, hour, series, good, bad, unknown, measured, sum, least, most)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8)
         ON CONFLICT (room, hour, series) DO UPDATE SET
             good = good + ?4, bad = bad + ?5, unknown = unknown + ?6, measured = measured + ?7, sum = ifnull(sum + ?8, ifnull(sum, ?8)),
             least = min(ifnull(least, ?8), ifnull(?8, least)), most = max(ifnull(most, ?8), ifnull(?8, most))",
    )?
    .execute(params![
        room,
        at.div_euclid(HOUR),
        series,
        outcome == Outcome::Good,
        outcome == Outcome::Bad,
        outcome == Outcome::Unknown,
        value.is_some(),
        value,
    ])?;
    Ok(())
}

pub(super) const HOUR: i64 = 3_600_000;

fn take_event(step: &Transaction<'_>, words: &mut Words, room: i64, event: &Event) -> rusqlite::Result<()> {
    let kind = words.number(step, &event.kind)?;
    step.prepare_cached("INSERT OR IGNORE INTO events (room, at, kind, detail) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![room, event.at.as_millisecond(), kind, event.detail()])?;
    Ok(())
}

const fn code(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Measure => 0,
        Outcome::Good => 1,
        Outcome::Bad => 2,
        Outcome::Unknown => 3,
    }
}

pub(super) const fn outcome(code: i64) -> Outcome {
    match code {
        0 => Outcome::Measure,
        1 => Outcome::Good,
        2 => Outcome::Bad,
        _ => Outcome::Unknown,
    }
}

pub(super) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
