//! The journal in one file of this machine: SQLite with a write-ahead log that is synced at each commit, and
//! one row of bytes per commit, because a row per record costs several times as much.
//!
//! Checkpoints are called here and not left to SQLite, which would pass over one whose sync failed. After a
//! failed sync nobody knows what is on the disk, not even a second sync that succeeds, so nothing is written
//! any more through that handle.

mod fault;
mod schema;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Epoch, FIRST_SEQ, Journal, JournalOpenError, ReadError, Row, StoredSnapshot, WriteError};
use fault::{is_sync, read_fault, write_fault};

/// So many bytes gather in the write-ahead log before they are moved to their places.
const CHECKPOINT_BYTES: usize = 4 << 20;
/// What a commit adds to the log besides its own bytes.
const COMMIT_BYTES: usize = 3 * 4096;
/// A snapshot is written in pieces, since nobody else can write meanwhile.
const PIECE_BYTES: usize = 1 << 20;
/// Rows that are trimmed in one go, for the same reason.
const TRIM_ROWS: u32 = 64;

/// An open journal in a SQLite database.
#[derive(Debug)]
pub struct SqliteJournal {
    database: Connection,
    path: PathBuf,
    /// The version of the tables: older ones are only read.
    tables: i64,
    /// Bytes written through this handle since the last checkpoint.
    unmoved: usize,
    /// A sync failed, so that only a new start can tell what is on the disk.
    unsure: bool,
    /// What failed then, until somebody is told.
    untold: Option<rusqlite::Error>,
}

impl SqliteJournal {
    /// Opens the journal at `path`, making a new one where there is none.
    ///
    /// # Errors
    /// The file cannot be used, is something else, or is of a newer version.
    pub fn open(path: &Path) -> Result<Self, JournalOpenError> {
        Ok(Self::over(schema::open(path)?, path, schema::VERSION))
    }

    /// Opens the journal at `path` to look at it, which does not disturb whoever owns it.
    ///
    /// # Errors
    /// There is none, or it cannot be used, is something else, or is of a newer version.
    pub fn look(path: &Path) -> Result<Self, JournalOpenError> {
        let (database, tables) = schema::look(path)?;
        Ok(Self::over(database, path, tables))
    }

    fn over(database: Connection, path: &Path, tables: i64) -> Self {
        Self { database, path: path.to_owned(), tables, unmoved: 0, unsure: false, untold: None }
    }

    /// Writes a copy of the journal, as it is at this moment, to the new file `to`; writers go on meanwhile.
    ///
    /// # Errors
    /// The journal cannot be read, or the copy not be written; there may be a part of it then.
    pub fn copy_to(&self, to: &Path) -> Result<(), ReadError> {
        let to = to.to_string_lossy();
        let copied = self.database.execute("VACUUM INTO ?1", [to]);
        copied.map(|_| ()).map_err(read_fault(&self.path))
    }

