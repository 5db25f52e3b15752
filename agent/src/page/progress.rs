use std::time::Duration;

use maud::{Markup, html};
use siaga_probe::Mode;
use siaga_readiness::{catalogue, reasons::Code, trial::DeviceKind};
use siaga_service::page::{Words, name};

use super::view::View;
use crate::{
    live::{Probing, Trying},
    text::Phrases,
};

/// What is being done now, with what can be seen of it; where nothing is, how the last check ended.
pub(super) fn render(view: &View) -> Markup {
    let language = view.language;
    let going = &view.doing.going;
    html! {
        section #progress.card aria-label=(language.of(NOW)) hidden[!view.doing.is_busy() && ended(view).is_none()] {
            @if let Some(probe) = &going.probe { (probing(view, probe)) }
            @if let Some(trial) = &going.trial { (trying(view, trial)) }
            @if going.probe.is_none() && view.doing.is_probe_wanted { p { (language.of(PROBE_WAITS)) } }
            @if going.trial.is_none() && let Some(rest) = view.doing.trials_in { (trials_wait(view, rest)) }
            @if !view.doing.is_busy() && let Some(reason) = ended(view) {
                @let entry = catalogue::entry(reason);
                p { (language.text(&entry.text)) " " (language.text(&entry.remedy)) }
            }
        }
    }
}

/// Devices that were tried a moment ago are left alone for a while.
fn trials_wait(view: &View, rest: Duration) -> Markup {
    let language = view.language;
    html! {
        p {
            @if rest.is_zero() {
                (language.of(TRIALS_WAIT))
            } @else {
                (language.of(TRIALS_REST)) " " (language.age(rest.as_secs_f64().ceil())) "."
            }
        }
    }
}

/// Why the round that was asked for last did not go as asked.
fn ended(view: &View) -> Option<Code> {
    let reason = view.doing.trials.as_ref()?.reason?;
    matches!(reason, Code::TrialsMeetingOn | Code::TrialsTurnedOff | Code::TrialsIncomplete).then_some(reason)
}

fn probing(view: &View, probe: &Probing) -> Markup {
    let language = view.language;
    let what = match probe.mode {
        Mode::Gate => GATE,
        Mode::Sustain => SUSTAIN,
        Mode::Quality | Mode::Unknown => QUALITY,
    };
    let rates = view.rates.map_or([0.0; 2], |rates| [rates.up, rates.down].map(|rate| rate.bps_f64()));
    let directions = [(UP, view.doing.speed.up_bps, rates[0]), (DOWN, view.doing.speed.down_bps, rates[1])];
    html! {
        p { strong { (language.of(what)) } }
        @if probe.mode != Mode::Quality {
            dl.rates {
                @for (direction, now, wanted) in directions {
                    dt { (language.of(direction)) }
                    dd {
                        // A probe sends some more than is required.
                        meter min="0" max=(wanted * 1.25) value=(now) aria-label=(language.of(direction)) {}
                        " " span.number { (language.rate(now)) }
                    }
                }
            }
        }
    }
}

fn trying(view: &View, trial: &Trying) -> Markup {
    let language = view.language;
    let run = view.doing.trials.as_ref().filter(|run| run.reason.is_none() && run.of > 0);
    html! {
        p {
            strong { (language.of(if trial.kind == DeviceKind::Camera { CAMERA } else { MICROPHONE })) " " (name(&trial.device)) }
            @if let Some(run) = run { " (" (run.tried + 1) " " (language.of(OF)) " " (run.of) ")" }
        }
        @if trial.kind == DeviceKind::Microphone {
            dl.rates {
                dt { (language.of(SPEAK)) }
                dd { meter #level min="0" max="100" value=(percent(trial.level.unwrap_or(0))) aria-label=(language.of(LEVEL)) {} }
            }
        }
    }
}

/// How loud a greatest amplitude out of 2^31 is, as a share of what can be heard: −60 dB and less is nothing.
pub(crate) fn percent(level: u32) -> u32 {
    let decibels = 20.0 * (f64::from(level.max(1)) / f64::from(1_u32 << 31)).log10();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let percent = ((decibels + 60.0) / 60.0 * 100.0).clamp(0.0, 100.0).round() as u32;
    percent
}

const NOW: Words = Words::new("Yang sedang dilakukan", "What is being done");
const GATE: Words = Words::new("Mengukur internet …", "Measuring the link …");
const SUSTAIN: Words = Words::new(
    "Mengukur ketahanan internet, setengah menit …",
    "Measuring the link's endurance, half a minute …",
);
const QUALITY: Words = Words::new("Mengukur mutu internet …", "Measuring the link's quality …");
const UP: Words = Words::new("Unggah", "Upload");
const DOWN: Words = Words::new("Unduh", "Download");
const CAMERA: Words = Words::new("Mencoba kamera", "Trying the camera");
const MICROPHONE: Words = Words::new("Mendengarkan mikrofon", "Listening to the microphone");
const OF: Words = Words::new("dari", "of");
const SPEAK: Words = Words::new("Bicaralah: garis ini harus bergerak", "Speak: this bar should move");
const LEVEL: Words = Words::new("Kekerasan suara", "Sound level");
const PROBE_WAITS: Words = Words::new("Internet segera diukur …", "The link is about to be measured …");
const TRIALS_REST: Words = Words::new(
    "Kamera dan mikrofon baru saja dicoba. Dicoba lagi setelah",
    "Cameras and microphones were tried a moment ago. They are tried again after",
);
const TRIALS_WAIT: Words =
    Words::new("Kamera dan mikrofon segera dicoba …", "Cameras and microphones are about to be tried …");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_shown_as_loudness() {
        let full = 1_u32 << 31;
        assert_eq!([full, full / 1000, 0].map(percent), [100, 0, 0]);
        assert_eq!(percent(full / 32), 50, "-30 dB");
    }
}
