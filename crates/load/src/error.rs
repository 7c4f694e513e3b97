//! Why a measurement does not come about.

use std::io;
use std::path::PathBuf;

/// Why a measurement does not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// A program cannot be started.
    #[error("cannot start {}; build it with `cargo build --release`, or name it with --framefarm", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A server does not say that it is ready.
    #[error("{what} is not ready; the end of its log: {log}")]
    NotReady {
        /// Which.
        what: &'static str,
        /// The end of its log.
        log: String,
    },
    /// A file or folder.
    #[error("cannot use {}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A call of the API.
    #[error(transparent)]
    Call(#[from] wire::ClientError),
    /// A link.
    #[error("a simulated render server cannot link")]
    Link(#[from] wire::link::DialError),
    /// It takes so long that something must be wrong.
    #[error("{what} did not come about within {seconds} s")]
    TooLong {
        /// What was waited for.
        what: &'static str,
        /// For how long.
        seconds: u64,
    },
    /// Something in what the run itself made up.
    #[error("{0}")]
    Odd(String),
}

/// The error and everything that caused it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
