//! A server knows a room's address again.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use quinn::TokenStore;
use siaga_probe::{Reason, control::FromServer};

use super::lab::{Lab, Relay, SHORT_TRAINS, TestServer, assert_served, within};
use crate::{
    client::{ProbeRequest, Tokens, probe_within},
    server::Keys,
};

/// Probes through a relay; answers with the Retries that the server sent.
async fn retries(lab: &Lab, server: &TestServer, tokens: &Tokens) -> u64 {
    let relay = Relay::start(server.address).await;
    let request = ProbeRequest { tokens: tokens.clone(), ..lab.request(relay.address) };
    assert_served(&within(probe_within(&request, SHORT_TRAINS, pending())).await.unwrap());
    relay.retries()
}

#[tokio::test]
async fn the_second_probe_is_spared_the_retry() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let tokens = Tokens::default();
    assert_eq!(retries(&lab, &server, &tokens).await, 1);
    assert_eq!(retries(&lab, &server, &tokens).await, 0, "and from another port, too");
    assert_eq!(retries(&lab, &server, &tokens).await, 0, "each probe brings the token for the next");
    assert_eq!(retries(&lab, &server, &Tokens::default()).await, 1, "nobody else has it");
}

#[tokio::test]
async fn a_server_that_was_started_anew_knows_its_tokens_and_another_one_sends_a_retry() {
    let mut lab = Lab::new();
    let tokens = Tokens::default();
    let first = TestServer::start(&lab, 1, SHORT_TRAINS);
    retries(&lab, &first, &tokens).await;
    first.stop().await;
    let second = TestServer::start(&lab, 1, SHORT_TRAINS);
    assert_eq!(retries(&lab, &second, &tokens).await, 0);
    lab.keys = Keys::random().unwrap();
    let another = TestServer::start(&lab, 1, SHORT_TRAINS);
    assert_eq!(retries(&lab, &another, &tokens).await, 1);
}

/// Gives one token again and again.
#[derive(Default)]
struct Replay(Mutex<Vec<u8>>);

impl TokenStore for Replay {
    fn insert(&self, _: &str, token: bytes::Bytes) {
        let mut kept = self.0.lock().unwrap();
        if kept.is_empty() {
            *kept = token.to_vec();
        }
    }

    fn take(&self, _: &str) -> Option<bytes::Bytes> {
        let kept = self.0.lock().unwrap();
        (!kept.is_empty()).then(|| kept.clone().into())
    }
}

#[tokio::test]
async fn a_token_counts_once() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut config = lab.client_config();
    config.token_store(Arc::new(Replay::default()));
    let mut retries = Vec::new();
    for _ in 0..3 {
        let relay = Relay::start(server.address).await;
        let mut room = lab.room_with(relay.address, config.clone()).await;
        // Whatever the server gives for the next time comes before its answer.
        assert!(matches!(room.ask().await, FromServer::Grant(_) | FromServer::Busy(_)));
        retries.push(relay.retries());
    }
    assert_eq!(retries, [1, 0, 1]);
}

#[tokio::test]
async fn a_token_opens_no_door() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let tokens = Tokens::default();
    retries(&lab, &server, &tokens).await;
    let request = ProbeRequest { tokens, identity: None, ..lab.request(server.address) };
    let probed = within(probe_within(&request, SHORT_TRAINS, pending())).await.unwrap();
    assert_eq!(probed.result.reason, Reason::IdentityRequired);
}
