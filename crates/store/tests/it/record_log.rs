//! The typed journal, as a role's loop uses it.

use serde::{Deserialize, Serialize};
use store::{Journal, LogError, RecordLog, WriteError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Record {
    Counted { by: u32 },
    Named(String),
}

fn replayed(log: &mut RecordLog<Record>) -> Vec<Record> {
    let mut seen = Vec::new();
    let count = log.replay(|record| seen.push(record)).unwrap();
    assert_eq!(count, seen.len() as u64);
    seen
}

#[test]
fn what_was_appended_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let records = [Record::Counted { by: 2 }, Record::Named("höhe\n".into()), Record::Counted { by: 0 }];
    let mut log = RecordLog::open(&path).unwrap();
    assert!(matches!(log.append(&records), Err(LogError::NotReplayed)));
    assert_eq!(replayed(&mut log), []);
    log.append(&records[..2]).unwrap();
    log.append(&records[2..]).unwrap();
    assert_eq!(log.next_seq(), Some(4));
    drop(log);
    let mut log = RecordLog::open(&path).unwrap();
    assert_eq!(replayed(&mut log), records);
}

#[test]
fn a_replay_starts_behind_the_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let mut log = RecordLog::open(&path).unwrap();
    assert_eq!(log.load_snapshot::<u32>().unwrap(), None);
    replayed(&mut log);
    log.append(&[Record::Counted { by: 3 }, Record::Counted { by: 4 }]).unwrap();
    log.save_snapshot(&7_u32).unwrap();
    log.append(&[Record::Named("later".into())]).unwrap();
    drop(log);

    let mut log = RecordLog::<Record>::open(&path).unwrap();
    assert!(matches!(log.replay(|_| ()), Err(LogError::Read(_))), "the first records are gone");
    assert!(matches!(log.load_snapshot::<String>(), Err(LogError::UnknownSnapshot { .. })));
    assert_eq!(log.load_snapshot::<u32>().unwrap(), Some(7));
    assert_eq!(replayed(&mut log), [Record::Named("later".into())]);
}

#[test]
fn a_second_owner_ends_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let mut first = RecordLog::open(&path).unwrap();
    replayed(&mut first);
    let mut second = RecordLog::open(&path).unwrap();
    replayed(&mut second);
    let refused = first.append(&[Record::Counted { by: 1 }]);
    assert!(matches!(refused, Err(LogError::Write(WriteError::StaleEpoch { .. }))), "{refused:?}");
    second.append(&[Record::Counted { by: 2 }]).unwrap();
}

#[test]
fn an_unknown_record_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let mut journal = Journal::open(&path).unwrap();
    let epoch = journal.lease().unwrap();
    let records = [br#"{"Counted":{"by":1}}"#.to_vec(), br#"{"Invented":{}}"#.to_vec()];
    journal.append(epoch, 1, &records).unwrap();
    drop(journal);
    let mut log = RecordLog::<Record>::open(&path).unwrap();
    assert!(matches!(log.replay(|_| ()), Err(LogError::UnknownRecord { seq: 2, .. })));
}
