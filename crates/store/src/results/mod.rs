//! The network data storage as a folder: where finished pictures lie, under names that people expect.
//!
//! A file is taken in under its lease first, in `.intake`. It gets its final name only once it is known to
//! be what the report of its attempt says, so nobody ever meets half a picture.

mod intake;
mod name;
mod publish;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use model::LeaseId;

use crate::FileError;
use crate::durable::{PartFile, create_folders};

pub use intake::{IntakeError, IntakeWriter};
pub use publish::{PublishError, SealError};

/// The file in each folder that lists the digests of the others.
const SUMS: &str = "B3SUMS";

/// The file that holds the name of a storage.
const IDENTITY: &str = ".identity";

/// An open storage folder. Clones use the same folder and may be used from several threads.
#[derive(Clone, Debug)]
pub struct Results {
    folder: PathBuf,
}

/// The storage cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the storage {path} cannot be used: files have to be made, renamed and removed there")]
pub struct StorageOpenError {
    /// The folder.
    pub path: PathBuf,
    /// What failed.
    #[source]
    pub source: FileError,
}

/// A stored file or folder cannot be given out.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// Not the name of a file or folder here.
    #[error("{name:?} cannot be a name in the storage: {why}")]
    BadName {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is no such file.
    #[error("there is no {name} in {folder}")]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The file.
        name: String,
    },
    /// The file cannot be used.
    #[error("cannot read from the storage")]
    File(#[from] FileError),
}

/// A file in the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Results {
    /// Opens the storage at `folder`, making it where there is none, and tries whether it can be written.
    /// One schedule server may use it, and render servers for their intakes.
    ///
    /// # Errors
    /// A file cannot be made, renamed or removed there.
    pub fn open(folder: &Path) -> Result<Self, StorageOpenError> {
        let fault = |source| StorageOpenError { path: folder.to_owned(), source };
        let intake = folder.join(".intake");
        create_folders(&intake).map_err(fault)?;
        let folder = fs::canonicalize(folder).map_err(FileError::of("find", folder)).map_err(fault)?;
        let probe = folder.join(".writable");
        let mut file = PartFile::create(&intake).map_err(fault)?;
        file.write(b"framefarm tries whether it can write here\n").map_err(fault)?;
        file.settle(&probe).map_err(fault)?;
        fs::remove_file(&probe).map_err(FileError::of("remove", &probe)).map_err(fault)?;
        Ok(Self { folder })
    }

    /// The name of this storage, by which two folders are known to be the same; nothing before it has one.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        let text = fs::read_to_string(self.folder.join(IDENTITY)).ok()?;
        Some(text.trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// Gives the storage the name `new`, unless it has one; returns its name.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn identify(&self, new: &str) -> Result<String, FileError> {
        if let Some(name) = self.identity() {
            return Ok(name);
        }
        let mut file = PartFile::create(&self.folder.join(".intake"))?;
        file.write(new.as_bytes())?;
        file.settle(&self.folder.join(IDENTITY))?;
        Ok(new.to_owned())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Opens a published file for reading. Returns its size in bytes too.
    ///
    /// # Errors
    /// See [`ResultsError`].
    pub fn open_file(&self, folder: &str, name: &str) -> Result<(File, u64), ResultsError> {
        let path = self.final_path(folder, name)?;
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Err(ResultsError::Missing { folder: self.folder.join(folder), name: name.into() });
            }
            Err(e) => return Err(FileError::of("open", &path)(e).into()),
        };
        let bytes = file.metadata().map_err(FileError::of("look at", &path))?.len();
        Ok((file, bytes))
    }

    /// The published files of a folder, by name; none where there is no such folder.
    ///
    /// # Errors
    /// [`ResultsError::BadName`] or [`ResultsError::File`].
    pub fn list(&self, folder: &str) -> Result<Vec<StoredFile>, ResultsError> {
        name::check(folder)?;
        let path = self.folder.join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(FileError::of("list", &path)(e).into()),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(FileError::of("list", &path))?;
            let found = entry.metadata().map_err(FileError::of("look at", &entry.path()))?;
            if let Ok(name) = entry.file_name().into_string()
                && found.is_file()
                && name::check_output(&name).is_ok()
            {
                files.push(StoredFile { name, bytes: found.len() });
            }
        }
        files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    fn final_path(&self, folder: &str, name: &str) -> Result<PathBuf, ResultsError> {
        name::check_folder(folder)?;
        name::check(name)?;
        Ok(self.folder.join(folder).join(name))
    }

    fn intake_folder(&self, lease: LeaseId) -> PathBuf {
        self.folder.join(".intake").join(lease.to_string())
    }
}
