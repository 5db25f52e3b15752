//! First packets of QUIC, 65,000 a second: some with false senders, some broken. A server answers with less than it gets, lives, and
//! serves whoever is honest.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use quinn::Endpoint;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use siaga_probe::{Mode, Verdict};

use super::{Measured, figure::Figure, gates::probes, machine::resident_kib, standing::sign};
use crate::{
    programs::Lab,
    swarm::{asks, links::Links},
};

/// How hard, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Packets a second, at the least.
    pub rate: u64,
    /// How long.
    pub time: Duration,
    /// Rooms whose links stand meanwhile, and must still do so afterwards.
    pub rooms: usize,
}

/// IP and UDP of each packet.
const HEADERS: u64 = 28;
/// A gate probe that is begun while the server has just been let go.
const PROBES: usize = 1;

/// The flood, and what the server made of it.
///
/// # Errors
/// The programs can't be run, or a link was lost.
#[allow(clippy::cast_precision_loss)]
pub async fn measure(plan: Plan) -> Measured {
    let lab = Lab::new()?;
    let server = lab.server(&[])?;
    let address = server.probes.ok_or("the server has no address")?;
    let identities = sign(&lab.server_dir(), plan.rooms)?;
    let mut links = Links::open(&address.to_string().parse()?, &lab.ca(), &identities).await?;
    let before = resident_kib(server.id())?;
    let firsts = firsts(&lab).await?;
    let flooding = tokio::task::spawn_blocking(move || flood(address, &firsts, plan)).await??;
    let after = resident_kib(server.id())?;
    let stand = links.hold(Duration::from_millis(100)).await;
    let served = probes(&lab, &server, PROBES, Mode::Gate).await?;
    let is_served = served.iter().all(|it| it.result.verdict == Verdict::Pass);
    let Flooded { sent, received, packets, took } = flooding;
    let (rate, share) = (packets as f64 / took.as_secs_f64(), received as f64 / sent as f64);
    let wanted = plan.rate as f64;
    Ok(vec![
        Figure::held(
            format!("first packets with false senders and broken ones for {:.0} s", took.as_secs_f64()),
            format!("{rate:.0} a second"),
            "≥ 65,000 a second",
            rate >= wanted,
        ),
        Figure::held(
            "bytes sent to these senders for each that came from them",
            format!("{share:.3}"),
            "≤ 1",
            share <= 1.0,
        ),
        Figure::told(
            "memory of the server before and after",
            format!("{:.1} and {:.1} MiB", before as f64 / 1024.0, after as f64 / 1024.0),
        ),
        Figure::held(
            format!("{} rooms' links that stood meanwhile", plan.rooms),
            stand.as_ref().map_or_else(ToString::to_string, |()| "all stand".to_owned()),
            "all stand",
            stand.is_ok(),
        ),
        Figure::held(
            "a room's gate probe right afterwards",
            if is_served { "passes" } else { "does not pass" },
            "passes",
            is_served,
        ),
    ])
}

/// What passed between the false senders and the server.
#[derive(Debug, Clone, Copy)]
pub struct Flooded {
    /// IP bytes to the server.
    pub sent: u64,
    /// IP bytes from it.
    pub received: u64,
    /// Packets to it.
    pub packets: u64,
    /// How long it took.
    pub took: Duration,
}

/// Packets that begin a connection, as honest rooms send them.
///
/// # Errors
/// None can be made.
pub async fn firsts(lab: &Lab) -> io::Result<Vec<Vec<u8>>> {
    let between = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
    let endpoint = Endpoint::client(([127, 0, 0, 1], 0).into())?;
    let config = asks::stranger_config(&lab.ca())?;
    let (mut connecting, mut firsts) = (Vec::new(), Vec::new());
    for _ in 0..KINDS {
        let to = between.local_addr()?;
        connecting.push(endpoint.connect_with(config.clone(), to, "127.0.0.1").map_err(io::Error::other)?);
        let mut packet = vec![0; 2_000];
        let length = between.recv(&mut packet).await?;
        packet.truncate(length);
        firsts.push(packet);
    }
    Ok(firsts)
}

const KINDS: usize = 1024;
/// Addresses of loopback that packets come from: a whole network, as far as the server can tell.
const SENDERS: u8 = 128;

/// Sends at a little more than the planned rate, and counts what left and what comes back.
///
/// # Errors
/// A socket can't be had.
pub fn flood(server: SocketAddr, firsts: &[Vec<u8>], plan: Plan) -> io::Result<Flooded> {
    let senders = (1..=SENDERS)
        .map(|n| {
            let socket = UdpSocket::bind((SocketAddr::from(([127, 66, n, n], 0))).to_owned())?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        })
        .collect::<io::Result<Vec<_>>>()?;
    let mut chance = Pcg64Mcg::seed_from_u64(0x4649_5253_5401);
    let began = Instant::now();
    let mut flooded = Flooded { sent: 0, received: 0, packets: 0, took: Duration::ZERO };
    let mut answer = [0; 2_000];
    let rate = plan.rate + plan.rate / 50;
    let mut tried = 0;
    while began.elapsed() < plan.time {
        #[allow(clippy::cast_possible_truncation)]
        let due = rate * began.elapsed().as_micros() as u64 / 1_000_000;
        while tried < due {
            tried += 1;
            let packet = broken(&firsts[chance.random_range(0..firsts.len())], &mut chance);
            let sender = &senders[chance.random_range(0..senders.len())];
            if sender.send_to(&packet, server).is_ok() {
                flooded.sent += packet.len() as u64 + HEADERS;
                flooded.packets += 1;
            }
            while let Ok(length) = sender.recv(&mut answer) {
                flooded.received += length as u64 + HEADERS;
            }
        }
        thread::sleep(Duration::from_micros(200));
    }
    flooded.took = began.elapsed();
    // What the server still had in hand.
    thread::sleep(Duration::from_millis(500));
    for sender in &senders {
        while let Ok(length) = sender.recv(&mut answer) {
            flooded.received += length as u64 + HEADERS;
        }
    }
    Ok(flooded)
}

/// Half of them as they were made, the others broken in one way or another.
fn broken(first: &[u8], chance: &mut Pcg64Mcg) -> Vec<u8> {
    let mut packet = first.to_vec();
    match chance.random_range(0..12) {
        0..=5 => {}
        // Another version of QUIC: the server may name those that it speaks.
        6 => packet[1..5].copy_from_slice(&chance.random::<[u8; 4]>()),
        // Too short to be one.
        7 => packet.truncate(chance.random_range(1..1_200)),
        // Lengths that lie.
        8 => packet[5] = chance.random(),
        // A header that says something else.
        9 => packet[0] = chance.random(),
        // What is encrypted is not what it was.
        10 => {
            for _ in 0..8 {
                let at = chance.random_range(5..packet.len());
                packet[at] = chance.random();
            }
        }
        _ => packet.iter_mut().for_each(|byte| *byte = chance.random()),
    }
    packet
}
