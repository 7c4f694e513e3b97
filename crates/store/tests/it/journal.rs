//! The journal in its file: damage, a log that was cut off, other versions, and other files.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use store::{Journal, JournalOpenError, ReadError, SqliteJournal};

use crate::bodies::{InFile, Place, append, filled, read, snapshot};

fn open(path: &Path) -> Box<dyn Journal> {
    Box::new(SqliteJournal::open(path).unwrap())
}

#[test]
fn a_damaged_row_is_named_and_what_is_before_it_is_shown() {
    let place = InFile::new();
    let (folder, path) = (place.0.path(), place.path());
    drop(filled(&place));
    let changes = [
        "UPDATE batch SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE first_seq = 3",
        "UPDATE batch SET bytes = (SELECT bytes FROM batch WHERE first_seq = 1) WHERE first_seq = 3",
        "UPDATE batch SET bytes = x'' WHERE first_seq = 3",
        "UPDATE batch SET bytes = 'text' WHERE first_seq = 3",
        "UPDATE batch SET count = 2 WHERE first_seq = 3",
    ];
    for change in changes {
        let copy = folder.join("copy");
        fs::copy(&path, &copy).unwrap();
        Connection::open(&copy).unwrap().execute(change, []).unwrap();
        let mut seen = 0;
        let found = store::read_records(open(&copy).as_mut(), 1, &mut |entry| {
            seen = entry.seq;
            std::ops::ControlFlow::Continue(())
        });
        assert!(matches!(found, Err(ReadError::Corrupt { first_seq: 3, .. })), "{change}: {found:?}");
        assert_eq!(seen, 2, "{change}");
    }
    Connection::open(&path).unwrap().execute("DELETE FROM batch WHERE first_seq = 3", []).unwrap();
    let found = read(open(&path).as_mut(), 1);
    assert!(matches!(found, Err(ReadError::Corrupt { first_seq: 4, .. })), "{found:?}");
}

#[test]
fn what_is_newer_or_something_else_is_refused() {
    let place = InFile::new();
    let (folder, path) = (place.0.path(), place.path());
    drop(filled(&place));
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE batch SET bytes = x'09aa' WHERE first_seq = 3", [])
        .unwrap();
    let found = read(open(&path).as_mut(), 1);
    assert!(matches!(found, Err(ReadError::Newer { found: 9, .. })), "{found:?}");

    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    for refused in [SqliteJournal::open(&path), SqliteJournal::look(&path)] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, JournalOpenError::Newer { found: 9, known: 2, .. }), "{refused}");
    }

    let other = folder.join("other");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE batch (x)").unwrap();
    assert!(matches!(SqliteJournal::open(&other), Err(JournalOpenError::NotAJournal { .. })));
    fs::write(&other, "a text, long enough to be looked at by SQLite. ".repeat(100)).unwrap();
    assert!(matches!(SqliteJournal::open(&other), Err(JournalOpenError::NotAJournal { .. })));
    assert!(matches!(SqliteJournal::open(&folder.join("no/j")), Err(JournalOpenError::Database { .. })));
}

/// Whatever part of the log file reached the disk, whole commits come back, first to last.
#[test]
fn every_prefix_of_the_log_file_recovers() {
    let place = InFile::new();
    let (folder, path) = (place.0.path(), place.path());
    drop(place.open());
    let mut journal = place.open();
    let epoch = journal.lease().unwrap();
    let mut ends = vec![1];
    for count in [1_u64, 3, 2, 5, 1] {
        let first = ends[ends.len() - 1];
        let records: Vec<_> = (first..first + count).map(|seq| seq.to_string().into_bytes()).collect();
        append(journal.as_mut(), epoch, first, &records).unwrap();
        ends.push(first + count);
    }
    let database = fs::read(&path).unwrap();
    let log = fs::read(folder.join("j-wal")).unwrap();
    let copy = folder.join("copy");
    let mut reached = 0;
    for cut in (0..=log.len()).step_by(777).chain([log.len()]) {
        fs::write(&copy, &database).unwrap();
        fs::write(folder.join("copy-wal"), &log[..cut]).unwrap();
        let _ = fs::remove_file(folder.join("copy-shm"));
        let mut recovered = open(&copy);
        let (seen, next) = read(recovered.as_mut(), 1).unwrap();
        assert!(ends.contains(&next), "cut at {cut}: {next}");
        assert!(next >= reached, "cut at {cut}: {next} after {reached}");
        assert!(seen.iter().all(|(seq, text)| seq.to_string() == *text));
        assert_eq!(seen.len() as u64, next - 1);
        reached = next;
    }
    assert_eq!(reached, 13);
}

