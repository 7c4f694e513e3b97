//! Restoring a backup into a new data folder, as a farm of its own.
//!
//! The farm that was backed up may still run, or have run on after the backup was made. So that nothing is
//! taken for something else, numbers go on far behind those that it may have given meanwhile: a report about
//! a lease of its finds no lease here. What hosts hold under leases from before the backup goes on.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use model::Digest;
use schedule::Record;
use serde::Serialize;
use store::{
    Content, ContentError, DataFolder, DataFolderError, FileError, LogError, Quarantine, read_archive,
};

use super::backup::{ACCESS, AUTHORITY, CONTENT, FORMAT, JOURNAL, MANIFEST, Manifest, state_in};
use super::journal_of;
use crate::clock;

/// Far more than any farm gives between a backup and its use, and far from where numbers end.
const LEASES_SKIPPED: u64 = 1 << 32;
/// Jobs and mails are seen by people, so less of it.
const OTHERS_SKIPPED: u64 = 1_000;

/// What was restored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RestoreReport {
    /// The data folder.
    pub data: PathBuf,
    /// When the backup was made, in milliseconds since 1970.
    pub made_at: u64,
    /// How many jobs.
    pub jobs: u64,
    /// How many contents were in the backup.
    pub contents: u64,
    /// Contents that jobs need and that were not in it.
    pub missing: Vec<String>,
}

/// A backup cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is something in the folder.
    #[error("{path} is not empty; a backup is restored into a new folder")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The data folder cannot be made.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// The file is something else.
    #[error("{path} is no backup of framefarm")]
    NoBackup {
        /// The file.
        path: PathBuf,
    },
    /// The backup is of a newer format.
    #[error(
        "{path} is a backup of format {found}, this framefarm knows formats up to {FORMAT}; run a newer one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The backup cannot be read.
    #[error("the backup cannot be read")]
    Read(#[from] FileError),
    /// A file cannot be unpacked.
    #[error("cannot unpack {path}")]
    Unpack {
        /// Where to.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A content cannot be kept.
    #[error("a content of the backup cannot be kept")]
    Content(#[from] ContentError),
    /// The journal in it cannot be used.
    #[error("the journal in the backup cannot be used")]
    Journal(#[from] LogError),
}

/// Restores the backup in the file `from` into the data folder `data`, which must be new or empty.
///
/// # Errors
/// A [`RestoreError`]; there is no farm in `data` then, though there may be files.
pub fn restore_backup(from: &Path, data: &Path) -> Result<RestoreReport, RestoreError> {
    if fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(RestoreError::NotEmpty { path: data.to_owned() });
    }
    // Before anything is made, so that a wrong file leaves no trace.
    let manifest = manifest_of(from)?;
    let folder = DataFolder::open(data)?;
    let content = Content::open(&folder.path().join("content"), Quarantine::of(folder.path()))?;
    let part = folder.path().join("schedule.journal.part");
    let mut contents = 0;
    read_archive::<RestoreError>(from, |name, bytes| {
        let digest = name.strip_prefix(CONTENT).and_then(|digest| Digest::from_str(digest).ok());
        match (name, digest) {
            (JOURNAL, _) => unpack(bytes, &part).map_err(unpack_fault(&part)),
            (ACCESS, _) => {
                let journal = journal_of(folder.path(), "access");
                unpack(bytes, &journal).map_err(unpack_fault(&journal))
            }
            _ if name.starts_with(AUTHORITY) => restore_authority(folder.path(), name, bytes),
            (_, Some(digest)) => {
                contents += 1;
                keep(&content, digest, bytes)
            }
            _ => Ok(()),
        }
    })?;
    if !part.is_file() {
        return Err(RestoreError::NoBackup { path: from.to_owned() });
    }
    let jobs = skip_numbers(&part)?;
    // Last: where the journal has its name, the farm is whole.
    let journal = journal_of(folder.path(), "schedule");
    let named = fs::rename(&part, &journal).and_then(|()| File::open(folder.path())?.sync_all());
    named.map_err(unpack_fault(&journal))?;
    let missing = manifest.contents.iter().filter(|digest| !content.has(**digest));
    let missing = missing.map(ToString::to_string).collect();
    Ok(RestoreReport { data: folder.path().to_owned(), made_at: manifest.made_at, jobs, contents, missing })
}

fn manifest_of(from: &Path) -> Result<Manifest, RestoreError> {
    let none = || RestoreError::NoBackup { path: from.to_owned() };
    let mut found = None;
    let read = read_archive::<RestoreError>(from, |name, bytes| {
        if name == MANIFEST && found.is_none() {
            found = serde_json::from_reader::<_, Manifest>(bytes).ok();
        }
        // It comes first; the rest is read later.
        if found.is_some() { Err(none()) } else { Ok(()) }
    });
    match (found, read) {
        (Some(manifest), _) if manifest.format > FORMAT => {
            Err(RestoreError::Newer { path: from.to_owned(), found: manifest.format })
        }
        (Some(manifest), _) => Ok(manifest),
        (None, Err(RestoreError::Read(error))) if error.io().kind() == io::ErrorKind::NotFound => {
            Err(error.into())
        }
        (None, _) => Err(none()),
    }
}

/// Restores a file of the authority; one that would stand elsewhere is none.
fn restore_authority(data: &Path, name: &str, bytes: &mut dyn Read) -> Result<(), RestoreError> {
    let plain = name.strip_prefix(AUTHORITY).filter(|name| !name.is_empty() && !name.contains('/'));
    let Some(plain) = plain.filter(|name| !name.starts_with('.')) else { return Ok(()) };
    let folder = data.join(AUTHORITY);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(unpack_fault(&folder))?;
    let path = folder.join(plain);
    unpack(bytes, &path).map_err(unpack_fault(&path))
}

/// All of it is for this account alone.
fn unpack(from: &mut dyn Read, to: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    io::copy(from, &mut file)?;
    file.sync_all()
}

fn unpack_fault(path: &Path) -> impl Fn(io::Error) -> RestoreError {
    |source| RestoreError::Unpack { path: path.to_owned(), source }
}

fn keep(content: &Content, digest: Digest, bytes: &mut dyn Read) -> Result<(), RestoreError> {
    let mut writer = content.writer()?;
    let mut piece = vec![0; 256 << 10];
    loop {
        match bytes.read(&mut piece).map_err(unpack_fault(&content.path(digest)))? {
            0 => break,
            length => writer.write(&piece[..length])?,
        }
    }
    writer.commit(digest)?;
    Ok(())
}

/// Makes the journal at `path` one that goes on elsewhere. Returns how many jobs are in it.
fn skip_numbers(path: &Path) -> Result<u64, LogError> {
    let (state, mut log) = state_in(path)?;
    log.append(&[Record::NumbersSkipped {
        jobs: OTHERS_SKIPPED,
        leases: LEASES_SKIPPED,
        notices: OTHERS_SKIPPED,
        at: clock::now(),
    }])?;
    Ok(state.jobs().len() as u64)
}
