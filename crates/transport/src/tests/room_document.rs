//! docs/protocol.md says of the room link what the code does.

use std::collections::BTreeSet;

use siaga_readiness::report::{
    Ack, Agenda, CheckNow, CheckingFrame, DeviceEvent, Echo, FromRoom, FromServer, Looks, MAX_BOOKINGS,
    MAX_FRAME, MAX_RECORDS, NextBooking, StillFrame, Tick, Ticked, VERSION, Welcome,
};

use super::{
    document::{PAGE, examples},
    fields,
};
use crate::{
    close,
    identity::ROOM_ALPN,
    room::{
        LinkPatience,
        rate::{BYTES, Bucket, FRAMES},
    },
};

#[test]
fn every_frame_has_an_example_that_is_one() {
    let from_room = examples::<FromRoom>("<!-- link: from room -->");
    let all = ["checking", "hello", "records", "snapshot", "still"];
    assert_eq!(from_room, all.map(str::to_owned).into());
    let from_server = examples::<FromServer>("<!-- link: from server -->");
    assert_eq!(from_server, ["ack", "agenda", "check_now", "rules", "welcome"].map(str::to_owned).into());
}

#[test]
fn no_field_of_a_frame_is_missing() {
    let (_, chapter) = PAGE.split_once("## The room link").unwrap();
    let fields: BTreeSet<_> = [
        fields::of::<Echo>(),
        fields::of::<StillFrame>(),
        fields::of::<Looks>(),
        fields::of::<CheckingFrame>(),
        fields::of::<DeviceEvent>(),
        fields::of::<Welcome>(),
        fields::of::<Ack>(),
        fields::of::<CheckNow>(),
        fields::of::<Agenda>(),
        fields::of::<NextBooking>(),
        fields::of::<Ticked>(),
        fields::of::<Tick>(),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert!(fields.contains("held_ms"));
    let is_told =
        |field: &&str| chapter.contains(&format!("`{field}`")) || chapter.contains(&format!("\"{field}\":"));
    let missing: Vec<_> = fields.into_iter().filter(|field| !is_told(field)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_number_of_the_link_is_the_code_s() {
    let LinkPatience { greeting, frame, keep_alive, silence, idle, ack } = LinkPatience::default();
    let seconds = |time: std::time::Duration| time.as_secs().to_string();
    let bucket = |Bucket { per_second, most }: Bucket| format!("{per_second:.0} {most:.0}");
    let codes = [close::REPLACED, close::TOO_FAST, close::NOT_SPOKEN, close::FULL];
    let told = [
        ("version of the frames", VERSION.to_string()),
        ("its ALPN", String::from_utf8_lossy(ROOM_ALPN).into_owned()),
        ("longest body of a frame, bytes", MAX_FRAME.to_string()),
        ("most records in a frame", MAX_RECORDS.to_string()),
        ("most bookings in an agenda", MAX_BOOKINGS.to_string()),
        ("between two signs of life, s", seconds(keep_alive)),
        ("patience with a silent way, s", seconds(silence)),
        ("patience with a silent connection, s", seconds(idle)),
        ("patience for a greeting, s", seconds(greeting)),
        ("patience for the rest of a frame, s", seconds(frame)),
        ("patience for an acknowledgement, s", seconds(ack)),
        ("frames a second, at once", bucket(FRAMES)),
        ("bytes a second, at once", bucket(BYTES)),
        (
            "close codes: replaced, too fast, not spoken, full",
            codes.map(|code| code.into_inner().to_string()).join(" "),
        ),
    ];
    let (_, table) = PAGE.split_once("<!-- room numbers -->").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let shown: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(what, _)| *what != "what of the link")
        .collect();
    assert_eq!(shown.len(), told.len());
    for ((what, shown), (expected, number)) in shown.into_iter().zip(&told) {
        assert_eq!((what, shown), (*expected, number.as_str()));
    }
}
