//! The bodies of the journal port that are tested: SQLite, and one in memory that shows that a body needs to
//! know nothing of what it keeps.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use store::{
    Entry, Epoch, Journal, ReadError, Row, RowWriter, SqliteJournal, StoredSnapshot, WriteError, read_records,
};

/// Where a journal is kept, which outlives its handles.
pub(crate) trait Place {
    /// Another handle on the journal there.
    fn open(&self) -> Box<dyn Journal>;
}

/// A file in a folder of its own.
pub(crate) struct InFile(pub(crate) tempfile::TempDir);

impl InFile {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("j")
    }
}

impl Place for InFile {
    fn open(&self) -> Box<dyn Journal> {
        Box::new(SqliteJournal::open(&self.path()).unwrap())
    }
}

/// The memory of this process.
#[derive(Default)]
pub(crate) struct InMemory(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    epoch: u64,
    rows: BTreeMap<u64, (u64, Vec<u8>)>,
    snapshots: BTreeMap<u64, Vec<u8>>,
}

#[derive(Debug)]
struct MemoryJournal(Arc<Mutex<Kept>>);

impl Place for InMemory {
    fn open(&self) -> Box<dyn Journal> {
        Box::new(MemoryJournal(self.0.clone()))
    }
}

fn memory() -> PathBuf {
    PathBuf::from("memory")
}

impl Kept {
    fn snapshot_seq(&self) -> u64 {
        self.snapshots.last_key_value().map_or(1, |(seq, _)| *seq)
    }

    fn next(&self) -> u64 {
        let after_last = self.rows.last_key_value().map_or(1, |(first, (count, _))| first + count);
        after_last.max(self.snapshot_seq())
    }
}

impl MemoryJournal {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    fn fenced(&self, Epoch(given): Epoch) -> Result<MutexGuard<'_, Kept>, WriteError> {
        let kept = self.kept();
        let current = kept.epoch;
        if given == current {
            Ok(kept)
        } else {
            Err(WriteError::StaleEpoch { path: memory(), given, current })
        }
    }
}

impl Journal for MemoryJournal {
    fn path(&self) -> &Path {
        Path::new("memory")
    }

    fn lease(&mut self) -> Result<Epoch, WriteError> {
        let mut kept = self.kept();
        kept.epoch += 1;
        Ok(Epoch(kept.epoch))
    }

    fn append(&mut self, epoch: Epoch, row: Row<'_>) -> Result<(), WriteError> {
        let mut kept = self.fenced(epoch)?;
        let next = kept.next();
        match row.first_seq {
            _ if row.count == 0 => {}
            given if given != next => return Err(WriteError::WrongSequence { path: memory(), given, next }),
            first => drop(kept.rows.insert(first, (row.count, row.bytes.to_vec()))),
        }
        Ok(())
    }

    fn read(
        &mut self,
        from: u64,
        visit: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<u64, ReadError> {
        let kept = self.kept();
        let begin = kept.rows.range(..=from).next_back().map_or(0, |(first, _)| *first);
        for (first_seq, (count, bytes)) in kept.rows.range(begin..) {
            if visit(Row { first_seq: *first_seq, count: *count, bytes }).is_break() {
                break;
            }
        }
        Ok(kept.next())
    }

    fn put_snapshot(&mut self, epoch: Epoch, row: Row<'_>) -> Result<Option<u64>, WriteError> {
        let mut kept = self.fenced(epoch)?;
        let (given, next) = (row.first_seq, kept.next());
        if given > next {
            return Err(WriteError::SnapshotBeyondEnd { path: memory(), given, next });
        }
        if given < kept.snapshots.last_key_value().map_or(0, |(seq, _)| *seq) {
            return Ok(None);
        }
        kept.snapshots.insert(given, row.bytes.to_vec());
        while kept.snapshots.len() > 2 {
            kept.snapshots.pop_first();
        }
        Ok(kept.snapshots.range(..given).next_back().map(|(seq, _)| *seq))
    }

    fn get_snapshot(&mut self, limit: u64) -> Result<Option<StoredSnapshot>, ReadError> {
        let kept = self.kept();
        Ok(kept.snapshots.range(..limit).next_back().map(|(seq, bytes)| (*seq, bytes.clone())))
    }

    fn trim(&mut self, epoch: Epoch, before: u64) -> Result<(), WriteError> {
        let mut kept = self.fenced(epoch)?;
        let snapshot = kept.snapshot_seq();
        if before > snapshot {
            return Err(WriteError::TrimBeyondSnapshot { path: memory(), given: before, snapshot });
        }
        kept.rows.retain(|first, (count, _)| *first + *count > before);
        Ok(())
    }
}

/// Appends `records` as one row.
pub(crate) fn append(
    journal: &mut dyn Journal,
    epoch: Epoch,
    first_seq: u64,
    records: &[impl AsRef<[u8]>],
) -> Result<(), WriteError> {
    let mut writer = RowWriter::default();
    writer.begin(1);
    for record in records {
        writer.add(|to| to.write_all(record.as_ref())).unwrap();
    }
    journal.append(epoch, writer.finish(first_seq).unwrap())
}

/// Keeps `state` as the snapshot up to `next_seq`.
pub(crate) fn put_snapshot(
    journal: &mut dyn Journal,
    epoch: Epoch,
    next_seq: u64,
    state: &[u8],
) -> Result<Option<u64>, WriteError> {
    let mut writer = RowWriter::default();
    writer.begin(1);
    writer.add(|to| to.write_all(state)).unwrap();
    journal.put_snapshot(epoch, writer.finish(next_seq).unwrap())
}

/// The newest snapshot below `limit`, with what is in it.
pub(crate) fn snapshot(journal: &mut dyn Journal, limit: u64) -> Option<(u64, Vec<u8>)> {
    let (first_seq, bytes) = journal.get_snapshot(limit).unwrap()?;
    let row = Row { first_seq, count: 1, bytes: &bytes };
    let state = row.open().unwrap().records.next().unwrap().to_vec();
    Some((first_seq, state))
}

/// All records from `from` on, with their numbers, and the next number.
pub(crate) fn read(journal: &mut dyn Journal, from: u64) -> Result<(Vec<(u64, String)>, u64), ReadError> {
    let mut seen = Vec::new();
    let next = read_records(journal, from, &mut |Entry { seq, bytes, .. }| {
        seen.push((seq, String::from_utf8_lossy(bytes).into_owned()));
        ControlFlow::Continue(())
    })?;
    Ok((seen, next))
}

/// A journal of six records in three rows.
pub(crate) fn filled(place: &dyn Place) -> (Box<dyn Journal>, Epoch) {
    let mut journal = place.open();
    let epoch = journal.lease().unwrap();
    append(journal.as_mut(), epoch, 1, &["one", "two"]).unwrap();
    append(journal.as_mut(), epoch, 3, &["three"]).unwrap();
    append(journal.as_mut(), epoch, 4, &["four", "five", "six"]).unwrap();
    (journal, epoch)
}
