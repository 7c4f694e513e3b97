//! Backups: the schedule server's journal as it is at one moment, who belongs to the farm and its authority,
//! and where wanted the contents of its jobs.
//!
//! The journals and the authority are all that a farm cannot do without. A render server's own is of no use
//! elsewhere: it is about processes of its machine, and whatever it held is rendered again. Finished frames
//! and logs are plain files that every backup of files takes along.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use model::{Digest, Role};
use schedule::{Record, Schedule};
use serde::{Deserialize, Serialize};
use store::{
    ArchiveWriter, Content, ContentError, FIRST_SEQ, FileError, JournalOpenError, LogError, Quarantine,
    ReadError, RecordLog, SqliteJournal,
};

use super::check::contents_needed;
use super::journal_of;
use crate::clock;

/// The format of backups that this program writes.
pub(super) const FORMAT: u32 = 1;
/// What is in a backup, by name. Contents have their digest behind `CONTENT`.
pub(super) const MANIFEST: &str = "framefarm-backup.json";
pub(super) const JOURNAL: &str = "schedule.journal";
pub(super) const ACCESS: &str = "access.journal";
pub(super) const AUTHORITY: &str = "authority/";
pub(super) const CONTENT: &str = "content/";

/// What a backup says of itself. It comes first in the archive, so that it can be read alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// The framefarm that made it.
    pub(super) version: String,
    /// When, in milliseconds since 1970.
    pub(super) made_at: u64,
    /// Records up to this number are in it.
    pub(super) last_record: u64,
    /// Contents that its jobs need.
    pub(super) contents: Vec<Digest>,
    /// Whether they are in it.
    pub(super) has_contents: bool,
    /// For people who open it without us.
    pub(super) not_in_it: String,
}

/// What was backed up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackupReport {
    /// The backup.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Records up to this number are in it.
    pub last_record: u64,
    /// How many jobs.
    pub jobs: u64,
    /// How many contents its jobs need that have not ended.
    pub contents: u64,
    /// Whether they are in it.
    pub has_contents: bool,
    /// Contents that they need and that are not whole in the data folder either.
    pub missing: Vec<String>,
}

/// A backup cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to back up.
    #[error("there is no schedule server's journal in {path}")]
    NoJournal {
        /// The data folder.
        path: PathBuf,
    },
    /// The journal cannot be opened.
    #[error(transparent)]
    Open(#[from] JournalOpenError),
    /// No copy can be made beside the backup.
    #[error("cannot create {path}")]
    Create {
        /// The copy.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The journal cannot be copied.
    #[error("the journal cannot be copied")]
    Copy(#[from] ReadError),
    /// What was copied cannot be restored.
    #[error("the copy of the journal is of no use")]
    Useless(#[from] LogError),
    /// A content cannot be read.
    #[error("a content cannot be backed up")]
    Content(#[from] ContentError),
    /// The backup cannot be written.
    #[error("the backup cannot be written")]
    File(#[from] FileError),
}

/// Backs the farm in the data folder `data` up to the file `to`, with the contents that its jobs need where
/// `contents`. The farm may be running; all that it acknowledged before the call is in the backup.
///
/// # Errors
/// It cannot be read or written; the file that was called `to` before is still there then.
pub fn back_up(data: &Path, to: &Path, contents: bool) -> Result<BackupReport, BackupError> {
    let journal = journal_of(data, "schedule");
    if !journal.is_file() {
        return Err(BackupError::NoJournal { path: data.to_owned() });
    }
    let copy = Copy::of(&journal, to, "schedule")?;
    let (state, log) = state_in(&copy.0)?;
    let last_record = log.next_seq().unwrap_or(FIRST_SEQ) - 1;
    // Closed, all of it is in the one file.
    drop(log);

    let mut archive = ArchiveWriter::create(to)?;
    let needed: Vec<Digest> = contents_needed(&state).into_iter().map(|(digest, _)| digest).collect();
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: clock::now().0,
        last_record,
        contents: needed.clone(),
        has_contents: contents,
        not_in_it: "finished frames (the storage), logs of attempts, and what render servers keep".to_owned(),
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|source| LogError::NotJson { source })?;
    archive.add_bytes(MANIFEST, &text)?;
    archive.add_file(JOURNAL, &copy.0)?;
    add_membership(&mut archive, data, to)?;
    let content = Content::look(&data.join("content"), Quarantine::of(data));
    let mut missing = Vec::new();
    for digest in &needed {
        if content.is_whole(*digest)? != Some(true) {
            missing.push(digest.to_string());
        } else if contents {
            archive.add_file(&format!("{CONTENT}{digest}"), &content.path(*digest))?;
        }
    }
    let (jobs, count) = (state.jobs().len() as u64, needed.len() as u64);
    let bytes = archive.finish()?;
    let (path, has_contents) = (to.to_owned(), contents);
    Ok(BackupReport { path, bytes, last_record, jobs, contents: count, has_contents, missing })
}

/// Adds who belongs to the farm, and what vouches for them; a farm of an early version has neither.
fn add_membership(archive: &mut ArchiveWriter, data: &Path, to: &Path) -> Result<(), BackupError> {
    let journal = journal_of(data, "access");
    if journal.is_file() {
        let copy = Copy::of(&journal, to, "access")?;
        archive.add_file(ACCESS, &copy.0)?;
    }
    let folder = data.join(AUTHORITY);
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let name = format!("{AUTHORITY}{}", entry.file_name().to_string_lossy());
            archive.add_file(&name, &entry.path())?;
        }
    }
    Ok(())
}

/// What a start would make of the journal at `path`, nobody else using it. What makes no sense is passed
/// over; a start sets it aside.
pub(super) fn state_in(path: &Path) -> Result<(Schedule, RecordLog<Record>), LogError> {
    let mut log = RecordLog::open(path)?;
    let (state, _) = log.load_snapshot::<Schedule>()?;
    let mut state = state.unwrap_or_default();
    log.replay(|_, record| {
        if let Ok(record) = record {
            let _ = catch_unwind(AssertUnwindSafe(|| state.apply(&record, &mut Vec::new())));
        }
        Ok(())
    })?;
    Ok((state, log))
}

/// The copy of the journal that is packed, gone when it is dropped.
struct Copy(PathBuf);

impl Copy {
    /// Copies `journal` beside the backup `to`.
    fn of(journal: &Path, to: &Path, what: &str) -> Result<Self, BackupError> {
        let copy = Self(to.with_extension(format!("{}.{what}.part", std::process::id())));
        copy.remove();
        // It may tell who people are, so it is made for this account before anything is in it.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy.0);
        made.map_err(|source| BackupError::Create { path: copy.0.clone(), source })?;
        SqliteJournal::look(journal)?.copy_to(&copy.0)?;
        Ok(copy)
    }

    fn remove(&self) {
        // Left behind by a process of the same number that was killed.
        let _ = fs::remove_file(&self.0);
        for end in ["-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}
