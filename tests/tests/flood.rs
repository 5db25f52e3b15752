//! A public port: whatever comes, the server lives, answers with less than it gets, and serves whoever is honest.

use std::time::Duration;

use siaga_probe::Bitrate;
use siaga_tests::{
    programs::Lab,
    province::flood::{Plan, firsts, flood},
    swarm::{asks::ask_at_once, identities::Authority, links::Links},
};

/// What `make bench` does with 65,000 a second for 10 s, for a moment.
#[tokio::test(flavor = "multi_thread")]
async fn first_packets_with_false_senders_and_broken_ones_harm_nobody() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    let address = server.probes.unwrap();
    let authority = Authority::load(&lab.server_dir()).unwrap();
    let rooms = [authority.sign("linked").unwrap(), authority.sign("asking").unwrap()];
    let mut links = Links::open(&address.to_string().parse().unwrap(), &lab.ca(), &rooms[..1]).await.unwrap();
    let firsts = firsts(&lab).await.unwrap();
    let plan = Plan { rate: 20_000, time: Duration::from_secs(1), rooms: 1 };
    let flooded = tokio::task::spawn_blocking(move || flood(address, &firsts, plan)).await.unwrap().unwrap();
    assert!(flooded.received > 0, "some are answered: {flooded:?}");
    assert!(flooded.received <= flooded.sent, "{flooded:?}");
    links.hold(Duration::from_millis(1)).await.unwrap();
    let rates = [Bitrate::from_bps(10_000_000).unwrap(); 2];
    let answers = ask_at_once(address, &lab.ca(), &rooms[1..], rates).await.unwrap();
    assert_eq!(answers.kinds.get("grant"), Some(&1), "{answers:?}");
}
