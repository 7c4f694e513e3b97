//! Files that belong to one account alone: folders of mode 0700, files of mode 0600 that are whole or not
//! there. What others can read is no secret any more and is not used.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Nothing that is kept here is longer.
const BYTES_MAX: u64 = 1 << 20;

/// A private file or folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// The system does not let it be used.
    #[error("cannot {action} {path}")]
    System {
        /// What was wanted, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Others can read or change it.
    #[error("{path} is not used, because other accounts can read or change it (mode {mode:03o})")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is no text that anybody has written here.
    #[error("{path} is no text of at most 1 MiB")]
    NoText {
        /// The file.
        path: PathBuf,
    },
}

impl PrivateFileError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Exposed { path, .. } => Some(format!(
                "if nobody else has seen it, make it private: chmod 600 {}; otherwise replace what it holds",
                path.display()
            )),
            Self::System { .. } | Self::NoText { .. } => None,
        }
    }
}

fn system(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PrivateFileError {
    let path = path.to_owned();
    move |source| PrivateFileError::System { action, path, source }
}

/// Makes the folder at `path` where it is not there, and takes it from others where it is.
pub(crate) fn make_folder(path: &Path) -> Result<(), PrivateFileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(system("make the folder", path))?;
    let mode = fs::metadata(path).map_err(system("look at", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(system("protect", path))?;
    }
    Ok(())
}

/// What the file at `path` holds; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, PrivateFileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(system("read", path)(error)),
    };
    let mode = file.metadata().map_err(system("look at", path))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PrivateFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(system("read", path))?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= BYTES_MAX);
    text.map(Some).ok_or_else(|| PrivateFileError::NoText { path: path.to_owned() })
}

/// Puts `text` at `path`, in the place of what was there, at once and for good.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), PrivateFileError> {
    let part = beside(path);
    let written = write_new(&part, text)
        .and_then(|()| fs::rename(&part, path).map_err(system("write", path)))
        .and_then(|()| path.parent().map_or(Ok(()), sync_folder));
    if written.is_err() {
        // The error that led here is the one to tell.
        let _ = fs::remove_file(&part);
    }
    written
}

/// Puts `text` in a new file at `path`.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), PrivateFileError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(system("write", path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(system("write", path))
}

/// Gives a finished folder its name.
pub(crate) fn settle_folder(from: &Path, to: &Path) -> Result<(), PrivateFileError> {
    sync_folder(from)?;
    fs::rename(from, to).map_err(system("make the folder", to))?;
    to.parent().map_or(Ok(()), sync_folder)
}

/// Removes the file at `path`, where there is one.
pub(crate) fn remove(path: &Path) -> Result<(), PrivateFileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(system("remove", path)(error)),
        _ => Ok(()),
    }
}

/// A name beside `path` that nobody else uses.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let chance = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
    path.with_file_name(format!(".{name}.{chance:016x}.part"))
}

fn sync_folder(path: &Path) -> Result<(), PrivateFileError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(system("sync", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_belongs_to_its_account_alone() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        make_folder(&inner).unwrap();
        assert_eq!(fs::metadata(&inner).unwrap().mode() & 0o777, 0o700);
        let path = inner.join("secret");
        assert_eq!(read(&path).unwrap(), None);
        for text in ["one", "another"] {
            write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap().as_deref(), Some(text));
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert_eq!(read(&path).unwrap(), None);
    }

    #[test]
    fn what_others_can_read_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write(&path, "a secret").unwrap();
        for mode in [0o640, 0o604, 0o660, 0o602] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.to_string().contains(&format!("mode {mode:03o}")), "{error}");
            assert!(error.hint().unwrap().contains("chmod 600"));
        }
    }
}
