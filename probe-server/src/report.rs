//! Reports for the office's files: of a [booking](BookingReport), held or refused, and of a [day](DayReport).
//!
//! What is reported is read once, into one value ([`booking`], [`measured`], [`day`]); JSON, [`csv`] and [`html`] render that, so they
//! can't disagree. A running server reads its own stores; [`command`] reads those of a server's directory, also while that runs.

pub mod booking;
pub mod command;
mod csv;
pub mod day;
pub(crate) mod html;
pub mod measured;
pub(crate) mod words;

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siaga_booking::{
    Bookings, Reader, Store, StoreError,
    bookings::{self, BookingsFile, BookingsReader},
    store::StoreFile,
};
use siaga_readiness::booking::BookingRef;
use siaga_service::page::Language;

use crate::{desk, gate::Refusal, office::Office};

pub use booking::BookingReport;
pub use day::DayReport;

/// Where reports are read from.
#[derive(Debug)]
pub enum Archive {
    /// The stores of a server that runs in this process.
    Live {
        /// Its bookings.
        bookings: Bookings,
        /// What it keeps of rooms.
        rooms: Store,
    },
    /// The files of a server that may run in another process.
    Files {
        /// Its bookings.
        bookings: BookingsFile,
        /// What it keeps of rooms.
        rooms: StoreFile,
    },
}

impl Archive {
    /// Those in a server's directory.
    ///
    /// # Errors
    /// They are not there, or can't be read.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let bookings = BookingsFile::open(&dir.join(bookings::FILE))?;
        Ok(Self::Files { bookings, rooms: StoreFile::open(&desk::file(dir))? })
    }

    fn bookings<T>(
        &self,
        ask: impl FnOnce(&mut BookingsReader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Live { bookings, .. } => bookings.read(ask),
            Self::Files { bookings, .. } => bookings.read(ask),
        }
    }

    fn rooms<T>(&self, ask: impl FnOnce(&mut Reader<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            Self::Live { rooms, .. } => rooms.read(ask),
            Self::Files { rooms, .. } => rooms.read(ask),
        }
    }
}

/// By what a report is told.
#[derive(Debug, Clone)]
pub struct Terms {
    /// When it is written.
    pub now: Timestamp,
    /// The office's zone and calendar, and what rooms are held against.
    pub office: Arc<Office>,
}

/// As what a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One self-contained page, to be read and printed.
    Html,
    /// A table (RFC 4180).
    Csv,
    /// For programs; all that is known.
    Json,
}

impl Format {
    /// What HTTP calls it.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }

    /// How a file's name ends.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// A report that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Of a booking.
    Booking(BookingRef),
    /// Of a day in the office's zone, of one site's rooms or of all.
    Day(jiff::civil::Date, Option<String>),
}

impl Wanted {
    /// Reads and writes it.
    ///
    /// # Errors
    /// There is no such booking or site, or the stores can't be read.
    pub fn write(
        &self,
        archive: &Archive,
        terms: &Terms,
        format: Format,
        language: Language,
    ) -> Result<String, Refusal> {
        match self {
            Self::Booking(reference) => {
                let report = BookingReport::read(archive, terms, reference)?;
                match format {
                    Format::Html => Ok(html::booking(&report, language)),
                    Format::Csv => csv::booking(&report, language),
                    Format::Json => json(&report),
                }
            }
            Self::Day(date, site) => {
                let report = DayReport::read(archive, terms, *date, site.as_deref())?;
                match format {
                    Format::Html => Ok(html::day(&report, language)),
                    Format::Csv => csv::day(&report, language),
                    Format::Json => json(&report),
                }
            }
        }
    }

    /// What a file with it is called.
    #[must_use]
    pub fn file_name(&self, format: Format) -> String {
        let name = match self {
            Self::Booking(reference) => reference.to_string(),
            Self::Day(date, _) => date.to_string(),
        };
        format!("siaga-{name}.{}", format.ending())
    }
}

/// What an HTML report may load, for whoever sends one: its own style and nothing else.
#[must_use]
pub fn content_security_policy() -> &'static str {
    html::policy()
}

fn json(report: &impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(report).map_err(|error| Refusal::broken(&error))
}
