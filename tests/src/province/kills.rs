//! A server that is killed at any moment: what it had acknowledged is there when it is back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde_json::Value;
use siaga_transport::{identity::Trust, room::LinkRequest, server_name::ServerName};
use tokio::task::JoinSet;

use super::{Measured, figure::Figure, fresh::told, machine::get, standing::sign};
use crate::{
    programs::Lab,
    swarm::links::{identity, report, say},
};

const ROOMS: usize = 10;
const KILLS: u64 = 100;
/// From one report of a room to the next that says something else, bit/s.
const STEP: u64 = 100_000;
/// Before anything is acknowledged.
const FIRST: u64 = 10_000_000;

/// Rooms report as fast as they may; the server is killed, started again on what is left, and asked.
///
/// # Errors
/// It does not start again.
pub async fn measure() -> Measured {
    let lab = Lab::new()?;
    let rooms = sign(&lab.server_dir(), ROOMS)?;
    let trust = Trust::load(&lab.ca())?;
    let mut chance = Pcg64Mcg::seed_from_u64(0x4b49_4c4c);
    let acknowledged: Arc<Vec<AtomicU64>> = Arc::new((0..ROOMS).map(|_| AtomicU64::new(FIRST)).collect());
    let (mut lost, mut slowest) = (Vec::new(), Duration::ZERO);
    for kill in 0..=KILLS {
        let began = Instant::now();
        let server = lab.server(&[])?;
        slowest = slowest.max(began.elapsed());
        for (room, last) in rooms.iter().zip(&*acknowledged) {
            let last = last.load(Ordering::SeqCst);
            let (status, body) = get(server.http, &format!("/v1/rooms/{}", room.room))?;
            let found = serde_json::from_str::<Value>(&body).ok().and_then(|it| told(&it));
            // The acknowledgement of one more may have been on its way.
            if last > FIRST && ![Some(last), Some(last + STEP)].contains(&found) {
                lost.push(format!("after kill {kill} {} had {last} and has {found:?} ({status})", room.room));
            }
        }
        let name: ServerName = server.probes.ok_or("the server has no address")?.to_string().parse()?;
        let mut reporting = JoinSet::new();
        for (at, room) in rooms.iter().enumerate() {
            let identity = identity(room)?;
            let request = LinkRequest { server: name.clone(), trust: trust.clone(), identity };
            let (room, acknowledged) = (room.room.clone(), acknowledged.clone());
            reporting.spawn(async move { go_on(&request, &room, &acknowledged[at]).await });
        }
        tokio::time::sleep(Duration::from_millis(chance.random_range(20..1_200))).await;
        server.signal("KILL");
        drop(server);
        reporting.shutdown().await;
    }
    let reports: u64 = acknowledged.iter().map(|last| (last.load(Ordering::SeqCst) - FIRST) / STEP).sum();
    Ok(vec![
        Figure::held(
            format!(
                "server killed {KILLS} times at random moments while {ROOMS} rooms report: acknowledged and lost"
            ),
            if lost.is_empty() { format!("nothing, of {reports} reports") } else { lost.join("; ") },
            "nothing",
            lost.is_empty() && reports > KILLS,
        ),
        Figure::told("longest start on what a kill left", format!("{:.0} ms", slowest.as_secs_f64() * 1e3)),
    ])
}

/// Says one thing after the other, and notes what is acknowledged, until the link ends.
async fn go_on(request: &LinkRequest, room: &str, last: &AtomicU64) {
    let next = || last.load(Ordering::SeqCst) + STEP;
    let Ok(mut link) = report(request, room, next()).await else { return };
    last.fetch_add(STEP, Ordering::SeqCst);
    loop {
        // A room that has more to say than this is turned out.
        tokio::time::sleep(Duration::from_millis(100)).await;
        if say(&mut link, room, next()).await.is_err() {
            return;
        }
        last.fetch_add(STEP, Ordering::SeqCst);
    }
}
