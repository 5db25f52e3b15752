//! What staff tick in a room, kept for its booking.

mod office;

use siaga_booking::{NotDone, bookings::Turn};
use siaga_readiness::report::{HandedTick, Item, Tick};

use office::{Office, at, reference};

async fn tick(office: &Office, room: &str, name: &str, item: Item, who: &str, hour: i64) {
    let tick = Tick { reference: name.into(), item, name: who.into() };
    let handed = HandedTick { journal: 7, seq: 1, at: Some(at(hour)), tick };
    let room = room.parse().unwrap();
    let work = move |turn: &mut Turn<'_>| Ok::<_, NotDone<()>>(turn.tick(&room, &handed)?);
    office.bookings.in_turn(at(hour + 1), work).await.unwrap();
}

fn ticked(office: &Office, name: &str) -> Vec<(Item, String, i64)> {
    let ticks = office.bookings.read(|reader| reader.ticks(&reference(name))).unwrap();
    let hour = |ticked: &siaga_readiness::report::Ticked| ticked.at.unwrap().duration_since(at(0)).as_hours();
    ticks.iter().map(|ticked| (ticked.item, ticked.name.clone(), hour(ticked))).collect()
}

#[tokio::test]
async fn each_step_is_kept_once_with_who_did_it_and_when_in_the_order_of_the_procedure() {
    let office = Office::new();
    office.book("a", "r1", 24).await;
    tick(&office, "r1", "a", Item::RoomReady, "Dewi", 22).await;
    tick(&office, "r1", "a", Item::AttendanceConfirmed, "Budi", 23).await;
    // The room had no answer and says it again.
    tick(&office, "r1", "a", Item::RoomReady, "Dewi", 22).await;
    tick(&office, "r1", "a", Item::RoomReady, "Sari", 23).await;
    let expected =
        [(Item::AttendanceConfirmed, "Budi".to_owned(), 23), (Item::RoomReady, "Dewi".to_owned(), 22)];
    assert_eq!(ticked(&office, "a"), expected);
}

#[tokio::test]
async fn a_room_ticks_its_own_bookings_and_nothing_that_nobody_knows() {
    let office = Office::new();
    office.book("a", "r1", 24).await;
    tick(&office, "r2", "a", Item::RoomReady, "Dewi", 22).await;
    tick(&office, "r1", "b", Item::RoomReady, "Dewi", 22).await;
    tick(&office, "r1", "../a", Item::RoomReady, "Dewi", 22).await;
    tick(&office, "r1", "a", Item::Unknown, "Dewi", 22).await;
    assert_eq!(ticked(&office, "a"), []);
}

#[tokio::test]
async fn what_a_room_calls_a_person_is_no_longer_than_a_name() {
    let office = Office::new();
    office.book("a", "r1", 24).await;
    tick(&office, "r1", "a", Item::UpsReady, &format!("D\n{}", "e".repeat(10_000)), 22).await;
    assert_eq!(ticked(&office, "a")[0].1, format!("D{}", "e".repeat(79)));
}
