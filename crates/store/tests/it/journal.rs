//! The five verbs: fencing, order, damage, and what a cut-off log file leaves.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use store::{Epoch, Journal, JournalOpenError, ReadError, WriteError};

fn batch(records: &[&str]) -> Vec<Vec<u8>> {
    records.iter().map(|record| record.as_bytes().to_vec()).collect()
}

/// All records from `from` on, with their numbers, and the next number.
fn read(journal: &Journal, from: u64) -> Result<(Vec<(u64, String)>, u64), ReadError> {
    let mut seen = Vec::new();
    let next = journal.read::<ReadError>(from, |seq, record| {
        seen.push((seq, String::from_utf8_lossy(record).into_owned()));
        Ok(())
    })?;
    Ok((seen, next))
}

fn filled(path: &Path) -> (Journal, Epoch) {
    let mut journal = Journal::open(path).unwrap();
    let epoch = journal.lease().unwrap();
    journal.append(epoch, 1, &batch(&["one", "two"])).unwrap();
    journal.append(epoch, 3, &batch(&["three"])).unwrap();
    journal.append(epoch, 4, &batch(&["four", "five", "six"])).unwrap();
    (journal, epoch)
}

#[test]
fn records_come_back_in_order_from_any_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (journal, _) = filled(&path);
    drop(journal);
    let journal = Journal::open(&path).unwrap();
    let all: Vec<_> = ["one", "two", "three", "four", "five", "six"].into_iter().map(str::to_owned).collect();
    let all: Vec<(u64, String)> = (1..).zip(all).collect();
    for from in 1..=8 {
        let at = (from as usize - 1).min(all.len());
        assert_eq!(read(&journal, from).unwrap(), (all[at..].to_vec(), 7), "from {from}");
    }
}

#[test]
fn a_visitor_can_stop_early() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = filled(&folder.path().join("j"));
    #[derive(Debug)]
    struct Enough(u64);
    impl From<ReadError> for Enough {
        fn from(error: ReadError) -> Self {
            panic!("{error}")
        }
    }
    let stopped = journal.read(1, |seq, _| if seq == 3 { Err(Enough(seq)) } else { Ok(()) });
    assert_eq!(stopped.unwrap_err().0, 3);
}

#[test]
fn a_batch_goes_in_once_and_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, epoch) = filled(&folder.path().join("j"));
    for wrong in [1, 4, 6, 8, u64::MAX] {
        let refused = journal.append(epoch, wrong, &batch(&["again"])).unwrap_err();
        assert!(matches!(refused, WriteError::WrongSequence { next: 7, .. }), "{refused}");
    }
    journal.append(epoch, 7, &[]).unwrap();
    assert_eq!(read(&journal, 1).unwrap().1, 7);
}

#[test]
fn the_newest_lease_alone_may_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (mut first, old) = filled(&path);
    let mut second = Journal::open(&path).unwrap();
    let new = second.lease().unwrap();
    assert!(new > old);
    let refusals =
        [first.append(old, 7, &batch(&["stale"])), first.put_snapshot(old, 7, b"stale"), first.trim(old, 1)];
    for refused in refusals {
        assert!(matches!(refused, Err(WriteError::StaleEpoch { given: 1, current: 2, .. })), "{refused:?}");
    }
    second.append(new, 7, &batch(&["seven"])).unwrap();
    assert_eq!(read(&first, 7).unwrap(), (vec![(7, "seven".to_owned())], 8));
}

#[test]
fn a_snapshot_lets_records_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (mut journal, epoch) = filled(&path);
    assert_eq!(journal.get_snapshot().unwrap(), None);
    assert!(matches!(journal.trim(epoch, 2), Err(WriteError::TrimBeyondSnapshot { snapshot: 1, .. })));
    let beyond = journal.put_snapshot(epoch, 8, b"x");
    assert!(matches!(beyond, Err(WriteError::SnapshotBeyondEnd { next: 7, .. })));

    journal.put_snapshot(epoch, 5, b"up to four").unwrap();
    journal.put_snapshot(epoch, 3, b"older").unwrap();
    journal.trim(epoch, 5).unwrap();
    drop(journal);
    let mut journal = Journal::open(&path).unwrap();
    assert_eq!(journal.get_snapshot().unwrap(), Some((5, b"up to four".to_vec())));
    assert_eq!(read(&journal, 5).unwrap(), (vec![(5, "five".to_owned()), (6, "six".to_owned())], 7));
    assert!(matches!(read(&journal, 3), Err(ReadError::Trimmed { from: 3, first: 4, .. })));

    let epoch = journal.lease().unwrap();
    journal.put_snapshot(epoch, 7, b"all").unwrap();
    journal.trim(epoch, 7).unwrap();
    assert!(matches!(read(&journal, 6), Err(ReadError::Trimmed { from: 6, first: 7, .. })));
    assert_eq!(read(&journal, 7).unwrap(), (vec![], 7));
    journal.append(epoch, 7, &batch(&["seven"])).unwrap();
    assert_eq!(read(&journal, 7).unwrap().1, 8);
}

