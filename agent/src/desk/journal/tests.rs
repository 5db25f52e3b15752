use std::os::unix::fs::PermissionsExt;

use siaga_readiness::{report::Began, snapshot::Cause};

use super::*;
use crate::sample::at;

const ID: JournalId = JournalId(7);

fn began() -> Happening {
    Happening::Began(Began { cause: Cause::Resumed })
}

fn seqs(journal: &mut Journal, now: Moment) -> Vec<u64> {
    journal.unsent(now).into_iter().map(|record| record.seq).collect()
}

fn filled(directory: &Path, lines: u64) -> Journal {
    let mut journal = Journal::open(directory, ID);
    for n in 0..lines {
        journal.append(at(n), &began());
    }
    journal
}

#[test]
fn lines_are_kept_over_a_restart_until_the_server_has_them_and_are_numbered_on() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), 3));
    let mut journal = Journal::open(dir.path(), JournalId(8));
    assert_eq!(journal.id(), ID, "it is the same journal");
    let records = journal.unsent(at(10));
    let ages: Vec<_> = records.iter().map(|it| (it.seq, it.at.unwrap().duration().as_secs())).collect();
    assert_eq!(ages, [(1, 10), (2, 9), (3, 8)]);
    assert_eq!(records[0].what, began());
    journal.on_committed(2, at(10));
    assert_eq!(seqs(&mut journal, at(10)), [3]);
    journal.on_committed(3, at(10));
    drop(journal);
    let mut journal = filled(dir.path(), 1);
    assert_eq!(seqs(&mut journal, at(10)), [4], "no number is used twice");
    assert_eq!(journal.state(), JournalState { on_disk: true, waiting: 1, dropped: 0, trouble: None });
}

#[test]
fn a_line_of_another_boot_is_dated_by_the_wall_clock_or_not_at_all() {
    let mut journal = Journal::in_memory(ID);
    journal.append(at(100), &began());
    let rebooted =
        |seconds: u64| Moment { boot: BootId(8), since_boot: Duration::from_secs(5), ..at(seconds) };
    let age = |journal: &mut Journal, now| journal.unsent(now)[0].at.map(Age::duration);
    assert_eq!(age(&mut journal, rebooted(160)), Some(Duration::from_secs(60)));
    assert_eq!(age(&mut journal, rebooted(99)), None, "its clock was set back");
}

#[test]
fn the_oldest_lines_give_way_and_are_counted() {
    let mut journal = Journal { most: 5, ..Journal::in_memory(ID) };
    for n in 0..8 {
        journal.append(at(n), &began());
    }
    assert_eq!(seqs(&mut journal, at(10)), [4, 5, 6, 7, 8]);
    assert_eq!(journal.state().dropped, 3);
}

#[test]
fn what_the_server_has_is_neither_sent_nor_counted_again_and_goes_after_a_week() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), 3);
    journal.on_committed(2, at(10));
    let seen =
        |journal: &Journal| journal.recent(at(1).wall).into_iter().map(|(time, _)| time).collect::<Vec<_>>();
    assert_eq!(seen(&journal), [at(1).wall, at(2).wall], "the first was before");
    drop(journal);
    let mut journal = Journal { most: 2, ..Journal::open(dir.path(), JournalId(8)) };
    assert_eq!((journal.state().waiting, seqs(&mut journal, at(10))), (1, vec![3]));
    journal.append(at(9), &began());
    assert_eq!(journal.state().dropped, 0, "what gave way was sent");
    let days = |days: u64| at(days * 24 * 60 * 60);
    journal.on_committed(3, days(8));
    assert_eq!(seen(&journal), [at(2).wall, at(9).wall]);
    journal.on_committed(3, days(9));
    assert_eq!(seen(&journal), [at(9).wall], "the server does not have it yet");
}

#[test]
fn a_journal_of_an_earlier_release_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), 2);
    journal.store.execute_batch("ALTER TABLE journal DROP COLUMN committed").unwrap();
    drop(journal);
    let mut journal = Journal::open(dir.path(), JournalId(8));
    assert_eq!((journal.id(), seqs(&mut journal, at(10))), (ID, vec![1, 2]));
}

