//! Approvals whose rooms are checked again, and how far that is.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use siaga_readiness::booking::{
    calendar::Zone,
    decision::{Decision, Ruling},
    precheck::{Doubt, Progress, RoomSeen, Standing, Withdrawal},
    request::BookingRef,
    standing,
};

use crate::{
    bookings::{BookingRow, BookingsReader, Decided, LONGEST_MS, Turn},
    sqlite::StoreError,
    webhook::Event,
};

/// An approval whose meeting is not over, and how far its pre-checks are.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// How the booking stands.
    pub booking: BookingRow,
    /// The entry of the log that approved it.
    pub number: u64,
    /// How far its pre-checks are.
    pub progress: Progress,
}

impl Approval {
    /// It stands by a person's word: what the room says of itself takes that back from nobody.
    #[must_use]
    pub fn is_a_persons(&self) -> bool {
        self.booking.entry != self.number
    }

    /// What the room is held against.
    #[must_use]
    pub fn profile(&self) -> Option<String> {
        let request: Value = serde_json::from_str(&self.booking.request).ok()?;
        request.get("profile")?.as_str().map(str::to_owned)
    }
}

/// Something to be told of an approval.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// It is withdrawn.
    Withdrawn(Withdrawal),
    /// It is not confirmed.
    Unconfirmed(Doubt),
    /// It is confirmed after all.
    Confirmed,
}

impl BookingsReader<'_> {
    /// What is approved at `now`, begins before `to` and is not over, in the order of the beginnings.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn approvals(&mut self, now: Timestamp, to: Timestamp) -> Result<Vec<Approval>, StoreError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM bookings WHERE start < ?2 AND start > ?3 AND until > ?1 AND cancelled IS NULL
                 ORDER BY start, reference",
                BookingRow::COLUMNS
            ))?;
            let rows = statement.query_map(
                params![
                    now.as_millisecond(),
                    to.as_millisecond(),
                    now.as_millisecond().saturating_sub(LONGEST_MS)
                ],
                BookingRow::of,
            )?;
            let mut approvals = Vec::new();
            for row in rows {
                let booking = row?;
                if let Some(number) = approval(&booking, now) {
                    let progress = progress(connection, &booking, number)?;
                    approvals.push(Approval { booking, number, progress });
                }
            }
            Ok(approvals)
        })
    }

    /// How far the pre-checks of a booking's last approval came, and the entry of the log that approved it; `None` if none was begun.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn progress(&mut self, reference: &BookingRef) -> Result<Option<(u64, Progress)>, StoreError> {
        let kept: Option<(i64, String)> = self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT approval, progress FROM prechecks WHERE reference = ?1 ORDER BY approval DESC LIMIT 1",
                )?
                .query_row([reference.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        Ok(kept
            .and_then(|(approval, kept)| Some((approval.cast_unsigned(), serde_json::from_str(&kept).ok()?))))
    }
}

/// The entry of the log that approves it at `now`, if anything does.
fn approval(booking: &BookingRow, now: Timestamp) -> Option<u64> {
    booking.in_force(now).filter(|ruling| ruling.is_approval()).map(|_| booking.counting_entry())
}

/// What can't be read, as from another release, begins anew: checked twice is better than not at all.
fn progress(connection: &Connection, booking: &BookingRow, number: u64) -> rusqlite::Result<Progress> {
    let kept: Option<String> = connection
        .prepare_cached("SELECT progress FROM prechecks WHERE reference = ?1 AND approval = ?2")?
        .query_row(params![booking.reference.as_str(), number.cast_signed()], |row| row.get(0))
        .optional()?;
    Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default())
}

