//! Times as people write them, in the office's zone and with its name.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};

use super::{calendar::Zone, request::Slot};
use crate::catalogue::Text;

/// A slot, like `Kamis, 26 November 2026 pukul 09.00–11.00 WIB`.
#[must_use]
pub fn of_slot(slot: Slot, zone: &Zone) -> Text {
    let (start, end) = (slot.start(), slot.end());
    let local = |at: Timestamp| zone.rules().to_datetime(at);
    let (from, to) = (local(start), local(end));
    let (label, label_after) = (zone.label(start), zone.label(end));
    if from.date() != to.date() {
        let moment = |at: DateTime, label: &str| Text {
            id: format!("{} pukul {} {label}", indonesian(at.date()), at.strftime("%H.%M")),
            en: format!("{}, {} {label}", english(at.date()), at.strftime("%H:%M")),
        };
        let (from, to) = (moment(from, &label), moment(to, &label_after));
        return Text { id: format!("{} sampai {}", from.id, to.id), en: format!("{} to {}", from.en, to.en) };
    }
    // Where the clocks change in between, both are told.
    let label = if label == label_after { String::new() } else { format!(" {label}") };
    Text {
        id: format!(
            "{} pukul {}{label}–{} {label_after}",
            indonesian(from.date()),
            from.strftime("%H.%M"),
            to.strftime("%H.%M")
        ),
        en: format!(
            "{}, {}{label}–{} {label_after}",
            english(from.date()),
            from.strftime("%H:%M"),
            to.strftime("%H:%M")
        ),
    }
}

/// A day, like `Kamis, 26 November 2026`.
#[must_use]
pub fn of_date(date: Date) -> Text {
    Text { id: indonesian(date), en: english(date) }
}

fn indonesian(date: Date) -> String {
    const DAYS: [&str; 7] = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"];
    const MONTHS: [&str; 12] = [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ];
    written(date, &DAYS, &MONTHS)
}

fn english(date: Date) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    written(date, &DAYS, &MONTHS)
}

fn written(date: Date, days: &[&str; 7], months: &[&str; 12]) -> String {
    let name = |names: &[&str], number: i8| {
        usize::try_from(number).ok().and_then(|it| names.get(it).copied()).unwrap_or_default().to_owned()
    };
    let day = name(days, date.weekday().to_monday_zero_offset());
    format!("{day}, {} {} {}", date.day(), name(months, date.month() - 1), date.year())
}
