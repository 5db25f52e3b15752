//! How rooms were over the day.

use maud::{Markup, html};
use siaga_service::page::{
    Language, Tone, Words,
    chart::{Bar, Bars, Frame},
    icon, name,
};

use super::share;
use crate::report::{
    DayReport,
    day::{DayRate, RoomDay, RoomHour, State},
    html::{more, percent},
    words,
};

pub(super) fn rooms(report: &DayReport, language: Language) -> Markup {
    if report.rooms_dropped {
        return html! { p { (language.either(
            "Keadaan ruang pada hari itu sudah tidak disimpan.",
            "How rooms were on that day is no longer kept.",
        )) } };
    }
    if report.rooms.is_empty() {
        return html! { p { (language.either("Belum ada ruang yang melapor.", "No room has reported yet.")) } };
    }
    let states = [State::Good, State::Unknown, State::Fault];
    html! {
        p.legend {
            @for state in states { @let (tone, word) = told(state); span.mark.(tone.class()) { (icon(tone)) " " (language.of(word)) } }
            span.muted { (language.either("kosong: ", "blank: ")) (language.of(told(State::NotHeard).1)) }
        }
        table {
            thead {
                tr {
                    th scope="col" { (language.either("Ruang", "Room")) }
                    th scope="col" { (language.either("Jam 00–24", "Hours 00–24")) }
                    th.number scope="col" { (language.either("Terdengar", "Heard")) }
                    th.number scope="col" { (language.either("Unggah", "Upload")) }
                    th.number scope="col" { (language.either("Unduh", "Download")) }
                    th scope="col" { (language.either("Gangguan", "Faults")) }
                }
            }
            tbody { @for room in &report.rooms { (row(room, report, language)) } }
        }
        p.small.muted {
            (language.either(
                "Satu menit gangguan menandai seluruh jamnya. Unggah dan unduh: uji singkat yang lulus dari yang memberi hasil, dan kecepatan terendah.",
                "One minute of a fault marks its whole hour. Upload and download: gate probes that passed of those that came to a verdict, and the lowest rate.",
            ))
        }
        (more(report.rooms_truncated, language, MORE))
    }
}

const MORE: Words = Words::new(
    "Ada lebih banyak ruang daripada yang dimuat di sini.",
    "There are more rooms than are told here.",
);

const fn told(state: State) -> (Tone, Words) {
    match state {
        State::Good => (Tone::Good, Words::new("baik", "good")),
        State::Unknown => (Tone::Unknown, Words::new("tidak pasti", "not certain")),
        State::Fault => (Tone::Bad, Words::new("gangguan", "fault")),
        State::NotHeard => (
            Tone::Busy,
            Words::new(
                "tidak terdengar (mati, terputus, atau server tidak berjalan)",
                "not heard (off, cut off, or the server was down)",
            ),
        ),
    }
}

fn row(room: &RoomDay, report: &DayReport, language: Language) -> Markup {
    html! {
        tr {
            th scope="row" { (room.room) @if let Some(site) = &room.site { br; span.small.muted { (name(site)) } } }
            td { (strip(room, report, language)) }
            td.number {
                @if room.minutes > 0 {
                    (percent(share(room.heard_minutes.into(), room.minutes.into()), language))
                } @else { "–" }
            }
            td.number { (rate(&room.up, language)) }
            td.number { (rate(&room.down, language)) }
            td.small {
                @if room.faults.is_empty() { "–" }
                @for (index, (check, minutes)) in room.faults.iter().enumerate() {
                    @if index > 0 { br; }
                    (words::check(check, language)) " " (minutes) (language.either(" menit", " min"))
                }
            }
        }
    }
}

fn rate(rate: &DayRate, language: Language) -> Markup {
    let judged = rate.passed + rate.failed;
    html! {
        @if judged > 0 { (rate.passed) "/" (judged) } @else { "–" }
        @if let Some(least) = rate.least_bps { br; span.small { (language.rate(least)) } }
    }
}

