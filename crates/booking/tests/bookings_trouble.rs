//! A file of bookings that is damaged, taken away or replaced: nothing is decided, nothing that was is forgotten.

mod office;

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, SystemTime},
};

use rusqlite::Connection;
use siaga_booking::{NotDone, StoreError};
use siaga_readiness::booking::Ruling;

use office::Office;

#[tokio::test]
async fn damage_that_is_met_is_told_until_a_whole_file_is_put_in_its_place() {
    let office = filled().await;
    let copy = office.dir.path().join("copy.sqlite");
    fs::copy(office.path(), &copy).unwrap();
    let head = office.head();
    scribble(&office.path());
    let mut met = None;
    for number in (0..MANY).rev() {
        // What is in the writer's memory is still whole.
        if let Err(error) = office::book(&office.bookings, &format!("late{number}"), "r2", 100 + number).await
        {
            met = Some(error);
            break;
        }
    }
    let met = met.expect("not all of the file fits there");
    assert!(matches!(met, NotDone::Store(StoreError::Damaged { .. })), "{met:?}");
    let refused = || async { office::book(&office.bookings, "more", "r3", 400).await.unwrap_err() };
    assert_eq!(refused().await, met, "the same file is not tried again");

    fs::remove_file(office.path()).unwrap();
    assert_eq!(refused().await, met, "none is begun anew where bookings were");
    fs::copy(&copy, office.path()).unwrap();
    assert_eq!(refused().await, met, "somebody may still be copying");
    let long_ago = SystemTime::now() - Duration::from_secs(60);
    File::options().write(true).open(office.path()).unwrap().set_modified(long_ago).unwrap();
    let (ruling, after) = office.book("again", "r1", 24).await;
    assert_eq!((ruling, after.seq), (Ruling::Deny, head.seq + 1), "what was approved holds its slot");
}

#[tokio::test]
async fn a_file_that_is_taken_away_takes_no_decision_with_it() {
    let office = Office::new();
    let away = office.dir.path().join("away.sqlite");
    fs::rename(office.path(), &away).unwrap();
    let refused = office::book(&office.bookings, "a", "r2", 24).await.unwrap_err();
    assert_eq!(refused, NotDone::Store(StoreError::Moved { path: office.path() }));
    fs::copy(&away, office.path()).unwrap();
    let refused = office::book(&office.bookings, "a", "r2", 24).await.unwrap_err();
    assert_eq!(refused, NotDone::Store(StoreError::Moved { path: office.path() }), "it is not the same one");
    fs::rename(&away, office.path()).unwrap();
    assert_eq!(office.book("a", "r2", 24).await.0, Ruling::Approve);
}

/// The tables are made by the first layout itself; what is in them is today's, for it changed no table.
#[tokio::test]
async fn bookings_of_the_first_layout_keep_their_slots_and_their_log() {
    let office = Office::new();
    assert_eq!(office.book("a", "r1", 24).await.0, Ruling::Approve);
    let head = office.head();
    let office = office.restarted(|path| put_back_to_the_first_layout(path).unwrap()).unwrap();
    assert_eq!(office.head(), head);
    let (ruling, after) = office.book("b", "r1", 24).await;
    assert_eq!((ruling, after.seq), (Ruling::Deny, head.seq + 1), "the slot is taken");
    let layout = Connection::open(office.path()).unwrap();
    assert_eq!(layout.pragma_query_value(None, "user_version", |row| row.get(0)), Ok(2));
}

fn put_back_to_the_first_layout(path: &Path) -> rusqlite::Result<()> {
    let newest = path.with_extension("newest");
    fs::rename(path, &newest).unwrap();
    let first = Connection::open(path)?;
    first.execute_batch(include_str!("../src/bookings/layout-1.sql"))?;
    first.execute("ATTACH ? AS newest", [newest.to_str()])?;
    for table in ["audit", "bookings", "outbox", "prechecks", "ticks"] {
        first.execute(&format!("INSERT INTO main.{table} SELECT * FROM newest.{table}"), [])?;
    }
    let application: i64 = first.pragma_query_value(Some("newest"), "application_id", |row| row.get(0))?;
    first.pragma_update(Some("main"), "application_id", application)?;
    first.pragma_update(Some("main"), "user_version", 1)
}

/// More bookings than SQLite keeps in its memory (2 MB), and one that holds a slot.
async fn filled() -> Office {
    let office = Office::new();
    office.book("first", "r1", 24).await;
    let together = (0..MANY).map(|number| {
        let bookings = office.bookings.clone();
        tokio::spawn(async move {
            office::book(&bookings, &format!("b{number}"), "r9", 100 + number).await.map(drop)
        })
    });
    for booked in together.collect::<Vec<_>>() {
        booked.await.unwrap().unwrap();
    }
    office.restarted(|_| {}).unwrap()
}

const MANY: i64 = 1_500;

/// Writes over all of the file but its beginning.
fn scribble(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    let mut file = File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(8192)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(length - 8192).unwrap()]).unwrap();
}
