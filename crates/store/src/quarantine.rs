//! What cannot be used any more and may still be of use to a person: damaged contents, records that make no
//! sense. It is kept as it was, each with a note that says what is wrong, and the rest of the farm goes on.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::FileError;
use crate::durable::{PartFile, create_folders, sync_folder};

/// Ends the name of a note; what it is about has the name before it.
const NOTE: &str = ".why";

/// The folder of what was set aside. Clones use the same folder.
#[derive(Clone, Debug)]
pub struct Quarantine {
    folder: PathBuf,
}

/// Something that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl Quarantine {
    /// The one in the data folder `data`. It is made when it is first needed.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join("quarantine") }
    }

    /// Keeps `bytes` under `name`, durably. Gives where; the same again where it is there already.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, name: &str, bytes: &[u8], why: &str) -> Result<PathBuf, FileError> {
        create_folders(&self.folder)?;
        let path = self.folder.join(name);
        self.note(name, why)?;
        let mut part = PartFile::create(&self.folder)?;
        part.write(bytes)?;
        part.settle(&path)?;
        Ok(path)
    }

    /// Moves the file `from`, of the same filesystem, to `name`. Gives where; it may have been moved already.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn take(&self, from: &Path, name: &str, why: &str) -> Result<PathBuf, FileError> {
        create_folders(&self.folder)?;
        let path = self.folder.join(name);
        self.note(name, why)?;
        match fs::rename(from, &path) {
            // Another reader found it at the same time.
            Err(e) if e.kind() != ErrorKind::NotFound => Err(FileError::of("move away", from)(e)),
            _ => sync_folder(&self.folder).map(|()| path),
        }
    }

    /// All that is here, by name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<SetAside>, FileError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(FileError::of("list", &self.folder)(e)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(FileError::of("list", &self.folder))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !name.ends_with(NOTE) && !name.starts_with('.') {
                // Without its note it was set aside all the same.
                let why = fs::read_to_string(self.folder.join(name + NOTE)).unwrap_or_default();
                found.push(SetAside { path, why: why.trim_end().to_owned() });
            }
        }
        found.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(found)
    }

    fn note(&self, name: &str, why: &str) -> Result<(), FileError> {
        let mut part = PartFile::create(&self.folder)?;
        part.write(format!("{why}\n").as_bytes())?;
        part.settle(&self.folder.join(format!("{name}{NOTE}")))
    }
}