#[test]
fn a_journal_of_a_newer_form_is_set_aside_whole_and_another_begun() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), 3);
    journal.store.pragma_update(None, "user_version", FORM + 1).unwrap();
    drop(journal);
    let mut journal = Journal::open(dir.path(), JournalId(8));
    assert_eq!((journal.id(), seqs(&mut journal, at(10))), (JournalId(8), vec![]));
    journal.append(at(9), &began());
    assert_eq!(journal.state(), JournalState { on_disk: true, waiting: 1, dropped: 0, trouble: None });
    let newer = Connection::open(dir.path().join("journal.sqlite.damaged")).unwrap();
    assert_eq!(newer.query_row("SELECT count(*) FROM line", [], |row| row.get(0)), Ok(3));
}

#[test]
fn a_frame_s_worth_is_read_at_a_time() {
    let mut journal = Journal::in_memory(ID);
    for _ in 0..100 {
        journal.append(at(0), &began());
    }
    assert_eq!(seqs(&mut journal, at(1)).len(), MAX_RECORDS);
}

#[test]
fn a_server_that_knows_more_than_the_journal_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    // Its file was put back from a copy.
    let mut journal = filled(dir.path(), 2);
    journal.on_committed(500, at(1));
    assert_eq!(seqs(&mut journal, at(1)), [0; 0]);
    journal.append(at(1), &began());
    assert_eq!(seqs(&mut journal, at(1)), [501]);
}

#[test]
fn a_damaged_file_is_set_aside_and_another_journal_begun() {
    for damage in [&b"this is no database, and long enough not to be an empty one"[..], &[0xff; 8192]] {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path(), 3));
        fs::write(dir.path().join(FILE), damage).unwrap();
        let mut journal = Journal::open(dir.path(), JournalId(8));
        assert_eq!(journal.id(), JournalId(8));
        assert_eq!(fs::read(dir.path().join("journal.sqlite.damaged")).unwrap(), damage);
        journal.append(at(1), &began());
        assert_eq!(seqs(&mut journal, at(1)), [1]);
        assert!(journal.state().on_disk);
    }
}

#[test]
fn a_file_damaged_while_it_is_in_use_is_set_aside_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), 200);
    journal.store.pragma_update(None, "wal_checkpoint", "truncate").ok();
    journal.store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    journal.store.pragma_update(None, "cache_size", 0).unwrap();
    let mut bytes = fs::read(dir.path().join(FILE)).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(dir.path().join(FILE), &bytes).unwrap();
    journal.store.execute_batch("PRAGMA shrink_memory").unwrap();
    for n in 0..3 {
        journal.append(at(n), &began());
        journal.unsent(at(n));
    }
    assert_ne!(journal.id(), ID);
    assert!(dir.path().join("journal.sqlite.damaged").exists());
    assert!(journal.state().on_disk);
}

#[test]
fn where_nothing_can_be_written_it_is_kept_in_memory_and_that_is_told() {
    let dir = tempfile::tempdir().unwrap();
    // A file in the place of the directory stops root too.
    let occupied = dir.path().join("state");
    fs::write(&occupied, "").unwrap();
    let mut journal = Journal::open(&occupied, ID);
    journal.append(at(1), &began());
    assert_eq!(seqs(&mut journal, at(1)), [1]);
    let state = journal.state();
    assert!(!state.on_disk);
    assert!(state.trouble.unwrap().contains("cannot be kept"));
    let readable = fs::Permissions::from_mode(0o600);
    fs::set_permissions(&occupied, readable).unwrap();
}

#[test]
fn on_a_full_disk_lines_are_counted_as_lost_and_written_again_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), 1);
    let pages: u32 = journal.store.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    journal.store.pragma_update(None, "max_page_count", pages).unwrap();
    let long = Happening::Trial(siaga_readiness::Trial {
        kind: siaga_readiness::DeviceKind::Camera,
        id: "x".repeat(20_000),
        outcome: siaga_readiness::TrialOutcome::Voided,
    });
    journal.append(at(2), &long);
    let full = journal.state();
    assert_eq!((full.waiting, full.dropped), (1, 1));
    assert!(full.trouble.unwrap().contains("full"));
    journal.store.pragma_update(None, "max_page_count", MOST_PAGES).unwrap();
    journal.append(at(3), &long);
    let state = journal.state();
    assert_eq!((state.waiting, state.dropped, state.trouble), (2, 1, None));
    let pages: u32 = journal.store.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    journal.store.pragma_update(None, "max_page_count", pages).unwrap();
    journal.on_committed(3, at(4));
    journal.append(at(5), &long);
    assert_eq!((journal.state().waiting, journal.state().dropped), (1, 1), "what the server has gave way");
}
