//! Peers whose packets and messages lie about what was sent, and ways that change under a probe.

use std::time::Duration;

use siaga_probe::{
    Direction, DirectionResult, Mode, Reason, Verdict,
    control::{Credit, FromClient, FromServer, Report, Sent, TrainGrant},
    wire::PacketHeader,
};
use tokio::{join, time::sleep};

use super::lab::{Lab, Peer, Relay, SHORT, SHORT_TRAINS, TestServer, assert_told, mbps, send_train, within};
use crate::{client::Probed, close, counts::train_datagram};

/// What comes of a server that sends these packets of its train (number, stamp in ms) and then a proper report.
async fn told(packets: &'static [(u32, u64)]) -> Probed {
    let lab = Lab::new();
    let server = lab.hostile(async move |mut peer| {
        let train = peer.grant().await.down;
        for (seq, millis) in packets {
            say_packet(&peer, train, *seq, Duration::from_millis(*millis)).await;
        }
        report(&mut peer).await;
        peer.linger().await;
    });
    lab.probe(server, SHORT).await
}

async fn say_packet(peer: &Peer, train: TrainGrant, seq: u32, sent_at: Duration) {
    let header = PacketHeader { train: train.train, seq, sent_at };
    peer.connection
        .send_datagram_wait(header.to_datagram(train_datagram(Mode::Gate).into()).into())
        .await
        .unwrap();
}

async fn report(peer: &mut Peer) {
    let result = DirectionResult::unmeasured(mbps(1), Reason::Undecided);
    peer.say(&FromServer::Report(Report { result })).await;
}

#[tokio::test]
async fn packets_that_no_honest_sender_sends_end_the_probe_without_a_statement() {
    for (packets, lie) in [
        (&[(0, 0), (u32::MAX, 10)][..], "a number beyond the grant"),
        (&[(0, 0), (40, 20)], "a number ahead of its time"),
        (&[(0, 0), (1, 3_600_000)], "a stamp from the future"),
        (&[(0, 20), (1, 30), (2, 10)], "a stamp that runs backwards"),
    ] {
        let probed = told(packets).await;
        let down = &probed.result.down;
        assert_eq!((down.verdict, down.reason), (Verdict::Inconclusive, Reason::PeerFailed), "{lie}");
        assert_ne!(probed.result.verdict, Verdict::Pass, "{lie}");
    }
}

/// What comes of a server that takes 0.6 s of the up train and then reports a pass.
async fn reported(report: fn(DirectionResult) -> DirectionResult) -> Probed {
    let lab = Lab::new();
    let server = lab.hostile(async move |mut peer| {
        peer.grant().await;
        while let Ok(message) = peer.hear().await {
            if let FromClient::Sent(sent) = message {
                assert!(sent.packets > 20, "the train came: {sent:?}");
                break;
            }
        }
        let pass = DirectionResult {
            verdict: Verdict::Pass,
            delivered_bps: Some(1_050_000),
            loss_ratio: Some(0.0),
            observed_s: 0.55,
            ..DirectionResult::unmeasured(mbps(1), Reason::Sustained)
        };
        peer.say(&FromServer::Report(Report { result: report(pass) })).await;
        peer.linger().await;
    });
    lab.probe(server, SHORT_TRAINS).await
}

#[tokio::test]
async fn a_report_of_what_did_not_arrive_or_came_too_soon_is_no_pass() {
    for (lie, told) in [
        ((|pass| pass) as fn(DirectionResult) -> DirectionResult, "less time than a pass takes"),
        (|pass| DirectionResult { observed_s: 1.04, ..pass }, "sent a"),
        (|pass| DirectionResult { observed_s: 1.04, delivered_bps: Some(900_000), ..pass }, "sent a"),
        (|pass| DirectionResult { observed_s: 30.0, ..pass }, "impossible numbers"),
        (|pass| DirectionResult { target_bps: mbps(9), ..pass }, "another rate"),
        (|pass| DirectionResult { reason: Reason::Measured, ..pass }, "contradict"),
    ] {
        assert_told(&reported(lie).await, Reason::PeerFailed, &[told]);
    }
}

#[tokio::test]
async fn a_server_that_could_not_judge_is_busy_and_it_is_not_this_machine_s_fault() {
    let at_fault = |pass: DirectionResult| DirectionResult {
        verdict: Verdict::Inconclusive,
        reason: Reason::LocalFault,
        ..pass
    };
    let up = reported(at_fault).await.result.up;
    assert_eq!((up.verdict, up.reason), (Verdict::Inconclusive, Reason::ServerBusy));
}

#[tokio::test]
async fn duplicated_and_ancient_packets_count_once() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        let train = peer.grant().await.down;
        for (seq, millis) in [(0, 0), (1, 10), (1, 10), (0, 0), (2, 20), (0, 0), (2, 20)] {
            say_packet(&peer, train, seq, Duration::from_millis(millis)).await;
        }
        peer.say(&FromServer::Sent(Sent { direction: Direction::Down, packets: 3, held_up: 0 })).await;
        report(&mut peer).await;
        peer.linger().await;
    });
    let down = lab.probe(server, SHORT).await.result.down;
    assert_ne!(down.reason, Reason::PeerFailed);
    assert_eq!((down.loss_ratio, down.reordered), (Some(0.0), 0), "{down:?}");
}

