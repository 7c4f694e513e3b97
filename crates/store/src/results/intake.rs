//! Taking files in from the render servers, under the lease of their attempt.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use model::{Digest, LeaseId};

use super::{Results, ResultsError, name};
use crate::FileError;
use crate::durable::{PartFile, create_folders};

/// A file on its way into the storage. Dropping it forgets what was written.
#[derive(Debug)]
pub struct IntakeWriter {
    part: PartFile,
    path: PathBuf,
}

/// A file cannot be taken in, or an intake not dropped.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// No room is left in the storage.
    #[error("the storage is full")]
    Full(#[source] FileError),
    /// The file cannot be used.
    #[error("cannot take a file into the storage")]
    File(#[source] FileError),
    /// Not a name for a file.
    #[error("cannot take a file into the storage")]
    Name(#[source] ResultsError),
}

impl From<FileError> for IntakeError {
    fn from(error: FileError) -> Self {
        if error.is_full() { Self::Full(error) } else { Self::File(error) }
    }
}

impl Results {
    /// Begins to take in the file `name` of the attempt that holds `lease`. A file of that name which was
    /// taken in before is replaced once this one is whole.
    ///
    /// # Errors
    /// See [`IntakeError`].
    pub fn intake(&self, lease: LeaseId, name: &str) -> Result<IntakeWriter, IntakeError> {
        name::check_output(name).map_err(IntakeError::Name)?;
        let folder = self.intake_folder(lease);
        create_folders(&folder)?;
        Ok(IntakeWriter { part: PartFile::create(&folder)?, path: folder.join(name) })
    }

    /// Forgets what was taken in under `lease`, if there is anything.
    ///
    /// # Errors
    /// [`IntakeError::File`].
    pub fn discard(&self, lease: LeaseId) -> Result<(), IntakeError> {
        let folder = self.intake_folder(lease);
        match fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(FileError::of("remove", &folder)(e).into()),
            _ => Ok(()),
        }
    }

    /// The leases under which something was taken in and neither published nor discarded.
    ///
    /// # Errors
    /// [`IntakeError::File`].
    pub fn leases_with_intake(&self) -> Result<Vec<LeaseId>, IntakeError> {
        let folder = self.path().join(".intake");
        let mut leases = Vec::new();
        for entry in fs::read_dir(&folder).map_err(FileError::of("list", &folder))? {
            let name = entry.map_err(FileError::of("list", &folder))?.file_name();
            leases.extend(name.to_str().and_then(|name| name.parse::<LeaseId>().ok()));
        }
        leases.sort_unstable();
        Ok(leases)
    }
}

impl IntakeWriter {
    /// Adds bytes to the end.
    ///
    /// # Errors
    /// [`IntakeError::Full`] or [`IntakeError::File`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        Ok(self.part.write(bytes)?)
    }

    /// Keeps what was written, durably. Returns its digest and its size in bytes.
    ///
    /// # Errors
    /// [`IntakeError::Full`] or [`IntakeError::File`]; nothing is kept then.
    pub fn commit(self) -> Result<(Digest, u64), IntakeError> {
        let kept = (self.part.digest(), self.part.bytes());
        self.part.settle(&self.path)?;
        Ok(kept)
    }
}
