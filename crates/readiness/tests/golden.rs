//! The answer as scripts, pages and the booking system read it: a change shows as a difference here.

mod room;

use siaga_probe::Reason;
use siaga_readiness::{Inventory, Policy};

use room::*;

#[test]
fn a_room_that_is_ready() {
    let mut room = Room::new(Policy::default());
    room.sustain(pass(20), pass(20)).pass(300);
    room.probe(pass(20), pass(20)).pass(41).scan(webcam_alone()).pass(12);
    insta::assert_json_snapshot!(room.recommended());
}

#[test]
fn a_room_with_a_slow_upload_and_no_microphone() {
    let mut room = Room::new(Policy::default());
    let inventory = Inventory { microphones: vec![], ..built_in() };
    room.probe(fail(10, Reason::QueueGrows, 9_104_000), pass(20)).scan(inventory).pass(3);
    insta::assert_json_snapshot!(room.minimum());
}

#[test]
fn a_room_whose_link_tires() {
    let mut room = Room::new(Policy::default());
    room.sustain(pass(10), fail(20, Reason::QueueGrows, 12_000_000)).pass(7200);
    room.probe(pass(10), pass(20)).scan(built_in()).pass(3);
    insta::assert_json_snapshot!(room.minimum());
}

#[test]
fn a_room_whose_server_does_not_answer() {
    let mut room = Room::new(Policy::default());
    room.scan(built_in());
    room.probe(nothing(10, Reason::ServerUnreachable), nothing(20, Reason::ServerUnreachable));
    insta::assert_json_snapshot!(room.pass(5).minimum());
}

#[test]
fn what_a_room_knows() {
    let mut room = Room::new(Policy::default());
    room.scan(webcam_alone()).pass(30).scan_fails();
    room.probe(fail(10, Reason::Loss, 9_900_000), pass(20));
    insta::assert_json_snapshot!(room.tracker.snapshot());
}
