//! The last days as small charts.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, Zoned, civil::Date};
use maud::{Markup, html};
use siaga_probe::{Mode, Verdict};
use siaga_readiness::{state::CheckState, trial::DeviceKind};
use siaga_service::page::{
    Tone, Words,
    chart::{Axis, Bar, Bars, Frame, Lane, Line, Point, Series, Span, Strip, Threshold},
};

use super::view::{View, tone};
use crate::{
    past::{Event, Past, What},
    text::Phrases,
};

pub(super) fn render(view: &View) -> Markup {
    let language = view.language;
    html! {
        section #history.card aria-labelledby="history-heading" {
            h2 #history-heading { (language.of(HISTORY)) }
            @if view.past.is_empty() {
                p.muted { (language.of(NOTHING_YET)) }
            } @else {
                div.grid {
                    @if view.rates.is_some() { (rates(view)) (share(view)) }
                    (devices(view))
                }
            }
        }
    }
}

/// What arrived in gate probes: the least of every few hours.
fn rates(view: &View) -> Markup {
    let language = view.language;
    let mut least: BTreeMap<i64, [Option<u64>; 2]> = BTreeMap::new();
    for event in &view.past {
        if let What::Probe { mode: Mode::Gate, up_bps, down_bps, .. } = event.what {
            let slot = event.at.as_second().div_euclid(SLOT_S);
            let held = least.entry(slot).or_default();
            for (held, new) in held.iter_mut().zip([up_bps, down_bps]) {
                *held = [*held, new].into_iter().flatten().min();
            }
        }
    }
    let point = |slot: i64, value: Option<u64>| Point {
        x: seconds(slot * SLOT_S + SLOT_S / 2),
        label: language.day_and_time(time(slot * SLOT_S), &view.zone),
        value: value.map(megabits),
    };
    let points = |which: usize| -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        let mut before = None;
        for (slot, values) in &least {
            // Where nothing was measured there is no line.
            if before.is_some_and(|before| before + 1 < *slot) {
                points.push(point(*slot - 1, None));
            }
            points.push(point(*slot, values.get(which).copied().flatten()));
            before = Some(*slot);
        }
        points
    };
    let series = [
        Series { name: language.of(UP), points: points(0) },
        Series { name: language.of(DOWN), points: points(1) },
    ];
    let needs = view.rates.map_or([0.0; 2], |rates| [rates.up.mbps(), rates.down.mbps()]);
    let same = (needs[0] - needs[1]).abs() < 0.01;
    let names = [(UP, needs[0]), (DOWN, needs[1])].map(|(direction, need)| {
        let direction =
            if same { String::new() } else { format!("{} ", language.of(direction).to_lowercase()) };
        format!("{} {direction}{}", language.of(NEEDS), language.number(need, 1))
    });
    let thresholds: Vec<_> =
        names.iter().zip(needs).map(|(name, value)| Threshold { name: name.as_str(), value }).collect();
    let thresholds = if same { &thresholds[..1] } else { &thresholds[..] };
    let lowest =
        |which: usize| least.values().filter_map(|values| values.get(which).copied().flatten()).min();
    let summary = match (lowest(0), lowest(1)) {
        (Some(up), Some(down)) => format!(
            "{} {}, {} {}.",
            language.of(LOWEST_UP),
            rate(view, up),
            language.of(LOWEST_DOWN),
            rate(view, down)
        ),
        _ => language.of(NO_PROBES).to_owned(),
    };
    let frame = Frame { caption: language.of(RATES), summary: &summary, language };
    let axis = axis(view);
    Line { axis: &axis, series: &series, thresholds, unit: "Mbit/s", along: language.of(WHEN) }.render(&frame)
}

