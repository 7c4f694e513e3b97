//! What can go wrong with a journal, apart by what the owner does about it.

use std::path::{Path, PathBuf};

use super::row::{self, RowError};

/// What a body's own library says.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum JournalOpenError {
    /// The file is something else.
    #[error("{path} is not a journal of framefarm; give another folder, or move the file away")]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The file's tables are newer than this program.
    #[error(
        "{path} is a journal of format {found}, this framefarm knows formats up to {known}; \
         run the newer framefarm that wrote it, or give another folder"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// The filesystem lacks what a write-ahead log needs.
    #[error(
        "{path} cannot have a write-ahead log (SQLite chose {mode:?}); \
         the data folder has to be on a local disk"
    )]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
        /// What SQLite offers instead.
        mode: String,
    },
    /// The database cannot be opened or prepared.
    #[error("cannot open the journal {path}")]
    Database {
        /// The file.
        path: PathBuf,
        /// The database's answer.
        #[source]
        source: Cause,
    },
}

/// A write to the journal was refused or failed; the journal is as before.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Someone took the journal over: the writer has to stop.
    #[error("{path} was taken over: this is epoch {given}, epoch {current} owns it now")]
    StaleEpoch {
        /// The journal.
        path: PathBuf,
        /// The writer's epoch.
        given: u64,
        /// The owner's.
        current: u64,
    },
    /// The batch does not follow the last one, for instance because it was already appended.
    #[error("record {given} cannot be appended to {path}: the next one is {next}")]
    WrongSequence {
        /// The journal.
        path: PathBuf,
        /// The number that the batch starts with.
        given: u64,
        /// The number that it has to start with.
        next: u64,
    },
    /// No room is left. Nothing was written; the same call succeeds once there is room.
    #[error("cannot write to {path}: the disk or the quota is full; free some space, then try again")]
    Full {
        /// The journal.
        path: PathBuf,
        /// The database's answer.
        #[source]
        source: Cause,
    },
    /// The batch or snapshot is larger than a row can be.
    #[error("{bytes} bytes are too many for one write to {path}")]
    TooLarge {
        /// The journal.
        path: PathBuf,
        /// How many it is.
        bytes: u64,
    },
    /// A snapshot claims to contain records that do not exist.
    #[error("a snapshot up to record {given} cannot be kept in {path}: the next record is {next}")]
    SnapshotBeyondEnd {
        /// The journal.
        path: PathBuf,
        /// The first record that it does not contain, as claimed.
        given: u64,
        /// The number that the next record gets.
        next: u64,
    },
    /// Records would be lost that no snapshot contains.
    #[error("{path} cannot be trimmed up to record {given}: its snapshot reaches only to {snapshot}")]
    TrimBeyondSnapshot {
        /// The journal.
        path: PathBuf,
        /// The first record to keep, as wanted.
        given: u64,
        /// The first record that the snapshot does not contain.
        snapshot: u64,
    },
    /// The disk failed during a commit. This value sees the journal as before, but it is not known what a
    /// new start would find, so it writes no more: open the journal anew and read.
    #[error("a write to {path} failed half-way; check the disk and start again")]
    Unsure {
        /// The journal.
        path: PathBuf,
        /// The database's answer, at the write that failed; nothing at later ones.
        #[source]
        source: Option<Cause>,
    },
    /// The database failed before the commit. Nothing was written.
    #[error("cannot write to {path}")]
    Database {
        /// The journal.
        path: PathBuf,
        /// The database's answer.
        #[source]
        source: Cause,
    },
}

/// The journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The records are gone; a snapshot contains them.
    #[error("{path} has no record {from}: it starts with {first}; load the snapshot first")]
    Trimmed {
        /// The journal.
        path: PathBuf,
        /// The first record asked for.
        from: u64,
        /// The first record there is.
        first: u64,
    },
    /// A row is damaged. Nothing from it on was shown.
    #[error("{path} is damaged at the row of record {first_seq}: {why}; restore it from a copy")]
    Corrupt {
        /// The journal.
        path: PathBuf,
        /// The number of the row's first record.
        first_seq: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// The snapshot is damaged.
    #[error("the snapshot in {path} is damaged: {why}; restore the journal from a copy")]
    CorruptSnapshot {
        /// The journal.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// A row or a snapshot has a newer format.
    #[error(
        "{path} holds rows of format {found}, this framefarm knows formats up to {known}; \
         run the newer framefarm that wrote them"
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// The format of the row.
        found: u8,
        /// The newest format known here.
        known: u8,
    },
    /// The database cannot be read, or finds its own structure damaged.
    #[error("cannot read {path}")]
    Database {
        /// The journal.
        path: PathBuf,
        /// The database's answer.
        #[source]
        source: Cause,
    },
}

impl ReadError {
    pub(super) fn corrupt(path: &Path, first_seq: u64, why: &'static str) -> Self {
        Self::Corrupt { path: path.to_owned(), first_seq, why }
    }

    /// What is wrong with the row of record `first_seq` in the journal at `path`.
    #[must_use]
    pub fn of_row(path: &Path, first_seq: u64, wrong: RowError) -> Self {
        match wrong {
            RowError::Corrupt(why) => Self::corrupt(path, first_seq, why),
            RowError::Newer(found) => Self::Newer { path: path.to_owned(), found, known: row::FORMAT },
        }
    }

    pub(crate) fn of_snapshot(path: &Path, wrong: RowError) -> Self {
        match wrong {
            RowError::Corrupt(why) => Self::CorruptSnapshot { path: path.to_owned(), why },
            RowError::Newer(found) => Self::Newer { path: path.to_owned(), found, known: row::FORMAT },
        }
    }
}
