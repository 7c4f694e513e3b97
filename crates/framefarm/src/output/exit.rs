//! How a command ends, for scripts.

use std::process::ExitCode;

/// The exit codes. The help of `framefarm` lists them; they stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// It did what was asked; for `wait`: the job is done.
    Done = 0,
    /// What was asked failed; for `wait`: the job failed or was killed.
    Failed = 1,
    /// What was asked makes no sense: a bad flag, a bad description, no such job.
    Misuse = 2,
    /// No farm can be reached.
    NoFarm = 3,
}

impl Exit {
    /// The codes as the help lists them.
    pub(crate) const HELP: &'static str = "\
Exit codes:
  0  it did what was asked; for wait: the job is done
  1  it failed; for wait: the job failed or was killed
  2  it makes no sense: a bad flag, a bad job description, no such job
  3  no farm can be reached";
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
