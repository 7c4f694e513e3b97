//! Tells at once when a file has been written to, so that nobody has to look again and again.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify;

/// Watches one file. A host has only so many of these for each account (`fs.inotify.max_user_instances`).
#[derive(Debug)]
pub struct FileWatch {
    descriptor: OwnedFd,
}

impl FileWatch {
    /// Watches the file at `path`, which is there.
    ///
    /// # Errors
    /// The system has no watch left, or there is no such file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let descriptor = inotify::init(flags)?;
        inotify::add_watch(&descriptor, path, inotify::WatchFlags::MODIFY)?;
        Ok(Self { descriptor })
    }

    /// Readable once the file was written to.
    pub(crate) const fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }

    /// Takes note of what has been told so far.
    pub(crate) fn note(&self) {
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut told = inotify::Reader::new(&self.descriptor, &mut buffer);
        while told.next().is_ok() {}
    }
}