#[tokio::test]
async fn a_train_that_its_sender_held_up_says_nothing() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        let train = peer.grant().await.down;
        let packets = send_train(&peer.connection, TrainGrant { max_ms: 100, ..train }).await.unwrap();
        let sent = Sent { direction: Direction::Down, packets, held_up: packets / 10 };
        peer.say(&FromServer::Sent(sent)).await;
        report(&mut peer).await;
        peer.linger().await;
    });
    let down = lab.probe(server, SHORT_TRAINS).await.result.down;
    assert_eq!((down.verdict, down.reason), (Verdict::Inconclusive, Reason::SenderLate));
}

#[tokio::test]
async fn a_room_that_gives_no_credit_gets_the_first_window_and_no_more() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    let grant = room.granted().await;
    let sent = loop {
        match room.hear().await {
            FromServer::Sent(sent) => break sent,
            FromServer::Report(_) => {}
            other => panic!("{other:?}"),
        }
    };
    let window = Duration::from_millis(grant.window_ms.into());
    let granted = grant.down.rate_bps.bytes_in(window);
    assert!(u64::from(sent.packets) * 1_188 <= granted, "{} packets in {granted} bytes", sent.packets);
    assert!(u64::from(sent.packets + 3) * 1_188 >= granted, "{} packets in {granted} bytes", sent.packets);
}

#[tokio::test]
async fn credit_for_the_wrong_train_is_out_of_turn() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    room.granted().await;
    room.say(&FromClient::Credit(Credit { direction: Direction::Up, packets: 1_000 })).await;
    assert_eq!(room.closed().await.0, close::PROTOCOL.into_inner());

    let server = lab.hostile(async |mut peer| {
        peer.grant().await;
        peer.say(&FromServer::Credit(Credit { direction: Direction::Down, packets: 1_000 })).await;
        peer.linger().await;
    });
    assert_told(&lab.probe(server, SHORT).await, Reason::PeerFailed, &["out of turn"]);
}

#[tokio::test]
async fn a_nat_that_forgets_the_room_in_mid_train_ends_the_probe_without_a_statement() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT);
    let relay = Relay::start(server.address).await;
    let change = async {
        // The handshake takes some packets; by then the trains are on their way.
        while relay.packets() < 40 {
            sleep(Duration::from_millis(1)).await;
        }
        relay.change_port();
    };
    let (probed, ()) = within(async { join!(lab.probe(relay.address, SHORT), change) }).await;
    let result = &probed.result;
    assert_eq!(result.verdict, Verdict::Inconclusive, "{result:?}");
    assert!(matches!(result.reason, Reason::PeerFailed | Reason::Outage), "{result:?}");
    for direction in [&result.up, &result.down] {
        assert_eq!(direction.verdict, Verdict::Inconclusive, "{result:?}");
    }
    assert!(result.detail.as_deref().is_some_and(|told| told.contains("stopped answering")), "{result:?}");
    server.finished().await;
    lab.room(server.address).await.granted().await;
}

#[tokio::test]
async fn a_slow_machine_on_the_way_does_not_hide_that_a_pre_train_came() {
    let lab = Lab::new();
    let pre_train = |train, target: siaga_probe::Bitrate| {
        let rate_bps = target.scaled(1.05);
        let time = Duration::from_millis(100);
        TrainGrant { train, rate_bps, max_bytes: rate_bps.bytes_in(time), max_ms: 100 }
    };
    let server = lab.hostile(async move |mut peer| {
        let mut grant = super::lab::grant(&peer.ask);
        let (up, down) = (pre_train(3, peer.ask.up_bps), pre_train(4, peer.ask.down_bps));
        grant.pre_trains = Some(siaga_probe::control::PreTrains { up, down });
        peer.say(&FromServer::Grant(grant.clone())).await;
        send_train(&peer.connection, down).await.unwrap();
        // The room has seen it, and lets the train itself begin.
        let Ok(FromClient::Credit(credit)) = peer.hear().await else { panic!("credit") };
        assert_eq!(credit.direction, Direction::Down);
        assert!(credit.packets > 100, "a window of 1 s at 1 Mbit/s: {}", credit.packets);
        send_train(&peer.connection, TrainGrant { max_ms: 200, ..grant.down }).await.unwrap();
        report(&mut peer).await;
        peer.linger().await;
    });
    let probed = lab.probe(server, SHORT).await;
    assert!(probed.result.down.observed_s > 0.1, "{:?}", probed.result.down);
}

/// Files that may ask what time of day it is: for a report's date, for the room's and the server's clocks beside each
/// other, for tokens and certificates. Nothing else may, so that a clock that is set in mid-probe changes nothing.
const WALL_CLOCK: [&str; 5] =
    ["src/quic.rs", "client/attempt.rs", "room/server.rs", "server/admission.rs", "server/enrolment.rs"];

#[test]
fn a_clock_that_is_set_in_mid_probe_changes_nothing() {
    fn visit(dir: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                visit(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                if ["SystemTime::now", "Timestamp::now", "Zoned::now"]
                    .iter()
                    .any(|clock| text.contains(clock))
                {
                    found.push(path.display().to_string());
                }
            }
        }
    }
    let mut found = Vec::new();
    visit(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    assert_eq!(found.len(), WALL_CLOCK.len(), "{found:?}");
    for name in WALL_CLOCK {
        assert!(found.iter().any(|path| path.ends_with(name)), "{name} is not in {found:?}");
    }
}
