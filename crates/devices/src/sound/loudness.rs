//! Whether a card's mixer lets sound through. Pure.

use crate::drivers::{Control, Direction, Unread, Volume};

/// What stands in the way of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// A switch is off.
    Muted,
    /// A volume is so low that nothing is heard.
    VolumeZero,
    /// One of both may be: what decides could not be read.
    Unread,
}

/// What stands in the way in this direction. `None` also where the card has no such controls: then nothing is known.
pub(crate) fn obstacle(controls: &[Control], direction: Direction) -> Option<Obstacle> {
    let ours: Vec<&Control> = controls
        .iter()
        .filter(|control| control.direction == direction && is_of_main_path(control))
        .collect();
    let is_off = decided(&ours, direction, |control| Some(control.is_on?.map(|on| !on)));
    let is_silent = decided(&ours, direction, |control| Some(control.volume?.map(is_silent)));
    match (is_off, is_silent) {
        (Some(Ok(true)), _) => Some(Obstacle::Muted),
        (_, Some(Ok(true))) => Some(Obstacle::VolumeZero),
        (Some(Err(Unread)), _) | (_, Some(Err(Unread))) => Some(Obstacle::Unread),
        _ => None,
    }
}

/// The card's main control decides; without one, all of the others have to agree, since any may be the one that counts.
fn decided(
    controls: &[&Control],
    direction: Direction,
    says: impl Fn(&Control) -> Option<Result<bool, Unread>>,
) -> Option<Result<bool, Unread>> {
    let speaking = || controls.iter().filter_map(|control| Some((*control, says(control)?)));
    let main = speaking().filter(|(control, _)| control.name == main_name(direction));
    // A card with several converters numbers them; the first is that of its first device.
    let main = main.min_by_key(|(control, _)| control.index);
    match main {
        Some((_, answer)) => Some(answer),
        None => speaking().map(|(_, answer)| answer).reduce(|all, answer| match (all, answer) {
            (Ok(false), _) | (_, Ok(false)) => Ok(false),
            (Err(Unread), _) | (_, Err(Unread)) => Err(Unread),
            (Ok(true), Ok(true)) => Ok(true),
        }),
    }
}

/// As ALSA's drivers name it (Linux `Documentation/sound/designs/control-names.rst`).
fn main_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Capture => "Capture",
        Direction::Playback => "Master",
    }
}

/// A playback control of a microphone or an input lets one hear oneself; it has no part in what a meeting plays.
fn is_of_main_path(control: &Control) -> bool {
    const INPUTS: [&str; 7] = ["Mic", "Line", "CD", "Aux", "Beep", "Loopback", "Sidetone"];
    control.direction == Direction::Capture || !INPUTS.iter().any(|input| control.name.contains(input))
}

/// At its lowest, and that is as good as nothing. Many microphones still amplify there.
fn is_silent(volume: Volume) -> bool {
    volume.value <= volume.min && volume.db.is_none_or(|db| db <= SILENT_DB)
}

/// Speech at a usual level (−20 dBFS) falls by this much to what a trial calls very quiet (−60 dBFS).
const SILENT_DB: f32 = -40.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn switch(name: &str, index: u32, direction: Direction, is_on: bool) -> Control {
        Control { name: name.to_owned(), index, direction, is_on: Some(Ok(is_on)), volume: None }
    }

    fn volume(name: &str, direction: Direction, value: i64, db: Option<f32>) -> Control {
        let volume = Some(Ok(Volume { value, min: 0, db }));
        Control { name: name.to_owned(), index: 0, direction, is_on: None, volume }
    }

    use Direction::{Capture, Playback};

    #[test]
    fn a_card_without_controls_says_nothing() {
        assert_eq!(obstacle(&[], Capture), None);
        assert_eq!(obstacle(&[switch("Master", 0, Playback, false)], Capture), None);
    }

    #[test]
    fn the_main_switch_decides_whatever_the_others_say() {
        for is_on in [false, true] {
            let controls = [
                switch("Capture", 1, Capture, !is_on),
                switch("Capture", 0, Capture, is_on),
                switch("Mic", 0, Capture, !is_on),
            ];
            assert_eq!(obstacle(&controls, Capture), (!is_on).then_some(Obstacle::Muted));
        }
    }

    #[test]
    fn without_a_main_switch_all_must_be_off() {
        let mut controls = ["Mic", "Line", "CD"].map(|name| switch(name, 0, Capture, false)).to_vec();
        assert_eq!(obstacle(&controls, Capture), Some(Obstacle::Muted));
        controls[1].is_on = Some(Ok(true));
        assert_eq!(obstacle(&controls, Capture), None);
    }

    #[test]
    fn a_switch_that_can_t_be_read_may_be_off_unless_another_one_decides() {
        let unread = |name| Control { is_on: Some(Err(Unread)), ..switch(name, 0, Capture, true) };
        let (off, on) = (switch("Line", 0, Capture, false), switch("Line", 0, Capture, true));
        assert_eq!(obstacle(&[unread("Capture")], Capture), Some(Obstacle::Unread));
        assert_eq!(obstacle(&[unread("Capture"), on.clone()], Capture), Some(Obstacle::Unread));
        assert_eq!(obstacle(&[unread("Mic"), off.clone()], Capture), Some(Obstacle::Unread));
        assert_eq!(obstacle(&[unread("Mic"), on], Capture), None);
        let main = switch("Capture", 0, Capture, true);
        assert_eq!(obstacle(&[unread("Mic"), main], Capture), None, "it does not matter");
        let with_a_volume =
            |is_on| Control { volume: Some(Err(Unread)), ..switch("Capture", 0, Capture, is_on) };
        assert_eq!(obstacle(&[with_a_volume(true)], Capture), Some(Obstacle::Unread), "it may be zero");
        assert_eq!(obstacle(&[with_a_volume(false)], Capture), Some(Obstacle::Muted));
    }

    #[test]
    fn a_microphone_at_its_lowest_that_still_amplifies_is_not_silent() {
        let told = |value, db| obstacle(&[volume("Mic", Capture, value, db)], Capture);
        assert_eq!(told(0, Some(-60.0)), Some(Obstacle::VolumeZero));
        assert_eq!(told(0, None), Some(Obstacle::VolumeZero), "the driver does not say");
        assert_eq!(told(0, Some(20.0)), None, "as webcams do");
        assert_eq!(told(1, Some(-60.0)), None);
    }

    #[test]
    fn hearing_oneself_is_no_matter_of_the_speaker() {
        let controls = [switch("PCM", 0, Playback, true), switch("Mic", 0, Playback, false)];
        assert_eq!(obstacle(&controls, Playback), None);
        let controls = [switch("PCM", 0, Playback, false), switch("Mic", 0, Playback, true)];
        assert_eq!(obstacle(&controls, Playback), Some(Obstacle::Muted));
    }

    #[test]
    fn a_speaker_that_is_switched_off_and_at_zero_is_told_as_muted() {
        let controls = [switch("Master", 0, Playback, false), volume("Master", Playback, 0, None)];
        assert_eq!(obstacle(&controls, Playback), Some(Obstacle::Muted));
        assert_eq!(obstacle(&controls[1..], Playback), Some(Obstacle::VolumeZero));
    }
}
