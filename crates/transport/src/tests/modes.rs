//! The kinds of probe, over the wire.

use std::future::pending;

use siaga_probe::{Mode, Reason, Verdict};

use super::lab::{Lab, TestServer, assert_told, limits, mbps, within};
use crate::{
    client::{ProbeRequest, probe},
    patience::Patience,
};

#[tokio::test]
async fn a_quality_probe_measures_the_link_and_says_nothing_about_a_rate() {
    let lab = Lab::new();
    let patience = Patience { minds_lateness: false, ..Patience::default() };
    let server = TestServer::start_with(&lab, limits(mbps(10), 1), patience, 8);
    let request = ProbeRequest { mode: Mode::Quality, ..lab.request(server.address) };
    let result = within(probe(&request, pending())).await.unwrap().result;
    assert_eq!(result.detail, None);
    for direction in [&result.up, &result.down] {
        // A busy machine may be late; what it can't do is fail the link, or speak of the rate that was asked about.
        assert!(matches!(
            (direction.verdict, direction.reason),
            (Verdict::Pass, Reason::Measured) | (Verdict::Inconclusive, Reason::SenderLate)
        ));
        assert_eq!(direction.target_bps, Mode::Quality.sending_rate(mbps(1)));
    }
    assert!(result.bytes.sent < 150_000, "{:?}", result.bytes);
}

#[tokio::test]
async fn a_kind_of_probe_that_this_version_does_not_know_is_refused() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, super::lab::SHORT);
    let request = ProbeRequest { mode: Mode::Unknown, ..lab.request(server.address) };
    let probed = within(probe(&request, pending())).await.unwrap();
    assert_told(&probed, Reason::ServerRefused, &["kind of probe"]);
}
