//! docs/protocol.md says what the code does.

use std::{collections::BTreeSet, mem::discriminant, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use siaga_probe::{
    Mode, admission,
    control::{Ask, Busy, Credit, Deny, FromClient, FromServer, Grant, MAX_MESSAGE, Report, Sent, VERSION},
    credit,
    judge::{Effort, least_of_pass},
    wire::PacketHeader,
};

use super::{fields, lab::mbps};
use crate::{
    close,
    counts::train_datagram,
    enrol,
    identity::{ENROL_ALPN, PROBE_ALPN, ROOM_LIFE, SLACK},
    patience::Patience,
};

pub(super) const PAGE: &str = include_str!("../../../../docs/protocol.md");

/// The blocks of code that follow a mark.
fn blocks(mark: &str) -> impl Iterator<Item = &'static str> {
    PAGE.split(mark).skip(1).map(|after| {
        let (_, block) = after.split_once("```").expect("a block follows the mark");
        let (block, _) = block.split_once("```").expect("it has an end");
        block.split_once('\n').expect("its language stands in a line of its own").1
    })
}

/// Parses each example and asserts that the message has its fields and no other; answers with the types seen.
pub(super) fn examples<T: DeserializeOwned + Serialize>(mark: &str) -> BTreeSet<String> {
    blocks(mark)
        .map(|example| {
            let shown: Value = serde_json::from_str(example).unwrap();
            let message: T = serde_json::from_str(example).unwrap();
            assert_eq!(serde_json::to_value(&message).unwrap(), shown);
            shown["type"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn every_message_has_an_example_that_is_one() {
    let from_room = examples::<FromClient>("<!-- from room -->");
    assert_eq!(from_room, ["ask", "credit", "sent", "stop"].map(str::to_owned).into());
    let from_server = examples::<FromServer>("<!-- from server -->");
    let all = ["busy", "credit", "deny", "grant", "report", "sent"];
    assert_eq!(from_server, all.map(str::to_owned).into());
}

#[test]
fn every_message_of_enrolment_has_an_example_that_is_one() {
    let from_room = examples::<enrol::FromRoom>("<!-- enrolling room -->");
    assert_eq!(from_room, ["enrol", "renew"].map(str::to_owned).into());
    let from_server = examples::<enrol::FromServer>("<!-- enrolling server -->");
    assert_eq!(from_server, ["busy", "certificate", "deny"].map(str::to_owned).into());
    let (_, after) = PAGE.split_once("## Enrolment").unwrap();
    for reason in enrol::Refusal::ALL {
        let name = serde_json::to_value(reason).unwrap();
        assert!(after.contains(&format!("`{}`", name.as_str().unwrap())), "{name}");
    }
}

/// Each message's example with the text from the last one's end on, which describes it.
fn descriptions<T: DeserializeOwned>(from: &str) -> Vec<(T, String)> {
    let mut before = "";
    let mut found = Vec::new();
    for piece in PAGE.split("<!-- from ") {
        // The first piece has no example.
        let Some((sender, example)) = piece.split_once(" -->\n```json") else {
            before = piece;
            continue;
        };
        let (example, after) = example.split_once("```").expect("it has an end");
        if sender == from {
            found.push((serde_json::from_str(example).unwrap(), format!("{before}{example}")));
        }
        before = after;
    }
    found
}

/// A message that is added must be described, and each of its fields, however deep.
#[test]
fn no_message_and_no_field_is_missing() {
    fn of_room(message: &FromClient) -> BTreeSet<&'static str> {
        match message {
            FromClient::Ask(_) => fields::of::<Ask>(),
            FromClient::Stop => BTreeSet::new(),
            FromClient::Sent(_) => fields::of::<Sent>(),
            FromClient::Credit(_) => fields::of::<Credit>(),
            FromClient::Unknown => panic!("an example of nothing"),
        }
    }
    fn of_server(message: &FromServer) -> BTreeSet<&'static str> {
        match message {
            FromServer::Grant(_) => fields::of::<Grant>(),
            FromServer::Busy(_) => fields::of::<Busy>(),
            FromServer::Deny(_) => fields::of::<Deny>(),
            FromServer::Report(_) => fields::of::<Report>(),
            FromServer::Sent(_) => fields::of::<Sent>(),
            FromServer::Credit(_) => fields::of::<Credit>(),
            FromServer::Unknown => panic!("an example of nothing"),
        }
    }
    fn missing<T>(told: &[(T, String)], fields_of: fn(&T) -> BTreeSet<&'static str>) -> Vec<&'static str> {
        let is_told = |text: &str, field: &str| {
            text.contains(&format!("`{field}`")) || text.contains(&format!("\"{field}\":"))
        };
        told.iter()
            .flat_map(|(message, _)| {
                let same = |other: &T| discriminant(other) == discriminant(message);
                let texts: String =
                    told.iter().filter(|(other, _)| same(other)).map(|(_, text)| text.as_str()).collect();
                fields_of(message).into_iter().filter(move |field| !is_told(&texts, field))
            })
            .collect()
    }
    let (room, server) = (descriptions("room"), descriptions("server"));
    assert!(of_server(&server[0].0).contains("next_probe_in_ms"), "optional ones are known");
    assert_eq!(missing(&room, of_room), [""; 0]);
    assert_eq!(missing(&server, of_server), [""; 0]);
}

#[test]
fn the_header_is_byte_by_byte_as_shown() {
    let shown: Vec<u8> = blocks("<!-- header -->")
        .flat_map(str::split_whitespace)
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect();
    let header = PacketHeader { train: 2, seq: 7, sent_at: Duration::from_micros(3_500) };
    assert_eq!(header.to_datagram(0), shown);
    assert_eq!(PacketHeader::parse(&shown), Ok(header));
}

#[test]
fn every_number_is_the_code_s() {
    let Patience { handshake, answer, train, silence, grace, unused, .. } = Patience::default();
    let codes =
        [close::DONE, close::SHUTDOWN, close::PROTOCOL, close::FAULT, close::TOO_SLOW, close::IDENTITY];
    let (_, table) = PAGE.split_once("<!-- numbers -->").unwrap();
    let shown: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(what, _)| *what != "what")
        .collect();
    let first_credit = |mode| credit::window(mode, Duration::ZERO).as_millis().to_string();
    let shortest = |mode| least_of_pass(mode, Effort::Normal).observed.as_secs().to_string();
    let gate = least_of_pass(Mode::Gate, Effort::Normal);
    let told = [
        ("version of the messages", VERSION.to_string()),
        ("ALPN", String::from_utf8_lossy(PROBE_ALPN).into_owned()),
        ("longest body of a message, bytes", MAX_MESSAGE.to_string()),
        ("ALPN of enrolment", String::from_utf8_lossy(ENROL_ALPN).into_owned()),
        ("version of its messages", enrol::VERSION.to_string()),
        ("life of a room's certificate, days", (ROOM_LIFE.as_secs() / 86_400).to_string()),
        ("before that it is valid for, s", SLACK.as_secs().to_string()),
        ("longest life of a token, s", enrol::LONGEST_LIFE.as_secs().to_string()),
        ("header of a train packet, bytes", PacketHeader::LEN.to_string()),
        ("datagram of gate and sustain, bytes", train_datagram(Mode::Gate).to_string()),
        ("datagram of quality, bytes", train_datagram(Mode::Quality).to_string()),
        ("sending rate of a gate for 10000000, bit/s", Mode::Gate.sending_rate(mbps(10)).bps().to_string()),
        (
            "sending rate of sustain for 10000000, bit/s",
            Mode::Sustain.sending_rate(mbps(10)).bps().to_string(),
        ),
        ("sending rate of quality, bit/s", Mode::Quality.sending_rate(mbps(10)).bps().to_string()),
        ("longest train that a room takes, gate, s", Mode::Gate.time_limit().as_secs().to_string()),
        ("longest train that a room takes, sustain, s", Mode::Sustain.time_limit().as_secs().to_string()),
        ("longest train that a room takes, quality, s", Mode::Quality.time_limit().as_secs().to_string()),
        ("longest train that a server grants a gate, s", train.as_secs().to_string()),
        (
            "longest train that a server grants sustain, s",
            admission::longest_train(Mode::Sustain).as_secs().to_string(),
        ),
        (
            "longest lease: gate and quality, sustain, s",
            [Mode::Gate, Mode::Sustain]
                .map(|mode| admission::longest_lease(mode).as_secs().to_string())
                .join(" "),
        ),
        ("a lease is used within, s", unused.as_secs().to_string()),
        ("first credit over a round trip, ms", first_credit(Mode::Gate)),
        ("first credit over a round trip, sustain, ms", first_credit(Mode::Sustain)),
        (
            "round trip above which a quiet train gets what its verdict takes, ms",
            credit::FAR.as_millis().to_string(),
        ),
        ("what it gets beyond that and half a round trip, ms", credit::SPARE.as_millis().to_string()),
        ("round trip above which pre-trains are sent, ms", credit::LONG_WAY.as_millis().to_string()),
        ("length of a pre-train, ms", credit::PRE_TRAIN.as_millis().to_string()),
        ("patience for the handshake, s", handshake.as_secs().to_string()),
        ("patience for an answer, s", answer.as_secs().to_string()),
        ("patience with a silent peer, s", silence.as_secs().to_string()),
        ("grace after the trains, s", grace.as_secs().to_string()),
        ("lowest rate of gate and sustain, bit/s", Mode::Gate.lowest_rate().bps().to_string()),
        (
            "shortest pass of a gate: light, normal, careful, ms",
            [Effort::Light, Effort::Normal, Effort::Careful]
                .map(|effort| least_of_pass(Mode::Gate, effort).observed.as_millis().to_string())
                .join(" "),
        ),
        ("shortest pass of sustain, s", shortest(Mode::Sustain)),
        ("shortest pass of quality, s", shortest(Mode::Quality)),
        ("least that a pass of gate and sustain delivers, %", format!("{:.0}", gate.delivered * 100.0)),
        (
            "close codes: done, shutdown, protocol, fault, too slow, identity",
            codes.map(|code| code.into_inner().to_string()).join(" "),
        ),
    ];
    assert_eq!(shown.len(), told.len());
    for ((what, shown), (expected, number)) in shown.into_iter().zip(&told) {
        assert_eq!((what, shown), (*expected, number.as_str()));
    }
    assert_eq!(train_datagram(Mode::Gate), train_datagram(Mode::Sustain));
    assert_eq!(Mode::Gate.lowest_rate(), Mode::Sustain.lowest_rate());
    let sustain = least_of_pass(Mode::Sustain, Effort::Normal);
    assert!((gate.delivered - sustain.delivered).abs() < 1e-9);
}