#[test]
fn a_damaged_row_is_named_and_what_is_before_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    drop(filled(&path));
    let changes = [
        "UPDATE batch SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE first_seq = 3",
        "UPDATE batch SET bytes = (SELECT bytes FROM batch WHERE first_seq = 1) WHERE first_seq = 3",
        "UPDATE batch SET bytes = x'' WHERE first_seq = 3",
        "UPDATE batch SET bytes = 'text' WHERE first_seq = 3",
        "UPDATE batch SET count = 2 WHERE first_seq = 3",
    ];
    for change in changes {
        let copy = folder.path().join("copy");
        fs::copy(&path, &copy).unwrap();
        Connection::open(&copy).unwrap().execute(change, []).unwrap();
        let journal = Journal::open(&copy).unwrap();
        let mut seen = 0;
        let found = journal.read::<ReadError>(1, |seq, _| {
            seen = seq;
            Ok(())
        });
        assert!(matches!(found, Err(ReadError::Corrupt { first_seq: 3, .. })), "{change}: {found:?}");
        assert_eq!(seen, 2, "{change}");
    }
    Connection::open(&path).unwrap().execute("DELETE FROM batch WHERE first_seq = 3", []).unwrap();
    let found = read(&Journal::open(&path).unwrap(), 1);
    assert!(matches!(found, Err(ReadError::Corrupt { first_seq: 4, .. })), "{found:?}");
}

#[test]
fn what_is_newer_or_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    drop(filled(&path));
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE batch SET bytes = x'09aa' WHERE first_seq = 3", [])
        .unwrap();
    let found = read(&Journal::open(&path).unwrap(), 1);
    assert!(matches!(found, Err(ReadError::Newer { found: 9, .. })), "{found:?}");

    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let refused = Journal::open(&path).unwrap_err();
    assert!(matches!(refused, JournalOpenError::Newer { found: 2, known: 1, .. }), "{refused}");

    let other = folder.path().join("other");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE batch (x)").unwrap();
    assert!(matches!(Journal::open(&other), Err(JournalOpenError::NotAJournal { .. })));
    fs::write(&other, "a text, long enough to be looked at by SQLite. ".repeat(100)).unwrap();
    assert!(matches!(Journal::open(&other), Err(JournalOpenError::NotAJournal { .. })));
    assert!(matches!(Journal::open(&folder.path().join("no/j")), Err(JournalOpenError::Database { .. })));
}

/// Whatever part of the log file reached the disk, whole commits come back, first to last.
#[test]
fn every_prefix_of_the_log_file_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    drop(Journal::open(&path).unwrap());
    let mut journal = Journal::open(&path).unwrap();
    let epoch = journal.lease().unwrap();
    let mut ends = vec![1];
    for count in [1_u64, 3, 2, 5, 1] {
        let first = ends[ends.len() - 1];
        let records: Vec<_> = (first..first + count).map(|seq| seq.to_string().into_bytes()).collect();
        journal.append(epoch, first, &records).unwrap();
        ends.push(first + count);
    }
    let database = fs::read(&path).unwrap();
    let log = fs::read(folder.path().join("j-wal")).unwrap();
    let copy = folder.path().join("copy");
    let mut reached = 0;
    for cut in (0..=log.len()).step_by(777).chain([log.len()]) {
        fs::write(&copy, &database).unwrap();
        fs::write(folder.path().join("copy-wal"), &log[..cut]).unwrap();
        let _ = fs::remove_file(folder.path().join("copy-shm"));
        let recovered = Journal::open(&copy).unwrap();
        let (seen, next) = read(&recovered, 1).unwrap();
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
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (journal, _) = filled(&path);
    let whole = read(&journal, 1).unwrap().0;
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(29) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(&path, &changed).unwrap();
        match Journal::open(&path).map(|journal| read(&journal, 1)) {
            Ok(Ok((seen, _))) => assert!(whole.starts_with(&seen), "flipped at {at}: {seen:?}"),
            Ok(Err(_)) | Err(_) => refused += 1,
        }
    }
    assert!(refused > 0);
}