/// A bar for each hour; what is worse is higher, so that it is seen without its colour.
fn strip(room: &RoomDay, report: &DayReport, language: Language) -> Markup {
    let length = report.to.duration_since(report.from).as_secs_f64().max(1.0);
    let x = |at: jiff::Timestamp| at.duration_since(report.from).as_secs_f64() / length * WIDTH;
    let bar = 3600.0 / length * WIDTH;
    let text = |value: f64| Language::English.number(value, 2);
    html! {
        svg.strip viewBox={ "0 0 " (WIDTH) " " (HIGH) } preserveAspectRatio="none" role="img" aria-label=(runs(room, report, language)) {
            rect.track x="0" y="0" width=(WIDTH) height=(HIGH) {}
            @for hour in &room.hours {
                @if let Some(high) = height(hour.state) {
                    rect.span.(told(hour.state).0.class()) x=(text(x(hour.at))) width=(text(bar)) y=(text(HIGH - high)) height=(text(high)) {}
                }
            }
            @for six in [6.0, 12.0, 18.0] { path.hour d={ "M" (text(WIDTH * six / 24.0)) " 0V" (HIGH) } {} }
        }
    }
}

const WIDTH: f64 = 240.0;
const HIGH: f64 = 20.0;

const fn height(state: State) -> Option<f64> {
    match state {
        State::Good => Some(HIGH * 0.4),
        State::Unknown => Some(HIGH * 0.6),
        State::Fault => Some(HIGH),
        State::NotHeard => None,
    }
}

/// The same in words: from when to when it was how.
fn runs(room: &RoomDay, report: &DayReport, language: Language) -> String {
    let mut runs: Vec<(RoomHour, jiff::Timestamp)> = Vec::new();
    for hour in &room.hours {
        let end = hour.at + jiff::SignedDuration::from_hours(1);
        match runs.last_mut() {
            Some((first, until)) if first.state == hour.state => *until = end,
            _ => runs.push((*hour, end)),
        }
    }
    let clock = |at: jiff::Timestamp| language.clock(&at.to_zoned(report.clock.rules().clone()));
    let run = |(first, until): &(RoomHour, jiff::Timestamp)| {
        format!("{}–{} {}", clock(first.at), clock(*until), language.of(told(first.state).1))
    };
    runs.iter().map(run).collect::<Vec<_>>().join("; ")
}

/// The share of gate probes that passed, hour by hour.
pub(super) fn probes(report: &DayReport, language: Language) -> Markup {
    let judged: u32 = report.probes.iter().map(|hour| hour.passed + hour.failed).sum();
    if judged == 0 {
        return html! { p { (language.either("Tidak ada uji internet yang memberi hasil.", "No probe of the link came to a verdict.")) } };
    }
    let bars: Vec<Bar> = report
        .probes
        .iter()
        .map(|hour| {
            let judged = hour.passed + hour.failed;
            let value = (judged > 0).then(|| share(hour.passed.into(), judged.into()) * 100.0);
            Bar {
                label: language.clock(&hour.at.to_zoned(report.clock.rules().clone())),
                value,
                tone: value.map_or(Tone::Unknown, |value| if value < GOOD { Tone::Bad } else { Tone::Good }),
                note: format!("{}/{judged}", hour.passed),
            }
        })
        .collect();
    let heads = [language.either("Jam", "Hour"), language.either("Uji yang lulus", "Probes that passed")];
    let chart = Bars {
        bars: &bars,
        top: Some(100.0),
        threshold: Some((GOOD, language.either("baik bila 95 % atau lebih", "good if 95 % or more"))),
        unit: "%",
        heads,
        label_every: 3,
    };
    let failed: u32 = report.probes.iter().map(|hour| hour.failed).sum();
    let summary = match language {
        Language::Indonesian => format!("{failed} dari {judged} uji singkat ke salah satu arah gagal."),
        Language::English => format!("{failed} of {judged} gate probes of one direction failed."),
    };
    let caption =
        language.either("Uji singkat yang lulus, semua ruang", "Gate probes that passed, all rooms");
    chart.render(&Frame { caption, summary: &summary, language })
}

/// As a forecast counts a day.
const GOOD: f64 = 95.0;