/// A flipped bit anywhere in the file is refused or cuts records off; it never shows a wrong one.
#[test]
fn a_flipped_bit_never_shows_a_wrong_record() {
    let place = InFile::new();
    let path = place.path();
    let (mut journal, _) = filled(&place);
    let whole = read(journal.as_mut(), 1).unwrap().0;
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(29) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(&path, &changed).unwrap();
        match SqliteJournal::open(&path).map(|mut journal| read(&mut journal, 1)) {
            Ok(Ok((seen, _))) => assert!(whole.starts_with(&seen), "flipped at {at}: {seen:?}"),
            Ok(Err(_)) | Err(_) => refused += 1,
        }
    }
    assert!(refused > 0);
}

#[test]
fn looking_disturbs_nobody_and_changes_nothing() {
    let place = InFile::new();
    let (mut journal, epoch) = filled(&place);
    let mut look = SqliteJournal::look(&place.path()).unwrap();
    assert_eq!(read(&mut look, 1).unwrap().1, 7);
    append(journal.as_mut(), epoch, 7, &["seven"]).unwrap();
    assert_eq!(read(&mut look, 7).unwrap().0, [(7, "seven".to_owned())]);
    assert!(look.lease().is_err(), "who looks cannot own");
    assert!(SqliteJournal::look(&place.0.path().join("none")).is_err());
}

#[test]
fn a_copy_is_the_journal_as_it_was_while_its_owner_goes_on() {
    let place = InFile::new();
    let (mut journal, epoch) = filled(&place);
    crate::bodies::put_snapshot(journal.as_mut(), epoch, 3, b"two").unwrap();
    let copy = place.0.path().join("copy");
    SqliteJournal::look(&place.path()).unwrap().copy_to(&copy).unwrap();
    append(journal.as_mut(), epoch, 7, &["seven"]).unwrap();
    let mut copied = open(&copy);
    assert_eq!(read(copied.as_mut(), 1).unwrap().1, 7);
    assert_eq!(snapshot(copied.as_mut(), u64::MAX), Some((3, b"two".to_vec())));
    assert!(copied.lease().unwrap() > epoch);
}

/// A journal that an earlier framefarm wrote: tables 1, rows of format 1, a snapshot in one value.
const FIRST: &[u8] = include_bytes!("first.journal");

#[test]
fn a_journal_of_the_first_version_is_read_and_brought_up_to_date() {
    let place = InFile::new();
    fs::write(place.path(), FIRST).unwrap();
    let look = |journal: &mut dyn Journal| {
        let kept = snapshot(journal, u64::MAX).unwrap();
        (kept, read(journal, 4).unwrap())
    };
    let before = look(&mut SqliteJournal::look(&place.path()).unwrap());
    assert_eq!(before.0, (4, br#"{"total":6}"#.to_vec()));
    let records = [(4, r#"{"added":{"number":4}}"#), (5, r#"{"added":{"number":5}}"#)];
    assert_eq!(before.1, (records.map(|(seq, text)| (seq, text.to_owned())).to_vec(), 6));
    let mut journal = place.open();
    assert_eq!(look(journal.as_mut()), before);
    let epoch = journal.lease().unwrap();
    append(journal.as_mut(), epoch, 6, &["new"]).unwrap();
    drop(journal);
    assert_eq!(read(place.open().as_mut(), 6).unwrap(), (vec![(6, "new".to_owned())], 7));
}
