//! What happened in a room, in words. The history keeps it in codes; what can't be read is shown as it was kept.

use maud::{Markup, html};
use serde::de::DeserializeOwned;
use siaga_readiness::{
    answer::CheckCode,
    catalogue::{self, Words as Filled},
    inventory::Kind,
    reasons::Code,
    state::CheckState,
};
use siaga_service::page::{Language, name};

use crate::report::{
    BookingReport,
    html::evidence::as_f64,
    measured::{Happened, Measured},
    words::{self, said},
};

/// What is to be said of an event beside what it is called; nothing where its name says all.
pub(super) fn detail(event: &Happened, report: &BookingReport, language: Language) -> Option<Markup> {
    let detail = event.detail.trim();
    if detail.is_empty() {
        return None;
    }
    Some(told(&event.kind, detail, &report.measured, language).unwrap_or_else(|| name(detail)))
}

fn told(kind: &str, detail: &str, measured: &Measured, language: Language) -> Option<Markup> {
    match kind {
        "DEVICE_CAME" | "DEVICE_GONE" | "DEVICE_CHANGED" => device(detail, measured, language),
        _ => reasons(detail, None, measured, language),
    }
}

/// Whether a device turned to one that fails.
pub(super) fn has_failed(event: &Happened) -> bool {
    Device::read(&event.detail).is_some_and(|device| device.state == CheckState::Failed)
}

struct Device<'a> {
    kind: Kind,
    name: &'a str,
    state: CheckState,
    reasons: &'a str,
}

impl<'a> Device<'a> {
    /// `camera Logitech C920 (usb-046d:082d-1) failed CAM_BLACK`; a name may hold anything, an identity no space.
    fn read(detail: &'a str) -> Option<Self> {
        let (kind, rest) = detail.split_once(' ')?;
        let (named, found) = rest.rsplit_once(") ")?;
        let (name, _) = named.rsplit_once(" (")?;
        let (state, reasons) = found.split_once(' ').unwrap_or((found, ""));
        Some(Self { kind: parsed(kind)?, name, state: parsed(state)?, reasons })
    }
}

fn device(detail: &str, measured: &Measured, language: Language) -> Option<Markup> {
    let Device { kind, name: named, state, reasons: codes } = Device::read(detail)?;
    let kind = match kind {
        Kind::Camera => CheckCode::Camera,
        Kind::Microphone => CheckCode::Microphone,
        Kind::Speaker => CheckCode::Speakers,
        Kind::Display => CheckCode::Displays,
    };
    Some(html! {
        (words::check(kind.as_str(), language)) " " (name(named)) ": " (language.of(words::state(state).1))
        @if let Some(reasons) = reasons(codes, Some(named), measured, language) { ". " (reasons) }
    })
}

/// Codes in the catalogue's words. One that has none without a number that is not kept stays a code.
fn reasons(codes: &str, device: Option<&str>, measured: &Measured, language: Language) -> Option<Markup> {
    let codes: Option<Vec<Code>> = codes.split_whitespace().map(parsed).collect();
    let codes = codes.filter(|codes| !codes.is_empty() && !codes.contains(&Code::Unknown))?;
    let sentence = |code: &Code| {
        let required = match code.as_str() {
            up if up.starts_with("NET_UP") => measured.required("gate.up"),
            down if down.starts_with("NET_DOWN") => measured.required("gate.down"),
            _ => None,
        };
        let words = Filled {
            name: device.map(str::to_owned),
            required: required.map(|bps| as_f64(bps) / 1e6),
            ..Filled::default()
        };
        let entry = catalogue::entry(*code);
        let known = [("{name}", words.name.is_some()), ("{required}", words.required.is_some())];
        let known = known.into_iter().filter(|(_, is_known)| *is_known);
        let lacking = known.fold(entry.text.id.clone(), |text, (word, _)| text.replace(word, ""));
        if lacking.contains('{') {
            code.as_str().to_owned()
        } else {
            said(&entry.found(&words), language).to_owned()
        }
    };
    let sentences: Vec<_> = codes.iter().map(sentence).collect();
    Some(name(&sentences.join(" ")))
}

fn parsed<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(word.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::measured::Rate;

    fn told(kind: &str, detail: &str) -> Option<String> {
        let rates = vec![Rate { series: "gate.up", required_bps: Some(10_000_000), ..Rate::default() }];
        let measured = Measured { rates, ..Measured::default() };
        super::told(kind, detail, &measured, Language::Indonesian).map(Markup::into_string)
    }

    #[test]
    fn a_device_is_told_by_its_name_and_state_whatever_is_in_the_name() {
        let told =
            told("DEVICE_CHANGED", "camera C920 (2) <b> (usb-046d:082d-1) failed CAMERA_DARK").unwrap();
        let sentence = "<bdi>Gambar kamera C920 (2) &lt;b&gt; gelap.</bdi>";
        assert_eq!(told, format!("Kamera <bdi>C920 (2) &lt;b&gt;</bdi>: gagal. {sentence}"));
    }

    #[test]
    fn reasons_are_told_in_the_catalogue_s_words() {
        let missing = &catalogue::entry(Code::CameraMissing).text.id;
        let told =
            told("ROOM_NOT_READY", "CAMERA_MISSING NET_UP_BELOW_MINIMUM NET_DOWN_BELOW_MINIMUM").unwrap();
        assert!(
            told.starts_with(&format!("<bdi>{missing} Kecepatan unggah")) && told.contains("10 Mbit/s"),
            "{told}"
        );
        assert!(told.ends_with(" NET_DOWN_BELOW_MINIMUM</bdi>"), "what it requires is not known: {told}");
    }

    #[test]
    fn what_another_release_wrote_is_shown_as_it_was_written() {
        for (kind, detail) in [
            ("ROOM_OFFLINE", "closed by <peer>"),
            ("ROOM_NOT_READY", "CAMERA_MISSING OF_TOMORROW"),
            ("DEVICE_GONE", "hologram x (y) ok"),
        ] {
            assert_eq!(told(kind, detail), None);
        }
    }
}
