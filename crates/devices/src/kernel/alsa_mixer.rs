//! A sound card's mixer, read through alsa-lib: nothing here sets anything.

use alsa::mixer::{MilliBel, Mixer, Selem, SelemChannelId};

use super::quietly;
use crate::drivers::{Control, Direction, DriverError, Unread, Volume};

/// More than this is a driver's mistake (rich studio cards have some hundred).
const MOST_CONTROLS: usize = 1024;

/// Opens the card's control node, reads, closes it.
pub(crate) fn read(card_id: &str) -> Result<Vec<Control>, DriverError> {
    quietly(|| {
        let mixer = Mixer::new(&format!("hw:CARD={card_id}"), true)?;
        let elements = mixer.iter().take(MOST_CONTROLS).filter_map(Selem::new);
        Ok(elements.flat_map(|element| [capture(&element), playback(&element)]).flatten().collect())
    })
}

fn capture(element: &Selem<'_>) -> Option<Control> {
    let channels: Vec<_> = channels(|channel| element.has_capture_channel(channel)).collect();
    let switches =
        element.has_capture_switch().then(|| channels.iter().map(|it| element.get_capture_switch(*it)));
    let volumes =
        element.has_capture_volume().then(|| channels.iter().map(|it| element.get_capture_volume(*it)));
    let volume = |value| Volume {
        value,
        min: element.get_capture_volume_range().0,
        db: element.ask_capture_vol_db(value).ok().map(MilliBel::to_db),
    };
    let volume = volumes.map(|volumes| loudest(volumes).map(volume));
    control(element, Direction::Capture, switches.map(any_on), volume)
}

fn playback(element: &Selem<'_>) -> Option<Control> {
    let channels: Vec<_> = channels(|channel| element.has_playback_channel(channel)).collect();
    let switches =
        element.has_playback_switch().then(|| channels.iter().map(|it| element.get_playback_switch(*it)));
    let volumes =
        element.has_playback_volume().then(|| channels.iter().map(|it| element.get_playback_volume(*it)));
    let volume = |value| Volume {
        value,
        min: element.get_playback_volume_range().0,
        db: element.ask_playback_vol_db(value).ok().map(MilliBel::to_db),
    };
    let volume = volumes.map(|volumes| loudest(volumes).map(volume));
    control(element, Direction::Playback, switches.map(any_on), volume)
}

/// Of those that can be read: what can't be read is not known to be off.
fn any_on(switches: impl Iterator<Item = alsa::Result<i32>>) -> Result<bool, Unread> {
    switches.flatten().map(|on| on != 0).reduce(|any, on| any || on).ok_or(Unread)
}

fn loudest(volumes: impl Iterator<Item = alsa::Result<i64>>) -> Result<i64, Unread> {
    volumes.flatten().max().ok_or(Unread)
}

fn channels(has: impl Fn(SelemChannelId) -> bool) -> impl Iterator<Item = SelemChannelId> {
    SelemChannelId::all().iter().copied().filter(move |channel| has(*channel))
}

/// `None` if it has neither a switch nor a volume in this direction.
fn control(
    element: &Selem<'_>,
    direction: Direction,
    is_on: Option<Result<bool, Unread>>,
    volume: Option<Result<Volume, Unread>>,
) -> Option<Control> {
    (is_on.is_some() || volume.is_some()).then_some(())?;
    let id = element.get_id();
    Some(Control { name: id.get_name().ok()?.to_owned(), index: id.get_index(), direction, is_on, volume })
}

impl From<alsa::Error> for DriverError {
    fn from(error: alsa::Error) -> Self {
        std::io::Error::from_raw_os_error(error.errno()).into()
    }
}