    /// What is wrong with the database itself, as SQLite sees it; nothing where all is well.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn faults(&self) -> Result<Vec<String>, ReadError> {
        let fault = read_fault(&self.path);
        let mut check = self.database.prepare("PRAGMA quick_check(10)").map_err(&fault)?;
        let rows = check.query_map([], |row| row.get(0)).map_err(&fault)?;
        let told: Vec<String> = rows.collect::<Result<_, _>>().map_err(&fault)?;
        Ok(told.into_iter().filter(|line| line != "ok").collect())
    }

    /// Does `work` in a transaction of its own, after the fence. `bytes` is about how much it writes.
    fn write<T>(
        &mut self,
        epoch: Option<Epoch>,
        bytes: usize,
        work: impl FnOnce(&Transaction<'_>, &dyn Fn(rusqlite::Error) -> WriteError) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        if self.unsure {
            let source = self.untold.take().map(Into::into);
            return Err(WriteError::Unsure { path: self.path.clone(), source });
        }
        let done = transact(&mut self.database, &self.path, epoch, work);
        if matches!(done, Err(WriteError::Unsure { .. })) {
            self.unsure = true;
        }
        self.unmoved += bytes + COMMIT_BYTES;
        if done.is_ok() && self.unmoved > CHECKPOINT_BYTES {
            self.checkpoint();
        }
        done
    }

    /// Moves what the log has gathered to its places. What was committed is durable either way.
    fn checkpoint(&mut self) {
        let moved = self.database.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        self.unmoved = 0;
        if let Err(error) = moved
            && is_sync(&error)
        {
            self.unsure = true;
            self.untold = Some(error);
        }
    }

    fn snapshot_of_first_tables(&self, limit: u64) -> rusqlite::Result<Option<StoredSnapshot>> {
        let select = "SELECT next_seq, bytes FROM snapshot WHERE next_seq < ?1";
        self.database.query_row(select, [limit], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    fn snapshot_in_pieces(&self, limit: u64) -> rusqlite::Result<Option<StoredSnapshot>> {
        let select = "SELECT id, next_seq FROM snapshot WHERE next_seq < ?1 ORDER BY next_seq DESC, id DESC";
        let found = self.database.query_row(select, [limit], |row| Ok((row.get(0)?, row.get(1)?))).optional();
        let Some((id, next_seq)): Option<(i64, u64)> = found? else { return Ok(None) };
        let select = "SELECT bytes FROM piece WHERE snapshot = ?1 ORDER BY number";
        let mut select = self.database.prepare_cached(select)?;
        let mut rows = select.query([id])?;
        let mut bytes = Vec::new();
        while let Some(row) = rows.next()? {
            bytes.extend_from_slice(row.get_ref(0)?.as_blob().unwrap_or_default());
        }
        Ok(Some((next_seq, bytes)))
    }
}

impl Journal for SqliteJournal {
    fn path(&self) -> &Path {
        &self.path
    }

    fn lease(&mut self) -> Result<Epoch, WriteError> {
        self.write(None, 0, |transaction, fault| {
            let take = "UPDATE owner SET epoch = epoch + 1 RETURNING epoch";
            transaction.query_row(take, [], |row| row.get(0)).map(Epoch).map_err(fault)
        })
    }

    fn append(&mut self, epoch: Epoch, row: Row<'_>) -> Result<(), WriteError> {
        if row.count == 0 {
            return Ok(());
        }
        let path = self.path.clone();
        self.write(Some(epoch), row.bytes.len(), |transaction, fault| {
            let next = next_seq(transaction).map_err(&fault)?;
            if row.first_seq != next {
                return Err(WriteError::WrongSequence { path, given: row.first_seq, next });
            }
            transaction
                .prepare_cached("INSERT INTO batch (first_seq, count, bytes) VALUES (?1, ?2, ?3)")
                .and_then(|mut insert| insert.execute(params![row.first_seq, row.count, row.bytes]))
                .map_err(fault)?;
            Ok(())
        })
    }

    fn read(
        &mut self,
        from: u64,
        visit: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<u64, ReadError> {
        let fault = read_fault(&self.path);
        // One state of the journal, though others go on writing.
        let database = self.database.unchecked_transaction().map_err(&fault)?;
        let mut select = database
            .prepare_cached(
                "SELECT first_seq, count, bytes FROM batch WHERE first_seq >=
                 coalesce((SELECT max(first_seq) FROM batch WHERE first_seq <= ?1), 0) ORDER BY first_seq",
            )
            .map_err(&fault)?;
        let mut rows = select.query([from]).map_err(&fault)?;
        while let Some(row) = rows.next().map_err(&fault)? {
            let first_seq = row.get(0).map_err(&fault)?;
            let count = row.get(1).map_err(&fault)?;
            let bytes = row.get_ref(2).map_err(&fault)?;
            let bytes = bytes
                .as_blob()
                .map_err(|_| ReadError::corrupt(&self.path, first_seq, "it does not hold bytes"))?;
            if visit(Row { first_seq, count, bytes }) == ControlFlow::Break(()) {
                break;
            }
        }
        next_seq(&database).map_err(&fault)
    }

    fn put_snapshot(&mut self, epoch: Epoch, row: Row<'_>) -> Result<Option<u64>, WriteError> {
        let (path, seq) = (self.path.clone(), row.first_seq);
        let begun = self.write(Some(epoch), 0, |transaction, fault| {
            let next = next_seq(transaction).map_err(&fault)?;
            if seq > next {
                return Err(WriteError::SnapshotBeyondEnd { path, given: seq, next });
            }
            begin_snapshot(transaction, seq).map_err(fault)
        })?;
        let Some(id) = begun else { return Ok(None) };
        for (number, piece) in (0_u32..).zip(row.bytes.chunks(PIECE_BYTES)) {
            self.write(Some(epoch), piece.len(), |transaction, fault| {
                let put = "INSERT INTO piece (snapshot, number, bytes) VALUES (?1, ?2, ?3)";
                transaction.execute(put, params![id, number, piece]).map_err(fault)?;
                Ok(())
            })?;
        }
        self.write(Some(epoch), 0, |transaction, fault| end_snapshot(transaction, id, seq).map_err(fault))
    }

    fn get_snapshot(&mut self, limit: u64) -> Result<Option<StoredSnapshot>, ReadError> {
        let limit = limit.min(i64::MAX as u64);
        let found = match self.tables {
            1 => self.snapshot_of_first_tables(limit),
            _ => self.snapshot_in_pieces(limit),
        };
        found.map_err(read_fault(&self.path))
    }

    fn trim(&mut self, epoch: Epoch, before: u64) -> Result<(), WriteError> {
        loop {
            let path = self.path.clone();
            let gone = self.write(Some(epoch), 0, |transaction, fault| {
                let snapshot = snapshot_seq(transaction).map_err(&fault)?;
                if before > snapshot {
                    return Err(WriteError::TrimBeyondSnapshot { path, given: before, snapshot });
                }
                let forget = "DELETE FROM batch WHERE first_seq IN
                              (SELECT first_seq FROM batch WHERE first_seq + count <= ?1
                               ORDER BY first_seq LIMIT ?2)";
                transaction.execute(forget, params![before, TRIM_ROWS]).map_err(fault)
            })?;
            if gone < TRIM_ROWS as usize {
                return Ok(());
            }
        }
    }
}

/// Does `work` in a transaction, and commits it.
fn transact<T>(
    database: &mut Connection,
    path: &Path,
    epoch: Option<Epoch>,
    work: impl FnOnce(&Transaction<'_>, &dyn Fn(rusqlite::Error) -> WriteError) -> Result<T, WriteError>,
) -> Result<T, WriteError> {
    let fault = |source| write_fault(path, source);
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
    if let Some(Epoch(given)) = epoch {
        let current = transaction
            .prepare_cached("SELECT epoch FROM owner")
            .and_then(|mut select| select.query_row([], |row| row.get(0)))
            .map_err(fault)?;
        if given != current {
            return Err(WriteError::StaleEpoch { path: path.to_owned(), given, current });
        }
    }
    let done = work(&transaction, &fault)?;
    match transaction.commit().map_err(fault) {
        Ok(()) => Ok(done),
        // The frames may stand in the log file all the same: only a new start can tell.
        Err(WriteError::Database { path, source }) => Err(WriteError::Unsure { path, source: Some(source) }),
        Err(other) => Err(other),
    }
}

/// Makes room for a snapshot up to `seq`, and gives its id; nothing where a newer one is kept already.
fn begin_snapshot(transaction: &Transaction<'_>, seq: u64) -> rusqlite::Result<Option<i64>> {
    if snapshot_seq(transaction)? > seq {
        return Ok(None);
    }
    // Of one that was never finished.
    transaction.execute("DELETE FROM piece WHERE snapshot NOT IN (SELECT id FROM snapshot)", [])?;
    let select = "SELECT coalesce(max(id), 0) + 1 FROM snapshot";
    transaction.query_row(select, [], |row| row.get(0)).map(Some)
}

/// From here on the snapshot exists; the one before it stays and is told, those before that go.
fn end_snapshot(transaction: &Transaction<'_>, id: i64, seq: u64) -> rusqlite::Result<Option<u64>> {
    transaction.execute("DELETE FROM snapshot WHERE next_seq = ?1", [seq])?;
    transaction.execute("INSERT INTO snapshot (id, next_seq) VALUES (?1, ?2)", params![id, seq])?;
    let old = "DELETE FROM snapshot WHERE id NOT IN
               (SELECT id FROM snapshot ORDER BY next_seq DESC, id DESC LIMIT 2)";
    transaction.execute(old, [])?;
    transaction.execute("DELETE FROM piece WHERE snapshot NOT IN (SELECT id FROM snapshot)", [])?;
    let before = "SELECT max(next_seq) FROM snapshot WHERE next_seq < ?1";
    transaction.query_row(before, [seq], |row| row.get(0))
}

/// The first record number that the newest snapshot does not contain.
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
    use std::io::Write;

    use super::*;
    use crate::RowWriter;

    fn append(journal: &mut SqliteJournal, epoch: Epoch, seq: u64, bytes: &[u8]) -> Result<(), WriteError> {
        let mut writer = RowWriter::default();
        writer.begin(1);
        writer.add(|to| to.write_all(bytes)).unwrap();
        journal.append(epoch, writer.finish(seq).unwrap())
    }

    #[test]
    fn full_disk_is_told_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = SqliteJournal::open(&folder.path().join("journal.sqlite")).unwrap();
        let epoch = journal.lease().unwrap();
        append(&mut journal, epoch, 1, b"kept").unwrap();
        // SQLite answers a full disk and a full database in the same way.
        journal.database.execute_batch("PRAGMA max_page_count = 1").unwrap();
        let refused = append(&mut journal, epoch, 2, &[0; 1 << 20]).unwrap_err();
        assert!(matches!(refused, WriteError::Full { .. }), "{refused}");
        journal.database.execute_batch("PRAGMA max_page_count = 100000").unwrap();
        append(&mut journal, epoch, 2, b"after").unwrap();
        let mut seen = Vec::new();
        let next = crate::read_records(&mut journal, 1, &mut |entry| {
            seen.push((entry.seq, entry.bytes.to_vec()));
            ControlFlow::Continue(())
        });
        assert_eq!((seen, next.unwrap()), (vec![(1, b"kept".to_vec()), (2, b"after".to_vec())], 3));
    }

    #[test]
    fn the_log_file_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = SqliteJournal::open(&folder.path().join("j")).unwrap();
        let epoch = journal.lease().unwrap();
        for seq in 1..=64 {
            append(&mut journal, epoch, seq, &[7; 1 << 18]).unwrap();
        }
        let log = std::fs::metadata(folder.path().join("j-wal")).unwrap().len();
        assert!(log < 3 * CHECKPOINT_BYTES as u64, "{log} bytes of log for 16 MiB written");
    }
}
