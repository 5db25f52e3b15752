//! The link as it was measured around the event.

use jiff::Timestamp;
use maud::{Markup, html};
use siaga_service::page::{
    Language, Words,
    chart::{Axis, Frame, Line, Point, Series, Threshold},
};

use crate::report::{
    BookingReport,
    html::{evidence::as_f64, faults, happened, more, percent},
    measured::{Measure, Measured, Rate},
    words::{self, EVENTS, SERIES},
};

pub(super) fn measured(report: &BookingReport, language: Language) -> Markup {
    let it = &report.measured;
    html! {
        p {
            (language.either("Jangka waktu: ", "Time: ")) (language.span(it.from, it.to, report.clock.rules())) ". "
            @if it.minutes > 0 {
                (language.either("Ruang terdengar ", "The room was heard for ")) (it.heard_minutes)
                (language.either(" dari ", " of ")) (it.minutes) (language.either(" menit (", " minutes ("))
                (percent(f64::from(it.heard_minutes.min(it.minutes)) / f64::from(it.minutes), language)) ")."
            }
        }
        @if it.rates.is_empty() {
            p { (language.either("Tidak ada uji internet dalam waktu itu.", "The link was not probed in this time.")) }
        } @else {
            @if it.by_hour { p { (language.of(BY_HOUR)) } } @else {
            div.charts {
                (chart(report, "gate.up", UPLOAD, language))
                (chart(report, "gate.down", DOWNLOAD, language))
            }
            }
            (table(it, language))
        }
        (failures(report, language))
        (events(report, language))
        (more(it.truncated, language, MORE))
    }
}

const UPLOAD: Words = Words::new("Kecepatan unggah (uji singkat)", "Upload (gate probes)");
const DOWNLOAD: Words = Words::new("Kecepatan unduh (uji singkat)", "Download (gate probes)");
const BY_HOUR: Words = Words::new(
    "Pengukuran satu per satu dari waktu itu sudah tidak disimpan; ringkasan ini berasal dari catatan per jam.",
    "The single measurements of this time are no longer kept; this summary is made from its hours.",
);
const MORE: Words = Words::new(
    "Dalam waktu ini ada lebih banyak pengukuran atau kejadian daripada yang dimuat di sini.",
    "There were more measurements or events in this time than are told here.",
);

fn chart(report: &BookingReport, series: &str, caption: Words, language: Language) -> Markup {
    let it = &report.measured;
    let Some(rate) = it.rates.iter().find(|rate| rate.series == series) else { return html! {} };
    let zone = report.clock.rules();
    let point = |at: Timestamp, value: Option<f64>| Point {
        x: seconds(at),
        label: language.day_and_time(at, zone),
        value: value.map(|bps| bps / 1e6),
    };
    // One that came to no verdict says nothing about the rate: the line has a gap there.
    let points = it.of(series).map(|it| point(it.at, it.value.filter(|_| it.outcome != Some("unknown"))));
    let lines = [Series { name: language.of(caption), points: points.collect() }];
    let required = rate.required_bps.map(as_f64);
    let named =
        required.map(|bps| format!("{} {}", language.either("diperlukan", "required"), language.rate(bps)));
    let threshold = required.zip(named.as_deref()).map(|(bps, name)| Threshold { name, value: bps / 1e6 });
    let line = Line {
        axis: &axis(it, report, language),
        series: &lines,
        thresholds: threshold.as_slice(),
        unit: "Mbit/s",
        along: language.either("Waktu", "Time"),
    };
    let summary = summary(rate, language);
    line.render(&Frame { caption: language.of(caption), summary: &summary, language })
}

fn summary(rate: &Rate, language: Language) -> String {
    let Rate { passed, failed, undecided, .. } = rate;
    let mut text = match language {
        Language::Indonesian => format!("{passed} uji lulus, {failed} gagal, {undecided} tanpa hasil pasti"),
        Language::English => {
            format!("{passed} probes passed, {failed} failed, {undecided} came to no verdict")
        }
    };
    if let Some(least) = rate.least_bps {
        text += language.either("; terendah ", "; lowest ");
        text += &language.rate(least);
    }
    text + "."
}

