//! What the fleet's page costs with a province's rooms: whoever has it open asks for it every 15 seconds.

use std::time::Instant;

use super::{Measured, figure::Figure, machine};
use crate::{http::get, lab_fleet::many, programs::Lab, swarm::percentile};

/// With so many rooms known.
///
/// # Errors
/// The server can't be run, or refuses.
#[allow(clippy::cast_precision_loss)]
pub async fn measure(rooms: u32) -> Measured {
    let lab = Lab::new()?;
    many(&lab.server_dir(), rooms).await?;
    let server = lab.server(&[])?;
    let mut figures = Vec::new();
    for (what, path) in
        [("the fleet's page", "/"), ("its last page", "/?page=9999"), ("a room's page", "/rooms/ruang-0007")]
    {
        let (mut took, mut most) = (Vec::new(), 0);
        let before = machine::processor_seconds(server.id())?;
        for _ in 0..TIMES {
            let began = Instant::now();
            let (status, page) = get(server.http, path)?;
            took.push(began.elapsed().as_secs_f64() * 1e3);
            most = most.max(page.len());
            if status != 200 {
                return Err(format!("{path}: {status}: {page}").into());
            }
        }
        let processor = (machine::processor_seconds(server.id())? - before) * 1e3 / TIMES as f64;
        took.sort_by(f64::total_cmp);
        let (median, p99) = (percentile(&took, 0.5), percentile(&took, 0.99));
        figures.push(Figure::held(
            format!("{what} with {rooms} rooms, ×{TIMES}"),
            format!(
                "{median:.0} ms (median), {p99:.0} ms (p99), {processor:.0} ms of processor time, {} KB",
                most / 1000
            ),
            "p99 ≤ 250 ms, ≤ 120 KB without its style and script",
            p99 <= 250.0 && most <= 120_000,
        ));
    }
    Ok(figures)
}

const TIMES: usize = 50;
