//! Devices for people.

use std::fmt::Write;

use siaga_readiness::inventory::{AudioDevice, Camera, Inventory};

/// What is there, and plainly what is not.
#[must_use]
pub fn devices(inventory: &Inventory) -> String {
    let mut text = String::new();
    section(&mut text, "Cameras", "no camera found", inventory.cameras.iter().map(camera));
    section(&mut text, "Microphones", "no microphone found", inventory.microphones.iter().map(sound));
    section(&mut text, "Speakers", "no speaker found", inventory.speakers.iter().map(sound));
    let displays = inventory.displays.iter().map(|display| display.name.clone());
    section(&mut text, "Displays", "no display found", displays);
    text
}

fn section(text: &mut String, title: &str, none: &str, lines: impl ExactSizeIterator<Item = String>) {
    let _ = writeln!(text, "{title}:");
    if lines.len() == 0 {
        let _ = writeln!(text, "  {none}");
    }
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn camera(camera: &Camera) -> String {
    let mut line = device(&camera.name, camera.usb_id.as_deref(), camera.is_virtual, camera.external);
    let modes: Vec<_> = camera
        .modes
        .iter()
        .take(SHOWN_MODES)
        .map(|mode| format!("{}×{} at {:.0}/s", mode.width, mode.height, mode.fps))
        .collect();
    let more = camera.modes.len().saturating_sub(SHOWN_MODES);
    let more = if more == 0 { String::new() } else { format!(", {more} smaller") };
    let _ = write!(line, "\n    {} on {}: {}{more}", camera.node, camera.bus, modes.join(", "));
    let fov = camera.fov.as_ref().map(|fov| format!("{}° ({})", fov.degrees, fov.source));
    let _ = write!(line, "\n    field of view {}", fov.as_deref().unwrap_or("unknown"));
    let _ = write!(line, "\n    {} {}", camera.state, camera.reason);
    line
}

/// Enough to see what a camera can do; the JSON form has all.
const SHOWN_MODES: usize = 3;

fn sound(sound: &AudioDevice) -> String {
    let mut line = device(&sound.name, sound.usb_id.as_deref(), sound.is_virtual, sound.external);
    let rates: Vec<_> = sound.rates.iter().map(|rate| format!("{} kHz", f64::from(*rate) / 1e3)).collect();
    let _ = write!(line, "\n    {} on {}: {}", sound.node, sound.bus, rates.join(", "));
    let _ = write!(line, "\n    {} {}", sound.state, sound.reason);
    line
}

fn device(name: &str, usb_id: Option<&str>, is_virtual: bool, external: Option<bool>) -> String {
    let place = match external {
        _ if is_virtual => ", made by software",
        Some(true) => ", external",
        Some(false) => ", built in",
        None => "",
    };
    let usb_id = usb_id.map_or(String::new(), |id| format!(" [{id}]"));
    format!("{name}{usb_id}{place}")
}
