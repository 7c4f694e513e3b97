//! A journal of records of one type: what a role's loop replays at its start and appends to ever after.

use std::marker::PhantomData;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Epoch, Journal, JournalOpenError, ReadError, WriteError};

/// An owned journal whose records are values of `R`, kept as JSON with named fields.
#[derive(Debug)]
pub struct RecordLog<R> {
    journal: Journal,
    epoch: Epoch,
    /// The first record that the state loaded so far does not contain.
    loaded: u64,
    /// The number of the next record; nothing before the replay, without which it is not known.
    next: Option<u64>,
    records: PhantomData<fn(R) -> R>,
}

/// A record log cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The journal cannot be opened.
    #[error(transparent)]
    Open(#[from] JournalOpenError),
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal refused the write, or it failed.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A whole record that this program cannot read: most likely one of a newer version.
    #[error("record {seq} is of a kind that this framefarm does not know; run the newer one that wrote it")]
    UnknownRecord {
        /// Its number.
        seq: u64,
        /// What the reader of records says.
        #[source]
        source: serde_json::Error,
    },
    /// A whole snapshot that this program cannot read: most likely one of a newer version.
    #[error("the snapshot is of a kind that this framefarm does not know; run the newer one that wrote it")]
    UnknownSnapshot {
        /// What the reader of snapshots says.
        #[source]
        source: serde_json::Error,
    },
    /// A value that JSON cannot hold.
    #[error("a value cannot be written as JSON")]
    NotJson {
        /// What the writer says.
        #[source]
        source: serde_json::Error,
    },
    /// Appending before replaying would skip what others wrote.
    #[error("the records were not replayed before the first append")]
    NotReplayed,
}

impl LogError {
    /// Whether the same call may succeed later, what was written before being as it was. After any other
    /// error the log has to be opened anew.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Write(WriteError::Full { .. } | WriteError::Database { .. }))
    }
}

impl<R: Serialize + DeserializeOwned> RecordLog<R> {
    /// Opens the journal at `path` and takes it over.
    ///
    /// # Errors
    /// [`LogError::Open`] or [`LogError::Write`].
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let mut journal = Journal::open(path)?;
        let epoch = journal.lease()?;
        Ok(Self { journal, epoch, loaded: 1, next: None, records: PhantomData })
    }

    /// The newest snapshot; the replay then starts behind it.
    ///
    /// # Errors
    /// [`LogError::Read`] or [`LogError::UnknownSnapshot`].
    pub fn load_snapshot<S: DeserializeOwned>(&mut self) -> Result<Option<S>, LogError> {
        let Some((next_seq, bytes)) = self.journal.get_snapshot()? else { return Ok(None) };
        let state = serde_json::from_slice(&bytes).map_err(|source| LogError::UnknownSnapshot { source })?;
        self.loaded = next_seq;
        Ok(Some(state))
    }

    /// Shows each record behind the loaded snapshot, or from the first one on, to `apply`. Returns how many
    /// there were.
    ///
    /// # Errors
    /// [`LogError::Read`] or [`LogError::UnknownRecord`]; the records before it were shown.
    pub fn replay(&mut self, mut apply: impl FnMut(R)) -> Result<u64, LogError> {
        let next = self.journal.read(self.loaded, |seq, bytes| {
            let record =
                serde_json::from_slice(bytes).map_err(|source| LogError::UnknownRecord { seq, source })?;
            apply(record);
            Ok::<(), LogError>(())
        })?;
        self.next = Some(next);
        Ok(next - self.loaded)
    }

    /// Adds `records`: all of them, durably, or nothing.
    ///
    /// # Errors
    /// [`LogError::Write`], [`LogError::NotJson`] or [`LogError::NotReplayed`].
    pub fn append(&mut self, records: &[R]) -> Result<(), LogError> {
        let next = self.next.ok_or(LogError::NotReplayed)?;
        let batch: Vec<Vec<u8>> = records
            .iter()
            .map(serde_json::to_vec)
            .collect::<Result<_, _>>()
            .map_err(|source| LogError::NotJson { source })?;
        self.journal.append(self.epoch, next, &batch)?;
        self.next = Some(next + batch.len() as u64);
        Ok(())
    }

    /// Keeps `state` as the outcome of all records so far, and forgets the records.
    ///
    /// # Errors
    /// [`LogError::Write`], [`LogError::NotJson`] or [`LogError::NotReplayed`].
    pub fn save_snapshot<S: Serialize>(&mut self, state: &S) -> Result<(), LogError> {
        let next = self.next.ok_or(LogError::NotReplayed)?;
        let bytes = serde_json::to_vec(state).map_err(|source| LogError::NotJson { source })?;
        self.journal.put_snapshot(self.epoch, next, &bytes)?;
        self.journal.trim(self.epoch, next)?;
        Ok(())
    }

    /// The number of the next record, counted from 1; nothing before the replay.
    #[must_use]
    pub const fn next_seq(&self) -> Option<u64> {
        self.next
    }
}
