//! Who is believed, and the words for who is not.

use std::future::pending;

use siaga_probe::Reason;

use super::lab::{
    Authority, Lab, Purpose, SHORT_TRAINS, TestServer, VALID, assert_served, assert_told, within,
};
use crate::client::probe;

/// Years that are over.
const PAST: [i32; 2] = [2001, 2002];

/// Years that are to come.
const FUTURE: [i32; 2] = [2099, 2100];

#[tokio::test]
async fn a_server_whose_certificate_does_not_fit_is_not_trusted_and_the_remedy_is_told() {
    let mut lab = Lab::new();
    let (stranger, made_anew) = (Authority::new("stranger"), Authority::new("lab"));
    for (server, words) in [
        (lab.authority.issue(Purpose::Server, "127.0.0.1", PAST), "expired"),
        (lab.authority.issue(Purpose::Server, "127.0.0.1", FUTURE), "not yet valid"),
        (lab.authority.issue(Purpose::Server, "probe.example", VALID), "another name"),
        (lab.authority.issue(Purpose::Room, "127.0.0.1", VALID), "not made for a server"),
        (stranger.issue(Purpose::Server, "127.0.0.1", VALID), "not signed by the given CA"),
        (made_anew.issue(Purpose::Server, "127.0.0.1", VALID), "not signed by the given CA"),
    ] {
        lab.server = server;
        let server = TestServer::start(&lab, 1, SHORT_TRAINS);
        let probed = lab.probe(server.address, SHORT_TRAINS).await;
        assert_told(&probed, Reason::ServerNotTrusted, &[&server.address.to_string(), words]);
    }
}

#[tokio::test]
async fn a_room_whose_certificate_does_not_fit_is_refused_and_the_remedy_is_told() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let (stranger, made_anew) = (Authority::new("stranger"), Authority::new("lab"));
    for (room, words) in [
        (lab.authority.issue(Purpose::Room, "room", PAST), "expired"),
        (lab.authority.issue(Purpose::Room, "room", FUTURE), "not yet valid"),
        (lab.authority.issue(Purpose::Server, "127.0.0.1", VALID), "not made for a room"),
        (stranger.issue(Purpose::Room, "room", VALID), "another CA"),
        (made_anew.issue(Purpose::Room, "room", VALID), "another CA"),
        (lab.authority.issue(Purpose::Client, "room", VALID), "it names no room"),
        (lab.authority.issue(Purpose::Room, "Room", VALID), "it names no room"),
    ] {
        let mut request = lab.request(server.address);
        request.identity = Some(room);
        let probed = within(probe(&request, pending())).await.unwrap();
        assert_told(&probed, Reason::IdentityRefused, &[&server.address.to_string(), words]);
    }
    assert_served(&lab.probe(server.address, SHORT_TRAINS).await);
}
