//! Whether a program can be started, and what to tell a person where it cannot.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{Access, access};

/// What is wrong with a program.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The path depends on the current folder.
    #[error("program {} is not named by its absolute path", .program.display())]
    Relative {
        /// As given.
        program: PathBuf,
    },
    /// There is no such file.
    #[error("there is no program {}", .program.display())]
    NotFound {
        /// As given.
        program: PathBuf,
    },
    /// The file may not be run.
    #[error("{} is not an executable file", .program.display())]
    NotExecutable {
        /// As given.
        program: PathBuf,
    },
    /// The file is there, what it needs to be run is not.
    #[error("program {} needs an interpreter or loader that is not there", .program.display())]
    NoInterpreter {
        /// As given.
        program: PathBuf,
    },
    /// The file is not in a form that this system runs.
    #[error("{} is not a program for this machine", .program.display())]
    Foreign {
        /// As given.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ProgramError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Relative { .. } => "give the whole path, from / on",
            Self::NotFound { .. } => {
                "was it moved or removed since the render server looked for it? restart it to look again"
            }
            Self::NotExecutable { .. } => "allow it to be run: chmod +x, and no noexec on its file system",
            Self::NoInterpreter { .. } => "look at the #! line of a script, or the loader with `file`",
            Self::Foreign { .. } => {
                "install the build for this machine's processor; a script needs a #! line"
            }
        }
    }
}

/// Checks what can be known of a program before it is started.
pub(crate) fn check(program: &Path) -> Result<(), ProgramError> {
    let named = || program.to_path_buf();
    if !program.is_absolute() {
        return Err(ProgramError::Relative { program: named() });
    }
    match program.metadata() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(ProgramError::NotExecutable { program: named() })
        }
        Err(_) => Err(ProgramError::NotFound { program: named() }),
        Ok(metadata) if !metadata.is_file() || access(program, Access::EXEC_OK).is_err() => {
            Err(ProgramError::NotExecutable { program: named() })
        }
        Ok(_) => Ok(()),
    }
}

/// What a failed start says of the program, where it is the program's fault.
pub(crate) fn blame(program: &Path, error: io::Error) -> Result<ProgramError, io::Error> {
    let program = program.to_path_buf();
    match error.raw_os_error() {
        Some(libc::ENOENT) => Ok(ProgramError::NoInterpreter { program }),
        Some(libc::ENOEXEC | libc::ELIBBAD) => Ok(ProgramError::Foreign { program, source: error }),
        Some(libc::EACCES) => Ok(ProgramError::NotExecutable { program }),
        _ => Err(error),
    }
}

/// Starts it. A file that was just written counts as busy while any other thread's half-started child still
/// holds our writing end of it; that passes within moments.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                sleep(Duration::from_millis(10))
            }
            other => return other,
        }
    }
    command.spawn()
}
