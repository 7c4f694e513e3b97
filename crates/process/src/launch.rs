//! Starts the process of an attempt.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::fs::{Access, access};

use crate::program::{self, ProgramError};
use crate::running::Running;
use crate::user::User;
use crate::{MARK_VARIABLE, mark, orphans};

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
    /// Who it runs as where it is not ourselves, which takes root. It is in no group but that account's own.
    pub user: Option<User>,
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
    /// Another account may not run the one or enter the other.
    #[error("cannot start {} in {} as {user}: that account may not run it, or not enter the folder",
        .program.display(), .folder.display())]
    Closed {
        /// The account.
        user: String,
        /// The program.
        program: PathBuf,
        /// The folder.
        folder: PathBuf,
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
            Self::Closed { .. } => {
                "let that account read and run the program and enter every folder on the way, or render as another"
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

/// Starts a process in a group of its own, with nothing to read. What it prints to either stream is written
/// to `log`, which is best opened to be appended to.
///
/// The mark file's path is the name by which its processes are known, so no two attempts on a host may have
/// the same, and [`crate::adopt`] and [`crate::kill_leftover`] want it spelt alike. The file itself is
/// written by [`Running::leave_mark`], as soon as the process has lived long enough to be worth it.
///
/// # Errors
/// Why it does not run; nothing is left running then.
pub fn launch(launch: &Launch, log: &File, mark_file: &Path) -> Result<Running, LaunchError> {
    start(launch, log, mark_file, Stdio::null()).map(|(running, _)| running)
}

/// The same for a process that is told what to do line by line. Its input ends when what is returned is
/// dropped, be it by our own end.
///
/// # Errors
/// Why it does not run; nothing is left running then.
pub fn launch_to_feed(
    launch: &Launch,
    log: &File,
    mark_file: &Path,
) -> Result<(Running, ChildStdin), LaunchError> {
    let (running, input) = start(launch, log, mark_file, Stdio::piped())?;
    let source = || io::Error::other("it has no input");
    let program = || launch.program.clone();
    input
        .map(|input| (running, input))
        .ok_or_else(|| LaunchError::Start { program: program(), source: source() })
}

fn start(
    launch: &Launch,
    log: &File,
    mark_file: &Path,
    input: Stdio,
) -> Result<(Running, Option<ChildStdin>), LaunchError> {
    if !launch.program.is_absolute() {
        return Err(ProgramError::Relative { program: launch.program.clone() }.into());
    }
    orphans::take_over();
    let value = mark::value(mark_file);
    let spawned = log.try_clone().and_then(|out| {
        let mut command = Command::new(&launch.program);
        command
            .args(&launch.arguments)
            .env_clear()
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .env(MARK_VARIABLE, &value)
            .current_dir(&launch.folder)
            .process_group(0)
            .stdin(input)
            .stdout(out)
            .stderr(log.try_clone()?);
        if let Some(user) = &launch.user {
            user.runs(&mut command);
        }
        program::spawn(&mut command)
    });
    let mut child = spawned.map_err(|error| why_not(launch, error))?;
    let input = child.stdin.take();
    let running = take_over(child, &value);
    let fault = |source| LaunchError::Start { program: launch.program.clone(), source };
    Ok((running.map_err(fault)?, input))
}

/// What a failed start comes from. Looked into afterwards, as nearly every start succeeds.
fn why_not(launch: &Launch, error: io::Error) -> LaunchError {
    if let Err(fault) = program::check(&launch.program) {
        return fault.into();
    }
    let (program, folder) = (launch.program.clone(), launch.folder.clone());
    if !launch.folder.is_dir() || access(&launch.folder, Access::EXEC_OK).is_err() {
        return LaunchError::Folder { program, folder };
    }
    if let (Some(user), io::ErrorKind::PermissionDenied) = (&launch.user, error.kind()) {
        return LaunchError::Closed { user: user.name.clone(), program, folder };
    }
    match program::blame(&launch.program, error) {
        Ok(fault) => LaunchError::Program(fault),
        Err(source) => LaunchError::Start { program, source },
    }
}

/// Watches a child, or ends it where that cannot be done.
pub(crate) fn take_over(mut child: Child, value: &OsString) -> io::Result<Running> {
    Running::own(&child, value).inspect_err(|_| {
        let _gone = child.kill().and_then(|()| child.wait());
    })
}
