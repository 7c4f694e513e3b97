//! The files of an attempt: a folder for its outputs, and what it prints.
//!
//! Each attempt has a folder named after its lease, so that it is found after a crash. One that left nothing
//! in it hands it on to the next attempt of its slot by a rename, which is far cheaper than to remove and
//! make it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use model::LeaseId;
use rustix::fs::{Mode, OFlags, RawDir, SeekFrom};

use super::Kit;

/// Names the process of an attempt.
const MARK_FILE: &str = "process";
/// What the process printed.
const LOG_FILE: &str = "log";
/// What the process made.
const OUTPUTS: &str = "out";

/// Where the files of an attempt are.
pub(super) struct Scratch {
    pub(super) folder: PathBuf,
}

/// Why there is no scratch.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScratchError {
    #[error("cannot use {path} on this host")]
    Disk { path: PathBuf, source: io::Error },
    #[error("cannot end what an earlier try left running")]
    Leftover(#[from] process::KillError),
}

impl Scratch {
    pub(super) fn of(kit: &Kit, lease: LeaseId) -> Self {
        Self { folder: kit.attempts.join(lease.to_string()) }
    }

    pub(super) fn outputs(&self) -> PathBuf {
        self.folder.join(OUTPUTS)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join(LOG_FILE)
    }

    pub(super) fn mark_file(&self) -> PathBuf {
        self.folder.join(MARK_FILE)
    }
}

/// The scratch of an attempt that is being made, with its log open.
pub(super) struct Place {
    pub(super) scratch: Scratch,
    pub(super) log: File,
    outputs: OwnedFd,
}

impl Place {
    /// An empty one for `lease`, made of `spare` where there is one.
    pub(super) fn make(kit: &Kit, lease: LeaseId, spare: Option<Self>) -> Result<Self, ScratchError> {
        let scratch = Scratch::of(kit, lease);
        match spare {
            // It fails where an earlier run left something there.
            Some(spare) if std::fs::rename(&spare.scratch.folder, &scratch.folder).is_ok() => {
                Ok(Self { scratch, ..spare })
            }
            Some(spare) => {
                spare.remove();
                Self::make_anew(scratch)
            }
            None => Self::make_anew(scratch),
        }
    }

    fn make_anew(scratch: Scratch) -> Result<Self, ScratchError> {
        let folder = &scratch.folder;
        match std::fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                process::kill_leftover(&scratch.mark_file())?;
                std::fs::remove_dir_all(folder).map_err(fault(folder))?;
                std::fs::create_dir(folder).map_err(fault(folder))?;
            }
            made => made.map_err(fault(folder))?,
        }
        let (out, log) = (scratch.outputs(), scratch.log());
        std::fs::create_dir(&out).map_err(fault(&out))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let outputs = rustix::fs::open(&out, flags, Mode::empty()).map_err(io::Error::from);
        let outputs = outputs.map_err(fault(&out))?;
        let log = OpenOptions::new().append(true).create(true).open(&log).map_err(fault(&log))?;
        Ok(Self { scratch, log, outputs })
    }

    /// Whether nothing was printed and no file made. Where the system does not say, something was.
    pub(super) fn is_untouched(&self) -> bool {
        self.log.metadata().is_ok_and(|about| about.len() == 0) && self.has_no_outputs().unwrap_or(false)
    }

    fn has_no_outputs(&self) -> rustix::io::Result<bool> {
        rustix::fs::seek(&self.outputs, SeekFrom::Start(0))?;
        let mut buffer = Vec::with_capacity(1024);
        let mut entries = RawDir::new(&self.outputs, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// It is not needed any more.
    pub(super) fn remove(self) {
        super::session::remove(&self.scratch.folder);
    }
}

fn fault(path: &Path) -> impl FnOnce(io::Error) -> ScratchError {
    let path = path.to_owned();
    move |source| ScratchError::Disk { path, source }
}
