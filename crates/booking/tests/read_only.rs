//! Files of a server that runs, read by somebody else.

mod desk;
mod office;

use std::fs;

use siaga_booking::{StoreError, bookings::BookingsFile, store::StoreFile};

use desk::{Desk, report};
use office::{Office, reference};

#[tokio::test]
async fn what_a_running_server_has_committed_can_be_read_and_it_goes_on() {
    let (office, desk) = (Office::new(), Desk::new());
    office.book("a", "r1", 1).await;
    desk.record(report("r1", 0)).await.unwrap();
    let (bookings, rooms) =
        (BookingsFile::open(&office.path()).unwrap(), StoreFile::open(&desk.path()).unwrap());
    assert!(bookings.read(|reader| reader.booking(&reference("a"))).unwrap().is_some());
    assert!(rooms.read(|reader| reader.room(&desk::room("r1"))).unwrap().is_some());
    office.book("b", "r1", 5).await;
    desk.record(report("r2", 1)).await.unwrap();
    assert!(bookings.read(|reader| reader.booking(&reference("b"))).unwrap().is_some());
    assert!(rooms.read(|reader| reader.room(&desk::room("r2"))).unwrap().is_some());
}

#[test]
fn a_file_that_is_not_there_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bookings.sqlite");
    let absent = StoreError::Absent { path: path.clone() };
    assert_eq!(BookingsFile::open(&path).unwrap_err(), absent);
    assert_eq!(StoreFile::open(&path).unwrap_err(), absent);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn another_program_s_file_and_one_of_another_release_are_told() {
    let office = Office::new();
    assert_eq!(StoreFile::open(&office.path()).unwrap_err(), StoreError::Foreign { path: office.path() });
    for (layout, told) in [(9, "newer version"), (0, "older version")] {
        let connection = rusqlite::Connection::open(office.path()).unwrap();
        connection.pragma_update(None, "user_version", layout).unwrap();
        drop(connection);
        let error = BookingsFile::open(&office.path()).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let text = office.dir.path().join("text");
    fs::write(&text, "what is left of a disk".repeat(500)).unwrap();
    assert!(matches!(BookingsFile::open(&text), Err(StoreError::Damaged { .. })));
}
