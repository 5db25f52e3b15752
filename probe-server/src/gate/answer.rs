//! How a booking stands, as it is told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use siaga_booking::{
    StoreError,
    audit::{Entry, Head},
    bookings::BookingRow,
};
use siaga_readiness::{
    booking::{
        Alternative, BookingRef, Condition, Criterion, Request, Ruling, calendar::Zone,
        decision::PolicyStamp, standing,
    },
    catalogue::Text,
};
use utoipa::ToSchema;

use super::Refusal;

/// A booking and what counts of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BookingAnswer {
    /// The booking system's own name for it.
    pub reference: BookingRef,
    /// 1, and one more whenever it was changed.
    pub version: u32,
    /// What counts now.
    pub decision: Counts,
    /// The same in words.
    #[schema(value_type = Text)]
    pub(crate) message: Value,
    /// When the gate decided.
    #[schema(value_type = Timestamp)]
    pub(crate) decided_at: Value,
    /// Until when it counts; null if nothing ends it.
    #[schema(value_type = Option<Timestamp>)]
    pub(crate) expires_at: Value,
    /// What the gate found, criterion by criterion.
    #[schema(value_type = Vec<Criterion>)]
    pub(crate) criteria: Value,
    /// On what an approval hangs.
    #[schema(value_type = Vec<Condition>)]
    pub(crate) conditions: Value,
    /// Other times that were free.
    #[schema(value_type = Vec<Alternative>)]
    pub(crate) alternatives: Value,
    /// By which policy the gate decided.
    #[schema(value_type = PolicyStamp)]
    pub(crate) policy: Value,
    /// What the gate decided, where something else counts.
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
    #[schema(value_type = Request)]
    pub(crate) request: Value,
    /// The entry of the log that counts.
    pub entry: u64,
    /// How far the log reaches: keep it, and “audit verify --head SEQ:HASH” shows whether it still does.
    #[schema(value_type = LogHead)]
    pub log: Head,
}

/// How far the log reaches.
#[derive(ToSchema)]
#[allow(dead_code)] // Only says what a `Head` looks like.
struct LogHead {
    /// The number of its last entry.
    seq: u64,
    /// That entry's SHA-256, hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    hash: String,
}

/// What counts of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// `bisa difasilitasi`.
    Approve,
    /// `bisa difasilitasi dengan syarat`.
    ApproveWithConditions,
    /// `perlu ditinjau`.
    Review,
    /// `tidak bisa difasilitasi`.
    Deny,
    /// It was cancelled.
    Cancelled,
}

impl Counts {
    /// All there are.
    pub const ALL: [Self; 5] =
        [Self::Review, Self::Approve, Self::ApproveWithConditions, Self::Deny, Self::Cancelled];

    /// Nothing counts of what is cancelled.
    #[must_use]
    pub const fn of(counts: Option<Ruling>) -> Self {
        match counts {
            None => Self::Cancelled,
            Some(Ruling::Approve) => Self::Approve,
            Some(Ruling::ApproveWithConditions) => Self::ApproveWithConditions,
            Some(Ruling::Review) => Self::Review,
            Some(Ruling::Deny) => Self::Deny,
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::ApproveWithConditions => "approve_with_conditions",
            Self::Review => "review",
            Self::Deny => "deny",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a person decided, as the log has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
pub(crate) struct Standing {
    row: BookingRow,
    now: Timestamp,
    zone: Zone,
    decision: Entry,
    person: Option<Entry>,
}

impl Standing {
    pub(crate) fn read(
        row: BookingRow,
        now: Timestamp,
        zone: Zone,
        mut entry: impl FnMut(u64) -> Result<Entry, StoreError>,
    ) -> Result<Self, StoreError> {
        let decision = entry(row.entry)?;
        let person = row.overridden.as_ref().map(|person| entry(person.entry)).transpose()?;
        Ok(Self { row, now, zone, decision, person })
    }

    pub(crate) fn answer(self, log: Head) -> Result<BookingAnswer, Refusal> {
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
        let instead: Option<(Text, Option<Timestamp>)> = match (row.cancelled_at, &overridden) {
            (Some(_), _) => Some((booking.cancelled(), None)),
            (None, Some(person)) if person.expires_at > now => {
                let text = booking.overridden(person.decision, &person.actor, &person.reason);
                Some((text, Some(person.expires_at)))
            }
            (None, Some(person)) => Some((booking.override_ended(&person.actor), Some(row.slot.start()))),
            (None, None) => None,
        };
        let gate_decision = instead.is_some().then_some(row.ruling);
        if let Some((message, expires_at)) = instead {
            told.insert("message".to_owned(), json!(message));
            told.insert("expires_at".to_owned(), json!(expires_at));
        }
        let mut take = |key: &str| told.remove(key).unwrap_or_default();
        Ok(BookingAnswer {
            version: row.version,
            decision: Counts::of(row.in_force(now)),
            message: take("message"),
            decided_at: take("decided_at"),
            expires_at: take("expires_at"),
            criteria: take("criteria"),
            conditions: take("conditions"),
            alternatives: take("alternatives"),
            policy: take("policy"),
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
