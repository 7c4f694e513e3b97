//! The folder of a session: what its programs work in is theirs, all around it is ours.
//!
//! ```text
//! NUMBER/          passed through by others, never written to
//!   session.json   what is remembered of it
//!   files/N/NAME   embedded files of the Nth environment
//!   log            what its actions printed, as people read it
//!   out/N          what the Nth action printed, as it did
//!   marks/N        names the process of the Nth action
//!   work/          the working folder
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use process::User;
use rustix::fs::{AtFlags, Mode, OFlags};

use super::super::session::remove;
use super::super::tenant;
use super::kept::Kept;

/// Written into the working folder when an action is asked to end.
const CANCEL_INFO: &str = "cancel_info.json";

/// Why the folder of a session is of no use.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path} on this host")]
pub(in super::super) struct FolderError {
    path: PathBuf,
    source: io::Error,
}

fn fault(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError { path, source }
}

/// The folder of a session.
#[derive(Clone, Debug)]
pub(super) struct SessionFolder {
    path: PathBuf,
    number: u64,
    user: Option<User>,
}

impl SessionFolder {
    /// Makes one in `root`; what its programs write is `user`'s.
    pub(super) fn make(root: &Path, number: u64, user: Option<&User>) -> Result<Self, FolderError> {
        let path = root.join(number.to_string());
        fs::create_dir(&path).map_err(fault(&path))?;
        let folder = Self { path, number, user: user.cloned() };
        let own = |path: &Path| DirBuilder::new().mode(0o700).create(path).map_err(fault(path));
        for inner in ["files", "out", "marks", "work"] {
            own(&folder.path.join(inner))?;
        }
        let (files, work) = (folder.path.join("files"), folder.work());
        match user {
            Some(user) => {
                tenant::let_in(&folder.path, &work, user).map_err(fault(&work))?;
                tenant::open_passage(&files).map_err(fault(&files))?;
            }
            None => {
                let closed = Permissions::from_mode(0o700);
                fs::set_permissions(&folder.path, closed).map_err(fault(&folder.path))?;
            }
        }
        Ok(folder)
    }

    /// Those that lie in `root`.
    pub(super) fn all(root: &Path) -> Vec<Self> {
        let entries = fs::read_dir(root).into_iter().flatten().flatten();
        let numbered = entries.filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some(Self { path: entry.path(), number, user: None })
        });
        numbered.collect()
    }

    /// The same, of programs that run as `user`.
    pub(super) fn of(self, user: Option<&User>) -> Self {
        Self { user: user.cloned(), ..self }
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    pub(super) fn mark_file(&self, action: u32) -> PathBuf {
        self.path.join("marks").join(action.to_string())
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Where the file `name` of the environment at `index` stands.
    pub(super) fn file(&self, index: usize, name: &str) -> PathBuf {
        self.path.join("files").join(index.to_string()).join(name)
    }

    /// Opens what is only appended to, and read by us alone.
    pub(super) fn append(path: &Path) -> Result<File, FolderError> {
        let mut open = OpenOptions::new();
        open.append(true).create(true).mode(0o600).open(path).map_err(fault(path))
    }

    pub(super) fn output(&self, action: u32) -> PathBuf {
        self.path.join("out").join(action.to_string())
    }

    /// Writes the file `name` of the environment at `index` anew, whatever was done to it.
    pub(super) fn write(
        &self,
        index: usize,
        name: &str,
        text: &str,
        executable: bool,
    ) -> Result<(), FolderError> {
        let path = self.file(index, name);
        let write = || {
            if let Some(parent) = path.parent()
                && !parent.is_dir()
            {
                DirBuilder::new().mode(0o700).create(parent)?;
                if self.user.is_some() {
                    tenant::open_passage(parent)?;
                }
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mode = if executable { 0o700 } else { 0o600 };
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
            file.write_all(text.as_bytes())?;
            file.set_permissions(Permissions::from_mode(mode))?;
            self.user.as_ref().map_or(Ok(()), |user| tenant::give(&path, user))
        };
        write().map_err(fault(&path))
    }

    /// Says in the working folder until when an action may take to end. That folder may be another account's,
    /// so nothing that lies in it is followed.
    pub(super) fn write_cancel_info(&self, text: &str) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let work = rustix::fs::open(self.work(), flags, Mode::empty())?;
        let _none = rustix::fs::unlinkat(&work, CANCEL_INFO, AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&work, CANCEL_INFO, flags, Mode::RUSR | Mode::WUSR)?);
        file.write_all(text.as_bytes())?;
        if let Some(user) = &self.user {
            std::os::unix::fs::fchown(&file, Some(user.uid), Some(user.gid))?;
        }
        Ok(())
    }

    /// Remembers `kept`, whole or not at all.
    pub(super) fn keep(&self, kept: &Kept) -> Result<(), FolderError> {
        let (path, part) = (self.path.join("session.json"), self.path.join("session.part"));
        let text = serde_json::to_vec(kept).map_err(io::Error::from).map_err(fault(&path))?;
        let write = || {
            let mut open = OpenOptions::new();
            let mut file = open.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            file.write_all(&text)?;
            fs::rename(&part, &path)
        };
        write().map_err(fault(&path))
    }

    /// What is remembered of it.
    pub(super) fn read(&self) -> Option<Kept> {
        serde_json::from_slice(&fs::read(self.path.join("session.json")).ok()?).ok()
    }

    /// Ends what of it still runs, as far as it can be told, and removes it.
    pub(super) fn remove_with_leftovers(&self) {
        for entry in fs::read_dir(self.path.join("marks")).into_iter().flatten().flatten() {
            if let Err(error) = process::kill_leftover(&entry.path()) {
                tracing::warn!("cannot end what runs in {}: {error}", self.path.display());
            }
        }
        self.remove();
    }

    /// Removes it. A program may have closed folders of its own to itself, and so to us where we are not
    /// root.
    pub(super) fn remove(&self) {
        if fs::remove_dir_all(&self.path).is_err() {
            unlock(&self.path);
            remove(&self.path);
        }
    }
}

/// Opens every folder in `folder` to us. Links are not followed.
fn unlock(folder: &Path) {
    let _not_ours = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            unlock(&entry.path());
        }
    }
}
