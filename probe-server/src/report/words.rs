//! What things are called in reports, in the words of the procedures. What a code says in a sentence is in the catalogue,
//! and so is what a check, a state, a decision and a manual step is called.

use siaga_readiness::{
    answer::CheckCode,
    booking::Ruling,
    catalogue::{Label, Text},
    report::Item,
    state::CheckState,
};
use siaga_service::page::{Language, Tone, Words};

use crate::gate::answer::Counts;

/// A text of the catalogue's in one language.
pub(crate) const fn said(text: &Text, language: Language) -> &str {
    match language {
        Language::Indonesian => text.id.as_str(),
        Language::English => text.en.as_str(),
    }
}

/// The same of what the log tells. Of another release it may hold what this one can't read: to leave that empty would look as if
/// nothing had been said.
pub(crate) fn told(text: &Text, language: Language) -> &str {
    match said(text, language) {
        "" => language.of(NOT_UNDERSTOOD),
        told => told,
    }
}

pub(crate) const NOT_UNDERSTOOD: Words = Words::new(
    "Ditulis oleh versi Siaga yang lain dan tidak dapat dibaca di sini; isinya ada dalam laporan JSON.",
    "Written by another release of Siaga, and can't be read here; the JSON report has it.",
);

const fn label(label: Label) -> Words {
    Words::new(label.id, label.en)
}

/// What counts of a booking.
pub(crate) const fn decision(counts: Counts) -> (Tone, Words) {
    match counts {
        Counts::Approve => (Tone::Good, label(Ruling::Approve.label())),
        Counts::ApproveWithConditions => (Tone::Warning, label(Ruling::ApproveWithConditions.label())),
        Counts::Review => (Tone::Unknown, label(Ruling::Review.label())),
        Counts::Deny => (Tone::Bad, label(Ruling::Deny.label())),
        Counts::Cancelled => (Tone::Busy, Words::new("dibatalkan", "cancelled")),
    }
}

/// The same by its name in JSON; of a newer release that name itself.
pub(crate) fn decision_named(name: &str, language: Language) -> &str {
    let known = Counts::ALL.into_iter().find(|counts| counts.as_str() == name);
    known.map_or(name, |counts| language.of(decision(counts).1))
}

/// What became of an event.
pub(crate) fn outcome(name: Option<&str>) -> (Tone, Words) {
    match name {
        Some("ok") => (Tone::Good, Words::new("Terlaksana tanpa gangguan", "Held without trouble")),
        Some("troubled") => (Tone::Warning, Words::new("Terlaksana dengan gangguan", "Held with trouble")),
        Some("failed") => {
            (Tone::Bad, Words::new("Tidak terlaksana atau terhenti", "Not held, or not to its end"))
        }
        _ => (Tone::Unknown, Words::new("Belum dilaporkan", "Not reported yet")),
    }
}

/// How far an approval was confirmed.
pub(crate) fn standing(name: &str) -> Option<Words> {
    Some(match name {
        "pending" => Words::new("menunggu pemeriksaan ulang", "waits to be checked again"),
        "confirmed" => Words::new("terkonfirmasi", "confirmed"),
        "unconfirmed" => Words::new("belum terkonfirmasi", "not confirmed"),
        _ => return None,
    })
}

/// Whether a criterion is met.
pub(crate) fn result(name: &str) -> (Tone, Words) {
    match name {
        "met" => (Tone::Good, Words::new("terpenuhi", "met")),
        "not_met" => (Tone::Bad, Words::new("tidak terpenuhi", "not met")),
        "not_applicable" => (Tone::Busy, Words::new("tidak disyaratkan", "not asked for")),
        _ => (Tone::Unknown, Words::new("tidak diketahui", "not known")),
    }
}

/// How a check stands.
pub(crate) const fn state(state: CheckState) -> (Tone, Words) {
    let tone = match state {
        CheckState::Ok => Tone::Good,
        CheckState::Warning => Tone::Warning,
        CheckState::Failed => Tone::Bad,
        CheckState::InUse => Tone::Busy,
        CheckState::Unknown => Tone::Unknown,
    };
    (tone, label(state.label()))
}

