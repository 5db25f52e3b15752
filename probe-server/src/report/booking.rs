//! All that is known of a booking, for those who write the report of the event or of its refusal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use siaga_booking::{
    StoreError,
    audit::{Entry, Head},
    bookings::{BookingRow, BookingsReader},
};
use siaga_readiness::{
    booking::{
        BookingRef, Evidence,
        calendar::Zone,
        precheck::{Progress, Stage, Times},
    },
    catalogue::Text,
    report::Ticked,
};
use utoipa::ToSchema;

use super::{
    Archive, Terms,
    measured::{Measured, around},
};
use crate::gate::{BookingAnswer, Refusal, answer::Standing};

/// All that is known of a booking.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub struct BookingReport {
    /// How it stands; once the event has begun, how it stood then.
    pub booking: BookingAnswer,
    /// When this report was written.
    pub written_at: Timestamp,
    /// The office's zone.
    pub zone: String,
    /// The site that the room belongs to, if it said.
    pub site: Option<String>,
    /// What was told of the event afterwards.
    pub concluded: Option<Concluded>,
    /// When the room of an approval is checked again, and how that ended.
    pub prechecks: Vec<Precheck>,
    /// What staff have ticked before the event.
    #[schema(value_type = Vec<Object>)]
    pub checklist: Vec<Ticked>,
    /// What was measured in the room around the event, or, while that is far ahead, in the last day.
    pub measured: Measured,
    /// What the log tells of it, from the beginning.
    pub entries: Vec<ReportedEntry>,
    /// There is more in the log than is shown here.
    pub truncated: bool,
    /// For those who render it.
    #[serde(skip)]
    pub(super) row: BookingRow,
    #[serde(skip)]
    pub(super) clock: Zone,
}

/// What was told of an event afterwards.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Concluded {
    /// `ok`, `troubled` or `failed`.
    pub outcome: String,
    /// What happened.
    pub note: Option<String>,
    /// Who says so.
    pub actor: Option<String>,
    /// When it was said.
    pub at: Timestamp,
    /// The entry of the log that tells it.
    pub entry: u64,
}

/// A check of an approval's room before the event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Precheck {
    /// `day_before`, `early` or `last`.
    pub stage: &'static str,
    /// When it is due; null where there is none, as on a day before which no working day lies.
    pub due_at: Option<Timestamp>,
    /// How it ended; null: it has not.
    pub ended: Option<&'static str>,
}

/// What the log tells.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportedEntry {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// `decided`, `overridden`, `withdrawn`, `cancelled`, `outcome` …
    pub kind: String,
    /// Its SHA-256, hexadecimal.
    pub hash: String,
    /// What it tells.
    #[schema(value_type = Object)]
    pub body: Value,
}

/// The most entries in one report.
const MOST: u32 = 200;

impl BookingReport {
    /// All that is known of a booking, held or refused.
    ///
    /// # Errors
    /// There is none, or something can't be read.
    pub fn read(archive: &Archive, terms: &Terms, reference: &BookingRef) -> Result<Self, Refusal> {
        let kept = archive.bookings(|reader| Kept::read(reader, terms, reference))?;
        let Kept { row, standing, head, mut entries, checklist, concluded, progress } =
            kept.ok_or_else(|| Refusal::NoBooking(reference.clone()))?;
        let truncated = entries.len() > MOST as usize;
        entries.truncate(MOST as usize);
        let booking = standing.answer(head)?;
        let profile = booking.request.get("profile").and_then(Value::as_str).unwrap_or("minimum");
        let profile = terms.office.profiles.named(profile).ok();
        let (site, measured) = archive
            .rooms(|reader| {
                let site = reader.room(&row.room)?.and_then(|room| room.site);
                Ok((site, Measured::read(reader, &row.room, around(row.slot, terms.now), profile)?))
            })
            .map_err(Refusal::Rooms)?;
        let clock = terms.office.calendar.zone().clone();
        Ok(Self {
            booking,
            written_at: terms.now,
            zone: clock.name().to_owned(),
            site,
            concluded: concluded.as_ref().map(Concluded::of).transpose()?,
            prechecks: progress.map(|progress| prechecks(&row, &progress, terms)).unwrap_or_default(),
            checklist,
            measured,
            entries: entries.into_iter().map(ReportedEntry::of).collect::<Result<_, _>>()?,
            truncated,
            row,
            clock,
        })
    }

    /// What the gate found.
    pub(super) fn criteria(&self) -> Understood<Finding> {
        understood(self.booking.criteria.as_array())
    }

    /// On what an approval hangs.
    pub(super) fn conditions(&self) -> Understood<Told> {
        understood(self.booking.conditions.as_array())
    }

    /// Other times that were free.
    pub(super) fn alternatives(&self) -> Understood<Told> {
        understood(self.booking.alternatives.as_array())
    }

    /// What is decided, fit for a letter.
    pub(crate) fn message(&self) -> Text {
        serde_json::from_value(self.booking.message.clone()).unwrap_or_default()
    }

