//! A log in which nothing is changed unseen, and files that are not to be trusted.

mod office;

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use rusqlite::Connection;
use siaga_booking::{
    Bookings, StoreError,
    audit::{Fault, Hash, Head, Wrong, verify},
};
use siaga_readiness::booking::Ruling;

use office::{FILE, Office};

/// Twenty bookings, and how far the log reached after each.
async fn booked() -> (Office, Vec<Head>) {
    let office = Office::new();
    let mut heads = Vec::new();
    for number in 0..20 {
        heads.push(office.book(&format!("b{number}"), "r1", number).await.1);
    }
    (office, heads)
}

/// Someone who may write to the file does so.
fn tamper(path: &Path, script: &str) {
    let connection = Connection::open(path).unwrap();
    let unguarded = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_cut;";
    connection.execute_batch(&format!("{unguarded} {script}")).unwrap();
}

fn wrong(path: &Path, head: Option<Head>) -> Wrong {
    match verify(path, head) {
        Err(Fault::Wrong(wrong)) => wrong,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_log_that_is_whole_verifies_against_every_head_that_was_ever_told_also_while_it_grows() {
    let (office, heads) = booked().await;
    for head in &heads {
        assert_eq!(verify(&office.path(), Some(*head)).unwrap().head, heads[19]);
    }
    let (_, next) = office.book("c", "r2", 1).await;
    assert_eq!(verify(&office.path(), Some(heads[3])).unwrap().head, next);
}

#[tokio::test]
async fn an_empty_log_is_whole() {
    let office = Office::new();
    assert_eq!(verify(&office.path(), None).unwrap().head, Head::BEGINNING);
}

#[tokio::test]
async fn nothing_in_it_can_be_changed_or_removed_in_passing() {
    let (office, _) = booked().await;
    let connection = Connection::open(office.path()).unwrap();
    for script in ["UPDATE audit SET body = '{}' WHERE seq = 3", "DELETE FROM audit WHERE seq = 20"] {
        let error = connection.execute_batch(script).unwrap_err();
        assert!(error.to_string().contains("only ever added to"), "{error}");
    }
}

#[tokio::test]
async fn an_entry_that_was_changed_is_found_whatever_was_changed_in_it() {
    for change in [
        "body = replace(body, 'approve', 'deny')",
        "body = body || ' '",
        "at = at + 1",
        "kind = 'withdrawn'",
        "reference = 'b8'",
        "reference = NULL",
        "prev = zeroblob(32)",
        "hash = zeroblob(32)",
        "hash = 'x'",
    ] {
        let (office, heads) = booked().await;
        tamper(&office.path(), &format!("UPDATE audit SET {change} WHERE seq = 7"));
        assert_eq!(wrong(&office.path(), None), Wrong::Changed { seq: 7 }, "{change}");
        assert_eq!(wrong(&office.path(), Some(heads[19])), Wrong::Changed { seq: 7 }, "{change}");
    }
}

#[tokio::test]
async fn entries_that_were_removed_are_found() {
    let (office, _) = booked().await;
    tamper(&office.path(), "DELETE FROM audit WHERE seq IN (5, 6)");
    assert_eq!(wrong(&office.path(), None), Wrong::Missing { first: 5, next: 7 });
    let (office, _) = booked().await;
    tamper(&office.path(), "DELETE FROM audit WHERE seq = 1");
    assert_eq!(wrong(&office.path(), None), Wrong::Missing { first: 1, next: 2 });
}

#[tokio::test]
async fn an_end_that_was_cut_off_is_found_by_whoever_has_kept_a_head() {
    let (office, heads) = booked().await;
    // The bookings that are told of are taken away with it.
    tamper(
        &office.path(),
        "DELETE FROM audit WHERE seq > 18; DELETE FROM bookings WHERE reference IN ('b18', 'b19')",
    );
    assert_eq!(verify(&office.path(), Some(heads[17])).unwrap().head, heads[17], "nothing else tells of it");
    assert_eq!(wrong(&office.path(), Some(heads[18])), Wrong::Cut { wanted: 19, last: 18 });
}

#[tokio::test]
async fn a_log_that_was_written_anew_is_found_by_whoever_has_kept_a_head() {
    let (_, heads) = booked().await;
    let office = Office::new();
    for number in 0..20 {
        office.book(&format!("other{number}"), "r1", number).await;
    }
    let found = office.head().hash;
    let expected = Wrong::Other { seq: 20, found, wanted: heads[19].hash };
    assert_eq!(wrong(&office.path(), Some(heads[19])), expected);
    assert_ne!(found, Hash::ZERO);
}

#[tokio::test]
async fn a_booking_that_stands_otherwise_than_the_log_says_is_found() {
    for (change, what) in [
        ("UPDATE bookings SET decision = 'deny' WHERE reference = 'b4'", "decision"),
        ("UPDATE bookings SET entry = 3 WHERE reference = 'b4'", "decision"),
        ("UPDATE bookings SET room = 'r2' WHERE reference = 'b4'", "room"),
        ("UPDATE bookings SET start = start - 1 WHERE reference = 'b4'", "time"),
        ("UPDATE bookings SET until = until + 3600000 WHERE reference = 'b4'", "time"),
        ("DELETE FROM bookings WHERE reference = 'b4'", "gone"),
        ("UPDATE bookings SET cancelled = 1 WHERE reference = 'b4'", "cancelled"),
        ("UPDATE bookings SET override_decision = 'approve' WHERE reference = 'b4'", "override"),
    ] {
        let (office, _) = booked().await;
        tamper(&office.path(), change);
        match wrong(&office.path(), None) {
            Wrong::Booking { reference, what: told } => {
                assert_eq!(reference, "b4", "{change}");
                assert!(told.contains(what), "{change}: {told}");
            }
            other => panic!("{change}: {other}"),
        }
    }
}

#[tokio::test]
async fn nothing_is_added_to_a_log_whose_end_was_changed() {
    let (office, _) = booked().await;
    let refused = office.restarted(|path| tamper(path, "UPDATE audit SET at = at + 1 WHERE seq = 20")).err();
    let Some(StoreError::Damaged { cause, .. }) = refused else { panic!("{refused:?}") };
    assert!(cause.contains("entry 20"), "{cause}");
}

#[tokio::test]
async fn an_entry_that_was_changed_is_not_told_as_if_nothing_had_happened() {
    let (office, _) = booked().await;
    tamper(&office.path(), "UPDATE audit SET body = '{}' WHERE seq = 7");
    let read = office.bookings.read(|reader| reader.entry(7));
    assert!(matches!(read, Err(StoreError::Damaged { .. })), "{read:?}");
    assert!(office.bookings.read(|reader| reader.entry(8)).is_ok());
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    let (Office { dir, bookings }, _) = booked().await;
    drop(bookings);
    let path = dir.path().join(FILE);
    let length = fs::metadata(&path).unwrap().len();
    let mut file = File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(length / 4)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(length / 2).unwrap()]).unwrap();
    let before = fs::read(&path).unwrap();
    let refused = Bookings::open(&path);
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_database_is_refused_and_nothing_is_put_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let text = "what is left of a disk".repeat(500);
    fs::write(&path, &text).unwrap();
    assert!(matches!(Bookings::open(&path), Err(StoreError::Damaged { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert!(matches!(verify(&path, None), Err(Fault::Unreadable(StoreError::Damaged { .. }))));
}

#[tokio::test]
async fn a_file_of_a_newer_version_or_of_the_rooms_is_refused() {
    let office = Office::new();
    let newer = office.restarted(|path| {
        Connection::open(path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    });
    assert!(matches!(newer.err(), Some(StoreError::Newer { found: 99, known: 2, .. })));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    drop(siaga_booking::Store::open(&path, siaga_booking::Retention::default(), office::at(0)).unwrap());
    assert!(matches!(Bookings::open(&path), Err(StoreError::Foreign { .. })));
}

#[tokio::test]
async fn two_servers_do_not_share_bookings_and_nobody_else_reads_them() {
    let office = Office::new();
    assert!(matches!(Bookings::open(&office.path()), Err(StoreError::InUse { .. })));
    for file in fs::read_dir(office.dir.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", file.path().display());
    }
    assert_eq!(office.book("a", "r1", 1).await.0, Ruling::Approve);
}

#[test]
fn a_log_that_is_not_there_is_not_made_to_be_verified() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    assert!(matches!(verify(&path, None), Err(Fault::Unreadable(_))));
    assert!(!path.exists());
}
