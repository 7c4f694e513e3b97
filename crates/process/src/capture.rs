//! Runs a short command and takes what it prints: how a package is asked for its version.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use model::Exit;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::launch::take_over;
use crate::program::{self, ProgramError};
use crate::running::Running;
use crate::user::User;
use crate::{KillError, MARK_VARIABLE, orphans};

/// Bytes kept of each stream; the rest is read and dropped, so that the command is never held up.
const KEPT: usize = 1 << 20;

/// Where the programs that a package's start script calls are looked for, if we ourselves have no `PATH`.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The longest time a command is given, whatever is asked for.
const LONGEST: Duration = Duration::from_secs(3600);

/// Variables passed on besides `PATH`: some packages do not even print their version without a home.
const PASSED_ON: [&str; 4] = ["HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH"];

/// What a command printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The first MiB of its standard output; bytes that are no text are replaced.
    pub stdout: String,
    /// The first MiB of its standard error; bytes that are no text are replaced.
    pub stderr: String,
    /// How it ended.
    pub exit: Exit,
}

/// Why a command told nothing.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The program is at fault.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It did not end in time and was killed.
    #[error("{} did not end within {} ms", .program.display(), .timeout.as_millis())]
    TimedOut {
        /// The program.
        program: PathBuf,
        /// The time it had.
        timeout: Duration,
    },
    /// It did not end in time, and does not die either.
    #[error("{} did not end in time and cannot be killed", .program.display())]
    Unkillable {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: KillError,
    },
    /// The system would not start it or not say what it printed.
    #[error("cannot run {}", .program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl CaptureError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Program(error) => error.hint(),
            Self::TimedOut { .. } => {
                "run it by hand on that host: does it wait for a licence, a display or a person?"
            }
            Self::Unkillable { source, .. } => source.hint(),
            Self::Run { .. } => "try the same command by hand on that host",
        }
    }
}

/// Runs `program` to its end, `timeout` at most, with nothing to read and only the most needed environment:
/// no display, so that nothing ever shows a window. An hour is the longest it gets. `user` is who it runs as
/// where it is not ourselves, which takes root. Nothing that it starts outlives the call.
///
/// # Errors
/// It does not start, or does not end in time.
pub fn capture<A: AsRef<OsStr>>(
    program: &Path,
    arguments: &[A],
    timeout: Duration,
    user: Option<&User>,
) -> Result<Captured, CaptureError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let timeout = timeout.min(LONGEST);
    program::check(program)?;
    orphans::take_over();
    let run = |source: io::Error| CaptureError::Run { program: program.to_path_buf(), source };
    let value = format!("capture/{}/{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)).into();
    let path = std::env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into());
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", path)
        .env("LANG", "C.UTF-8")
        .envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env(MARK_VARIABLE, &value)
        .current_dir(std::env::temp_dir())
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(user) = user {
        user.runs(command.env("HOME", &user.home).env("USER", &user.name).env_remove("TMPDIR"));
    }
    let mut child = program::spawn(&mut command)
        .map_err(|error| program::blame(program, error).map_or_else(run, CaptureError::Program))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut running = take_over(child, &value).map_err(run)?;
    let listened = Listener::new(stdout, stderr).and_then(|mut listener| {
        let ended = listener.listen(&running, timeout)?;
        Ok((listener, ended))
    });
    match listened {
        Ok((mut listener, true)) => {
            // Its strays are dead after this, so what stands in the pipes is all there will ever be.
            let exit = running.wait(Duration::ZERO).unwrap_or(Exit::Unknown);
            listener.read().map_err(run)?;
            Ok(Captured { stdout: listener.out.text(), stderr: listener.err.text(), exit })
        }
        other => {
            let killed = running.kill();
            let _reaped = running.wait(Duration::ZERO);
            let program = program.to_path_buf();
            other.map_err(run)?;
            killed.map_err(|source| CaptureError::Unkillable { program: program.clone(), source })?;
            Err(CaptureError::TimedOut { program, timeout })
        }
    }
}

/// Both streams of a command.
struct Listener {
    out: Stream<ChildStdout>,
    err: Stream<ChildStderr>,
}

impl Listener {
    fn new(out: Option<ChildStdout>, err: Option<ChildStderr>) -> io::Result<Self> {
        Ok(Self { out: Stream::new(out)?, err: Stream::new(err)? })
    }

    /// Reads until the process ends, and says whether it did within `timeout`.
    fn listen(&mut self, running: &Running, timeout: Duration) -> io::Result<bool> {
        let until = Instant::now() + timeout;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let mut watched = vec![PollFd::new(running.descriptor(), PollFlags::IN)];
            watched.extend(self.out.pipe.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
            watched.extend(self.err.pipe.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
            match poll(&mut watched, Timespec::try_from(left).ok().as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) if !watched[0].revents().is_empty() => return Ok(true),
                // Looked at here, as one that prints without end never lets the poll time out.
                Ok(_) if left.is_zero() => return Ok(false),
                Ok(_) => self.read()?,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read(&mut self) -> io::Result<()> {
        self.out.read()?;
        self.err.read()
    }
}

/// One stream of a command: its pipe until it is closed, and what came out of it.
struct Stream<P> {
    pipe: Option<P>,
    kept: Vec<u8>,
}

impl<P: Read + AsFd> Stream<P> {
    fn new(pipe: Option<P>) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        Ok(Self { pipe, kept: Vec::new() })
    }

    /// Takes what is in the pipe, some of it at least: a pipe that fills as fast as it is read must not keep
    /// us from looking at the clock.
    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        for _ in 0..64 {
            let Some(pipe) = &mut self.pipe else { return Ok(()) };
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    let room = KEPT - self.kept.len();
                    self.kept.extend_from_slice(&buffer[..count.min(room)]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }
}