/// Every whole hour, or as many of them as can be read.
fn axis(it: &Measured, report: &BookingReport, language: Language) -> Axis {
    let (from, to) = (it.from.as_second(), it.to.as_second());
    let step = [3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600].into_iter().find(|step| (to - from) / step <= 8);
    let step = step.unwrap_or(24 * 3600);
    let first = (from + step - 1).div_euclid(step) * step;
    let ticks = (0..)
        .map(|index| first + index * step)
        .take_while(|second| *second <= to)
        .filter_map(|second| Timestamp::from_second(second).ok())
        .map(|at| (seconds(at), language.clock(&at.to_zoned(report.clock.rules().clone()))));
    Axis { from: seconds(it.from), to: seconds(it.to), ticks: ticks.collect() }
}

#[allow(clippy::cast_precision_loss)] // Seconds of any calendar stay far below 2^53.
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

fn table(it: &Measured, language: Language) -> Markup {
    let rate = |bps: Option<f64>| bps.map_or("–".to_owned(), |bps| language.rate(bps));
    html! {
        table {
            caption { (language.either("Ringkasan uji internet", "Probes in short")) }
            thead {
                tr {
                    th scope="col" { (language.either("Uji", "Probe")) }
                    th.number scope="col" { (language.either("Lulus", "Passed")) }
                    th.number scope="col" { (language.either("Gagal", "Failed")) }
                    th.number scope="col" { (language.either("Tidak pasti", "No verdict")) }
                    th.number scope="col" { (language.either("Terendah", "Lowest")) }
                    th.number scope="col" { "Median" }
                    th.number scope="col" { (language.either("Diperlukan", "Required")) }
                }
            }
            tbody {
                @for it in &it.rates {
                    tr {
                        th scope="row" { (words::named(SERIES, it.series, language)) }
                        td.number { (it.passed) }
                        td.number { (it.failed) }
                        td.number { (it.undecided) }
                        td.number { (rate(it.least_bps)) }
                        td.number { (rate(it.median_bps)) }
                        td.number { (rate(it.required_bps.map(as_f64))) }
                    }
                }
            }
        }
    }
}

fn failures(report: &BookingReport, language: Language) -> Markup {
    let why = |it: &Measure| {
        let reason = it.reason.as_deref().unwrap_or_default();
        html! { (faults::why(&it.series, reason, it.value, report.measured.required(&it.series), language)) }
    };
    let failed = report.measured.samples.iter().filter(|it| it.outcome == Some("bad"));
    let rows: Vec<_> =
        failed.map(|it| (it.at, words::named(SERIES, &it.series, language), why(it))).collect();
    let heads = [language.either("Uji", "Probe"), language.either("Sebab", "Why")];
    listed(language.either("Uji yang gagal", "What failed"), heads, &rows, report, language)
}

fn events(report: &BookingReport, language: Language) -> Markup {
    let rows: Vec<_> = report
        .measured
        .events
        .iter()
        .map(|event| {
            let detail = happened::detail(event, report, language).unwrap_or_default();
            (event.at, words::named(EVENTS, &event.kind, language), detail)
        })
        .collect();
    let caption = language.either("Kejadian di ruang", "What happened in the room");
    let heads = [language.either("Kejadian", "Event"), language.either("Keterangan", "Detail")];
    listed(caption, heads, &rows, report, language)
}

/// When, what, and more about it, as far as a sheet has room for it.
fn listed(
    caption: &str,
    heads: [&str; 2],
    rows: &[(Timestamp, &str, Markup)],
    report: &BookingReport,
    language: Language,
) -> Markup {
    let left_out = rows.len().saturating_sub(MOST_SHOWN);
    html! {
        @if !rows.is_empty() {
            table {
                caption { (caption) }
                thead {
                    tr {
                        th scope="col" { (language.either("Waktu", "Time")) }
                        @for head in heads { th scope="col" { (head) } }
                    }
                }
                tbody {
                    @for (at, what, more) in rows.iter().take(MOST_SHOWN) {
                        tr {
                            td.nowrap { (language.day_and_time(*at, report.clock.rules())) }
                            td { (what) }
                            td { (more) }
                        }
                    }
                }
            }
            @if left_out > 0 {
                p.more {
                    (language.either("Tidak dimuat di sini: ", "Left out here: ")) (left_out)
                    (language.either("; semuanya ada dalam laporan CSV dan JSON.", "; all of it is in the CSV and JSON reports."))
                }
            }
        }
    }
}

const MOST_SHOWN: usize = 15;