/// What a room is checked for, by its code; of a newer release the code itself.
pub(crate) fn check(code: &str, language: Language) -> &str {
    match serde_json::from_value(code.into()) {
        Ok(CheckCode::Unknown) | Err(_) => code,
        Ok(check) => language.of(label(check.label())),
    }
}

/// A word by its code; of a newer release the code itself.
pub(crate) fn named<'a>(table: &[(&'a str, Words)], code: &'a str, language: Language) -> &'a str {
    table.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| language.of(*words))
}

/// What a booking is held against.
pub(crate) const CRITERIA: &[(&str, Words)] = &[
    ("LETTER", Words::new("Surat dan data permohonan", "Letter and data")),
    ("LEAD_TIME", Words::new("Tenggat pengajuan", "Lead time")),
    ("PREPARATION", Words::new("Waktu persiapan", "Time to prepare")),
    ("WORKING_HOURS", Words::new("Hari dan jam kerja", "Working hours")),
    ("LENGTH", Words::new("Lama acara", "Length")),
    ("DEVICES", Words::new("Jumlah perangkat", "Number of devices")),
    ("SLOT_FREE", Words::new("Tidak ada vidcon lain", "No other vidcon")),
    ("EQUIPMENT", Words::new("Peralatan (A1/A3)", "Equipment (A1/A3)")),
    ("ACCOUNTS", Words::new("Akun (A1/A3)", "Accounts (A1/A3)")),
    ("APPLICANT_STAFF", Words::new("Petugas pemohon (A2)", "Applicant's staff (A2)")),
    ("DIVISION_STAFF", Words::new("Petugas bidang (A4)", "Division's staff (A4)")),
    ("CAPACITY", Words::new("Kapasitas layanan (A5)", "Capacity (A5)")),
    ("SOFTWARE", Words::new("Program rapat", "Meeting program")),
    ("NETWORK_NOW", Words::new("Internet saat ini", "Network now")),
    ("NETWORK_AT_HOUR", Words::new("Internet pada jam itu", "Network at that hour")),
];

/// What is measured.
pub(crate) const SERIES: &[(&str, Words)] = &[
    ("gate.up", Words::new("Uji singkat, unggah", "Gate probe, upload")),
    ("gate.down", Words::new("Uji singkat, unduh", "Gate probe, download")),
    ("sustain.up", Words::new("Uji ketahanan, unggah", "Sustain probe, upload")),
    ("sustain.down", Words::new("Uji ketahanan, unduh", "Sustain probe, download")),
    ("quality.up.loss", Words::new("Paket hilang, unggah", "Loss, upload")),
    ("quality.down.loss", Words::new("Paket hilang, unduh", "Loss, download")),
    ("quality.up.jitter", Words::new("Jitter, unggah", "Jitter, upload")),
    ("quality.down.jitter", Words::new("Jitter, unduh", "Jitter, download")),
    ("quality.rtt", Words::new("Waktu pulang-pergi", "Round trip")),
    ("trial.camera", Words::new("Uji coba kamera", "Trial of a camera")),
    ("trial.microphone", Words::new("Uji coba mikrofon", "Trial of a microphone")),
];

/// What only people know.
pub(crate) const FACTS: &[(&str, Words)] = &[
    ("applicant_equipment", Words::new("peralatan pemohon", "applicant's equipment")),
    ("applicant_accounts", Words::new("akun pemohon", "applicant's accounts")),
    ("applicant_staff", Words::new("petugas pemohon", "applicant's staff")),
    ("division_equipment", Words::new("peralatan bidang", "division's equipment")),
    ("division_accounts", Words::new("akun bidang", "division's accounts")),
    ("division_staff", Words::new("petugas bidang", "division's staff")),
    ("division_capacity", Words::new("kapasitas bidang", "division's capacity")),
    ("no_other_vidcon", Words::new("tidak ada vidcon lain", "no other vidcon")),
    ("software", Words::new("program rapat tersedia", "meeting program there")),
];

/// What a request says.
pub(crate) const FIELDS: &[(&str, Words)] = &[
    ("letter_ref", Words::new("nomor surat", "letter's number")),
    ("submitted_at", Words::new("diajukan", "submitted")),
    ("slot", Words::new("waktu acara", "time of the event")),
    ("devices_expected", Words::new("jumlah perangkat", "devices")),
    ("class", Words::new("jenis acara", "class")),
    ("room_owner", Words::new("pemilik ruang", "owner of the room")),
];

