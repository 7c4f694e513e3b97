//! The files of an attempt: a folder for its outputs, and what it prints.
//!
//! Each attempt has a folder named after its lease, so that it is found after a crash. One that left nothing
//! in it hands it on to the next attempt of its slot by a rename, which is far cheaper than to remove and
//! make it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use model::LeaseId;
use packages::INPUTS;
use process::User;
use rustix::fs::{Mode, OFlags, RawDir, SeekFrom};

use super::shown_log::of_session;
use super::{Kit, tenant};

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
        Self::within(&kit.attempts, lease)
    }

    fn within(attempts: &Path, lease: LeaseId) -> Self {
        Self { folder: attempts.join(lease.to_string()) }
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
    /// What earlier steps made is in it, so that it is for this attempt alone.
    has_inputs: bool,
}

impl Place {
    /// An empty one for `lease`, made of `spare` where there is one.
    pub(super) fn make(
        attempts: &Path,
        lease: LeaseId,
        user: Option<&User>,
        spare: Option<Self>,
    ) -> Result<Self, ScratchError> {
        let scratch = Scratch::within(attempts, lease);
        match spare {
            // It fails where an earlier run left something there.
            Some(spare) if std::fs::rename(&spare.scratch.folder, &scratch.folder).is_ok() => {
                Ok(Self { scratch, ..spare })
            }
            Some(spare) => {
                spare.remove();
                Self::make_anew(scratch, user)
            }
            None => Self::make_anew(scratch, user),
        }
    }

    /// The one that an earlier run of this render server made, with its log begun anew.
    pub(super) fn of(scratch: Scratch) -> Result<Self, ScratchError> {
        let (out, log) = (scratch.outputs(), scratch.log());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let outputs = rustix::fs::open(&out, flags, Mode::empty()).map_err(io::Error::from);
        let outputs = outputs.map_err(fault(&out))?;
        let open = OpenOptions::new().append(true).open(&log).and_then(|file| {
            file.set_len(0)?;
            Ok(file)
        });
        Ok(Self { log: open.map_err(fault(&log))?, scratch, outputs, has_inputs: true })
    }

    /// The outputs' folder is given to `user`, the folder around it stays ours.
    pub(super) fn make_anew(scratch: Scratch, user: Option<&User>) -> Result<Self, ScratchError> {
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
        if let Some(user) = user {
            tenant::let_in(folder, &out, user).map_err(fault(&out))?;
        }
        let mut open = OpenOptions::new();
        let log = open.append(true).create(true).mode(0o600).open(&log).map_err(fault(&log))?;
        Ok(Self { scratch, log, outputs, has_inputs: false })
    }

    /// The folder for what earlier steps made, which is to come now.
    pub(super) fn expect_inputs(&mut self) -> PathBuf {
        self.has_inputs = true;
        self.scratch.folder.join(INPUTS)
    }

    /// Whether nothing was printed, and no file made or brought. Where the system does not say, something
    /// was.
    pub(super) fn is_untouched(&self) -> bool {
        !self.has_inputs
            && !of_session(&self.scratch.log()).exists()
            && self.log.metadata().is_ok_and(|about| about.len() == 0)
            && self.has_no_outputs().unwrap_or(false)
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

pub(super) fn fault(path: &Path) -> impl FnOnce(io::Error) -> ScratchError {
    let path = path.to_owned();
    move |source| ScratchError::Disk { path, source }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(attempts: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(attempts).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn an_untouched_scratch_is_handed_on_and_a_touched_one_is_seen() {
        let attempts = tempfile::tempdir().unwrap();
        let mut place = Place::make(attempts.path(), LeaseId(1), None, None).unwrap();
        for lease in 2..5 {
            assert!(place.is_untouched(), "{lease}");
            place = Place::make(attempts.path(), LeaseId(lease), None, Some(place)).unwrap();
            assert_eq!(names(attempts.path()), [lease.to_string()]);
            assert!(place.scratch.outputs().is_dir() && place.scratch.log().is_file());
        }
        std::fs::write(place.scratch.outputs().join(".hidden"), "").unwrap();
        assert!(!place.is_untouched(), "an empty file is a file");
        std::fs::remove_file(place.scratch.outputs().join(".hidden")).unwrap();
        assert!(place.is_untouched());
        place.log.write_all(b"x").unwrap();
        assert!(!place.is_untouched());
        place.remove();
        assert_eq!(names(attempts.path()), [""; 0]);
    }

    #[test]
    fn what_an_earlier_run_left_is_no_part_of_a_new_scratch() {
        let attempts = tempfile::tempdir().unwrap();
        for spare in [false, true] {
            let spare = spare.then(|| Place::make(attempts.path(), LeaseId(1), None, None).unwrap());
            let old = Scratch::within(attempts.path(), LeaseId(2));
            std::fs::create_dir_all(old.outputs()).unwrap();
            std::fs::write(old.outputs().join("output.png"), "half").unwrap();
            std::fs::write(old.log(), "old").unwrap();
            let place = Place::make(attempts.path(), LeaseId(2), None, spare).unwrap();
            assert!(place.is_untouched());
            assert_eq!(names(attempts.path()), ["2"]);
            place.remove();
        }
    }
}
