//! How a room was in the last days: what its link delivered, and in which state it was.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use siaga_booking::{
    Reader, StoreError,
    store::{EventRow, HourRow},
};
use siaga_readiness::room::RoomId;
use siaga_service::page::{
    Tone,
    chart::{Axis, Frame, Lane, Line, Point, Series, Span, Strip, Threshold},
};

use super::{hour_of, megabits};
use crate::{
    desk::standing::KINDS,
    page::{frame::Viewer, words::State},
};

const DAYS: i64 = 7;

pub(super) struct Past {
    from: Timestamp,
    hours: Vec<HourRow>,
    /// When the room turned how.
    turns: Vec<EventRow>,
}

impl Past {
    pub(super) fn read(reader: &mut Reader<'_>, room: &RoomId, now: Timestamp) -> Result<Self, StoreError> {
        let from = now.checked_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(now);
        let mut turns = reader.events(room, from, now, MOST_EVENTS)?;
        turns.retain(|event| KINDS.contains(&&*event.kind));
        Ok(Self { from, hours: reader.hours(room, from, now)?, turns })
    }

    pub(super) fn show(&self, viewer: &Viewer, now: Timestamp) -> Markup {
        let axis = self.axis(viewer, now);
        html! {
            h2 { (viewer.say("Tujuh hari terakhir", "The last seven days")) }
            div.grid {
                (self.rates(viewer, &axis))
                (self.states(viewer, &axis, now))
            }
        }
    }

    /// In hours since the beginning, with the days at their midnights.
    fn axis(&self, viewer: &Viewer, now: Timestamp) -> Axis {
        let zone = viewer.zone();
        let first = self.from.to_zoned(zone.clone()).date();
        let days = std::iter::successors(first.tomorrow().ok(), |day| day.tomorrow().ok());
        let midnights = days.map_while(|day| Some((day, day.to_zoned(zone.clone()).ok()?.timestamp())));
        // One at an edge would be written over by the next to it.
        let fits = |at: &Timestamp| self.place(*at) >= 12.0 && self.place(now) - self.place(*at) >= 12.0;
        let ticks = midnights.take_while(|(_, at)| *at < now).filter(|(_, at)| fits(at)).map(|(day, at)| {
            (self.place(at), format!("{} {}", viewer.language.weekday(day.weekday()), day.day()))
        });
        Axis { from: 0.0, to: self.place(now), ticks: ticks.collect() }
    }

    fn place(&self, at: Timestamp) -> f64 {
        at.duration_since(self.from).as_secs_f64() / 3600.0
    }

    /// What gate probes delivered, on average of each hour. A probe stops at the rate that it asks for.
    fn rates(&self, viewer: &Viewer, axis: &Axis) -> Markup {
        let (up, down) = (self.points(viewer, "gate.up"), self.points(viewer, "gate.down"));
        let caption = viewer.say("Laju yang tercapai", "Rates delivered");
        let least = |points: &[Point]| points.iter().filter_map(|point| point.value).reduce(f64::min);
        let summary = match (least(&up), least(&down)) {
            (None, None) => viewer.say("Tidak ada pengukuran.", "Nothing was measured.").to_owned(),
            (up, down) => {
                let told =
                    |rate: Option<f64>| rate.map_or("–".to_owned(), |rate| viewer.language.number(rate, 1));
                format!(
                    "{} {} Mbit/s, {} {} Mbit/s.",
                    viewer.say("Rata-rata per jam yang terendah: unggah", "Lowest hourly mean: upload"),
                    told(up),
                    viewer.say("unduh", "download"),
                    told(down)
                )
            }
        };
        let thresholds = [
            Threshold { name: viewer.say("unggah minimal 10", "upload at least 10"), value: 10.0 },
            Threshold {
                name: viewer
                    .say("unduh minimal 20, unggah disarankan 20", "download at least 20, upload better 20"),
                value: 20.0,
            },
        ];
        let lines = [
            Series { name: viewer.say("Unggah", "Upload"), points: up },
            Series { name: viewer.say("Unduh", "Download"), points: down },
        ];
        let line = Line {
            axis,
            series: &lines,
            thresholds: &thresholds,
            unit: "Mbit/s",
            along: viewer.say("Jam", "Hour"),
        };
        line.render(&Frame { caption, summary: &summary, language: viewer.language })
    }

    /// Of each hour with a probe; where there was none in between, a gap.
    fn points(&self, viewer: &Viewer, series: &str) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for row in self.hours.iter().filter(|row| &*row.series == series) {
            let x = self.place(row.hour) + 0.5;
            if let Some(before) = points.last().map(|point| point.x).filter(|before| x - before > 1.5) {
                let label = hour_of(viewer, row.hour - SignedDuration::from_hours(1));
                points.push(Point { x: before + 1.0, label, value: None });
            }
            let value = row.value.map(|spread| megabits(spread.mean));
            points.push(Point { x, label: hour_of(viewer, row.hour), value });
        }
        points
    }

    fn states(&self, viewer: &Viewer, axis: &Axis, now: Timestamp) -> Markup {
        let state = |kind: &str| State::ALL.into_iter().rev().find(|state| state.event() == kind);
        let ends = self.turns.iter().skip(1).map(|turn| turn.at).chain([now]);
        let (mut spans, mut ready) = (Vec::new(), SignedDuration::ZERO);
        for (turn, end) in self.turns.iter().zip(ends) {
            let Some(state) = state(&turn.kind) else { continue };
            if state == State::Ready {
                ready += end.duration_since(turn.at);
            }
            spans.push(Span {
                from: self.place(turn.at),
                to: self.place(end),
                tone: if state == State::Offline { Tone::Busy } else { state.tone() },
                when: format!("{} – {}", hour_of(viewer, turn.at), hour_of(viewer, end)),
                word: viewer.language.of(state.words()).to_owned(),
            });
        }
        let caption = viewer.say("Keadaan ruang", "State of the room");
        let summary = if spans.is_empty() {
            viewer.say("Tidak ada perubahan yang tercatat.", "No change was noted.").to_owned()
        } else {
            format!(
                "{} {}.",
                viewer.say("Siap selama", "Ready for"),
                viewer.language.age(ready.as_secs_f64())
            )
        };
        // A table of more would not be read.
        let cut = spans.len().saturating_sub(MOST_SPANS);
        let lanes = [Lane { name: "", spans: spans.split_off(cut) }];
        let heads = [viewer.say("Apa", "What"), viewer.say("Kapan", "When"), viewer.say("Keadaan", "State")];
        let strip = Strip { axis, lanes: &lanes, heads };
        strip.render(&Frame { caption, summary: &summary, language: viewer.language })
    }
}

const MOST_EVENTS: u32 = 5_000;

const MOST_SPANS: usize = 120;
