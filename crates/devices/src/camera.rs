//! Cameras: from `/dev/video*` to one entry per physical camera.
//!
//! `listing` finds the genuine nodes, `holders` and `holding` who has them open, `node` learns what each one is without
//! touching what is in use, `group` reduces nodes to cameras, `modes` turns offers into sizes and rates.

mod group;
pub(crate) mod holders;
mod holding;
mod listing;
pub(crate) mod modes;
mod node;

use std::collections::HashSet;

use siaga_readiness::inventory::Camera;

use crate::{
    drivers::{CameraFacts, Drivers},
    memory::Memory,
    roots::Roots,
    scanner::{Asking, ScanError, ScanOptions},
};
use holding::Holding;
use node::Node;

/// What is remembered of cameras from scan to scan.
#[derive(Debug, Default)]
pub(crate) struct Past {
    facts: Memory<CameraFacts>,
    holding: Holding,
    /// Names in `/dev` that were complained about.
    hazards: Vec<String>,
}

impl Past {
    pub(crate) fn forget_failures(&mut self) {
        self.facts.forget_failures();
    }
}

/// The physical cameras, hardware first, in a stable order.
pub(crate) fn scan(
    roots: &Roots,
    options: &ScanOptions,
    drivers: &impl Drivers,
    past: &mut Past,
    asking: Asking,
) -> Result<Vec<Camera>, ScanError> {
    let listing = listing::list(&roots.dev, drivers)?;
    complain(&listing.hazards, roots, past);
    let paths: Vec<_> =
        listing.numbers.iter().map(|number| roots.dev.join(format!("video{number}"))).collect();
    past.facts.retain(&paths.iter().map(|path| path.as_path()).collect());
    let held = if paths.is_empty() { HashSet::new() } else { past.holding.after(holders::of(roots, &paths)) };
    let mut nodes: Vec<Node> = listing
        .numbers
        .iter()
        .zip(paths)
        .map(|(number, path)| {
            let is_held = held.contains(&path);
            Node::seen(roots, &past.facts, *number, path, is_held)
        })
        .collect();
    if asking == Asking::WhatIsNotKnown && nodes.iter().any(Node::is_unread) {
        // The camera library opens every node to list it, also those that others hold.
        let known = if held.is_empty() { listing.known_to(drivers) } else { None };
        let is_known = |number: u32| known.as_ref().is_none_or(|known| known.contains(&number));
        nodes = nodes
            .into_iter()
            .filter_map(|node| match node.is_unread() {
                true if is_known(node.number) => node.asked(drivers, &mut past.facts),
                // It is just coming or going.
                true => None,
                false => Some(node),
            })
            .collect();
    }
    for node in &mut nodes {
        node.judge_capturing(roots);
    }
    let mut cameras: Vec<Camera> =
        group::by_device(nodes).into_iter().filter_map(|group| group::camera(group, options)).collect();
    cameras.sort_by(|a, b| (a.is_virtual, &a.id, &a.node).cmp(&(b.is_virtual, &b.id, &b.node)));
    Ok(cameras)
}

/// About names on which the camera library would panic, once.
fn complain(hazards: &[String], roots: &Roots, past: &mut Past) {
    if hazards == past.hazards {
        return;
    }
    for name in hazards {
        tracing::warn!(
            "{} is not a name that the camera library can read; siaga lists cameras without the library. \
             Rename or remove it.",
            roots.dev.join(name).display()
        );
    }
    past.hazards = hazards.to_vec();
}
