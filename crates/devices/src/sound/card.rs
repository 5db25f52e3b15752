//! A sound card's name and identity.

use crate::{
    drivers::Pcm,
    place::{Place, hex_id},
    roots::{Roots, attribute},
    text::clean_name,
};

/// A sound card, as sysfs and procfs describe it.
pub(crate) struct Card {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) usb_id: Option<String>,
}

impl Card {
    pub(crate) fn read(roots: &Roots, pcm: &Pcm) -> Self {
        let place = Place::of(roots, "sound", &format!("card{}", pcm.card));
        let usb_id = place.usb.as_ref().map(|usb| usb.id.clone()).or_else(|| usb_id(roots, pcm.card));
        let name = attribute(&roots.proc.join("asound/cards"))
            .and_then(|table| name_in(&table, pcm.card))
            .unwrap_or_else(|| pcm.card_id.clone());
        Self { name, place, usb_id }
    }
}

/// The card's textual identifier, or its number where it has none that ALSA would accept in a name.
pub(crate) fn textual_id(roots: &Roots, card: u32) -> String {
    let places = [
        roots.sys.join(format!("class/sound/card{card}/id")),
        roots.proc.join(format!("asound/card{card}/id")),
    ];
    places
        .iter()
        .find_map(|path| attribute(path).filter(|id| is_card_id(id)))
        .unwrap_or_else(|| card.to_string())
}

/// ALSA identifiers have up to 15 letters, digits, `_` and `-`.
fn is_card_id(id: &str) -> bool {
    (1..=15).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn usb_id(roots: &Roots, card: u32) -> Option<String> {
    let text = attribute(&roots.proc.join(format!("asound/card{card}/usbid")))?;
    let (vendor, product) = text.split_once(':')?;
    Some(format!("{}:{}", hex_id(vendor)?, hex_id(product)?))
}

/// The short name in a line like ` 0 [Loopback       ]: Loopback - Loopback`.
fn name_in(table: &str, card: u32) -> Option<String> {
    table.lines().find_map(|line| {
        let (number, rest) = line.trim_start().split_once(' ')?;
        let (_, description) = rest.split_once("]: ")?;
        let (_, name) = description.split_once(" - ")?;
        (number.parse() == Ok(card)).then(|| clean_name(name))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARDS: &str = "\
 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7e10000 irq 31
 1 [C920           ]: USB-Audio - HD Pro Webcam C920 - Stereo
                      HD Pro Webcam C920 at usb-0000:00:14.0-2, high speed";

    #[test]
    fn a_card_s_name_is_found_by_its_number() {
        assert_eq!(name_in(CARDS, 0).as_deref(), Some("HDA Intel PCH"));
        assert_eq!(name_in(CARDS, 1).as_deref(), Some("HD Pro Webcam C920 - Stereo"));
        assert_eq!(name_in(CARDS, 2), None);
        assert_eq!(name_in("--- no soundcards ---", 0), None);
    }

    #[test]
    fn an_identifier_that_would_break_an_alsa_name_is_not_used() {
        assert!(is_card_id("Loopback") && is_card_id("C920_1"));
        for wrong in ["", "a,DEV=1", "with space", "quote\"", "sixteen-letters-"] {
            assert!(!is_card_id(wrong), "{wrong}");
        }
    }
}
