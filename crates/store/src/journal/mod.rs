//! The journal: records in order, durable before `append` returns, owned by one at a time.
//!
//! Its body is SQLite with a write-ahead log synced at each commit, and one row of bytes per commit,
//! because a row per record costs several times as much. Owning is by epoch: whoever took the newest
//! lease may write, and everyone else learns so at their next write. It must not know what a record means.

mod error;
mod row;
mod schema;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

pub use error::{JournalOpenError, ReadError, WriteError};

/// The number of the first record of a new journal.
const FIRST_SEQ: u64 = 1;

/// Which lease of the journal this is; a newer one makes it stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(u64);

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    database: Connection,
    path: PathBuf,
    /// A commit failed in a way that leaves open whether a restart would find it.
    unsure: bool,
}

impl Journal {
    /// Opens the journal at `path`, making a new one where there is none.
    ///
    /// # Errors
    /// The file cannot be used, is something else, or is of a newer version.
    pub fn open(path: &Path) -> Result<Self, JournalOpenError> {
        let database = schema::open(path)?;
        Ok(Self { database, path: path.to_owned(), unsure: false })
    }

    /// Takes the journal over: the epoch returned may write until the next lease is taken.
    ///
    /// # Errors
    /// [`WriteError::Full`], [`WriteError::Unsure`] or [`WriteError::Database`].
    pub fn lease(&mut self) -> Result<Epoch, WriteError> {
        self.write(None, |transaction, fault| {
            let take = "UPDATE owner SET epoch = epoch + 1 RETURNING epoch";
            transaction.query_row(take, [], |row| row.get(0)).map(Epoch).map_err(fault)
        })
    }

    /// Adds `batch`, whose first record gets the number `first_seq`: all of it, durably, or nothing.
    ///
    /// # Errors
    /// Any [`WriteError`] but [`WriteError::SnapshotBeyondEnd`] and [`WriteError::TrimBeyondSnapshot`].
    pub fn append(&mut self, epoch: Epoch, first_seq: u64, batch: &[Vec<u8>]) -> Result<(), WriteError> {
        if batch.is_empty() {
            return Ok(());
        }
        let bytes = row::encode(first_seq, batch).ok_or_else(|| WriteError::TooLarge {
            path: self.path.clone(),
            bytes: batch.iter().map(|record| record.len() as u64).sum(),
        })?;
        let path = self.path.clone();
        self.write(Some(epoch), |transaction, fault| {
            let next = next_seq(transaction).map_err(&fault)?;
            if first_seq != next {
                return Err(WriteError::WrongSequence { path, given: first_seq, next });
            }
            transaction
                .prepare_cached("INSERT INTO batch (first_seq, count, bytes) VALUES (?1, ?2, ?3)")
                .and_then(|mut insert| insert.execute(params![first_seq, batch.len(), bytes]))
                .map_err(fault)?;
            Ok(())
        })
    }

    /// Shows each record from the number `from` on to `visit`, with its number. Returns the number that
    /// the next record will get.
    ///
    /// # Errors
    /// A [`ReadError`], or whatever `visit` returns to stop early.
    pub fn read<E: From<ReadError>>(
        &self,
        from: u64,
        mut visit: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let fault = |source| ReadError::database(&self.path, source);
        let mut select = self
            .database
            .prepare_cached(
                "SELECT first_seq, count, bytes FROM batch WHERE first_seq >=
                 coalesce((SELECT max(first_seq) FROM batch WHERE first_seq <= ?1), 0) ORDER BY first_seq",
            )
            .map_err(fault)?;
        let mut rows = select.query([from]).map_err(fault)?;
        let mut expected = None;
        while let Some(row) = rows.next().map_err(fault)? {
            let first_seq = row.get(0).map_err(fault)?;
            let count = row.get(1).map_err(fault)?;
            if expected.is_none() && first_seq > from {
                return Err(ReadError::Trimmed { path: self.path.clone(), from, first: first_seq }.into());
            }
            if expected.is_some_and(|expected| expected != first_seq) {
                let why = "the rows before it are missing or overlap it";
                return Err(ReadError::corrupt(&self.path, first_seq, why).into());
            }
            let value = row.get_ref(2).map_err(fault)?;
            let bytes = value
                .as_blob()
                .map_err(|_| ReadError::corrupt(&self.path, first_seq, "it does not hold bytes"))?;
            let records = row::decode(first_seq, count, bytes)
                .map_err(|wrong| ReadError::of_row(&self.path, first_seq, wrong))?;
            for (seq, record) in (first_seq..).zip(records) {
                if seq >= from {
                    visit(seq, record)?;
                }
            }
            expected = Some(first_seq + count);
        }
        let next = next_seq(&self.database).map_err(fault)?;
        if expected.is_none() && from < next {
            return Err(ReadError::Trimmed { path: self.path.clone(), from, first: next }.into());
        }
        Ok(next)
    }