/// How many of each day's gate probes passed.
fn share(view: &View) -> Markup {
    let language = view.language;
    let mut counts: BTreeMap<Date, (u32, u32)> =
        days(view).into_iter().map(|day| (day.date(), (0, 0))).collect();
    for event in &view.past {
        let What::Probe { mode: Mode::Gate, verdict, .. } = event.what else { continue };
        if let Some((passed, of)) = counts.get_mut(&event.at.to_zoned(view.zone.clone()).date()) {
            *of += u32::from(verdict != Verdict::Inconclusive);
            *passed += u32::from(verdict == Verdict::Pass);
        }
    }
    let bar = |(day, (passed, of)): (&Date, &(u32, u32))| {
        let value = (*of > 0).then(|| f64::from(*passed) / f64::from(*of) * 100.0);
        let tone = match value {
            None => Tone::Unknown,
            Some(value) if value >= GOOD_DAY => Tone::Good,
            Some(value) if value >= GOOD_DAY / 2.0 => Tone::Warning,
            Some(_) => Tone::Bad,
        };
        let note = if *of > 0 { format!("{passed} {} {of}", language.of(OF)) } else { String::new() };
        Bar { label: language.day_of_month(*day), value, tone, note }
    };
    let bars: Vec<_> = counts.iter().map(bar).collect();
    let (passed, of) = counts.values().fold((0, 0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
    let summary = match of {
        0 => language.of(NO_PROBES).to_owned(),
        _ => format!("{passed} {} {of} {}.", language.of(OF), language.of(PASSED)),
    };
    let frame = Frame { caption: language.of(SHARE), summary: &summary, language };
    let heads = [language.of(DAY), language.of(SHARE_HEAD)];
    Bars { bars: &bars, top: Some(100.0), threshold: None, unit: "%", heads, label_every: 2 }.render(&frame)
}

/// What cameras and microphones were like.
fn devices(view: &View) -> Markup {
    let language = view.language;
    let lane = |kind, name: Words| Lane { name: language.of(name), spans: spans(view, kind) };
    let lanes = [lane(DeviceKind::Camera, CAMERA), lane(DeviceKind::Microphone, MICROPHONE)];
    let bad = |lane: &Lane<'_>| lane.spans.iter().filter(|span| span.tone == Tone::Bad).count();
    let summary = match lanes.iter().map(bad).sum::<usize>() {
        _ if lanes.iter().all(|lane| lane.spans.is_empty()) => language.of(NOT_TRIED).to_owned(),
        0 => language.of(NO_TROUBLE).to_owned(),
        times => format!("{} {times}×.", language.of(TROUBLE)),
    };
    let frame = Frame { caption: language.of(DEVICES), summary: &summary, language };
    let axis = axis(view);
    let heads = [language.of(DEVICE), language.of(WHEN), language.of(STATE)];
    Strip { axis: &axis, lanes: &lanes, heads }.render(&frame)
}

/// The best of the devices of a kind, from one change to the next.
fn spans(view: &View, kind: DeviceKind) -> Vec<Span> {
    let language = view.language;
    let mut states: BTreeMap<&str, Option<CheckState>> = BTreeMap::new();
    let mut spans: Vec<(Timestamp, Timestamp, Option<CheckState>)> = Vec::new();
    let mut current: Option<(Timestamp, Option<CheckState>)> = None;
    let mut noted = Timestamp::MIN;
    for Event { at, what } in &view.past {
        // While it was away nothing is known of it: what was so lasts until something was noted last.
        let until = if matches!(what, What::Began { was_away: true }) { noted } else { *at };
        noted = *at;
        match what {
            What::Device { kind: of, id, state } if *of == kind => {
                states.insert(id, *state);
            }
            What::Began { .. } => states.clear(),
            What::Device { .. } | What::Probe { .. } => continue,
        }
        let next = (!states.is_empty()).then(|| best(states.values().copied()));
        if current.map(|(_, state)| state) != next {
            spans.extend(current.map(|(from, state)| (from, until, state)));
            current = next.map(|state| (*at, state));
        }
    }
    spans.extend(current.map(|(from, state)| (from, view.now.wall, state)));
    let told = |(from, to, state): (Timestamp, Timestamp, Option<CheckState>)| Span {
        from: seconds(from.as_second()),
        to: seconds(to.as_second()),
        tone: state.map_or(Tone::Bad, tone),
        when: language.span(from, to, &view.zone),
        word: state.map_or(language.of(GONE), |state| language.state(state)).to_owned(),
    };
    spans.into_iter().map(told).collect()
}

/// A room needs one that works.
fn best(states: impl Iterator<Item = Option<CheckState>>) -> Option<CheckState> {
    states.min_by_key(|state| match state {
        Some(CheckState::Ok) => 0,
        Some(CheckState::InUse) => 1,
        Some(CheckState::Warning) => 2,
        Some(CheckState::Unknown) => 3,
        Some(CheckState::Failed) => 4,
        None => 5,
    })?
}

/// The whole time, with a mark at every other midnight of the office.
fn axis(view: &View) -> Axis {
    let from = Past::since(view.now.wall);
    let ticks = days(view).into_iter().filter(|day| day.timestamp() >= from).step_by(2);
    let ticks =
        ticks.map(|day| (seconds(day.timestamp().as_second()), view.language.day_of_month(day.date())));
    Axis { from: seconds(from.as_second()), to: seconds(view.now.wall.as_second()), ticks: ticks.collect() }
}

/// The midnights of the last seven days and of today.
fn days(view: &View) -> Vec<Zoned> {
    let today = view.now.wall.to_zoned(view.zone.clone()).date();
    let day = |ago: i64| today.checked_sub(ago.days()).ok()?.to_zoned(view.zone.clone()).ok();
    (0..7).rev().filter_map(day).collect()
}

/// A chart of a week has room for so many values.
const SLOT_S: i64 = 3 * 60 * 60;

/// A day counts as good from this share on; as in forecasts.
const GOOD_DAY: f64 = 95.0;

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[allow(clippy::cast_precision_loss)]
const fn seconds(seconds: i64) -> f64 {
    // Far below 2^53.
    seconds as f64
}

#[allow(clippy::cast_precision_loss)]
fn megabits(bps: u64) -> f64 {
    bps as f64 / 1e6
}

fn rate(view: &View, bps: u64) -> String {
    view.language.rate(megabits(bps) * 1e6)
}

const HISTORY: Words = Words::new("Tujuh hari terakhir", "The last seven days");
const NOTHING_YET: Words = Words::new("Belum ada catatan.", "Nothing has been recorded yet.");
const RATES: Words = Words::new(
    "Laju internet, yang terendah tiap tiga jam",
    "Rate of the link, the least of every three hours",
);
const UP: Words = Words::new("Unggah", "Upload");
const DOWN: Words = Words::new("Unduh", "Download");
const NEEDS: Words = Words::new("perlu", "needed:");
const LOWEST_UP: Words = Words::new("Unggah terendah", "Lowest upload");
const LOWEST_DOWN: Words = Words::new("unduh terendah", "lowest download");
const NO_PROBES: Words = Words::new("Internet belum diukur.", "The link was not measured.");
const WHEN: Words = Words::new("Kapan", "When");
const SHARE: Words =
    Words::new("Pengukuran internet yang lulus tiap hari", "Measurements of the link that passed, by day");
const SHARE_HEAD: Words = Words::new("Lulus", "Passed");
const DAY: Words = Words::new("Hari", "Day");
const OF: Words = Words::new("dari", "of");
const PASSED: Words = Words::new("pengukuran lulus", "measurements passed");
const DEVICES: Words = Words::new("Kamera dan mikrofon", "Cameras and microphones");
const DEVICE: Words = Words::new("Perangkat", "Device");
const CAMERA: Words = Words::new("Kamera", "Camera");
const MICROPHONE: Words = Words::new("Mikrofon", "Microphone");
const STATE: Words = Words::new("Keadaan", "State");
const GONE: Words = Words::new("tidak terpasang", "not plugged in");
const NOT_TRIED: Words = Words::new("Belum ada perangkat yang dicoba.", "No device was tried.");
const NO_TROUBLE: Words = Words::new("Tidak ada gangguan yang tercatat.", "No trouble was recorded.");
const TROUBLE: Words = Words::new("Gangguan tercatat", "Trouble was recorded");
