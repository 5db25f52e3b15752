//! How a booking stands, as it is told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use siaga_booking::{
    StoreError,
    audit::{Entry, Head},
    bookings::BookingRow,
};
use siaga_readiness::{
    booking::{BookingRef, Ruling, calendar::Zone, standing},
    catalogue::Text,
};

use super::Refusal;

/// A booking and what counts of it.
#[derive(Debug, Clone, Serialize)]
pub struct BookingAnswer {
    /// The booking system's own name for it.
    pub reference: BookingRef,
    /// 1, and one more whenever it was changed.
    pub version: u32,
    /// The decision as it counts now.
    #[serde(flatten)]
    decision: Map<String, Value>,
    /// What the gate decided, where a person decided otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate_decision: Option<Ruling>,
    /// What a person decided.
    #[serde(rename = "override", skip_serializing_if = "Option::is_none")]
    pub overridden: Option<PersonSaid>,
    /// How far an approval was confirmed by checks before the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// What became of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// When it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// What was asked for.
    pub request: Value,
    /// The entry of the log that counts.
    pub entry: u64,
    /// How far the log reaches: keep it, and “audit verify --head SEQ:HASH” shows whether it still does.
    pub log: Head,
}

/// What a person decided, as the log has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSaid {
    /// What.
    pub decision: Ruling,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

/// A booking with the entries that it rests on.
#[derive(Debug)]
pub(super) struct Standing {
    row: BookingRow,
    now: Timestamp,
    zone: Zone,
    decision: Entry,
    person: Option<Entry>,
}

impl Standing {
    pub(super) fn read(
        row: BookingRow,
        now: Timestamp,
        zone: Zone,
        mut entry: impl FnMut(u64) -> Result<Entry, StoreError>,
    ) -> Result<Self, StoreError> {
        let decision = entry(row.entry)?;
        let person = row.overridden.as_ref().map(|person| entry(person.entry)).transpose()?;
        Ok(Self { row, now, zone, decision, person })
    }

    pub(super) fn answer(self, log: Head) -> Result<BookingAnswer, Refusal> {
        let Self { row, now, zone, decision, person } = self;
        let parsed = |text: &str| serde_json::from_str(text).map_err(|error| Refusal::broken(&error));
        let mut told = match parsed(&decision.body)? {
            Value::Object(mut body) => match body.remove("decision") {
                Some(Value::Object(decision)) => decision,
                _ => Map::new(),
            },
            _ => Map::new(),
        };
        let overridden = person.map(|entry| said(&entry)).transpose()?;
        let booking =
            standing::Told { reference: &row.reference, room: &row.room, slot: row.slot, zone: &zone };
        let instead: Option<(Value, Text, Option<Timestamp>)> = match (row.cancelled_at, &overridden) {
            (Some(_), _) => Some(("cancelled".into(), booking.cancelled(), None)),
            (None, Some(person)) if person.expires_at > now => {
                let text = booking.overridden(person.decision, &person.actor, &person.reason);
                Some((person.decision.as_str().into(), text, Some(person.expires_at)))
            }
            (None, Some(person)) => {
                let text = booking.override_ended(&person.actor);
                Some((Ruling::Review.as_str().into(), text, Some(row.slot.start())))
            }
            (None, None) => None,
        };
        let gate_decision = instead.is_some().then_some(row.ruling);
        if let Some((ruling, message, expires_at)) = instead {
            let message = serde_json::to_value(message).map_err(|error| Refusal::broken(&error))?;
            let expires_at = serde_json::to_value(expires_at).map_err(|error| Refusal::broken(&error))?;
            told.extend([
                ("decision".to_owned(), ruling),
                ("message".to_owned(), message),
                ("expires_at".to_owned(), expires_at),
            ]);
        }
        Ok(BookingAnswer {
            version: row.version,
            decision: told,
            gate_decision,
            overridden,
            outcome: row.outcome.as_ref().map(|outcome| outcome.outcome.clone()),
            cancelled_at: row.cancelled_at,
            request: parsed(&row.request)?,
            entry: row.counting_entry(),
            standing: row.standing,
            reference: row.reference,
            log,
        })
    }
}

/// What a person said in an entry of the log.
fn said(entry: &Entry) -> Result<PersonSaid, Refusal> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "override")]
        said: PersonSaid,
    }
    let body: Body = serde_json::from_str(&entry.body).map_err(|error| Refusal::broken(&error))?;
    Ok(body.said)
}
