//! The journal port: rows of records in order, durable before `append` returns, owned by one at a time.
//!
//! A body keeps rows and snapshots as bytes and knows nothing of what is in them; what a row looks like,
//! and whether it is whole, is the same for every body (`row`, `reading`). Owning is by epoch: whoever took
//! the newest lease may write, and everyone else learns so at the next write. No part of it may know what a
//! record means. A new body has to pass the tests in `tests/it/conformance.rs`.

mod error;
mod reading;
mod row;
mod sqlite;

use std::fmt::Debug;
use std::ops::ControlFlow;
use std::path::Path;

pub use error::{Cause, JournalOpenError, ReadError, WriteError};
pub use reading::{Entry, read_records};
pub use row::{Opened, Records, Row, RowError, RowWriter};
pub use sqlite::SqliteJournal;

/// The number of the first record of a new journal.
pub const FIRST_SEQ: u64 = 1;

/// Which lease of the journal this is; a newer one makes it stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

/// A snapshot as it is kept: the number of the first record that it does not contain, and its row.
pub type StoredSnapshot = (u64, Vec<u8>);

/// An open journal.
pub trait Journal: Debug + Send {
    /// What errors call it.
    fn path(&self) -> &Path;

    /// Takes the journal over: the epoch returned may write until the next lease is taken.
    ///
    /// # Errors
    /// [`WriteError::Full`], [`WriteError::Unsure`] or [`WriteError::Database`].
    fn lease(&mut self) -> Result<Epoch, WriteError>;

    /// Adds a row: all of it, durably, or nothing. One without records changes nothing.
    ///
    /// # Errors
    /// Any [`WriteError`] but [`WriteError::SnapshotBeyondEnd`] and [`WriteError::TrimBeyondSnapshot`].
    fn append(&mut self, epoch: Epoch, row: Row<'_>) -> Result<(), WriteError>;

    /// Shows each row from the one that holds the record `from`, or else from the first one behind it, to
    /// `visit`. Returns the number that the next record will get.
    ///
    /// # Errors
    /// The rows cannot be read.
    fn read(
        &mut self,
        from: u64,
        visit: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<u64, ReadError>;

    /// Keeps `row` as the state in which all records below the number `row.first_seq` are contained. The
    /// snapshot before it is kept too, older ones are not; its number is returned, where there is one.
    ///
    /// # Errors
    /// Any [`WriteError`] but [`WriteError::WrongSequence`] and [`WriteError::TrimBeyondSnapshot`].
    fn put_snapshot(&mut self, epoch: Epoch, row: Row<'_>) -> Result<Option<u64>, WriteError>;

    /// The newest snapshot that contains only records below the number `limit`.
    ///
    /// # Errors
    /// It cannot be read.
    fn get_snapshot(&mut self, limit: u64) -> Result<Option<StoredSnapshot>, ReadError>;

    /// Forgets the records below the number `before`, as far as whole rows lie below it.
    ///
    /// # Errors
    /// [`WriteError::TrimBeyondSnapshot`] where no snapshot contains them all, or one of those that every
    /// write may meet.
    fn trim(&mut self, epoch: Epoch, before: u64) -> Result<(), WriteError>;
}
