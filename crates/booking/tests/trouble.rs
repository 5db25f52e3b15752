//! Disks that are full, files that are broken, foreign, newer or held by another.

mod desk;

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
};

use rusqlite::Connection;
use siaga_booking::{Outcome, Report, Retention, Store, StoreError};

use desk::{DAY, Desk, FILE, at, frame, happened, report, room, sample, state};

#[tokio::test]
async fn what_was_recorded_is_there_after_a_restart() {
    let desk = Desk::new();
    let frames = vec![frame(7, vec![sample(0, "NET_UP", Outcome::Good, None)])];
    desk.record(Report { frames, ..report("r1", 0) }).await.unwrap();
    let desk = desk.restarted(|_| {}).unwrap();
    assert_eq!(desk.set_aside, None);
    assert_eq!(desk.record(report("r1", 1)).await.unwrap().through, 7);
    assert_eq!(desk.samples("r1"), 1);
}

#[test]
fn its_files_are_for_their_owner_only() {
    let desk = Desk::new();
    for file in fs::read_dir(desk.dir.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", file.path().display());
    }
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_as_it_is() {
    let desk = Desk::new();
    let path = desk.path();
    let result = desk.restarted(|path| {
        assert_eq!(Store::fits(path), Ok(()));
        Connection::open(path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(
            matches!(Store::fits(path), Err(StoreError::Newer { found: 99, .. })),
            "told without opening it"
        );
    });
    let error = result.err().unwrap();
    assert_eq!(error, StoreError::Newer { path: path.clone(), found: 99, known: 3 });
    assert!(error.to_string().contains("install that version again"), "{error}");
}

#[tokio::test]
async fn a_file_of_the_first_layout_is_brought_to_the_newest_with_all_that_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let first = Connection::open(&path).unwrap();
    first.execute_batch(include_str!("../src/store/layout-1.sql")).unwrap();
    first.pragma_update(None, "application_id", 0x5349_4147).unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    first
        .execute_batch(&format!(
            "INSERT INTO rooms (name, first_seen, last_seen) VALUES ('r1', 0, 0);
             INSERT INTO words VALUES (1, 'gate.up');
             INSERT INTO samples VALUES (1, {}, 1, 1, NULL, 1e7)",
            at(0).wall.as_millisecond()
        ))
        .unwrap();
    drop(first);
    let desk = Desk::open(dir, Retention::default()).unwrap();
    assert_eq!(desk.set_aside, None);
    assert_eq!(desk.samples("r1"), 1);
    let frames = vec![frame(1, vec![sample(60, "gate.up", Outcome::Good, None)])];
    desk.record(Report { frames, ..report("r1", 60) }).await.unwrap();
    assert_eq!(desk.samples("r1"), 2);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    let error = Desk::open(dir, Retention::default()).err().unwrap();
    assert_eq!(error, StoreError::Foreign { path });
    assert_eq!(other.query_row("SELECT count(*) FROM bookmarks", [], |row| row.get(0)), Ok(0));
}

#[test]
fn two_servers_do_not_share_a_store() {
    let desk = Desk::new();
    let error = Store::open(&desk.path(), Retention::default(), at(0).wall).err().unwrap();
    assert_eq!(error, StoreError::InUse { path: desk.path() });
}

#[test]
fn a_directory_that_is_not_there_is_named_with_what_to_do() {
    let path = std::path::Path::new("/nowhere/at/all/rooms.sqlite");
    let error = Store::open(path, Retention::default(), at(0).wall).err().unwrap().to_string();
    assert!(error.starts_with("/nowhere/at/all/rooms.sqlite") && error.contains("check that"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_set_aside_with_all_that_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE), "what is left of a disk".repeat(500)).unwrap();
    let desk = Desk::open(dir, Retention::default()).unwrap();
    let away = desk.set_aside.clone().expect("it says where to");
    assert_eq!(away, desk.dir.path().join("rooms.sqlite.damaged-20261122T010000Z"));
    assert!(fs::read_to_string(away).unwrap().starts_with("what is left of a disk"));
    assert_eq!(desk.record(report("r1", 0)).await.unwrap().through, 0);
}

#[tokio::test]
async fn damage_in_the_middle_is_found_at_the_start() {
    let desk = filled().await;
    let desk = desk.restarted(scribble).unwrap();
    assert!(desk.set_aside.is_some());
    desk.record(report("r1", 0)).await.unwrap();
}

#[tokio::test]
async fn damage_that_is_met_later_costs_the_old_file_and_nothing_that_comes_after() {
    let desk = filled().await;
    scribble(&desk.path());
    // The writer may have all it needs in its memory; those who read the history come upon it.
    let read = |name: &str| {
        desk.store.read(|reader| reader.samples(&room(name), at(-DAY).wall, at(DAY).wall, u32::MAX))
    };
    let met = (0..100).filter(|number| match read(&format!("r{number}")) {
        Ok(_) => false,
        Err(StoreError::Damaged { .. }) => true,
        Err(other) => panic!("{other}"),
    });
    assert!(met.count() > 0);
    for number in 0..100 {
        let frames = vec![frame(1000, vec![sample(1, "NET_UP", Outcome::Good, None)])];
        desk.record(Report { frames, ..report(&format!("r{number}"), 2) }).await.unwrap();
    }
    let names: Vec<String> = fs::read_dir(desk.dir.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains(".damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    assert_eq!(names.len(), 1, "set aside once: {names:?}");
    assert_eq!(read("r99").unwrap().len(), 1, "the new file answers");
}

#[tokio::test]
async fn a_full_disk_is_told_loses_nothing_and_is_over_when_there_is_room_again() {
    let desk = Desk::with(Retention { max_bytes: 400 * 1024, ..Retention::default() });
    let mut acknowledged = 0;
    let refused = loop {
        let words = "x".repeat(200);
        let frames = (acknowledged + 1..=acknowledged + 20)
            .map(|number| happened(number, i64::try_from(number).unwrap(), "NOTE", &words))
            .collect();
        match desk.record(Report { frames, ..report("r1", DAY) }).await {
            Ok(committed) => acknowledged = committed.through,
            Err(error) => break error,
        }
        assert!(acknowledged < 10_000, "it never becomes full");
    };
    assert_eq!(refused, StoreError::Full { path: desk.path() });
    assert!(refused.to_string().contains("rooms keep what they measure"), "{refused}");
    let events = desk.store.read(|reader| reader.events(&room("r1"), at(0).wall, at(DAY).wall, u32::MAX));
    assert_eq!(events.unwrap().len() as u64, acknowledged);

    // Two years later the old has gone.
    desk.store.tidy(at(800 * DAY).wall).await.unwrap();
    desk.record(Report { state: state(&"x".repeat(100_000), &[]), ..report("r1", 800 * DAY) }).await.unwrap();
}

/// A store with some hundred pages of history in its file.
async fn filled() -> Desk {
    let desk = Desk::new();
    for number in 0..100 {
        let frames = (1..50).map(|minute| {
            let at = i64::try_from(minute).unwrap() - 100;
            frame(
                minute,
                vec![
                    sample(at, "NET_UP", Outcome::Good, Some(1.0)),
                    sample(at, "RTT", Outcome::Measure, Some(1.0)),
                ],
            )
        });
        desk.record(Report { frames: frames.collect(), ..report(&format!("r{number}"), 1) }).await.unwrap();
    }
    desk.restarted(|_| {}).unwrap()
}

/// Writes over the middle of the file.
fn scribble(path: &std::path::Path) {
    let length = fs::metadata(path).unwrap().len();
    let mut file = File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(length / 4)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(length / 2).unwrap()]).unwrap();
}
