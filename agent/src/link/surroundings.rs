//! What stands in a probe's way in this room.

use std::{path::Path, time::Duration};

use siaga_probe::{
    Bitrate,
    schedule::{Situation, Traffic},
};
use siaga_readiness::moment::Moment;
use tokio::time::{Instant, sleep};

use crate::{
    config::{Metered, NetworkSettings},
    network::{Counters, Network, is_paid_by_volume},
    room::Room,
};

/// Long enough for a call's steady stream to show, short enough not to be in anybody's way.
const LISTEN: Duration = Duration::from_secs(2);

/// What the office declared about the room's surroundings.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    settings: NetworkSettings,
}

impl Surroundings {
    pub(super) fn new(settings: &NetworkSettings) -> Self {
        Self { settings: settings.clone() }
    }

    /// The situation at `now`, with `traffic` as it was just measured.
    pub(super) fn situation(
        &self,
        room: &Room,
        network: &Network,
        traffic: Traffic,
        now: Moment,
    ) -> Situation {
        Situation {
            meeting: room.snapshot().meeting(now),
            traffic,
            metered: self.is_metered(network),
            hours: self.settings.hours(now),
            early: self.settings.early(now),
        }
    }

    /// Listens to what the interface carries for two seconds. What can't be measured stands in nobody's way.
    pub(super) async fn listen(&self, network: &Network) -> Traffic {
        let count = || Counters::read(Path::new("/sys"), network.interface()?);
        let (before, began) = (count(), Instant::now());
        sleep(LISTEN).await;
        match (before, count()) {
            (Some(before), Some(after)) if self.is_above(after.busiest_since(before, began.elapsed())) => {
                Traffic::Busy
            }
            _ => Traffic::Quiet,
        }
    }

    /// The rate above which other traffic matters.
    pub(super) const fn quiet_above(&self) -> Bitrate {
        self.settings.quiet_above
    }

    fn is_above(&self, bps: f64) -> bool {
        bps > self.settings.quiet_above.bps_f64()
    }

    fn is_metered(&self, network: &Network) -> bool {
        match self.settings.metered {
            Metered::Yes => true,
            Metered::No => false,
            // What goes through a VPN is paid for where the VPN goes.
            Metered::Auto => [network.interface(), network.carrier()]
                .into_iter()
                .flatten()
                .any(|interface| is_paid_by_volume(Path::new("/sys"), Path::new("/proc"), interface)),
        }
    }
}
