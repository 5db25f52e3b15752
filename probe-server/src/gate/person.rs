//! What people say about a booking: that it is cancelled, that it is decided otherwise, what became of it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siaga_booking::{
    NotDone,
    bookings::{BookingRow, Overridden, Turn},
    evidence,
    webhook::Event,
};
use siaga_readiness::booking::{BookingRef, Ruling, Standing as Holds, request::Instant, standing};
use siaga_service::http::Asker;

use super::{
    BookingAnswer, Gate, Refusal,
    answer::{PersonSaid, Standing},
};

/// The body of an override.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// `approve` or `deny`.
    pub decision: Ruling,
    /// Who decides: name and office, one line of 1 to 120 characters.
    pub actor: String,
    /// Why, 1 to 1000 characters.
    pub reason: String,
    /// Until when it counts; after that the booking is to be reviewed. At most until the event is over.
    pub expires_at: Instant,
}

/// The body of an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeSaid {
    /// What became of the event.
    pub outcome: Outcome,
    /// What happened, at most 1000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who says so, one line of 1 to 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was held without trouble.
    Ok,
    /// It was held, with trouble.
    Troubled,
    /// It could not be held, or not to its end.
    Failed,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Troubled => "troubled",
            Self::Failed => "failed",
        }
    }
}

impl Gate {
    /// Cancels a booking; one that is cancelled stays so.
    ///
    /// # Errors
    /// There is none, or it is over.
    pub async fn cancel(
        self: &Arc<Self>,
        reference: BookingRef,
        by: Asker,
    ) -> Result<BookingAnswer, Refusal> {
        self.change(reference, move |turn, row| {
            if row.cancelled_at.is_none() {
                not_over(&row, turn.now())?;
                let body = json!({ "reference": row.reference, "entry": row.counting_entry() });
                turn.cancel(&row.reference, &asked_by(&by, body))?;
            }
            Ok(())
        })
        .await
    }

    /// Lets a person's decision count instead of the gate's.
    ///
    /// # Errors
    /// There is no such booking, it is cancelled or over, what was said makes no sense, or the slot is taken.
    pub async fn overrule(
        self: &Arc<Self>,
        reference: BookingRef,
        said: Override,
        by: Asker,
    ) -> Result<BookingAnswer, Refusal> {
        let said = PersonSaid {
            decision: said.decision,
            actor: line("actor", &said.actor, 120)?,
            reason: text("reason", &said.reason, 1000)?,
            expires_at: said.expires_at.0,
        };
        if !matches!(said.decision, Ruling::Approve | Ruling::Deny) {
            let cause = "a person decides: approve or deny".to_owned();
            return Err(Refusal::Said { key: "decision", cause });
        }
        let zone = self.office().calendar.zone().clone();
        self.change(reference, move |turn, row| {
            not_cancelled(&row)?;
            not_over(&row, turn.now())?;
            if said.expires_at <= turn.now() || said.expires_at > row.slot.end() {
                let cause =
                    format!("it has to lie ahead, and not after the end of the event, {}", row.slot.end());
                return Err(NotDone::Refused(Refusal::Said { key: "expires_at", cause }));
            }
            if said.decision == Ruling::Approve {
                let others = turn.agenda(row.slot.start(), row.slot.end(), Some(&row.room))?;
                let taken = others
                    .into_iter()
                    .find(|other| other.reference != row.reference && other.standing == Holds::Approved);
                if let Some(other) = taken {
                    return Err(NotDone::Refused(Refusal::Taken { other: other.reference }));
                }
            }
            let overridden = Overridden { ruling: said.decision, until: said.expires_at };
            let body = json!({ "reference": row.reference, "override": said, "of": row.entry });
            turn.overrule(&row.reference, &overridden, &asked_by(&by, body))?;
            let booking =
                standing::Told { reference: &row.reference, room: &row.room, slot: row.slot, zone: &zone };
            let message = booking.overridden(said.decision, &said.actor, &said.reason);
            turn.tell(Event::Overridden, &row.reference, Vec::new(), message)?;
            Ok(())
        })
        .await
    }

