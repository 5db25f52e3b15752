//! What is to be expected of a room at a time that is yet to come.

use siaga_booking::{StoreError, store::RoomPast};
use siaga_readiness::{
    booking::forecast::{Forecast, Link, Needs, Whereabouts, Window, forecast},
    profile::Requirements,
    room::RoomId,
    snapshot::{Cause, Snapshot},
};

use super::{Desk, Known};

impl Desk {
    /// The forecast of a room for the hours that `windows` look back at ([`windows`](siaga_readiness::booking::forecast::windows)); `None`
    /// for a room that was never heard of. Blocks while the store is read.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn forecast(
        &self,
        room: &RoomId,
        windows: &[Window],
        required: &Requirements,
        needs: Needs,
    ) -> Result<Option<Forecast>, StoreError> {
        let known = self.room(room)?;
        known.map(|known| self.forecast_of(&known, windows, required, needs)).transpose()
    }

    /// The same for a room that was looked up before.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn forecast_of(
        &self,
        known: &Known,
        windows: &[Window],
        required: &Requirements,
        needs: Needs,
    ) -> Result<Forecast, StoreError> {
        let past = self.store.read(|reader| reader.past(known.id(), windows))?;
        // A room that is tidied away meanwhile has no past.
        let past = past.unwrap_or(RoomPast {
            known_since: known.row().first_seen,
            days: Vec::new(),
            network: None,
            network_changed: None,
        });
        let (snapshot, _) = known.evidence();
        let link = Link {
            network: whereabouts(snapshot, &past),
            accept_internal_server: snapshot.setup.policy.accept_internal_server,
        };
        Ok(forecast(&past.days, required, link, past.known_since, needs))
    }
}

/// A room that went to another network and was not probed there since has no history that counts.
fn whereabouts(snapshot: &Snapshot, past: &RoomPast) -> Whereabouts {
    let network = &snapshot.network;
    let probed = [&network.gate, &network.sustain].into_iter().filter_map(|it| it.measured.as_ref());
    let newest = probed.max_by_key(|probe| probe.at.since_boot).map(|probe| probe.evidence.network);
    match (newest, network.since.cause) {
        (Some(Some(network)), _) => Whereabouts::On(network),
        (None, Cause::NetworkChanged) => Whereabouts::New,
        _ => match past.network {
            Some((at, _)) if past.network_changed.is_some_and(|changed| changed > at) => Whereabouts::New,
            Some((_, network)) => Whereabouts::On(network),
            None => Whereabouts::Untold(past.network_changed.unwrap_or(past.known_since)),
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, tz::TimeZone};
    use siaga_probe::network::NetworkId;
    use siaga_readiness::{
        booking::forecast::{Outlook, windows},
        profile::Profile,
        report::{Began, FromRoom, Happening},
    };

    use super::*;
    use crate::desk::tests::{Office, id, passed_on, record, records, snapshot};

    const DAY: u64 = 86_400;
    const OFFICE: NetworkId = NetworkId(1);
    const HOME: NetworkId = NetworkId(2);

    /// For tomorrow at this time, by the rates alone, all days being alike.
    fn foreseen(office: &Office) -> Option<Forecast> {
        let (start, utc) = (office.wall() + SignedDuration::from_hours(24), TimeZone::UTC);
        let end = start + SignedDuration::from_hours(1);
        let windows = windows(start, end, &utc, |_| true, office.wall());
        let profile = Profile::from_toml("link".parse().unwrap(), "[network]\nup = \"10M\"\ndown = \"20M\"");
        office.desk.forecast(&id("r1"), &windows, &profile.unwrap().requirements, Needs::default()).unwrap()
    }

    /// A probe at this time on each of the last so many days.
    fn days(numbers: std::ops::Range<u64>, network: NetworkId) -> Vec<(u64, Happening)> {
        numbers.rev().map(|day| (day * DAY + 60, passed_on(Some(network)))).collect()
    }

    fn journal(entries: Vec<(u64, Happening)>) -> FromRoom {
        records((1..).zip(entries).map(|(seq, (ago, what))| record(seq, ago, what)).collect())
    }

    #[tokio::test]
    async fn a_room_s_past_is_that_of_the_network_that_it_is_on() {
        let office = Office::new();
        assert_eq!(foreseen(&office), None, "nobody knows the room");
        office.arrive("r1", 1).await;
        let mut entries = days(16..27, HOME);
        entries.extend(days(1..13, OFFICE));
        office.say("r1", 1, journal(entries)).await.unwrap();
        let told = foreseen(&office).unwrap();
        assert_eq!((told.outlook, told.days), (Outlook::Good, 12));
        assert_eq!(told.delivered.up_p10_bps, Some(10_000_000));
        // It is carried home, and nobody has probed there this time.
        let moved = Happening::Began(Began { cause: Cause::NetworkChanged });
        office.say("r1", 1, records(vec![record(100, 0, moved)])).await.unwrap();
        assert_eq!(foreseen(&office).unwrap().outlook, Outlook::Nothing);
        office.later(60);
        office.say("r1", 1, records(vec![record(101, 1, passed_on(Some(HOME)))])).await.unwrap();
        let told = foreseen(&office).unwrap();
        assert_eq!((told.good_days, told.days), (11, 23), "it comes and goes");
    }

    #[tokio::test]
    async fn a_room_that_does_not_name_its_networks_has_the_past_since_it_last_changed_them() {
        let office = Office::new();
        office.connect("r1", 1).await;
        office.say("r1", 1, snapshot("r1", 0)).await.unwrap();
        let mut entries: Vec<_> = (1..13).rev().map(|day| (day * DAY + 60, passed_on(None))).collect();
        let moved = Happening::Began(Began { cause: Cause::NetworkChanged });
        entries.insert(4, (8 * DAY + 3600, moved));
        office.say("r1", 1, journal(entries)).await.unwrap();
        assert_eq!(foreseen(&office).unwrap().days, 8);
    }
}
