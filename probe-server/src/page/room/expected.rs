//! What is to be expected of a room, hour by hour of a day.

use jiff::civil::Date;
use maud::{Markup, html};
use siaga_readiness::{booking::forecast::Outlook, room::RoomId};
use siaga_service::page::chart::{Bar, Bars, Frame};

use super::megabits;
use crate::{
    gate::{
        Refusal,
        forecast::{DayForecast, DaysForecast, HourForecast},
    },
    page::{frame::Viewer, words::outlook},
};

pub(super) fn show(
    viewer: &Viewer,
    room: &RoomId,
    day: Date,
    forecast: &Result<DaysForecast, Refusal>,
) -> Markup {
    html! {
        h2 { (viewer.say("Yang dapat diharapkan per jam", "What to expect, by the hour")) }
        form.filter method="get" action={ "/rooms/" (room) "#expected" } {
            p {
                label for="day" { (viewer.say("Hari", "Day")) }
                input #day name="day" type="date" value=(day) required;
            }
            p.buttons { button { (viewer.say("Tampilkan", "Show")) } }
        }
        @match forecast {
            Ok(forecast) => { @for day in &forecast.days { (of_day(viewer, day)) } }
            Err(Refusal::Said { key: "end", .. }) => p.note {
                (viewer.say(
                    "Pilih hari ini atau hari yang akan datang, paling jauh dua tahun.",
                    "Choose today or a day to come, at most two years ahead.",
                ))
            },
            Err(Refusal::Said { .. }) => p.note {
                (viewer.say(
                    "Ruang ini memakai profil yang tidak dikenal di server, jadi tidak ada yang dapat diperkirakan.",
                    "This room goes by a profile that the server does not know, so nothing can be foreseen.",
                ))
            },
            Err(_) => p.note.bad {
                (viewer.say("Riwayat tidak dapat dibaca sekarang.", "The history can't be read now."))
            },
        }
    }
}

fn of_day(viewer: &Viewer, day: &DayForecast) -> Markup {
    let date = viewer.language.date(day.date);
    if day.hours.is_empty() {
        return html! {
            p.note {
                (date) ": "
                @match &day.holiday {
                    Some(holiday) => { (viewer.say("hari libur", "holiday")) " (" bdi { (holiday) } ")." }
                    None => (viewer.say("kantor tutup.", "the office is closed.")),
                }
            }
        };
    }
    let bars: Vec<Bar> = day.hours.iter().map(|hour| bar(viewer, hour)).collect();
    let good = day.hours.iter().filter(|hour| hour.outlook == Outlook::Good).count();
    let summary = format!(
        "{good} {} {} {}.",
        viewer.say("dari", "of"),
        day.hours.len(),
        viewer.say("jam kantor diperkirakan baik", "office hours are expected to be good"),
    );
    let share = viewer.say("bagian hari yang baik dalam empat minggu", "share of good days in four weeks");
    let caption = format!("{date}: {share}");
    let bars = Bars {
        bars: &bars,
        top: Some(100.0),
        threshold: None,
        unit: "%",
        heads: [viewer.say("Jam", "Hour"), viewer.say("Hari baik", "Good days")],
        label_every: 2,
    };
    html! {
        @if day.day == "unknown" {
            p.muted {
                (viewer.say(
                    "Daftar hari libur tahun itu belum lengkap; bila hari itu libur, kantor tutup.",
                    "The list of that year's holidays is not complete; if it is one, the office is closed.",
                ))
            }
        }
        (bars.render(&Frame { caption: &caption, summary: &summary, language: viewer.language }))
    }
}

fn bar(viewer: &Viewer, hour: &HourForecast) -> Bar {
    let (tone, word) = outlook(hour.outlook);
    let rate = |bps: Option<u64>| {
        // Rates are far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        bps.map_or("–".to_owned(), |bps| viewer.language.number(megabits(bps as f64), 1))
    };
    let note = format!(
        "{}; {} {} {} {}; {} {}/{} Mbit/s",
        viewer.language.of(word),
        hour.good_days,
        viewer.say("dari", "of"),
        hour.days,
        viewer.say("hari baik", "days good"),
        viewer.say("sembilan dari sepuluh kali setidaknya", "nine times of ten at least"),
        rate(hour.delivered.up_p10_bps),
        rate(hour.delivered.down_p10_bps),
    );
    Bar {
        label: viewer.language.clock(&hour.slot.start().to_zoned(viewer.zone().clone())),
        value: (hour.days > 0).then(|| 100.0 * f64::from(hour.good_days) / f64::from(hour.days)),
        tone,
        note,
    }
}
