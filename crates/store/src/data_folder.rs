//! The folder in which one server keeps what it must not lose: used by one process at a time, on a disk of
//! this machine, in a format that this program knows.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::FileError;
use crate::durable::{PartFile, create_folders};

/// The format of data folders that this program writes.
pub const FORMAT: u32 = 1;

/// An open data folder. It stays locked until the value is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Holds the lock.
    _lock: File,
}

/// A data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another process has it open.
    #[error(
        "the data folder {path} is in use by another framefarm{}; stop that one, or give another folder",
        .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The other process, if it wrote its number down.
        pid: Option<u32>,
    },
    /// It was last used by a newer program.
    #[error(
        "the data folder {path} has format {found}, this framefarm knows formats up to {known}; \
         run the newer framefarm that wrote it, or give another folder"
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// Its format file holds something else.
    #[error("{path} does not hold the number of a format; is this a data folder of framefarm?")]
    NoFormat {
        /// The format file.
        path: PathBuf,
    },
    /// Journals break on such a filesystem.
    #[error(
        "the data folder {path} is on a network filesystem ({kind}), where a journal breaks; \
         give a folder on a local disk (results may stay on the network)"
    )]
    Network {
        /// The folder.
        path: PathBuf,
        /// What the filesystem is called.
        kind: &'static str,
    },
    /// A file or folder of it cannot be used.
    #[error("cannot use the data folder")]
    File(#[from] FileError),
    /// A folder inside was asked for by something else than a plain name.
    #[error("{name:?} cannot be the name of a folder: it has to be a plain name")]
    BadName {
        /// The name.
        name: String,
    },
}

impl DataFolder {
    /// Opens the data folder at `path`, making it where there is none.
    ///
    /// # Errors
    /// It is in use, of a newer format, on a network filesystem, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        create_folders(path)?;
        // Later changes of the current folder must not move it.
        let path = fs::canonicalize(path).map_err(FileError::of("find", path))?;
        let disk = rustix::fs::statfs(&path).map_err(|e| FileError::of("look at", &path)(e.into()))?;
        // The kernel's number is 32 bits wide, in a field whose type differs between machines.
        if let Some(kind) = network_filesystem(disk.f_type as u32) {
            return Err(DataFolderError::Network { path, kind });
        }
        let lock = lock(&path)?;
        check_format(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder `name` inside, made where there is none.
    ///
    /// # Errors
    /// [`DataFolderError::BadName`] or [`DataFolderError::File`].
    pub fn sub(&self, name: &str) -> Result<PathBuf, DataFolderError> {
        if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
            return Err(DataFolderError::BadName { name: name.to_owned() });
        }
        let path = self.path.join(name);
        create_folders(&path)?;
        Ok(path)
    }
}

/// Takes the lock, which the system gives back when the process ends.
fn lock(folder: &Path) -> Result<File, DataFolderError> {
    let path = folder.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(FileError::of("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(DataFolderError::InUse { path: folder.to_owned(), pid });
        }
        Err(TryLockError::Error(e)) => return Err(FileError::of("lock", &path)(e).into()),
    }
    let pid = format!("{}\n", std::process::id());
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(pid.as_bytes()))
        .map_err(FileError::of("write", &path))?;
    Ok(file)
}

/// Refuses a format that is not known, and writes down ours in a new folder.
fn check_format(folder: &Path) -> Result<(), DataFolderError> {
    let path = folder.join("format");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let mut file = PartFile::create(folder)?;
            file.write(format!("{FORMAT}\n").as_bytes())?;
            return Ok(file.settle(&path)?);
        }
        Err(e) if e.kind() == ErrorKind::InvalidData => return Err(DataFolderError::NoFormat { path }),
        Err(e) => return Err(FileError::of("read", &path)(e).into()),
    };
    match text.trim().parse() {
        Err(_) | Ok(0) => Err(DataFolderError::NoFormat { path }),
        Ok(found) if found > FORMAT => {
            Err(DataFolderError::Newer { path: folder.to_owned(), found, known: FORMAT })
        }
        Ok(_) => Ok(()),
    }
}

/// What the filesystem with this magic number is called, where other machines write to it too. A journal
/// needs memory shared with the log file and locks that hold, which these do not promise.
fn network_filesystem(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x0000_6969 => "NFS",
        0x0000_517b | 0xff53_4d42 | 0xfe53_4d42 => "SMB",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x7375_7245 => "Coda",
        0x00c3_6400 => "Ceph",
        0x0bd0_0bd0 => "Lustre",
        0x4750_4653 => "GPFS",
        0x1983_0326 => "BeeGFS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_filesystems_are_known_and_local_ones_pass() {
        for (magic, kind) in [(0x6969, Some("NFS")), (0xff53_4d42, Some("SMB")), (0xfe53_4d42, Some("SMB"))] {
            assert_eq!(network_filesystem(magic), kind);
        }
        // ext4, xfs, btrfs, tmpfs, overlay, ZFS, FUSE, 9p.
        for magic in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x0102_1994,
            0x794c_7630,
            0x2fc1_2fc1,
            0x6573_5546,
            0x0102_1997,
        ] {
            assert_eq!(network_filesystem(magic), None);
        }
    }
}
