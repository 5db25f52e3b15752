//! The kernel's own list of PCMs, and whether they are in use.

use std::{collections::BTreeMap, fs, path::Path};

use super::card;
use crate::{
    drivers::{Direction, Drivers, Pcm},
    roots::{Roots, attribute},
};

/// ALSA's character devices (Linux `Documentation/admin-guide/devices.txt`).
const MAJOR: u32 = 116;

/// Every PCM node in `/dev/snd`. No such directory: no sound card.
pub(crate) fn list(roots: &Roots, drivers: &impl Drivers) -> Vec<Pcm> {
    let mut pcms = Vec::new();
    for entry in fs::read_dir(roots.dev.join("snd")).into_iter().flatten().flatten() {
        let is_device = entry.metadata().is_ok_and(|metadata| drivers.is_device(&metadata, MAJOR));
        if let Some((card, device, direction)) =
            entry.file_name().to_str().and_then(parse).filter(|_| is_device)
        {
            let card_id = card::textual_id(roots, card);
            pcms.push(Pcm { card, card_id, device, direction, path: entry.path() });
        }
    }
    pcms
}

/// One PCM per card and direction: the lowest, which is the card's main one.
pub(crate) fn lowest_of_each_card(pcms: Vec<Pcm>) -> Vec<Pcm> {
    let mut lowest: BTreeMap<(u32, Direction), Pcm> = BTreeMap::new();
    for pcm in pcms {
        let key = (pcm.card, pcm.direction);
        if lowest.get(&key).is_none_or(|other| pcm.device < other.device) {
            lowest.insert(key, pcm);
        }
    }
    lowest.into_values().collect()
}

/// Whether any of the card's PCMs in this direction is open, read without opening it. False where procfs
/// does not say; then the driver's answer decides.
pub(crate) fn is_in_use(proc: &Path, pcm: &Pcm) -> bool {
    let suffix = suffix(pcm.direction);
    let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten();
    entries(&proc.join(format!("asound/card{}", pcm.card)))
        .filter(|device| {
            device.file_name().to_str().is_some_and(|name| name.starts_with("pcm") && name.ends_with(suffix))
        })
        .flat_map(|device| entries(&device.path()))
        .filter(|part| part.file_name().to_str().is_some_and(|name| name.starts_with("sub")))
        .filter_map(|part| attribute(&part.path().join("status")))
        .any(|status| status != "closed")
}

/// `pcmC1D0c` is card 1, device 0, capture.
fn parse(name: &str) -> Option<(u32, u32, Direction)> {
    let (card, device) = name.strip_prefix("pcmC")?.split_once('D')?;
    [Direction::Capture, Direction::Playback].into_iter().find_map(|direction| {
        let device = device.strip_suffix(suffix(direction))?;
        Some((plain_number(card)?, plain_number(device)?, direction))
    })
}

fn suffix(direction: Direction) -> &'static str {
    match direction {
        Direction::Capture => "c",
        Direction::Playback => "p",
    }
}

fn plain_number(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pcm_node_is_told_by_its_name() {
        assert_eq!(parse("pcmC0D0c"), Some((0, 0, Direction::Capture)));
        assert_eq!(parse("pcmC12D31p"), Some((12, 31, Direction::Playback)));
        for other in [
            "controlC0",
            "timer",
            "pcmC0D0",
            "pcmCD0c",
            "pcmC0Dc",
            "pcmC-1D0c",
            "pcmC0D+1c",
            "pcmC99999999999D0c",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
