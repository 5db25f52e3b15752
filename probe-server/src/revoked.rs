//! Which rooms are revoked: the desk is told, so that nobody is told to switch on what may not come back.

use std::{path::Path, time::Duration};

use siaga_transport::enrol::Registry;
use tokio::{task::spawn_blocking, time::MissedTickBehavior};
use tracing::warn;

use crate::desk::Desk;

/// As often as revoked keys are looked at for connections.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// The files are read again at least every so many looks: what changed in the same moment as it was read is not missed for long.
const AT_LEAST: u32 = 60;

/// Tells the desk of the server in `dir` before anybody is answered: a room that is revoked is never taken for one that is off.
pub(crate) async fn tell(dir: &Path, desk: &Desk) {
    if let Err(error) = read(Registry::new(dir), desk).await {
        warn!(error, "{UNREAD}");
    }
}

const UNREAD: &str = "cannot tell which rooms are revoked; bookings of rooms that are off are for a person to review until this \
                      is mended";

async fn read(registry: Registry, desk: &Desk) -> Result<(), String> {
    let reading = spawn_blocking(move || registry.revoked_rooms().map_err(|error| error.to_string()));
    let rooms = reading.await.unwrap_or_else(|error| Err(error.to_string()));
    rooms.map(|rooms| desk.set_revoked(rooms)).inspect_err(|_| desk.doubt_revoked())
}

/// Tells the desk of the server in `dir`, now and whenever it changes.
pub(crate) async fn look(dir: &Path, desk: &Desk, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    let registry = Registry::new(dir);
    let mut looks = tokio::time::interval(BETWEEN_LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut known, mut left, mut readable) = (None, 0, true);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            _ = looks.tick() => {}
        }
        let stamp = registry.stamp();
        if known == Some(stamp) && left > 0 {
            left -= 1;
            continue;
        }
        (known, left) = (Some(stamp), AT_LEAST);
        match read(registry.clone(), desk).await {
            Ok(()) => readable = true,
            Err(error) => {
                if readable {
                    warn!(error, "{UNREAD}");
                }
                (known, readable) = (None, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::desk::tests::{Office, id};

    #[tokio::test]
    async fn what_can_t_be_read_is_doubted_until_it_can_be() {
        let office = Office::new();
        office.arrive("r1", 1).await;
        office.desk.forget(&id("r1"), 1);
        let revoked = async || {
            tell(office.dir(), &office.desk).await;
            office.desk.room(&id("r1")).unwrap().unwrap().presence().revoked
        };
        assert_eq!(revoked().await, Some(false), "nothing was ever enrolled");
        let place = office.dir().join("enrolment");
        fs::write(&place, "no directory").unwrap();
        assert_eq!(revoked().await, None);
        fs::remove_file(&place).unwrap();
        assert_eq!(revoked().await, Some(false));
    }
}
