//! The typed journal, as a role's loop uses it.

use std::io::Write;

use model::Versioned;
use rusqlite::Connection;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use store::{Entry, LogError, ReadError, RecordLog, WriteError};

use crate::bodies::{InFile, InMemory, Place, append};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Record {
    Counted { by: u32 },
    Named(String),
}

/// Version 1 had only numbers.
impl Versioned for Record {
    const VERSION: u16 = 2;

    fn read<'de, D: Deserializer<'de>>(version: u16, from: D) -> Result<Self, D::Error> {
        match version {
            1 => Ok(Self::Counted { by: u32::deserialize(from)? }),
            2 => Self::deserialize(from),
            _ => Err(D::Error::custom("no such version")),
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sum {
    sum: u32,
}

impl Versioned for Sum {
    const VERSION: u16 = 1;
}

fn log(place: &dyn Place) -> RecordLog<Record> {
    RecordLog::over(place.open()).unwrap()
}

fn replayed(log: &mut RecordLog<Record>) -> Vec<Record> {
    let mut seen = Vec::new();
    let count = log.replay(|_, record| {
        seen.push(record?);
        Ok(())
    });
    assert_eq!(count.unwrap(), seen.len() as u64);
    seen
}

fn loaded(log: &mut RecordLog<Record>) -> Option<u32> {
    let (state, over) = log.load_snapshot::<Sum>().unwrap();
    assert!(over.is_empty());
    state.map(|state| state.sum)
}

#[test]
fn what_was_appended_is_replayed() {
    let place = InFile::new();
    let records = [Record::Counted { by: 2 }, Record::Named("höhe\n".into()), Record::Counted { by: 0 }];
    let mut log = log(&place);
    assert!(matches!(log.append(&records), Err(LogError::NotReplayed)));
    assert_eq!(replayed(&mut log), []);
    log.append(&records[..2]).unwrap();
    log.append(&records[2..]).unwrap();
    assert_eq!(log.next_seq(), Some(4));
    drop(log);
    let mut log = RecordLog::open(&place.path()).unwrap();
    assert_eq!(replayed(&mut log), records);
}

#[test]
fn a_replay_starts_behind_the_snapshot() {
    let place = InMemory::default();
    let mut first = log(&place);
    assert_eq!(loaded(&mut first), None);
    replayed(&mut first);
    first.append(&[Record::Counted { by: 3 }, Record::Counted { by: 4 }]).unwrap();
    first.save_snapshot(&Sum { sum: 7 }).unwrap();
    first.append(&[Record::Named("later".into())]).unwrap();

    let mut log = log(&place);
    assert_eq!(loaded(&mut log), Some(7));
    assert_eq!(replayed(&mut log), [Record::Named("later".into())]);
}

#[test]
fn a_second_owner_ends_the_first() {
    let place = InFile::new();
    let mut first = log(&place);
    replayed(&mut first);
    let mut second = log(&place);
    replayed(&mut second);
    let refused = first.append(&[Record::Counted { by: 1 }]);
    assert!(matches!(refused, Err(LogError::Write(WriteError::StaleEpoch { .. }))), "{refused:?}");
    second.append(&[Record::Counted { by: 2 }]).unwrap();
}

/// A journal whose rows are those of the versions 1 and `newest`.
fn of_versions(newest: u16, record: &str) -> InMemory {
    let place = InMemory::default();
    let mut journal = place.open();
    let epoch = journal.lease().unwrap();
    append(journal.as_mut(), epoch, 1, &["7"]).unwrap();
    let mut writer = store::RowWriter::default();
    writer.begin(newest);
    writer.add(|to| to.write_all(record.as_bytes())).unwrap();
    journal.append(epoch, writer.finish(2).unwrap()).unwrap();
    place
}

#[test]
fn each_record_is_read_as_its_version_was_written() {
    let place = of_versions(2, r#"{"Named":"x"}"#);
    assert_eq!(replayed(&mut log(&place)), [Record::Counted { by: 7 }, Record::Named("x".into())]);
}

#[test]
fn a_newer_version_is_named() {
    let mut log = log(&of_versions(3, "{}"));
    let refused = log.replay(|_, record| record.map(|_| ())).unwrap_err();
    assert!(matches!(refused, LogError::NewerRecord { seq: 2, found: 3, known: 2, .. }));
    let text = refused.to_string();
    assert!(
        text.contains("record 2 in memory has version 3, this framefarm knows versions up to 2"),
        "{text}"
    );
}

#[test]
fn a_record_that_makes_no_sense_is_handed_over_with_its_bytes_and_the_rest_goes_on() {
    let place = of_versions(2, r#"{"Invented":{}}"#);
    let mut seen = Vec::new();
    let replay = |entry: Entry<'_>, record: Result<Record, LogError>| {
        seen.push((entry.seq, String::from_utf8_lossy(entry.bytes).into_owned(), record.is_ok()));
        Ok(())
    };
    assert_eq!(log(&place).replay(replay).unwrap(), 2);
    assert_eq!(seen, [(1, "7".to_owned(), true), (2, r#"{"Invented":{}}"#.to_owned(), false)]);
    let refused = log(&place).replay(|_, record| record.map(|_| ()));
    assert!(matches!(refused, Err(LogError::UnreadableRecord { seq: 2, .. })));
}

/// A journal with snapshots after records 1, 2 and 3; those after the records `bad` make no sense.
fn with_bad_snapshots(place: &InFile, bad: &[u32]) {
    let mut log = log(place);
    replayed(&mut log);
    for number in 1..=3 {
        log.append(&[Record::Counted { by: 1 }]).unwrap();
        if bad.contains(&number) {
            log.save_snapshot(&Nonsense { nonsense: number }).unwrap();
        } else {
            log.save_snapshot(&Sum { sum: number }).unwrap();
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Nonsense {
    nonsense: u32,
}

impl Versioned for Nonsense {
    const VERSION: u16 = 1;
}

#[test]
fn an_unreadable_snapshot_is_passed_over_for_the_one_before_it() {
    let place = InFile::new();
    with_bad_snapshots(&place, &[3]);
    let mut log = log(&place);
    let (state, over) = log.load_snapshot::<Sum>().unwrap();
    assert_eq!(state, Some(Sum { sum: 2 }));
    assert_eq!(over.iter().map(|one| one.next_seq).collect::<Vec<_>>(), [4]);
    assert_eq!(replayed(&mut log), [Record::Counted { by: 1 }]);
}

#[test]
fn a_damaged_snapshot_is_passed_over_too() {
    let place = InFile::new();
    with_bad_snapshots(&place, &[]);
    let database = Connection::open(place.path()).unwrap();
    let newest = "UPDATE piece SET bytes = x'02' WHERE snapshot = (SELECT max(id) FROM snapshot)";
    assert_eq!(database.execute(newest, []).unwrap(), 1);
    let mut log = log(&place);
    let (state, over) = log.load_snapshot::<Sum>().unwrap();
    assert_eq!((state, over.len()), (Some(Sum { sum: 2 }), 1));
    assert_eq!(replayed(&mut log).len(), 1);
}

#[test]
fn without_any_snapshot_that_can_be_read_the_records_serve_as_long_as_they_are_there() {
    let place = InFile::new();
    let mut first = log(&place);
    replayed(&mut first);
    first.append(&[Record::Counted { by: 1 }]).unwrap();
    first.save_snapshot(&Nonsense { nonsense: 1 }).unwrap();
    drop(first);
    let mut second = log(&place);
    let (state, over) = second.load_snapshot::<Sum>().unwrap();
    assert_eq!((state, over.len()), (None, 1));
    assert_eq!(replayed(&mut second).len(), 1);

    let place = InFile::new();
    with_bad_snapshots(&place, &[2, 3]);
    let refused = log(&place).load_snapshot::<Sum>().unwrap_err();
    assert!(matches!(refused, LogError::UnreadableSnapshot { .. }), "{refused}");
    let text = refused.to_string();
    assert!(text.contains("nor are the records before it there any more"), "{text}");
}

#[test]
fn only_what_is_in_two_snapshots_is_forgotten() {
    let place = InFile::new();
    with_bad_snapshots(&place, &[]);
    let mut journal = place.open();
    let first = crate::bodies::read(journal.as_mut(), 1);
    assert!(matches!(first, Err(ReadError::Trimmed { first: 3, .. })), "{first:?}");
    assert_eq!(crate::bodies::read(journal.as_mut(), 3).unwrap().1, 4);
}
