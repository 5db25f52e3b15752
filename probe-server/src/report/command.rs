//! `siaga-probe-server report`: a report on standard output, from what a server has kept; it may run meanwhile.

use std::{path::PathBuf, str::FromStr, sync::Arc};

use anyhow::Context;
use jiff::{Timestamp, civil::Date};
use siaga_readiness::booking::{BookingRef, RequestError};
use siaga_service::{page::Language, program::print};

use super::{Archive, Format, Terms, Wanted};
use crate::{
    config::{self, Overrides},
    office::Office,
};

/// Which report.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The directory made by “init”.
    #[arg(long)]
    dir: PathBuf,
    #[command(flatten)]
    of: Of,
    /// Only of the rooms of this site.
    #[arg(long, requires = "day", conflicts_with = "booking")]
    site: Option<String>,
    /// As what to write it.
    #[arg(long, value_enum)]
    format: Format,
    /// In which language: id or en.
    #[arg(long, value_name = "LANGUAGE", default_value = "id", value_parser = language)]
    lang: Language,
}

/// Of what.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Of {
    /// Of this booking, by the booking system's own reference.
    #[arg(long, value_name = "REF", value_parser = <BookingRef as FromStr>::from_str as fn(&str) -> Result<BookingRef, RequestError>)]
    booking: Option<BookingRef>,
    /// Of this day in the office's zone, like 2026-11-26.
    #[arg(long, value_name = "DATE", value_parser = date)]
    day: Option<Date>,
}

fn language(tag: &str) -> Result<Language, String> {
    Language::tagged(tag).ok_or_else(|| "“id” for Indonesian or “en” for English".to_owned())
}

/// A day as people and programs write it: `2026-11-26` and nothing more.
///
/// # Errors
/// It is none.
pub fn date(text: &str) -> Result<Date, String> {
    // jiff also reads dates with times, and years of six digits.
    let plain = text.len() == 10 && text.is_ascii();
    plain.then(|| text.parse().ok()).flatten().ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        format!("“{shown}” is no day; write it like 2026-11-26")
    })
}

/// Writes it.
///
/// # Errors
/// The directory is no server's, there is no such booking or site, or something can't be read.
pub fn report(args: ReportArgs) -> anyhow::Result<()> {
    let ReportArgs { dir, of, site, format, lang } = args;
    let wanted = match of {
        Of { booking: Some(reference), .. } => Wanted::Booking(reference),
        Of { day: Some(day), .. } => Wanted::Day(day, site),
        Of { .. } => anyhow::bail!("name a booking with --booking, or a day with --day"),
    };
    let settings = config::load(&dir, &Overrides::default())?;
    let terms = Terms { now: Timestamp::now(), office: Arc::new(Office::load(&dir, &settings)?) };
    let archive = Archive::open(&dir).context("cannot read what the server has kept")?;
    let mut text = wanted.write(&archive, &terms, format, lang)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(print(&text)?)
}
