//! Looks at the devices: one scan, or one after the other.

use std::time::Duration;

use siaga_devices::{Kernel, Roots, ScanError, ScanOptions, Scanner};
use siaga_readiness::{
    inventory::Inventory,
    observation::{Evidence, Observation, ScanFault},
    reasons::Code,
};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};
use tracing::warn;

use crate::{config::DeviceSettings, host, room::Room};

/// A scan that takes longer is told as timed out; a healthy one takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(10);

/// Scans at the configured interval, for ever.
pub async fn watch(room: &Room, settings: &DeviceSettings) {
    let mut eyes = Eyes::new(settings);
    let mut ticks = interval(settings.scan_interval.duration());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        room.observe(eyes.look().await);
    }
}

/// A scanner off the async threads. A driver may hang; then the scan is told as timed out, and none is begun on top
/// of it.
#[derive(Debug)]
pub struct Eyes {
    state: State,
}

type Scanned = (Box<Scanner<Kernel>>, Result<Inventory, ScanError>);

#[derive(Debug)]
enum State {
    Ready(Box<Scanner<Kernel>>),
    Busy(JoinHandle<Scanned>),
    /// A scan panicked, and the scanner went with it.
    Lost,
}

impl Eyes {
    /// Eyes on this machine.
    #[must_use]
    pub fn new(settings: &DeviceSettings) -> Self {
        let declared_fov = settings.field_of_view.iter().map(|declared| declared.0.clone()).collect();
        let options = ScanOptions { declared_fov, ..ScanOptions::default() };
        Self { state: State::Ready(Box::new(Scanner::new(Roots::default(), options, Kernel))) }
    }

    /// One look; ends within ten seconds.
    pub async fn look(&mut self) -> Observation {
        let at = host::now();
        let evidence = match self.scan().await {
            Ok(inventory) => Evidence::Devices(inventory),
            Err(fault) => {
                warn!(detail = fault.detail, "device scan failed");
                Evidence::DeviceFault(fault)
            }
        };
        let took = at.age_at(&host::now()).unwrap_or_default();
        Observation { at, took, evidence }
    }

    async fn scan(&mut self) -> Result<Inventory, ScanFault> {
        let mut scan = match std::mem::replace(&mut self.state, State::Lost) {
            State::Ready(mut scanner) => tokio::task::spawn_blocking(move || {
                let scanned = scanner.scan();
                (scanner, scanned)
            }),
            State::Busy(scan) => scan,
            State::Lost => {
                return Err(fault(Code::DeviceScanFailed, "an earlier scan crashed; restart the agent"));
            }
        };
        match timeout(DEADLINE, &mut scan).await {
            Ok(Ok((scanner, scanned))) => {
                self.state = State::Ready(scanner);
                scanned.map_err(|error| fault(Code::DeviceScanFailed, &error.to_string()))
            }
            Ok(Err(crash)) => Err(fault(Code::DeviceScanFailed, &crash.to_string())),
            Err(_) => {
                self.state = State::Busy(scan);
                Err(fault(Code::DeviceScanTimedOut, "a driver did not answer within 10 s"))
            }
        }
    }
}

fn fault(reason: Code, detail: &str) -> ScanFault {
    ScanFault { reason, detail: detail.to_owned() }
}
