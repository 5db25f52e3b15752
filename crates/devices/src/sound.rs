//! Sound: from the PCMs in `/dev/snd` to one microphone and one speaker per card.
//!
//! ALSA's names for one card are about twenty (`default`, `sysdefault`, `front`, `dsnoop`, `plughw`, each
//! again by number); the kernel's list of PCMs has none of these ghosts, so it decides what exists, and
//! cpal is asked for exactly the `hw:` device of each.

mod card;
pub(crate) mod pcm;
pub(crate) mod rates;

use std::collections::HashMap;

use siaga_readiness::{inventory::AudioDevice, reasons::Code, state::CheckState};

use crate::{
    drivers::{Direction, DriverError, Drivers, Pcm, RateRange},
    memory::Memory,
    roots::Roots,
};
use card::Card;

/// What is remembered of sound cards from scan to scan.
#[derive(Debug, Default)]
pub(crate) struct Past {
    rates: Memory<Vec<RateRange>>,
}

/// The microphones and the speakers, hardware first, in a stable order.
pub(crate) fn scan(
    roots: &Roots,
    drivers: &impl Drivers,
    past: &mut Past,
) -> (Vec<AudioDevice>, Vec<AudioDevice>) {
    let pcms = pcm::lowest_of_each_card(pcm::list(roots, drivers));
    past.rates.retain(&pcms.iter().map(|pcm| pcm.path.as_path()).collect());
    let readings = read(roots, drivers, past, &pcms);
    let mut devices: Vec<(Direction, AudioDevice)> = pcms
        .into_iter()
        .zip(readings)
        .filter_map(|(pcm, reading)| Some((pcm.direction, device(Card::read(roots, &pcm), &pcm, &reading?))))
        .collect();
    devices.sort_by(|(_, a), (_, b)| (a.is_virtual, &a.id, &a.node).cmp(&(b.is_virtual, &b.id, &b.node)));
    let (microphones, speakers): (Vec<_>, Vec<_>) =
        devices.into_iter().partition(|(direction, _)| *direction == Direction::Capture);
    let devices = |side: Vec<(_, AudioDevice)>| side.into_iter().map(|(_, device)| device).collect();
    (devices(microphones), devices(speakers))
}

/// What came of asking a PCM: whether it is in use, and the rates as far as known.
struct Reading {
    in_use: bool,
    rates: Result<Vec<RateRange>, DriverError>,
}

/// One reading for each PCM; `None` if it disappeared meanwhile.
fn read(roots: &Roots, drivers: &impl Drivers, past: &mut Past, pcms: &[Pcm]) -> Vec<Option<Reading>> {
    let in_use: Vec<bool> = pcms.iter().map(|pcm| pcm::is_in_use(&roots.proc, pcm)).collect();
    let known: Vec<Option<Vec<RateRange>>> = pcms.iter().map(|pcm| past.rates.recall(&pcm.path)).collect();
    let to_ask: Vec<Pcm> = pcms
        .iter()
        .zip(in_use.iter().zip(&known))
        .filter(|(_, (in_use, known))| !**in_use && known.is_none())
        .map(|(pcm, _)| pcm.clone())
        .collect();
    let answers = if to_ask.is_empty() { Vec::new() } else { drivers.read_rates(&to_ask) };
    let mut answers: HashMap<Pcm, _> = to_ask.into_iter().zip(answers).collect();
    pcms.iter()
        .zip(in_use.into_iter().zip(known))
        .map(|(pcm, (in_use, known))| {
            let rates = match (known, answers.remove(pcm)) {
                (Some(rates), _) => Ok(rates),
                (None, Some(answer)) => answer,
                (None, None) => Err(DriverError::Busy),
            };
            match &rates {
                Ok(rates) => past.rates.keep(&pcm.path, rates.clone()),
                Err(DriverError::Gone) => return None,
                Err(error) => tracing::debug!("{}: {error}", pcm.path.display()),
            }
            Some(Reading { in_use, rates })
        })
        .collect()
}

fn device(card: Card, pcm: &Pcm, reading: &Reading) -> AudioDevice {
    let rates = reading.rates.as_ref().map(|ranges| rates::usual(ranges)).unwrap_or_default();
    let (state, reason) = match &reading.rates {
        _ if reading.in_use => (CheckState::InUse, Code::DeviceBusy),
        Ok(_) if !rates.is_empty() => (CheckState::Ok, Code::DevicePresent),
        Ok(_) => (CheckState::Failed, Code::DeviceNoFormats),
        Err(DriverError::Busy) => (CheckState::InUse, Code::DeviceBusy),
        Err(DriverError::NoPermission) => (CheckState::Unknown, Code::DeviceNoPermission),
        Err(DriverError::Gone | DriverError::Failed(_)) => (CheckState::Failed, Code::DeviceError),
    };
    AudioDevice {
        id: card.place.identity(),
        name: card.name,
        node: pcm.alsa_name(),
        usb_id: card.usb_id,
        bus: card.place.bus,
        external: card.place.external,
        is_virtual: card.place.is_virtual,
        rates,
        state,
        reason,
    }
}