    /// What it is about, if that was said.
    pub(crate) fn title(&self) -> Option<String> {
        self.row.title()
    }

    /// What was asked for, as text; `None` for what was not said.
    pub(super) fn asked(&self, key: &str) -> Option<String> {
        match self.booking.request.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// What only people know, as it was said.
    pub(super) fn facts(&self) -> impl Iterator<Item = (&str, bool)> {
        let facts = self.booking.request.get("facts").and_then(Value::as_object).into_iter().flatten();
        facts.filter_map(|(fact, value)| Some((fact.as_str(), value.as_bool()?)))
    }

    /// By which policy, and that one's digest.
    pub(super) fn policy(&self) -> (&str, &str) {
        let of = |key: &str| self.booking.policy.get(key).and_then(Value::as_str).unwrap_or_default();
        (of("name"), of("digest"))
    }
}

/// A criterion as the log has it. An older or newer release's may say more or less.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Finding {
    pub(super) code: String,
    pub(super) result: String,
    pub(super) reason: String,
    evidence: Vec<Value>,
    pub(super) age_s: Option<f64>,
    pub(super) text: Text,
    pub(super) remedy: Text,
}

impl Finding {
    /// What it was told from.
    pub(super) fn evidence(&self) -> Understood<Evidence> {
        understood(Some(&self.evidence))
    }
}

/// Something in words.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    pub(super) code: String,
    pub(super) text: Text,
}

/// What another release wrote, as far as this one understands it.
pub(super) struct Understood<T> {
    pub(super) all: Vec<T>,
    /// How many more there are. A report says so: what is silently left out would look as if it had never been.
    pub(super) others: usize,
}

fn understood<T: DeserializeOwned>(values: Option<&Vec<Value>>) -> Understood<T> {
    let values = || values.into_iter().flatten();
    let all: Vec<T> = values().filter_map(|value| T::deserialize(value).ok()).collect();
    Understood { others: values().count() - all.len(), all }
}

/// Of an event that has begun it is told how it stood then: a person's decision counts until the end of the event at most, and that it has
/// run out since is no news.
pub(super) fn as_of(row: &BookingRow, now: Timestamp) -> Timestamp {
    now.min(row.slot.start())
}

/// What is kept of a booking.
struct Kept {
    row: BookingRow,
    standing: Standing,
    head: Head,
    entries: Vec<Entry>,
    checklist: Vec<Ticked>,
    concluded: Option<Entry>,
    progress: Option<Progress>,
}

impl Kept {
    fn read(
        reader: &mut BookingsReader<'_>,
        terms: &Terms,
        reference: &BookingRef,
    ) -> Result<Option<Self>, StoreError> {
        let Some(row) = reader.booking(reference)? else { return Ok(None) };
        let zone = terms.office.calendar.zone().clone();
        let standing = Standing::read(row.clone(), as_of(&row, terms.now), zone, |seq| reader.entry(seq))?;
        let concluded = row.outcome.as_ref().map(|outcome| reader.entry(outcome.entry)).transpose()?;
        let approved = row.in_force(as_of(&row, terms.now)).is_some_and(|ruling| ruling.is_approval());
        let progress = reader.progress(reference)?.map(|(_, progress)| progress);
        Ok(Some(Self {
            entries: reader.entries(reference, 0, MOST + 1)?,
            checklist: reader.ticks(reference)?,
            // Last, so that all of the above is in the log before it.
            head: reader.head()?,
            progress: progress.or_else(|| approved.then(Progress::default)),
            row,
            standing,
            concluded,
        }))
    }
}

impl Concluded {
    pub(super) fn of(entry: &Entry) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Body {
            outcome: String,
            #[serde(default)]
            note: Option<String>,
            #[serde(default)]
            actor: Option<String>,
        }
        let Body { outcome, note, actor } =
            serde_json::from_str(&entry.body).map_err(|error| Refusal::broken(&error))?;
        Ok(Self { outcome, note, actor, at: entry.at, entry: entry.seq })
    }
}

impl ReportedEntry {
    fn of(entry: Entry) -> Result<Self, Refusal> {
        let body = serde_json::from_str(&entry.body).map_err(|error| Refusal::broken(&error))?;
        let Entry { seq, at, kind, hash, .. } = entry;
        Ok(Self { seq, at, kind, hash: hash.to_string(), body })
    }
}

fn prechecks(row: &BookingRow, progress: &Progress, terms: &Terms) -> Vec<Precheck> {
    let calendar = &terms.office.calendar;
    let times = Times::of(
        row.reference.as_str(),
        row.slot.start(),
        row.slot.end(),
        calendar.zone().rules(),
        |date| calendar.opening(date),
    );
    let stage = |stage: Stage| Precheck {
        stage: stage.as_str(),
        due_at: times.due(stage),
        ended: progress.ended(stage).map(|ended| ended.as_str()),
    };
    Stage::ALL.map(stage).into()
}