    /// Keeps `bytes` as the state in which all records below the number `next_seq` are contained, in place
    /// of the snapshot before. One that contains less than the snapshot before changes nothing.
    ///
    /// # Errors
    /// Any [`WriteError`] but [`WriteError::WrongSequence`] and [`WriteError::TrimBeyondSnapshot`].
    pub fn put_snapshot(&mut self, epoch: Epoch, next_seq: u64, bytes: &[u8]) -> Result<(), WriteError> {
        let too_large = || WriteError::TooLarge { path: self.path.clone(), bytes: bytes.len() as u64 };
        let row = row::encode(next_seq, &[bytes]).ok_or_else(too_large)?;
        let path = self.path.clone();
        self.write(Some(epoch), |transaction, fault| {
            let end = self::next_seq(transaction).map_err(&fault)?;
            if next_seq > end {
                return Err(WriteError::SnapshotBeyondEnd { path, given: next_seq, next: end });
            }
            let put = "INSERT INTO snapshot (one, next_seq, bytes) VALUES (1, ?1, ?2)
                       ON CONFLICT (one) DO UPDATE SET next_seq = ?1, bytes = ?2 WHERE next_seq <= ?1";
            transaction.execute(put, params![next_seq, row]).map_err(fault)?;
            Ok(())
        })
    }

    /// The newest snapshot and the number of the first record that it does not contain.
    ///
    /// # Errors
    /// The database cannot be read, or the snapshot is damaged or of a newer version.
    pub fn get_snapshot(&self) -> Result<Option<(u64, Vec<u8>)>, ReadError> {
        let found = self
            .database
            .query_row("SELECT next_seq, bytes FROM snapshot", [], |row| {
                Ok((row.get::<_, u64>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()
            .map_err(|source| ReadError::database(&self.path, source))?;
        let Some((next_seq, row)) = found else { return Ok(None) };
        let wrong = |wrong| ReadError::of_snapshot(&self.path, wrong);
        let bytes = row::decode(next_seq, 1, &row).map_err(wrong)?.next().map(<[u8]>::to_vec);
        Ok(bytes.map(|bytes| (next_seq, bytes)))
    }

    /// Forgets the records below the number `before`, as far as whole commits lie below it.
    ///
    /// # Errors
    /// [`WriteError::TrimBeyondSnapshot`] where the snapshot does not contain them all, or one of those
    /// that every write may meet.
    pub fn trim(&mut self, epoch: Epoch, before: u64) -> Result<(), WriteError> {
        let path = self.path.clone();
        self.write(Some(epoch), |transaction, fault| {
            let snapshot = snapshot_seq(transaction).map_err(&fault)?;
            if before > snapshot {
                return Err(WriteError::TrimBeyondSnapshot { path, given: before, snapshot });
            }
            let forget = "DELETE FROM batch WHERE first_seq + count <= ?1";
            transaction.execute(forget, [before]).map_err(fault)?;
            Ok(())
        })
    }

    /// Does `work` in a transaction of its own, after the fence.
    fn write<T>(
        &mut self,
        epoch: Option<Epoch>,
        work: impl FnOnce(&Transaction<'_>, &dyn Fn(rusqlite::Error) -> WriteError) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        let Self { database, path, unsure } = self;
        if *unsure {
            return Err(WriteError::Unsure { path: path.clone(), source: None });
        }
        let fault = |source| WriteError::database(path, source);
        let transaction =
            database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
        if let Some(Epoch(given)) = epoch {
            let current = transaction
                .prepare_cached("SELECT epoch FROM owner")
                .and_then(|mut select| select.query_row([], |row| row.get(0)))
                .map_err(fault)?;
            if given != current {
                return Err(WriteError::StaleEpoch { path: path.clone(), given, current });
            }
        }
        let done = work(&transaction, &fault)?;
        match transaction.commit().map_err(fault) {
            Ok(()) => Ok(done),
            // The frames may stand in the log file though the sync failed: only a new start can tell.
            Err(WriteError::Database { path, source }) => {
                *unsure = true;
                Err(WriteError::Unsure { path, source: Some(source) })
            }
            Err(other) => Err(other),
        }
    }
}

/// The first record number that the snapshot does not contain.
fn snapshot_seq(database: &Connection) -> rusqlite::Result<u64> {
    let select = "SELECT coalesce(max(next_seq), ?1) FROM snapshot";
    database.prepare_cached(select)?.query_row([FIRST_SEQ], |row| row.get(0))
}

/// The number that the next record gets.
fn next_seq(database: &Connection) -> rusqlite::Result<u64> {
    let select = "SELECT first_seq + count FROM batch ORDER BY first_seq DESC LIMIT 1";
    let after_last: Option<u64> =
        database.prepare_cached(select)?.query_row([], |row| row.get(0)).optional()?;
    Ok(after_last.unwrap_or(FIRST_SEQ).max(snapshot_seq(database)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_disk_is_told_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(&folder.path().join("journal.sqlite")).unwrap();
        let epoch = journal.lease().unwrap();
        journal.append(epoch, 1, &[b"kept".to_vec()]).unwrap();
        // SQLite answers a full disk and a full database in the same way.
        journal.database.execute_batch("PRAGMA max_page_count = 1").unwrap();
        let refused = journal.append(epoch, 2, &[vec![0; 1 << 20]]).unwrap_err();
        assert!(matches!(refused, WriteError::Full { .. }), "{refused}");
        journal.database.execute_batch("PRAGMA max_page_count = 100000").unwrap();
        journal.append(epoch, 2, &[b"after".to_vec()]).unwrap();
        let mut seen = Vec::new();
        journal
            .read::<ReadError>(1, |seq, record| {
                seen.push((seq, record.to_vec()));
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, [(1, b"kept".to_vec()), (2, b"after".to_vec())]);
    }
}
