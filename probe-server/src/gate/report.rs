//! All that is known of a booking, for those who write the report of the event or of its refusal.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use siaga_readiness::{booking::BookingRef, report::Ticked};
use utoipa::ToSchema;

use super::{BookingAnswer, Gate, Refusal, answer::Standing};

/// All that is known of a booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// How it stands.
    booking: BookingAnswer,
    /// What staff have ticked before the event.
    #[schema(value_type = Vec<Object>)]
    checklist: Vec<Ticked>,
    /// What the log tells of it, from the beginning.
    entries: Vec<ReportedEntry>,
    /// There is more in the log than is shown here.
    truncated: bool,
}

/// What the log tells.
#[derive(Debug, Serialize, ToSchema)]
struct ReportedEntry {
    seq: u64,
    at: Timestamp,
    /// `decided`, `overridden`, `withdrawn`, `cancelled`, `outcome` …
    kind: String,
    /// Its SHA-256, hexadecimal.
    hash: String,
    #[schema(value_type = Object)]
    body: Value,
}

/// The most entries in one report.
const MOST: u32 = 200;

impl Gate {
    /// All that is known of a booking, held or refused.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub async fn report(self: &Arc<Self>, reference: &BookingRef) -> Result<Report, Refusal> {
        let (wanted, now) = (reference.clone(), self.now());
        let zone = self.office().calendar.zone().clone();
        let read = self
            .read(move |reader| {
                let Some(row) = reader.booking(&wanted)? else { return Ok(None) };
                let standing = Standing::read(row, now, zone, |seq| reader.entry(seq))?;
                let (entries, ticks) = (reader.entries(&wanted, 0, MOST + 1)?, reader.ticks(&wanted)?);
                Ok(Some((standing, reader.head()?, entries, ticks)))
            })
            .await?;
        let (standing, head, mut entries, checklist) =
            read.ok_or_else(|| Refusal::NoBooking(reference.clone()))?;
        let truncated = entries.len() > MOST as usize;
        entries.truncate(MOST as usize);
        let reported = entries.into_iter().map(|entry| {
            let body = serde_json::from_str(&entry.body).map_err(|error| Refusal::broken(&error))?;
            Ok(ReportedEntry {
                seq: entry.seq,
                at: entry.at,
                kind: entry.kind,
                hash: entry.hash.to_string(),
                body,
            })
        });
        Ok(Report {
            booking: standing.answer(head)?,
            checklist,
            entries: reported.collect::<Result<_, Refusal>>()?,
            truncated,
        })
    }
}
