//! Displays: connectors that report something connected.

use std::{fs, path::Path};

use siaga_readiness::{inventory::Display, reasons::Code, state::CheckState};

use crate::{
    roots::{Roots, attribute},
    text::clean_name,
};

/// The connected displays, by connector.
pub(crate) fn scan(roots: &Roots) -> Vec<Display> {
    let mut displays: Vec<Display> = fs::read_dir(roots.sys.join("class/drm"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| display(&entry.path()))
        .collect();
    displays.sort_by(|a, b| a.id.cmp(&b.id));
    displays
}

fn display(connector: &Path) -> Option<Display> {
    let id = clean_name(connector.file_name()?.to_str()?)?;
    let (card, name) = id.split_once('-')?;
    let is_connector = card.strip_prefix("card")?.bytes().all(|b| b.is_ascii_digit());
    let is_connected = attribute(&connector.join("status"))? == "connected";
    (is_connector && is_connected).then(|| Display {
        name: name.to_owned(),
        id: id.clone(),
        known: None,
        state: CheckState::Ok,
        reason: Code::DevicePresent,
    })
}
