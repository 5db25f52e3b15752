//! Nodes reduced to cameras. Pure.

use std::{cmp::Reverse, collections::BTreeMap, path::PathBuf};

use siaga_readiness::{inventory::Camera, reasons::Code, state::CheckState};

use super::{
    modes::{Modes, modes},
    node::{Node, Reading},
};
use crate::{drivers::DriverError, scanner::ScanOptions, text::clean_name};

/// Nodes of one physical device together, each group in the order of its numbers. A USB device is one
/// camera whatever nodes it has (metadata, infrared, a second stream). Drivers without USB may have
/// several cameras below one parent, told apart by V4L2's `bus_info`.
pub(crate) fn by_device(nodes: Vec<Node>) -> Vec<Vec<Node>> {
    let mut owners: BTreeMap<PathBuf, Vec<Node>> = BTreeMap::new();
    for node in nodes {
        owners.entry(node.place.owner.clone()).or_default().push(node);
    }
    let mut groups = Vec::new();
    for mut nodes in owners.into_values() {
        nodes.sort_by_key(|node| node.number);
        if nodes.iter().any(|node| node.place.usb.is_some()) {
            groups.push(nodes);
        } else {
            groups.extend(by_bus_info(nodes));
        }
    }
    groups
}

/// Also gives each node the bus that V4L2 states. A node that stated none goes with the first that did.
fn by_bus_info(nodes: Vec<Node>) -> impl Iterator<Item = Vec<Node>> {
    let stated = |node: &Node| clean_name(&node.facts()?.bus_info);
    let first = nodes.iter().find_map(stated);
    let mut buses: BTreeMap<Option<String>, Vec<Node>> = BTreeMap::new();
    for mut node in nodes {
        let bus = stated(&node).or_else(|| first.clone());
        if let Some(bus) = &bus {
            node.place.bus.clone_from(bus);
        }
        buses.entry(bus).or_default().push(node);
    }
    buses.into_values()
}

/// The camera that a group of nodes amounts to; `None` if none of them captures video.
pub(crate) fn camera(group: Vec<Node>, options: &ScanOptions) -> Option<Camera> {
    let (node, modes, state, reason) = judge(group)?;
    let node_name = node.path.to_string_lossy().into_owned();
    let id = node.place.identity();
    let name = node.name.unwrap_or_else(|| node_name.clone());
    let usb = node.place.usb.as_ref();
    let usb_id = usb.map(|usb| usb.id.clone());
    let fov = options.field_of_view(&id, &name, usb_id.as_deref());
    Some(Camera {
        id,
        name,
        node: node_name,
        usb_id,
        serial: usb.and_then(|usb| usb.serial.clone()),
        known: None,
        usb_mbits: usb.and_then(|usb| usb.mbits),
        bus: node.place.bus,
        external: node.place.external,
        is_virtual: node.place.is_virtual,
        modes: modes.rated,
        fov,
        state,
        reason,
    })
}

/// Chooses the node that speaks for the camera. In use comes first, because nothing may then be said
/// about the rest; then the node with the largest colour picture; then what went wrong.
fn judge(group: Vec<Node>) -> Option<(Node, Modes, CheckState, Code)> {
    let mut candidates: Vec<(Node, Modes)> = group
        .into_iter()
        .filter(|node| node.captures)
        .map(|node| {
            let modes = node.facts().map(|facts| modes(&facts.offers)).unwrap_or_default();
            (node, modes)
        })
        .collect();
    candidates
        .sort_by_key(|(node, modes)| (rank(&node.reading, modes), Reverse(modes.largest()), node.number));
    let (node, modes) = candidates.into_iter().next()?;
    let (state, reason) = match &node.reading {
        Reading::Held(_) | Reading::Failed(DriverError::Busy) => (CheckState::InUse, Code::DeviceBusy),
        Reading::Read(_) if is_too_slow(&node, &modes) => (CheckState::Failed, Code::DeviceUsbSlow),
        Reading::Read(_) if !modes.rated.is_empty() => (CheckState::Ok, Code::DevicePresent),
        // It has pictures, but how many a second it does not say: no statement either way.
        Reading::Read(_) if modes.has_unrated => (CheckState::Unknown, Code::DeviceNoRates),
        Reading::Read(_) => (CheckState::Failed, Code::DeviceNoFormats),
        Reading::Failed(DriverError::NoPermission) => (CheckState::Unknown, Code::DeviceNoPermission),
        Reading::Failed(_) => (CheckState::Failed, Code::DeviceError),
        Reading::Unread => (CheckState::Unknown, Code::DeviceNotRead),
    };
    Some((node, modes, state, reason))
}

/// Whether it offers pictures that its USB connection can't carry.
fn is_too_slow(node: &Node, modes: &Modes) -> bool {
    let is_large = modes.rated.iter().any(|mode| mode.height >= 720);
    is_large
        && node
            .place
            .usb
            .as_ref()
            .and_then(|usb| usb.mbits)
            .is_some_and(|mbits| mbits < Camera::NEEDED_USB_MBITS)
}

fn rank(reading: &Reading, modes: &Modes) -> u8 {
    match reading {
        Reading::Held(_) | Reading::Failed(DriverError::Busy) => 0,
        Reading::Read(_) if !modes.rated.is_empty() => 1,
        Reading::Failed(_) | Reading::Unread => 2,
        Reading::Read(_) => 3,
    }
}
