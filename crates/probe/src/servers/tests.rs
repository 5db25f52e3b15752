//! Stories of a room with several probe servers.

use super::*;
use crate::{
    Bitrate, DirectionResult, Reason,
    outcome::{ByteCount, RoundTrip},
};

const NEAR: usize = 1;
const FAR: usize = 0;

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn result(mode: Mode, verdict: Verdict, reason: Reason, rtt_ms: Option<f64>) -> ProbeResult {
    let rate = Bitrate::from_bps(10_000_000).unwrap();
    ProbeResult {
        mode,
        server: "probe.example:4433".into(),
        started_at: String::new(),
        duration_s: 1.0,
        bytes: ByteCount::default(),
        verdict,
        reason,
        detail: None,
        up: DirectionResult::unmeasured(rate, reason),
        down: DirectionResult::unmeasured(rate, reason),
        rtt_ms: RoundTrip { idle: rtt_ms, loaded: None },
    }
}

fn passes(rtt_ms: f64) -> ProbeResult {
    result(Mode::Gate, Verdict::Pass, Reason::Sustained, Some(rtt_ms))
}

fn fails(rtt_ms: f64) -> ProbeResult {
    result(Mode::Gate, Verdict::Fail, Reason::QueueGrows, Some(rtt_ms))
}

fn measured(rtt_ms: f64) -> ProbeResult {
    result(Mode::Quality, Verdict::Pass, Reason::Measured, Some(rtt_ms))
}

fn silent() -> ProbeResult {
    result(Mode::Gate, Verdict::Inconclusive, Reason::ServerUnreachable, None)
}

/// Two servers, both measured a minute ago.
fn measured_servers() -> Servers {
    let mut servers = Servers::new(2);
    servers.on_result(minutes(1), FAR, &measured(80.0), None);
    servers.on_result(minutes(1), NEAR, &measured(12.0), None);
    servers
}

#[test]
fn before_anything_is_known_the_configuration_s_order_counts() {
    assert_eq!(Servers::new(3).order(Duration::ZERO), [0, 1, 2]);
    assert!(Servers::new(0).order(Duration::ZERO).is_empty());
}

#[test]
fn the_nearest_is_asked() {
    assert_eq!(measured_servers().order(minutes(2)), [NEAR, FAR]);
}

#[test]
fn one_whose_distance_is_not_known_is_measured_and_again_after_an_hour() {
    let mut servers = Servers::new(2);
    assert_eq!(servers.to_measure(minutes(0)), Some(0));
    servers.on_result(minutes(0), 0, &measured(80.0), None);
    assert_eq!(servers.to_measure(minutes(5)), Some(1));
    servers.on_result(minutes(5), 1, &measured(12.0), None);
    assert_eq!(servers.to_measure(minutes(59)), None);
    assert_eq!(servers.to_measure(minutes(60)), Some(0));
}

#[test]
fn a_single_server_needs_no_measuring_and_is_never_compared() {
    let mut servers = Servers::new(1);
    assert_eq!(servers.to_measure(minutes(0)), None);
    assert_eq!(servers.on_result(minutes(0), 0, &fails(10.0), None), Comparison::Nothing);
    assert_eq!(servers.order(minutes(0)), [0]);
}

#[test]
fn one_that_does_not_answer_rests_longer_each_time_and_is_never_out_of_the_list() {
    let mut servers = measured_servers();
    let (mut now, mut rests) = (minutes(2), Vec::new());
    for _ in 0..7 {
        servers.on_result(now, NEAR, &silent(), None);
        assert_eq!(servers.order(now), [FAR, NEAR]);
        let back =
            (0..).map(|s| now + Duration::from_secs(s)).find(|at| servers.order(*at) == [NEAR, FAR]).unwrap();
        rests.push((back - now).as_secs() / 60);
        now = back;
    }
    assert_eq!(rests, [1, 2, 4, 8, 16, 30, 30]);
    servers.on_result(now, NEAR, &passes(12.0), None);
    servers.on_result(now, NEAR, &silent(), None);
    assert_eq!(servers.order(now + minutes(1)), [NEAR, FAR], "once it served, it begins anew");
}

#[test]
fn a_busy_one_is_left_alone_for_as_long_as_it_asks() {
    let mut servers = measured_servers();
    let busy = result(Mode::Gate, Verdict::Inconclusive, Reason::ServerBusy, Some(12.0));
    servers.on_result(minutes(2), NEAR, &busy, Some(minutes(5)));
    assert_eq!(servers.order(minutes(6)), [FAR, NEAR]);
    assert_eq!(servers.order(minutes(7)), [NEAR, FAR]);
}

#[test]
fn where_all_rest_the_one_that_is_back_first_is_asked_first() {
    let mut servers = measured_servers();
    servers.on_result(minutes(2), FAR, &silent(), None);
    servers.on_result(minutes(2) + Duration::from_secs(5), NEAR, &silent(), None);
    assert_eq!(servers.order(minutes(2) + Duration::from_secs(6)), [FAR, NEAR]);
}

#[test]
fn a_probe_that_this_side_put_off_says_nothing_about_its_server() {
    let mut servers = measured_servers();
    let before = servers.clone();
    let meeting = result(Mode::Gate, Verdict::Inconclusive, Reason::MeetingOn, None);
    assert_eq!(servers.on_result(minutes(2), NEAR, &meeting, None), Comparison::Nothing);
    assert_eq!(servers, before);
}

#[test]
fn a_failure_sends_the_next_probe_to_another_server_that_tells_whose_fault_it_was() {
    let mut servers = measured_servers();
    assert_eq!(servers.on_result(minutes(2), NEAR, &fails(12.0), None), Comparison::Alone);
    assert_eq!(servers.order(minutes(3)), [FAR, NEAR]);

    let mut room_s_fault = servers.clone();
    assert_eq!(room_s_fault.on_result(minutes(3), FAR, &fails(80.0), None), Comparison::Confirmed);
    assert_eq!(room_s_fault.order(minutes(4)), [NEAR, FAR], "nothing is held against the near one");

    assert_eq!(servers.on_result(minutes(3), FAR, &passes(80.0), None), Comparison::Contradicted(NEAR));
    assert_eq!(servers.order(minutes(30)), [FAR, NEAR], "the near one is left alone for a while");
    assert_eq!(servers.order(minutes(62)), [NEAR, FAR], "and gets another chance");
}

#[test]
fn one_s_own_pass_takes_the_doubt_away() {
    let mut servers = measured_servers();
    servers.on_result(minutes(2), NEAR, &fails(12.0), None);
    assert_eq!(servers.on_result(minutes(3), NEAR, &passes(12.0), None), Comparison::Nothing);
    assert_eq!(servers.order(minutes(3)), [NEAR, FAR]);
}

#[test]
fn two_that_are_about_as_near_do_not_take_turns() {
    let mut servers = Servers::new(2);
    servers.on_result(minutes(0), 0, &passes(20.0), None);
    servers.on_result(minutes(1), 1, &measured(17.0), None);
    assert_eq!(servers.order(minutes(2)), [0, 1]);
    servers.on_result(minutes(3), 1, &measured(10.0), None);
    assert_eq!(servers.order(minutes(4)), [1, 0], "one that is clearly nearer is asked");
}

#[test]
fn on_another_network_all_is_forgotten() {
    let mut servers = measured_servers();
    servers.on_result(minutes(2), NEAR, &silent(), None);
    servers.on_change();
    assert_eq!(servers, Servers::new(2));
}
