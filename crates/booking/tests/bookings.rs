//! How bookings stand, and who had which turn.

mod office;

use serde_json::json;
use siaga_booking::{
    NotDone, StoreError,
    bookings::{BookingsPage, Overridden, Turn},
};
use siaga_readiness::booking::{Ruling, Standing};

use office::{Office, at, reference, slot};

#[tokio::test]
async fn a_decision_is_there_after_a_restart_with_its_entry_in_the_log() {
    let office = Office::new();
    let (ruling, head) = office.book("a", "r1", 24).await;
    let office = office.restarted(|_| {}).unwrap();
    let row = office.bookings.read(|reader| reader.booking(&reference("a"))).unwrap().unwrap();
    assert_eq!((row.ruling, row.version, row.slot, row.entry), (ruling, 1, slot(24), head.seq));
    let entry = office.bookings.read(|reader| reader.entry(row.entry)).unwrap();
    assert_eq!((entry.head(), entry.kind.as_str(), entry.at), (head, "decided", at(0)));
    assert_eq!(office.head(), head);
}

#[tokio::test]
async fn of_many_bookings_for_one_slot_at_the_same_moment_exactly_one_is_approved() {
    let office = Office::new();
    let together = (0..100).map(|number| {
        let bookings = office.bookings.clone();
        tokio::spawn(async move { office::book(&bookings, &format!("b{number}"), "r1", 24).await.unwrap().0 })
    });
    let mut approved = 0;
    for one in together.collect::<Vec<_>>() {
        approved += u32::from(one.await.unwrap() == Ruling::Approve);
    }
    assert_eq!(approved, 1);
    assert_eq!(office.head().seq, 100);
}

#[tokio::test]
async fn a_booking_that_is_changed_leaves_its_slot_and_counts_its_versions() {
    let office = Office::new();
    office.book("a", "r1", 24).await;
    assert_eq!(office.book("b", "r1", 24).await.0, Ruling::Deny);
    office.book("a", "r1", 30).await;
    assert_eq!(office.book("b", "r1", 24).await.0, Ruling::Approve);
    let versions: Vec<_> = ["a", "b"]
        .iter()
        .map(|name| office.bookings.read(|reader| reader.booking(&reference(name))).unwrap().unwrap())
        .map(|row| (row.version, row.arrived, row.entry))
        .collect();
    assert_eq!(versions, [(2, 1, 3), (1, 2, 4)], "b asked for the same again");
}

#[tokio::test]
async fn what_was_refused_has_left_no_trace_and_hinders_nobody() {
    let office = Office::new();
    let refusing = office.bookings.in_turn(at(0), |turn: &mut Turn<'_>| {
        turn.note("tried", None, &json!({}))?;
        Err::<(), _>(NotDone::Refused("no"))
    });
    let breaking = office.bookings.in_turn(at(0), |turn: &mut Turn<'_>| {
        turn.note("tried", None, &json!({}))?;
        if turn.head().seq > 0 {
            panic!("as played")
        }
        Ok::<_, NotDone<()>>(())
    });
    let (refused, broken, booked) =
        tokio::join!(refusing, breaking, office::book(&office.bookings, "a", "r1", 24));
    assert_eq!(refused, Err(NotDone::Refused("no")));
    assert_eq!(broken, Err(NotDone::Store(StoreError::Stopped)));
    assert_eq!(booked.unwrap().1.seq, 1);
    assert_eq!(office.head().seq, 1);
}

#[tokio::test]
async fn what_a_person_decides_counts_until_it_runs_out_and_then_nobody_holds_the_slot() {
    let office = Office::new();
    office.book("a", "r1", 24).await;
    let overrule = |ruling| {
        office.bookings.in_turn(at(1), move |turn: &mut Turn<'_>| {
            let overridden = Overridden { ruling, until: at(10) };
            turn.overrule(&reference("a"), &overridden, &json!({ "override": { "decision": ruling } }))?;
            Ok::<_, NotDone<()>>(())
        })
    };
    let standing = |hours| {
        let all = office.bookings.read(|reader| reader.agenda(at(0), at(100), None, at(hours))).unwrap();
        all.first().map(|engagement| engagement.standing)
    };
    let counts = |hours| {
        let row = office.bookings.read(|reader| reader.booking(&reference("a"))).unwrap().unwrap();
        row.in_force(at(hours))
    };
    overrule(Ruling::Deny).await.unwrap();
    assert_eq!((standing(9), counts(9)), (None, Some(Ruling::Deny)));
    assert_eq!((standing(10), counts(10)), (Some(Standing::UnderReview), Some(Ruling::Review)));
    overrule(Ruling::Approve).await.unwrap();
    assert_eq!((standing(9), counts(9)), (Some(Standing::Approved), Some(Ruling::Approve)));
    assert_eq!((standing(10), counts(10)), (Some(Standing::UnderReview), Some(Ruling::Review)));
}

#[tokio::test]
async fn what_is_cancelled_stays_and_holds_nothing() {
    let office = Office::new();
    office.book("a", "r1", 24).await;
    let cancel = |turn: &mut Turn<'_>| Ok::<_, NotDone<()>>(turn.cancel(&reference("a"), &json!({}))?);
    office.bookings.in_turn(at(1), cancel).await.unwrap();
    let row = office.bookings.read(|reader| reader.booking(&reference("a"))).unwrap().unwrap();
    assert_eq!((row.cancelled_at, row.in_force(at(1))), (Some(at(1)), None));
    assert_eq!(office.book("b", "r1", 24).await.0, Ruling::Approve);
}

#[tokio::test]
async fn bookings_are_listed_page_by_page_in_the_order_of_their_starts() {
    let office = Office::new();
    for (name, room, hour) in [("a", "r1", 30), ("c", "r2", 24), ("b", "r1", 24), ("d", "r1", 24)] {
        office.book(name, room, hour).await;
    }
    let listed = |page: BookingsPage| -> Vec<String> {
        let rows = office.bookings.read(|reader| reader.bookings(&page, at(0))).unwrap();
        rows.into_iter().map(|row| row.reference.to_string()).collect()
    };
    let all = BookingsPage { limit: 2, ..BookingsPage::default() };
    assert_eq!(listed(all.clone()), ["b", "c"]);
    assert_eq!(listed(BookingsPage { after: Some((at(24), reference("c"))), ..all.clone() }), ["d", "a"]);
    let only = |decision: &str| BookingsPage { decision: Some(decision.into()), ..all.clone() };
    assert_eq!(listed(only("deny")), ["d"]);
    assert_eq!(listed(BookingsPage { room: Some("r2".parse().unwrap()), ..all.clone() }), ["c"]);
    assert_eq!(listed(BookingsPage { from: Some(at(25)), ..all.clone() }), ["a"], "the others are over then");
    assert_eq!(listed(BookingsPage { to: Some(at(30)), limit: 9, ..all }), ["b", "c", "d"]);
}