impl Turn<'_> {
    /// Keeps how far the pre-checks of an approval are, and does with the booking what follows from that, with the letters that
    /// tell of it. `room` is what was known of the room; times are told in `zone`. Nothing is done about an approval that no longer counts: whether it
    /// does is answered.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn keep_precheck(
        &mut self,
        approval: &Approval,
        told: &[Told],
        room: &RoomSeen,
        zone: &Zone,
    ) -> Result<bool, StoreError> {
        let reference = &approval.booking.reference;
        let Some(booking) = self.booking(reference)? else { return Ok(false) };
        if self::approval(&booking, self.now()) != Some(approval.number) {
            return Ok(false);
        }
        let kept = serde_json::to_string(&approval.progress).unwrap_or_default();
        let now = self.now().as_millisecond();
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO prechecks (reference, approval, progress, at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET progress = ?3, at = ?4",
                )?
                .execute(params![reference.as_str(), approval.number.cast_signed(), kept, now])
        })?;
        self.stand(&booking, &approval.progress.standing)?;
        let Some(ruling) = booking.in_force(self.now()) else { return Ok(false) };
        let about = standing::Told { reference, room: &booking.room, slot: booking.slot, zone };
        for told in told {
            match told {
                Told::Withdrawn(why) if approval.is_a_persons() => {
                    // Nobody's word is taken back; that the room speaks against it is told.
                    self.note(
                        "precheck_failed",
                        Some(reference),
                        &json!({ "why": why, "room": checks(room) }),
                    )?;
                    self.stand_as(&booking, "unconfirmed")?;
                    let message = about.because(ruling, why.message(room));
                    self.tell(Event::Unconfirmed, reference, why.reasons(), message)?;
                }
                Told::Withdrawn(why) => {
                    self.withdraw(&booking, &about, why, room)?;
                    let message = about.because(Ruling::Review, why.message(room));
                    self.tell(Event::Withdrawn, reference, why.reasons(), message)?;
                }
                Told::Unconfirmed(doubt) => {
                    self.note("unconfirmed", Some(reference), &json!({ "why": doubt }))?;
                    let message = about.because(ruling, doubt.message(room));
                    self.tell(Event::Unconfirmed, reference, doubt.reasons(), message)?;
                }
                Told::Confirmed => {
                    self.note("confirmed", Some(reference), &json!({}))?;
                    let code = siaga_readiness::reasons::Code::PrecheckConfirmed;
                    let text = siaga_readiness::catalogue::entry(code).text.clone();
                    self.tell(Event::Confirmed, reference, vec![code], about.because(ruling, text))?;
                }
            }
        }
        Ok(true)
    }

    fn stand(&mut self, booking: &BookingRow, standing: &Standing) -> Result<(), StoreError> {
        match standing {
            Standing::Pending => self.stand_as(booking, "pending"),
            Standing::Confirmed => self.stand_as(booking, "confirmed"),
            Standing::Unconfirmed(_) => self.stand_as(booking, "unconfirmed"),
            // What takes the place of the approval says so.
            Standing::Withdrawn(_) => Ok(()),
        }
    }

    fn stand_as(&mut self, booking: &BookingRow, standing: &str) -> Result<(), StoreError> {
        self.ask(|connection| {
            connection
                .prepare_cached("UPDATE bookings SET standing = ?2 WHERE reference = ?1")?
                .execute(params![booking.reference.as_str(), standing])
                .map(drop)
        })
    }

    /// A decision takes the place of the one before, which the log keeps: a person must look. One that can't be read any more is taken
    /// back all the same.
    fn withdraw(
        &mut self,
        booking: &BookingRow,
        about: &standing::Told<'_>,
        why: &Withdrawal,
        room: &RoomSeen,
    ) -> Result<(), StoreError> {
        let mut withdrawn = json!({ "entry": booking.entry, "why": why });
        let approval = self.told_by(booking.entry)?.unwrap_or_else(|cause| {
            tracing::error!(reference = %booking.reference, entry = booking.entry, cause, "what approved a booking that is taken back can't be read");
            withdrawn["unreadable"] = json!(cause);
            Approved { decision: Decision::unreadable(), more: Map::new() }
        });
        let decision = approval.decision.withdrawn(about, why, room, self.now());
        let decided = Decided {
            reference: booking.reference.clone(),
            room: booking.room.clone(),
            slot: booking.slot,
            submitted_at: booking.submitted_at,
            class: booking.class,
            request: booking.request.clone(),
            ruling: decision.decision,
            expires_at: decision.expires_at,
        };
        let mut body = Approved { decision, ..approval };
        body.more.insert("withdrawn".to_owned(), withdrawn);
        self.decide("withdrawn", &decided, &body).map(drop)
    }
}

/// What the log tells of a decision.
#[derive(Serialize, Deserialize)]
struct Approved {
    decision: Decision,
    #[serde(flatten)]
    more: Map<String, Value>,
}

fn checks(room: &RoomSeen) -> Value {
    json!({ "online": room.online, "last_seen": room.last_seen, "checks": room.checks })
}
