//! Sound: from the PCMs in `/dev/snd` to one microphone and one speaker per card.
//!
//! ALSA's names for one card are about twenty (`default`, `sysdefault`, `front`, `dsnoop`, `plughw`, each
//! again by number); the kernel's list of PCMs has none of these ghosts, so it decides what exists, and
//! cpal is asked for exactly the `hw:` device of each.

mod card;
mod loudness;
mod mixers;
pub(crate) mod pcm;
pub(crate) mod rates;

use std::{collections::HashMap, path::PathBuf};

use siaga_readiness::{inventory::AudioDevice, reasons::Code, state::CheckState};

use crate::{
    drivers::{Control, Direction, DriverError, Drivers, Pcm, RateRange},
    memory::Memory,
    roots::Roots,
    scanner::Asking,
};
use card::Card;
use loudness::{Obstacle, obstacle};
use mixers::Mixers;

/// What is remembered of sound cards from scan to scan.
#[derive(Debug, Default)]
pub(crate) struct Past {
    rates: Memory<Vec<RateRange>>,
    mixers: Mixers,
}

impl Past {
    pub(crate) fn forget_failures(&mut self) {
        self.rates.forget_failures();
        self.mixers.forget_failures();
    }

    pub(crate) fn make_mixers_due(&mut self) {
        self.mixers.make_due();
    }
}

/// The microphones and the speakers, hardware first, in a stable order.
pub(crate) fn scan(
    roots: &Roots,
    drivers: &impl Drivers,
    past: &mut Past,
    asking: Asking,
) -> (Vec<AudioDevice>, Vec<AudioDevice>) {
    let mut parts: Vec<Part> = pcm::lowest_of_each_card(pcm::list(roots, drivers))
        .into_iter()
        .map(|pcm| Part::seen(roots, past, pcm))
        .collect();
    past.rates.retain(&parts.iter().map(|part| part.pcm.path.as_path()).collect());
    past.mixers.retain(&parts.iter().map(|part| part.control_node.as_path()).collect());
    if asking == Asking::WhatIsNotKnown {
        ask_rates(&mut parts, drivers, past);
        read_mixers(&mut parts, drivers, &mut past.mixers);
    }
    let mut devices: Vec<(Direction, AudioDevice)> =
        parts.into_iter().filter_map(|part| Some((part.pcm.direction, part.device()?))).collect();
    devices.sort_by(|(_, a), (_, b)| (a.is_virtual, &a.id, &a.node).cmp(&(b.is_virtual, &b.id, &b.node)));
    let (microphones, speakers): (Vec<_>, Vec<_>) =
        devices.into_iter().partition(|(direction, _)| *direction == Direction::Capture);
    let devices = |side: Vec<(_, AudioDevice)>| side.into_iter().map(|(_, device)| device).collect();
    (devices(microphones), devices(speakers))
}

/// One card in one direction.
struct Part {
    pcm: Pcm,
    card: Card,
    control_node: PathBuf,
    in_use: bool,
    /// What it answered, now or when it was last asked.
    rates: Option<Result<Vec<RateRange>, DriverError>>,
    /// How its mixer stands, or stood when it could last be read.
    controls: Option<Result<Vec<Control>, DriverError>>,
}

impl Part {
    /// What is known of it without opening it.
    fn seen(roots: &Roots, past: &Past, pcm: Pcm) -> Self {
        let card = Card::read(roots, &pcm);
        let identity = card.place.identity();
        let control_node = pcm.path.with_file_name(format!("controlC{}", pcm.card));
        Self {
            in_use: pcm::is_in_use(&roots.proc, &pcm),
            rates: past.rates.recall(&pcm.path, &identity),
            controls: past.mixers.recall(&control_node, &identity),
            pcm,
            card,
            control_node,
        }
    }

    /// `None` if it disappeared meanwhile.
    fn device(self) -> Option<AudioDevice> {
        if self.rates == Some(Err(DriverError::Gone)) {
            return None;
        }
        let known = self.rates.as_ref().and_then(|rates| rates.as_ref().ok());
        let rates = known.map(|ranges| rates::usual(ranges)).unwrap_or_default();
        let (state, reason) = self.judge(&rates);
        Some(AudioDevice {
            id: self.card.place.identity(),
            name: self.card.name,
            node: self.pcm.alsa_name(),
            usb_id: self.card.usb_id,
            serial: self.card.place.usb.and_then(|usb| usb.serial),
            known: None,
            bus: self.card.place.bus,
            external: self.card.place.external,
            is_virtual: self.card.place.is_virtual,
            rates,
            state,
            reason,
        })
    }