    /// Keeps what became of an event; what was said last counts, and the log has all of it.
    ///
    /// # Errors
    /// There is no such booking, it is cancelled or has not begun, or what was said makes no sense.
    pub async fn conclude(
        self: &Arc<Self>,
        reference: BookingRef,
        said: OutcomeSaid,
        by: Asker,
    ) -> Result<BookingAnswer, Refusal> {
        let note = said.note.as_deref().map(|note| text("note", note, 1000)).transpose()?;
        let actor = said.actor.as_deref().map(|actor| line("actor", actor, 120)).transpose()?;
        let outcome = said.outcome.as_str();
        self.change(reference, move |turn, row| {
            not_cancelled(&row)?;
            let at = row.slot.start();
            if at > turn.now() {
                return Err(NotDone::Refused(Refusal::NotBegun { reference: row.reference, at }));
            }
            let body = json!({
                "reference": row.reference, "outcome": outcome, "note": note, "actor": actor,
                "decision_was": row.in_force(turn.now()), "entry": row.counting_entry(),
            });
            turn.conclude(&row.reference, outcome, &asked_by(&by, body))?;
            Ok(())
        })
        .await
    }

    async fn change(
        self: &Arc<Self>,
        reference: BookingRef,
        work: impl FnOnce(&mut Turn<'_>, BookingRow) -> Result<(), NotDone<Refusal>> + Send + 'static,
    ) -> Result<BookingAnswer, Refusal> {
        let zone = self.office().calendar.zone().clone();
        let change = move |turn: &mut Turn<'_>| {
            let missing = || NotDone::Refused(Refusal::NoBooking(reference.clone()));
            work(turn, turn.booking(&reference)?.ok_or_else(missing)?)?;
            let row = turn.booking(&reference)?.ok_or_else(missing)?;
            Ok(Standing::read(row, turn.now(), zone, |seq| turn.entry(seq))?)
        };
        let (standing, head) = self.bookings()?.in_turn(self.now(), change).await?;
        standing.answer(head)
    }

    /// What counts of a booking, signed; or what the log tells of it under another number.
    ///
    /// # Errors
    /// There is no such booking, or nothing of it under that number.
    pub async fn evidence(
        self: &Arc<Self>,
        reference: &BookingRef,
        seq: Option<u64>,
    ) -> Result<String, Refusal> {
        let wanted = reference.clone();
        let entry = self
            .read(move |reader| {
                let Some(row) = reader.booking(&wanted)? else { return Ok(None) };
                let seq = seq.unwrap_or(row.counting_entry());
                let head = reader.head()?;
                // What was never written is not missing.
                let entry = (1..=head.seq).contains(&seq).then(|| reader.entry(seq)).transpose()?;
                Ok(Some((seq, entry.filter(|entry| entry.reference.as_deref() == Some(wanted.as_str())))))
            })
            .await?;
        let (seq, entry) = entry.ok_or_else(|| Refusal::NoBooking(reference.clone()))?;
        let entry = entry.ok_or_else(|| Refusal::NoEntry { reference: reference.clone(), seq })?;
        let statement = evidence::statement(&entry).map_err(|error| Refusal::broken(&error))?;
        Ok(evidence::sign(&self.key, &statement))
    }
}

/// Whose token asked is told in the log.
fn asked_by(by: &Asker, mut body: Value) -> Value {
    if let Some(name) = &by.0 {
        body["by"] = json!(name);
    }
    body
}

fn not_cancelled(row: &BookingRow) -> Result<(), NotDone<Refusal>> {
    row.cancelled_at.map_or(Ok(()), |at| {
        Err(NotDone::Refused(Refusal::Cancelled { reference: row.reference.clone(), at }))
    })
}

fn not_over(row: &BookingRow, now: Timestamp) -> Result<(), NotDone<Refusal>> {
    let at = row.slot.end();
    if at > now {
        Ok(())
    } else {
        Err(NotDone::Refused(Refusal::Over { reference: row.reference.clone(), at }))
    }
}

fn line(key: &'static str, said: &str, most: usize) -> Result<String, Refusal> {
    let said = text(key, said, most)?;
    if said.chars().any(char::is_control) {
        return Err(Refusal::Said { key, cause: "one line, without control characters".to_owned() });
    }
    Ok(said)
}

fn text(key: &'static str, said: &str, most: usize) -> Result<String, Refusal> {
    let said = said.trim();
    if (1..=most).contains(&said.chars().count()) {
        Ok(said.to_owned())
    } else {
        Err(Refusal::Said { key, cause: format!("1 to {most} characters") })
    }
}