/// When a room is checked again.
pub(crate) const STAGES: &[(&str, Words)] = &[
    ("day_before", Words::new("Hari kerja sebelumnya", "Working day before")),
    ("early", Words::new("150 menit sebelum acara", "150 minutes before")),
    ("last", Words::new("15 menit sebelum acara", "15 minutes before")),
];

/// How such a check ended. One that is due can still be made until the meeting begins; after that it was perhaps never made.
pub(crate) fn ended(name: Option<&str>, has_begun: bool) -> (Tone, Words) {
    match name {
        Some("passed") => (Tone::Good, Words::new("lulus", "passed")),
        Some("superseded") => {
            (Tone::Busy, Words::new("digantikan pemeriksaan berikutnya", "replaced by the next one"))
        }
        Some("unclear") => (Tone::Unknown, Words::new("tidak ada hasil pasti", "no certain result")),
        Some("in_use") => (Tone::Busy, Words::new("ruang sedang dipakai", "the room was in use")),
        Some("missed") => (Tone::Unknown, Words::new("tidak sempat dilakukan", "not made in time")),
        Some("withdrawn") => (Tone::Bad, Words::new("persetujuan ditarik", "approval withdrawn")),
        _ if has_begun => (Tone::Unknown, Words::new("hasilnya tidak tercatat", "not recorded")),
        _ => (Tone::Unknown, Words::new("belum dilakukan", "not made yet")),
    }
}

/// What the log tells of.
pub(crate) const KINDS: &[(&str, Words)] = &[
    ("decided", Words::new("Diputuskan", "Decided")),
    ("overridden", Words::new("Diputuskan oleh pejabat", "Decided by a person")),
    ("override_ended", Words::new("Keputusan pejabat tidak berlaku lagi", "A person's decision has run out")),
    ("withdrawn", Words::new("Persetujuan ditarik", "Approval withdrawn")),
    ("precheck_failed", Words::new("Ruang tidak lulus pemeriksaan", "The room failed a check")),
    ("unconfirmed", Words::new("Belum terkonfirmasi", "Not confirmed")),
    ("confirmed", Words::new("Terkonfirmasi", "Confirmed")),
    ("cancelled", Words::new("Dibatalkan", "Cancelled")),
    ("outcome", Words::new("Hasil dilaporkan", "Outcome reported")),
];

/// What happens in rooms.
pub(crate) const EVENTS: &[(&str, Words)] = &[
    ("ROOM_ONLINE", Words::new("Ruang tersambung", "The room came online")),
    ("ROOM_OFFLINE", Words::new("Ruang tidak terdengar lagi", "The room went offline")),
    ("ROOM_READY", Words::new("Ruang siap", "The room turned ready")),
    ("ROOM_NOT_READY", Words::new("Ruang tidak siap", "The room turned not ready")),
    ("ROOM_UNKNOWN", Words::new("Keadaan ruang tidak diketahui", "The room turned unknown")),
    ("DEVICE_CAME", Words::new("Perangkat dipasang", "A device came")),
    ("DEVICE_GONE", Words::new("Perangkat dicabut atau hilang", "A device was gone")),
    ("DEVICE_CHANGED", Words::new("Keadaan perangkat berubah", "A device changed")),
    ("NET_CHANGED", Words::new("Berpindah jaringan", "Went to another network")),
    ("MACHINE_RESUMED", Words::new("Komputer bangun dari tidur", "The machine resumed")),
    ("CLOCK_STEPPED", Words::new("Jam komputer diubah", "The clock was set")),
    ("CONFIGURATION_CHANGED", Words::new("Konfigurasi berubah", "The configuration changed")),
    ("NOT_CHECKED_YET", Words::new("Siaga dijalankan", "Siaga was started")),
];

/// A step of the procedure that staff do by hand.
pub(crate) const fn step(item: Item) -> Words {
    label(item.label())
}

/// Whose event it is, by its name in JSON.
pub(crate) const CLASSES: &[(&str, Words)] = &[
    ("regular", Words::new("Biasa", "Regular")),
    ("leaders", Words::new("Pimpinan (prioritas)", "Leaders' (priority)")),
];
