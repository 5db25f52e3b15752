//! PCMs, asked through cpal.

use cpal::{
    ErrorKind, HostId,
    traits::{DeviceTrait, HostTrait},
};
use rustix::{
    fs::{Access, access},
    io::Errno,
};

use super::quietly;
use crate::drivers::{Direction, DriverError, Pcm, RateRange};

/// The sample rates of each of `pcms`.
pub(crate) fn read_rates(pcms: &[Pcm]) -> Vec<Result<Vec<RateRange>, DriverError>> {
    quietly(|| ask(pcms)).unwrap_or_else(|error| vec![Err(error); pcms.len()])
}

type Answers = Vec<Result<Vec<RateRange>, DriverError>>;

fn ask(pcms: &[Pcm]) -> Result<Answers, DriverError> {
    let host = cpal::host_from_id(HostId::Alsa)?;
    let devices: Vec<(String, cpal::Device)> =
        host.devices()?.filter_map(|device| Some((device.id().ok()?.id().to_owned(), device))).collect();
    Ok(pcms
        .iter()
        .map(|pcm| {
            access(&pcm.path, Access::READ_OK | Access::WRITE_OK).map_err(std::io::Error::from)?;
            let device = devices.iter().find(|(name, _)| is_hardware_name(name, pcm));
            let (_, device) = device.ok_or_else(|| unlisted(pcm))?;
            rates(device, pcm.direction)
                .map_err(|error| if pcm.path.exists() { error } else { DriverError::Gone })
        })
        .collect())
}

/// Why ALSA does not list a PCM that the kernel has: it asks the card's control node first.
fn unlisted(pcm: &Pcm) -> DriverError {
    let control = pcm.path.with_file_name(format!("controlC{}", pcm.card));
    match access(&control, Access::READ_OK | Access::WRITE_OK) {
        Err(Errno::ACCESS | Errno::PERM) => DriverError::NoPermission,
        _ => DriverError::Failed(format!("{} is not among the devices that ALSA lists", pcm.alsa_name())),
    }
}

fn rates(device: &cpal::Device, direction: Direction) -> Result<Vec<RateRange>, DriverError> {
    let range = |config: cpal::SupportedStreamConfigRange| RateRange {
        min: config.min_sample_rate(),
        max: config.max_sample_rate(),
    };
    let mut ranges: Vec<RateRange> = match direction {
        Direction::Capture => device.supported_input_configs()?.map(range).collect(),
        Direction::Playback => device.supported_output_configs()?.map(range).collect(),
    };
    ranges.sort_unstable_by_key(|range| (range.min, range.max));
    ranges.dedup();
    Ok(ranges)
}

/// Whether one of ALSA's names is the PCM itself, without conversion, sharing or another's routing.
fn is_hardware_name(name: &str, pcm: &Pcm) -> bool {
    name == pcm.alsa_name() || name == format!("hw:CARD={},DEV={}", pcm.card, pcm.device)
}

impl From<cpal::Error> for DriverError {
    fn from(error: cpal::Error) -> Self {
        match error.kind() {
            ErrorKind::PermissionDenied => Self::NoPermission,
            ErrorKind::DeviceBusy => Self::Busy,
            _ => Self::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ALSA lists for one `snd-aloop` card.
    const NAMES: [&str; 24] = [
        "null",
        "default",
        "sysdefault",
        "default:CARD=Loopback",
        "sysdefault:CARD=Loopback",
        "front:CARD=Loopback,DEV=0",
        "surround40:CARD=Loopback,DEV=0",
        "surround51:CARD=Loopback,DEV=0",
        "dmix:CARD=Loopback,DEV=0",
        "dmix:CARD=Loopback,DEV=1",
        "dsnoop:CARD=Loopback,DEV=0",
        "dsnoop:CARD=Loopback,DEV=1",
        "usbstream:CARD=Loopback",
        "hw:CARD=Loopback,DEV=0",
        "hw:CARD=Loopback,DEV=1",
        "hw:CARD=Loopback_1,DEV=0",
        "hw:CARD=10,DEV=0",
        "plughw:CARD=Loopback,DEV=0",
        "plughw:CARD=Loopback,DEV=1",
        "hw:CARD=0,DEV=0",
        "hw:CARD=0,DEV=1",
        "plughw:CARD=0,DEV=0",
        "plughw:CARD=0,DEV=1",
        "",
    ];

    #[test]
    fn of_all_names_of_a_card_only_the_hardware_s_own_two_are_taken() {
        let pcm = Pcm {
            card: 0,
            card_id: "Loopback".to_owned(),
            device: 0,
            direction: Direction::Capture,
            path: "/dev/snd/pcmC0D0c".into(),
        };
        let taken: Vec<_> = NAMES.into_iter().filter(|name| is_hardware_name(name, &pcm)).collect();
        assert_eq!(taken, ["hw:CARD=Loopback,DEV=0", "hw:CARD=0,DEV=0"]);
    }
}