    fn judge(&self, rates: &[u32]) -> (CheckState, Code) {
        if self.in_use {
            return (CheckState::InUse, Code::DeviceBusy);
        }
        match &self.rates {
            None => (CheckState::Unknown, Code::DeviceNotRead),
            Some(Ok(_)) if !rates.is_empty() => self.judge_mixer(),
            Some(Ok(_)) => (CheckState::Failed, Code::DeviceNoFormats),
            Some(Err(DriverError::Busy)) => (CheckState::InUse, Code::DeviceBusy),
            Some(Err(DriverError::NoPermission)) => (CheckState::Unknown, Code::DeviceNoPermission),
            Some(Err(DriverError::Gone | DriverError::Failed(_))) => (CheckState::Failed, Code::DeviceError),
        }
    }

    /// Nobody hears a muted microphone, whatever else it can do; a speaker is turned up when the meeting begins.
    fn judge_mixer(&self) -> (CheckState, Code) {
        let obstacle = match &self.controls {
            Some(Ok(controls)) => obstacle(controls, self.pcm.direction),
            Some(Err(_)) | None => Some(Obstacle::Unread),
        };
        match (obstacle, self.pcm.direction) {
            (None, _) => (CheckState::Ok, Code::DevicePresent),
            (Some(Obstacle::Muted), Direction::Capture) => (CheckState::Failed, Code::MicrophoneMuted),
            (Some(Obstacle::VolumeZero), Direction::Capture) => {
                (CheckState::Failed, Code::MicrophoneVolumeZero)
            }
            (Some(Obstacle::Unread), Direction::Capture) => {
                (CheckState::Unknown, Code::MicrophoneMuteUnknown)
            }
            (Some(Obstacle::Muted), Direction::Playback) => (CheckState::Warning, Code::SpeakerMuted),
            (Some(Obstacle::VolumeZero), Direction::Playback) => {
                (CheckState::Warning, Code::SpeakerVolumeZero)
            }
            (Some(Obstacle::Unread), Direction::Playback) => (CheckState::Warning, Code::SpeakerMuteUnknown),
        }
    }
}

/// All that is not known and not in use, at once: ALSA lists its names for each question.
fn ask_rates(parts: &mut [Part], drivers: &impl Drivers, past: &mut Past) {
    let mut unread: Vec<&mut Part> =
        parts.iter_mut().filter(|part| part.rates.is_none() && !part.in_use).collect();
    if unread.is_empty() {
        return;
    }
    let pcms: Vec<Pcm> = unread.iter().map(|part| part.pcm.clone()).collect();
    for (part, answer) in unread.iter_mut().zip(drivers.read_rates(&pcms)) {
        if let Err(error) = &answer {
            tracing::debug!("{}: {error}", part.pcm.path.display());
        }
        past.rates.keep(&part.pcm.path, &part.card.place.identity(), answer.clone());
        part.rates = Some(answer);
    }
}

/// Each card once, whether it is in use or not: that a control node is opened disturbs nobody.
fn read_mixers(parts: &mut [Part], drivers: &impl Drivers, mixers: &mut Mixers) {
    let mut known: HashMap<PathBuf, Result<Vec<Control>, DriverError>> = HashMap::new();
    for part in parts.iter_mut().filter(|part| part.control_node.exists()) {
        let (node, identity) = (&part.control_node, part.card.place.identity());
        if !known.contains_key(node) && !mixers.is_due(node, &identity) {
            continue;
        }
        let controls = known.entry(node.clone()).or_insert_with(|| {
            let answer = drivers.read_controls(&part.pcm.card_id);
            if let Err(error) = &answer {
                tracing::debug!("{}: {error}", node.display());
            }
            mixers.on_read(node, &identity, answer)
        });
        part.controls = Some(controls.clone());
    }
}
