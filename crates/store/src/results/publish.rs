//! Giving files their final names, and closing a job's folder.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use model::{LeaseId, Output, PARTS};

use super::{Results, ResultsError, SUMS, name};
use crate::FileError;
use crate::durable::{PartFile, create_folders, digest_of, remove_parts, sync_folder};

/// The files of an attempt cannot be published. Those that were not yet published stay where they are.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A file is not what the report says.
    #[error("{path} is not the file that was reported: {what}")]
    Mismatch {
        /// The file in the intake.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// A file was neither taken in nor published before.
    #[error("{name} of lease {lease} was never taken in, or was discarded")]
    Missing {
        /// Its lease.
        lease: LeaseId,
        /// Its name.
        name: String,
    },
    /// No room is left in the storage.
    #[error("the storage is full")]
    Full(#[source] FileError),
    /// A file cannot be used.
    #[error("cannot publish to the storage")]
    File(#[source] FileError),
    /// Not a name for a file or a folder.
    #[error("cannot publish to the storage")]
    Name(#[source] ResultsError),
}

impl PublishError {
    /// Whether trying again is of no use, because what was reported is not there.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Mismatch { .. } | Self::Missing { .. } | Self::Name(_))
    }
}

impl From<FileError> for PublishError {
    fn from(error: FileError) -> Self {
        if error.is_full() { Self::Full(error) } else { Self::File(error) }
    }
}

/// The list of digests cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No room is left in the storage.
    #[error("the storage is full")]
    Full(#[source] FileError),
    /// A file cannot be used.
    #[error("cannot write the list of digests")]
    File(#[source] FileError),
    /// Not a name for a file or a folder.
    #[error("cannot write the list of digests")]
    Name(#[source] ResultsError),
}

impl From<FileError> for SealError {
    fn from(error: FileError) -> Self {
        if error.is_full() { Self::Full(error) } else { Self::File(error) }
    }
}

impl Results {
    /// Publishes the files taken in under `lease`: each is read again and compared with the report, and
    /// only when all are right do they get their names in `folder`. Doing it twice is as good as once.
    ///
    /// # Errors
    /// See [`PublishError`].
    pub fn publish(&self, lease: LeaseId, folder: &str, outputs: &[Output]) -> Result<(), PublishError> {
        name::check_folder(folder).map_err(PublishError::Name)?;
        let intake = self.intake_folder(lease);
        let target = self.path().join(folder);
        let mut moves = Vec::new();
        for output in outputs {
            name::check_output(&output.name).map_err(PublishError::Name)?;
            let from = intake.join(&output.name);
            let to = target.join(&output.name);
            if compare(&from, output)? {
                moves.push((from, to));
            } else if digest_of(&to)?.is_none_or(|found| found != (output.digest, output.bytes)) {
                return Err(PublishError::Missing { lease, name: output.name.clone() });
            }
        }
        create_folders(&target)?;
        for (from, to) in moves {
            fs::rename(&from, &to).map_err(FileError::of("rename a finished file to", &to))?;
        }
        sync_folder(&target)?;
        // A folder that stays behind is discarded like any other.
        let _ = fs::remove_dir_all(intake);
        Ok(())
    }

    /// Removes the parts of pictures that lie in `folder`, if there are any.
    ///
    /// # Errors
    /// [`SealError::Name`] or [`SealError::File`].
    pub fn clear_parts(&self, folder: &str) -> Result<(), SealError> {
        name::check(folder).map_err(SealError::Name)?;
        let parts = self.path().join(folder).join(PARTS);
        match fs::remove_dir_all(&parts) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(FileError::of("remove", &parts)(e).into()),
            _ => Ok(()),
        }
    }

    /// Writes the list of digests of `folder`, sorted by name, so that `b3sum --check B3SUMS` there tells
    /// whether a copy is whole. Writes nothing where there are neither files nor a folder.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal(&self, folder: &str, outputs: &[Output]) -> Result<(), SealError> {
        name::check(folder).map_err(SealError::Name)?;
        let target = self.path().join(folder);
        if outputs.is_empty() && !target.is_dir() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for output in outputs {
            name::check_output(&output.name).map_err(SealError::Name)?;
            lines.push((output.name.as_str(), output.digest));
        }
        lines.sort_unstable();
        let text: String = lines.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
        create_folders(&target)?;
        // A crash may have left an earlier try behind; nothing else is begun in this folder.
        remove_parts(&target)?;
        let mut file = PartFile::create(&target)?;
        file.write(text.as_bytes())?;
        Ok(file.settle(&target.join(SUMS))?)
    }
}

/// Whether the file at `path` is there; if so it has to be `output`.
fn compare(path: &Path, output: &Output) -> Result<bool, PublishError> {
    let Some((digest, bytes)) = digest_of(path)? else { return Ok(false) };
    let what = if bytes != output.bytes {
        format!("it has {bytes} bytes, not {}", output.bytes)
    } else if digest != output.digest {
        format!("its digest is {digest}, not {}", output.digest)
    } else {
        return Ok(true);
    };
    Err(PublishError::Mismatch { path: path.to_owned(), what })
}
