//! The bookings of a day, and those that wait for a person.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use siaga_booking::{
    StoreError,
    bookings::{BookingRow, BookingsPage, BookingsReader},
};
use siaga_readiness::{
    booking::{BookingRef, Class, Ruling, Slot},
    catalogue::Text,
    room::RoomId,
};
use utoipa::ToSchema;

use super::Overdue;
use crate::{
    gate::answer::{Counts, Standing},
    report::{
        Terms,
        booking::{Concluded, as_of},
    },
};

/// A booking in a few words.
#[derive(Debug, Serialize, ToSchema)]
pub struct Meeting {
    /// The booking system's own name for it.
    pub reference: BookingRef,
    /// Where.
    pub room: RoomId,
    /// The site of that room, if it said.
    pub site: Option<String>,
    /// When.
    pub slot: Slot,
    /// Whose event it is.
    pub class: Class,
    /// The letter's number, if there is one.
    pub letter_ref: Option<String>,
    /// What counts; once the event has begun, what counted then.
    pub decision: Counts,
    /// The same in words.
    pub message: Text,
    /// It was decided, or overridden, so that it could be held; what its outcome is counted under.
    pub was_approved: bool,
    /// A person decided it.
    pub overridden: bool,
    /// How far an approval was confirmed by checks before the event.
    pub standing: Option<String>,
    /// How many of the five manual steps were ticked.
    pub ticked: usize,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// What was told of it afterwards.
    pub outcome: Option<Concluded>,
}

/// Those whose event touches `from..to`, in order, and whether there are more. `site` says to which site a room belongs; none: it is
/// not asked about.
pub(super) fn read(
    reader: &mut BookingsReader<'_>,
    terms: &Terms,
    (from, to): (Timestamp, Timestamp),
    site: impl Fn(&RoomId) -> Option<Option<String>>,
) -> Result<(Vec<Meeting>, bool), StoreError> {
    let page = BookingsPage { from: Some(from), to: Some(to), limit: PAGE, ..BookingsPage::default() };
    let mut meetings = Vec::new();
    let more = each(reader, page, terms.now, |reader, row| {
        let Some(site) = site(&row.room) else { return Ok(true) };
        if meetings.len() == MOST {
            return Ok(false);
        }
        meetings.push(meeting(reader, terms, row, site)?);
        Ok(true)
    })?;
    Ok((meetings, more))
}

const PAGE: u32 = 500;

/// The most bookings in one report.
const MOST: usize = 2_000;

/// Hands over every row of a page and of those that follow, until `take` says that it is enough; whether it did is answered.
fn each(
    reader: &mut BookingsReader<'_>,
    mut page: BookingsPage,
    now: Timestamp,
    mut take: impl FnMut(&mut BookingsReader<'_>, BookingRow) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    loop {
        let rows = reader.bookings(&page, now)?;
        let Some(last) = rows.last() else { return Ok(false) };
        page.after = Some((last.slot.start(), last.reference.clone()));
        let full = rows.len() == page.limit as usize;
        for row in rows {
            if !take(reader, row)? {
                return Ok(true);
            }
        }
        if !full {
            return Ok(false);
        }
    }
}

fn meeting(
    reader: &mut BookingsReader<'_>,
    terms: &Terms,
    row: BookingRow,
    site: Option<String>,
) -> Result<Meeting, StoreError> {
    let outcome = row.outcome.as_ref().map(|outcome| reader.entry(outcome.entry)).transpose()?;
    let (zone, now) = (terms.office.calendar.zone().clone(), as_of(&row, terms.now));
    let standing = Standing::read(row.clone(), now, zone, |seq| reader.entry(seq))?;
    let head = reader.head()?;
    let ticked = reader.ticks(&row.reference)?.len();
    // What is in the log can be read: it was checked against its hash.
    let answer = standing.answer(head).ok();
    let said =
        |key: &str| answer.as_ref().and_then(|answer| answer.request.get(key)?.as_str().map(str::to_owned));
    Ok(Meeting {
        decision: Counts::of(row.in_force(now)),
        message: answer
            .as_ref()
            .and_then(|answer| serde_json::from_value(answer.message.clone()).ok())
            .unwrap_or_default(),
        letter_ref: said("letter_ref"),
        // As the tally counts it.
        was_approved: row.overridden.as_ref().map_or(row.ruling, |person| person.ruling).is_approval(),
        overridden: row.overridden.is_some(),
        outcome: outcome.and_then(|entry| Concluded::of(&entry).ok()),
        reference: row.reference,
        room: row.room,
        slot: row.slot,
        class: row.class,
        standing: row.standing,
        cancelled_at: row.cancelled_at,
        site,
        ticked,
    })
}

/// Bookings that have waited longer than `after` for a person, the longest first, and whether there are more.
pub(super) fn overdue(
    reader: &mut BookingsReader<'_>,
    now: Timestamp,
    after: SignedDuration,
    of_site: impl Fn(&RoomId) -> bool,
) -> Result<(Vec<Overdue>, bool), StoreError> {
    let review = Some(Ruling::Review.as_str().to_owned());
    let page = BookingsPage { from: Some(now), decision: review, limit: PAGE, ..BookingsPage::default() };
    let before = now.checked_sub(after).unwrap_or(now);
    let mut waiting = Vec::new();
    each(reader, page, now, |reader, row| {
        if of_site(&row.room) {
            let since = match &row.overridden {
                Some(person) => person.until,
                None => reader.entry(row.entry)?.at,
            };
            if since < before {
                waiting.push(Overdue {
                    start: row.slot.start(),
                    reference: row.reference,
                    room: row.room,
                    since,
                });
            }
        }
        Ok(true)
    })?;
    waiting.sort_by(|one, other| (one.since, &one.reference).cmp(&(other.since, &other.reference)));
    let more = waiting.len() > MOST_OVERDUE;
    waiting.truncate(MOST_OVERDUE);
    Ok((waiting, more))
}

const MOST_OVERDUE: usize = 200;
