//! Starts the process of an attempt.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::{Access, access};

use crate::program::{self, ProgramError};
use crate::running::Running;
use crate::{MARK_VARIABLE, mark};

/// What to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The executable, absolute.
    pub program: PathBuf,
    /// Its arguments, itself not among them.
    pub arguments: Vec<OsString>,
    /// Its whole environment: nothing is inherited, and only [`MARK_VARIABLE`] is added.
    pub environment: Vec<(OsString, OsString)>,
    /// The folder it starts in.
    pub folder: PathBuf,
    /// The file to which its standard output and standard error are appended.
    pub log: PathBuf,
}

/// Why a process was not started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The program is at fault.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The folder to start in is not there, or may not be entered.
    #[error("cannot start {} in {}: the folder is missing or closed", .program.display(), .folder.display())]
    Folder {
        /// The program.
        program: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// There is nowhere to write its output.
    #[error("cannot open log {}", .log.display())]
    Log {
        /// The log.
        log: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The mark could not be written; the process was killed again.
    #[error("cannot write mark file {}", .mark_file.display())]
    Mark {
        /// The mark file.
        mark_file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system would not start it.
    #[error("cannot start {}", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl LaunchError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Program(error) => error.hint(),
            Self::Folder { .. } => "does somebody tidy up the render server's scratch folder?",
            Self::Log { .. } | Self::Mark { .. } => {
                "is the disk of the render server's data folder full or read-only?"
            }
            Self::Start { source, .. } => match source.raw_os_error() {
                Some(libc::E2BIG) => "the command line and environment are longer than the system allows",
                Some(libc::EAGAIN) => "the limit on processes is reached: see ulimit -u and pids.max",
                Some(libc::ENOMEM) => "the host is out of memory: give it fewer slots",
                Some(libc::EMFILE | libc::ENFILE) => "no file descriptors are left: see ulimit -n",
                _ => "try the same command by hand on that host",
            },
        }
    }
}

/// Starts a process in a group of its own, with nothing to read, and writes its mark file at once.
///
/// The mark file's path is the name by which its processes are known, so no two attempts on a host may have
/// the same, and [`crate::adopt`] and [`crate::kill_leftover`] want it spelt alike.
///
/// # Errors
/// Why it does not run; nothing is left running then.
pub fn launch(launch: &Launch, mark_file: &Path) -> Result<Running, LaunchError> {
    program::check(&launch.program)?;
    if !launch.folder.is_dir() || access(&launch.folder, Access::EXEC_OK).is_err() {
        let (program, folder) = (launch.program.clone(), launch.folder.clone());
        return Err(LaunchError::Folder { program, folder });
    }
    let (out, err) =
        log(&launch.log).map_err(|source| LaunchError::Log { log: launch.log.clone(), source })?;
    let value = mark::value(mark_file);
    let child = program::spawn(
        Command::new(&launch.program)
            .args(&launch.arguments)
            .env_clear()
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .env(MARK_VARIABLE, &value)
            .current_dir(&launch.folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err),
    )
    .map_err(|error| match program::blame(&launch.program, error) {
        Ok(fault) => LaunchError::Program(fault),
        Err(source) => LaunchError::Start { program: launch.program.clone(), source },
    })?;
    let mut running = take_over(child, &value)
        .map_err(|source| LaunchError::Start { program: launch.program.clone(), source })?;
    if let Err(source) = mark::write(mark_file, running.mark()) {
        // A process that nobody could find after a crash must not live. Should it not die either, there is
        // nobody to tell but the caller, who hears of the greater trouble.
        let _killed = running.kill();
        let _reaped = running.wait(std::time::Duration::ZERO);
        return Err(LaunchError::Mark { mark_file: mark_file.to_path_buf(), source });
    }
    Ok(running)
}

/// Watches a child, or ends it where that cannot be done.
pub(crate) fn take_over(mut child: Child, value: &OsString) -> io::Result<Running> {
    Running::own(&child, value).inspect_err(|_| {
        let _gone = child.kill().and_then(|()| child.wait());
    })
}

/// The log twice, to be appended to, so that neither stream overwrites the other.
fn log(path: &Path) -> io::Result<(Stdio, Stdio)> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    let twin = file.try_clone()?;
    Ok((file.into(), twin.into()))
}
