//! Cameras: from `/dev/video*` to one entry per physical camera.
//!
//! `listing` finds the genuine nodes, `node` learns what each one is without touching what is in use,
//! `group` reduces nodes to cameras, `modes` turns offers into sizes and rates.

mod group;
pub(crate) mod holders;
mod listing;
pub(crate) mod modes;
mod node;

use std::collections::HashSet;

use siaga_readiness::inventory::Camera;

use crate::{
    drivers::{CameraFacts, Drivers},
    memory::Memory,
    roots::Roots,
    scanner::{ScanError, ScanOptions},
};

/// What is remembered of cameras from scan to scan.
#[derive(Debug, Default)]
pub(crate) struct Past {
    facts: Memory<CameraFacts>,
    /// Names in `/dev` that were complained about.
    hazards: Vec<String>,
}

/// The physical cameras, hardware first, in a stable order.
pub(crate) fn scan(
    roots: &Roots,
    options: &ScanOptions,
    drivers: &impl Drivers,
    past: &mut Past,
) -> Result<Vec<Camera>, ScanError> {
    let listing = listing::list(&roots.dev, drivers)?;
    if listing.hazards != past.hazards {
        for name in &listing.hazards {
            tracing::warn!(
                "{} is not a name that the camera library can read; siaga lists cameras without the library. \
                 Rename or remove it.",
                roots.dev.join(name).display()
            );
        }
        past.hazards.clone_from(&listing.hazards);
    }
    let numbers = listing.confirmed(drivers);
    let paths: Vec<_> = numbers.iter().map(|number| roots.dev.join(format!("video{number}"))).collect();
    past.facts.retain(&paths.iter().map(|path| path.as_path()).collect());
    let held = if paths.is_empty() { HashSet::new() } else { holders::held(&roots.proc, &paths).0 };
    let nodes = numbers
        .into_iter()
        .zip(paths)
        .filter_map(|(number, path)| {
            let is_held = held.contains(&path);
            node::read(roots, drivers, &mut past.facts, number, path, is_held)
        })
        .collect();
    let mut cameras: Vec<Camera> =
        group::by_device(nodes).into_iter().filter_map(|group| group::camera(group, options)).collect();
    cameras.sort_by(|a, b| (a.is_virtual, &a.id, &a.node).cmp(&(b.is_virtual, &b.id, &b.node)));
    Ok(cameras)
}
