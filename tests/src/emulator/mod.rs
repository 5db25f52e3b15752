//! The simulated links in real time: two network namespaces, a TUN device in each, and [`Link`]s between them, so that
//! the real programs meet the links that the simulator's trains meet. For kernels without `netem`, and for what `netem`
//! doesn't know: radios, other people's traffic, policers.
//!
//! * [`end`]: a TUN device, moved into its namespace;
//! * [`carrier`]: takes one direction's packets from one device to the other, when the link says so;
//! * [`flight`]: the packets under way, on no clock;
//! * [`lane`]: two namespaces with a probe server, as `tests/emulator/run` makes them, for measurements over many links;
//! * [`paired`]: how far the programs and the simulator differ over the same links.

use std::{io, sync::Arc, time::Instant};

use serde::{Deserialize, Serialize};

use crate::link::{Link, LinkSpec};
use carrier::Carrier;
pub use carrier::Count;
use end::End;

mod carrier;
mod end;
mod flight;
pub mod lane;
pub mod paired;

/// What there is to emulate.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Network namespace of the room; it exists already.
    pub room: String,
    /// Network namespace of the server; it exists already.
    pub server: String,
    /// The link from the room to the server.
    pub up: LinkSpec,
    /// The link from the server to the room.
    pub down: LinkSpec,
    /// Fixes all that is random: `up` is the link of seed 2 n, `down` of 2 n + 1.
    pub seed: u64,
}

/// Two joined namespaces, until the program ends: 192.0.2.1 in the room's, 192.0.2.2 in the server's.
#[derive(Debug)]
pub struct Emulator {
    up: Carrier,
    down: Carrier,
}

impl Emulator {
    /// Makes the devices and begins to carry packets; the links' time begins here too.
    ///
    /// # Errors
    /// This user may not make TUN devices, or a namespace is not there.
    pub fn start(plan: &Plan) -> io::Result<Self> {
        let room = Arc::new(End::new(&plan.room, "192.0.2.1/24")?);
        let server = Arc::new(End::new(&plan.server, "192.0.2.2/24")?);
        let up = Link::new(&plan.up, plan.seed.wrapping_mul(2));
        let down = Link::new(&plan.down, plan.seed.wrapping_mul(2).wrapping_add(1));
        let start = Instant::now();
        Ok(Self {
            up: Carrier::start("up", up, &room, &server, start)?,
            down: Carrier::start("down", down, &server, &room, start)?,
        })
    }

    /// What it has done so far.
    #[must_use]
    pub fn report(&self) -> Report {
        Report { up: self.up.count(), down: self.down.count() }
    }
}

/// What an emulator did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// From the room to the server.
    pub up: Count,
    /// From the server to the room.
    pub down: Count,
}
