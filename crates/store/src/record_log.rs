//! A journal of records of one type: what a role's loop replays at its start and appends to ever after.

use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use model::Versioned;

use crate::journal::FIRST_SEQ;
use crate::{
    Entry, Epoch, Journal, JournalOpenError, ReadError, Row, RowWriter, SqliteJournal, WriteError,
    read_records,
};

/// An owned journal whose records are values of `R`, kept as JSON with named fields.
#[derive(Debug)]
pub struct RecordLog<R> {
    journal: Box<dyn Journal>,
    epoch: Epoch,
    /// The first record that the state loaded so far does not contain.
    loaded: u64,
    /// The number of the next record; nothing before the replay, without which it is not known.
    next: Option<u64>,
    writer: RowWriter,
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
    /// A record of a newer version.
    #[error(
        "record {seq} in {path} has version {found}, this framefarm knows versions up to {known}; \
         run the newer framefarm that wrote it"
    )]
    NewerRecord {
        /// The journal.
        path: PathBuf,
        /// The record's number.
        seq: u64,
        /// Its version.
        found: u16,
        /// The newest version known here.
        known: u16,
    },
    /// A snapshot of a newer version.
    #[error(
        "the snapshot in {path} has version {found}, this framefarm knows versions up to {known}; \
         run the newer framefarm that wrote it"
    )]
    NewerSnapshot {
        /// The journal.
        path: PathBuf,
        /// Its version.
        found: u16,
        /// The newest version known here.
        known: u16,
    },
    /// A record that is whole, and makes no sense.
    #[error("record {seq} in {path} cannot be read; restore a backup, or run the framefarm that wrote it")]
    UnreadableRecord {
        /// The journal.
        path: PathBuf,
        /// Its number.
        seq: u64,
        /// What the reader of records says.
        #[source]
        source: serde_json::Error,
    },
    /// A record that the role cannot make true.
    #[error("record {seq} in {path} cannot be made true ({why}); restore a backup")]
    ImpossibleRecord {
        /// The journal.
        path: PathBuf,
        /// Its number.
        seq: u64,
        /// What the role says.
        why: String,
    },
    /// What is left contradicts itself, once what made no sense was left out.
    #[error("what is left of {path} without its bad records contradicts itself ({why}); restore a backup")]
    Unsound {
        /// The journal.
        path: PathBuf,
        /// What the role says.
        why: String,
    },
    /// A snapshot that is whole and makes no sense, the records that led to it being gone.
    #[error(
        "the snapshot in {path} cannot be read, nor are the records before it there any more; \
         restore a backup, or run the framefarm that wrote it"
    )]
    UnreadableSnapshot {
        /// The journal.
        path: PathBuf,
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

/// A snapshot that was passed over, since the one before it, or the records, make the same state.
#[derive(Debug)]
pub struct PassedOver {
    /// The number of the first record that it does not contain.
    pub next_seq: u64,
    /// Its row.
    pub bytes: Vec<u8>,
    /// What is wrong with it.
    pub why: LogError,
}

impl<R: Versioned> RecordLog<R> {
    /// Opens the journal in the file at `path` and takes it over.
    ///
    /// # Errors
    /// [`LogError::Open`] or [`LogError::Write`].
    pub fn open(path: &Path) -> Result<Self, LogError> {
        Self::over(Box::new(SqliteJournal::open(path)?))
    }

    /// Takes a journal over.
    ///
    /// # Errors
    /// [`LogError::Write`].
    pub fn over(mut journal: Box<dyn Journal>) -> Result<Self, LogError> {
        let epoch = journal.lease()?;
        let (writer, records) = (RowWriter::default(), PhantomData);
        Ok(Self { journal, epoch, loaded: FIRST_SEQ, next: None, writer, records })
    }

    /// The newest snapshot that can be read; the replay then starts behind it. Those that were passed over
    /// come with it.
    ///
    /// # Errors
    /// [`LogError::Read`], [`LogError::NewerSnapshot`], or [`LogError::UnreadableSnapshot`] where neither an
    /// older one nor the records can stand in.
    pub fn load_snapshot<S: Versioned>(&mut self) -> Result<(Option<S>, Vec<PassedOver>), LogError> {
        let mut over: Vec<PassedOver> = Vec::new();
        let mut limit = u64::MAX;
        loop {
            let (next_seq, found) = match self.journal.get_snapshot(limit)? {
                None => (FIRST_SEQ, None),
                Some((next_seq, bytes)) => match open_snapshot::<S>(self.journal.path(), next_seq, &bytes) {
                    Ok(state) => (next_seq, Some(state)),
                    Err(why @ LogError::NewerSnapshot { .. }) => return Err(why),
                    Err(why) => {
                        limit = next_seq;
                        over.push(PassedOver { next_seq, bytes, why });
                        continue;
                    }
                },
            };
            if !over.is_empty() && !self.has_records_from(next_seq)? {
                return Err(over.swap_remove(0).why);
            }
            self.loaded = next_seq;
            return Ok((found, over));
        }
    }

    fn has_records_from(&mut self, from: u64) -> Result<bool, LogError> {
        match read_records(self.journal.as_mut(), from, &mut |_| ControlFlow::Break(())) {
            Ok(_) => Ok(true),
            Err(ReadError::Trimmed { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Shows each record behind the loaded snapshot, or from the first one on, to `apply`, which may be what
    /// says that it makes no sense. Returns how many there were.
    ///
    /// # Errors
    /// [`LogError::Read`], [`LogError::NewerRecord`], or what `apply` returns; the records before were shown.
    pub fn replay(
        &mut self,
        mut apply: impl FnMut(Entry<'_>, Result<R, LogError>) -> Result<(), LogError>,
    ) -> Result<u64, LogError> {
        let path = self.journal.path().to_owned();
        let mut stopped = None;
        let next = read_records(self.journal.as_mut(), self.loaded, &mut |entry| {
            let applied = match open_record(&path, entry) {
                Err(newer @ LogError::NewerRecord { .. }) => Err(newer),
                record => apply(entry, record),
            };
            match applied {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    stopped = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = stopped {
            return Err(error);
        }
        self.next = Some(next);
        Ok(next - self.loaded)
    }

    /// Adds `records`: all of them, durably, or nothing.
    ///
    /// # Errors
    /// [`LogError::Write`], [`LogError::NotJson`] or [`LogError::NotReplayed`].
    pub fn append(&mut self, records: &[R]) -> Result<(), LogError> {
        let next = self.next.ok_or(LogError::NotReplayed)?;
        self.writer.begin(R::VERSION);
        for record in records {
            let write = |to: &mut Vec<u8>| serde_json::to_writer(to, record);
            self.writer.add(write).map_err(|source| LogError::NotJson { source })?;
        }
        let row = finish(&mut self.writer, next, self.journal.path())?;
        self.journal.append(self.epoch, row)?;
        self.next = Some(next + records.len() as u64);
        Ok(())
    }

    /// Keeps `state` as the outcome of all records so far, as [`save_snapshot`] does.
    ///
    /// # Errors
    /// [`LogError::Write`], [`LogError::NotJson`] or [`LogError::NotReplayed`].
    pub fn save_snapshot<S: Versioned>(&mut self, state: &S) -> Result<(), LogError> {
        let next = self.next.ok_or(LogError::NotReplayed)?;
        save_snapshot(self.journal.as_mut(), self.epoch, next, state)
    }

    /// The number of the next record, counted from 1; nothing before the replay.
    #[must_use]
    pub const fn next_seq(&self) -> Option<u64> {
        self.next
    }

    /// Its lease of the journal, for a snapshot that another thread saves.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }
}

/// Keeps `state` as the outcome of all records below the number `next_seq`, and forgets those that were in
/// the snapshot before it. The others stay: should this one turn out to be unreadable, they make it again.
///
/// # Errors
/// [`LogError::Write`] or [`LogError::NotJson`].
pub fn save_snapshot<S: Versioned>(
    journal: &mut dyn Journal,
    epoch: Epoch,
    next_seq: u64,
    state: &S,
) -> Result<(), LogError> {
    let mut writer = RowWriter::default();
    writer.begin(S::VERSION);
    let written = writer.add(|to| serde_json::to_writer(to, state));
    written.map_err(|source| LogError::NotJson { source })?;
    let row = finish(&mut writer, next_seq, journal.path())?;
    if let Some(before) = journal.put_snapshot(epoch, row)? {
        journal.trim(epoch, before)?;
    }
    Ok(())
}

fn finish<'a>(writer: &'a mut RowWriter, first_seq: u64, path: &Path) -> Result<Row<'a>, WriteError> {
    writer.finish(first_seq).map_err(|bytes| WriteError::TooLarge { path: path.to_owned(), bytes })
}

/// The record in `entry`, of the journal at `path`.
///
/// # Errors
/// [`LogError::NewerRecord`] or [`LogError::UnreadableRecord`].
pub fn open_record<R: Versioned>(path: &Path, entry: Entry<'_>) -> Result<R, LogError> {
    let Entry { seq, version: found, bytes } = entry;
    if found > R::VERSION {
        return Err(LogError::NewerRecord { path: path.to_owned(), seq, found, known: R::VERSION });
    }
    decode(found, bytes).map_err(|source| LogError::UnreadableRecord { path: path.to_owned(), seq, source })
}

/// The state in a snapshot of the journal at `path`, as [`Journal::get_snapshot`] gives it.
///
/// # Errors
/// [`LogError::Read`], [`LogError::NewerSnapshot`] or [`LogError::UnreadableSnapshot`].
pub fn open_snapshot<S: Versioned>(path: &Path, next_seq: u64, bytes: &[u8]) -> Result<S, LogError> {
    let row = Row { first_seq: next_seq, count: 1, bytes };
    let mut opened = row.open().map_err(|wrong| ReadError::of_snapshot(path, wrong))?;
    let found = opened.version;
    if found > S::VERSION {
        return Err(LogError::NewerSnapshot { path: path.to_owned(), found, known: S::VERSION });
    }
    let state = opened.records.next().unwrap_or_default();
    decode(found, state).map_err(|source| LogError::UnreadableSnapshot { path: path.to_owned(), source })
}

fn decode<T: Versioned>(version: u16, bytes: &[u8]) -> Result<T, serde_json::Error> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = T::read(version, &mut from)?;
    from.end()?;
    Ok(value)
}
