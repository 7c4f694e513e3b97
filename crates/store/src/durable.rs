//! Files that are either whole under their name or not there at all, also after a power cut.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use blake3::Hasher;
use model::Digest;

use crate::FileError;

/// Numbers the unfinished files of this process, so that two writers never share one.
static NEXT_PART: AtomicU64 = AtomicU64::new(0);

/// A file being written beside its final place. Removed again unless it is settled.
#[derive(Debug)]
pub(crate) struct PartFile {
    file: File,
    path: PathBuf,
    hasher: Hasher,
    bytes: u64,
    settled: bool,
}

impl PartFile {
    /// Starts an empty file in `folder`, hidden and under a name that no one else uses.
    pub(crate) fn create(folder: &Path) -> Result<Self, FileError> {
        loop {
            let number = NEXT_PART.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!(".{}-{number}.part", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    return Ok(Self { file, path, hasher: Hasher::new(), bytes: 0, settled: false });
                }
                // Left behind by an earlier process of the same id.
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(FileError::of("create", &path)(e)),
            }
        }
    }

    /// Adds bytes to the end.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.file.write_all(bytes).map_err(FileError::of("write", &self.path))?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// The digest of what was written so far.
    pub(crate) fn digest(&self) -> Digest {
        Digest(*self.hasher.finalize().as_bytes())
    }

    /// How many bytes were written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Forbids any later change of the file.
    pub(crate) fn protect(&self) -> Result<(), FileError> {
        let read_only = Permissions::from_mode(0o444);
        self.file.set_permissions(read_only).map_err(FileError::of("protect", &self.path))
    }

    /// Makes the file durable and gives it its final name, replacing what has that name.
    pub(crate) fn settle(mut self, to: &Path) -> Result<(), FileError> {
        settle(&self.file, &self.path, to)?;
        self.settled = true;
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.settled {
            // Nothing depends on it going: opening the folder again cleans it too.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes `file`, which is at `path`, durable and gives it its final name, replacing what has that name.
pub(crate) fn settle(file: &File, path: &Path, to: &Path) -> Result<(), FileError> {
    file.sync_all().map_err(FileError::of("sync", path))?;
    fs::rename(path, to).map_err(FileError::of("rename a finished file to", to))?;
    to.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), FileError> {
    let synced = File::open(folder).and_then(|file| file.sync_all());
    match synced {
        // Some network filesystems have no such call for folders and keep names durable by themselves.
        Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        other => other.map_err(FileError::of("sync", folder)),
    }
}

/// Creates `folder` and what is missing above it, durably.
pub(crate) fn create_folders(folder: &Path) -> Result<(), FileError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_folders(parent)?;
    }
    match fs::create_dir(folder) {
        Err(e) if !(e.kind() == ErrorKind::AlreadyExists && folder.is_dir()) => {
            Err(FileError::of("create", folder)(e))
        }
        _ => sync_folder(parent.unwrap_or(Path::new("."))),
    }
}

/// Reads all of `file`, handing each piece to `each`; `path` is for the error's text.
pub(crate) fn read_pieces<E: From<FileError>>(
    file: &mut File,
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => each(&buffer[..n])?,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(FileError::of("read", path)(e).into()),
        }
    }
}

/// The digest and size of the file at `path`; `None` where there is no file.
pub(crate) fn digest_of(path: &Path) -> Result<Option<(Digest, u64)>, FileError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(FileError::of("open", path)(e)),
    };
    let mut hasher = Hasher::new();
    let mut bytes = 0;
    read_pieces::<FileError>(&mut file, path, |piece| {
        hasher.update(piece);
        bytes += piece.len() as u64;
        Ok(())
    })?;
    Ok(Some((Digest(*hasher.finalize().as_bytes()), bytes)))
}

/// Removes the unfinished files that a crash left in `folder`.
pub(crate) fn remove_parts(folder: &Path) -> Result<(), FileError> {
    for entry in fs::read_dir(folder).map_err(FileError::of("list", folder))? {
        let entry = entry.map_err(FileError::of("list", folder))?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(".part")) {
            fs::remove_file(entry.path()).map_err(FileError::of("remove", &entry.path()))?;
        }
    }
    Ok(())
}
