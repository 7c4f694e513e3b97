//! Why a file is no picture that counts.

use std::error::Error;
use std::io;

/// Why a file is no picture that counts. Whoever has the path says it.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It begins like no picture of its kind.
    #[error("it is not a picture of the kind {wanted}")]
    NotA {
        /// What it should be.
        wanted: &'static str,
    },
    /// It begins like a picture and stops before its end.
    #[error("it is cut short: {what}")]
    Truncated {
        /// What is missing.
        what: String,
    },
    /// It is a picture that cannot be decoded.
    #[error("it is broken: {what}")]
    Broken {
        /// What is wrong with it.
        what: String,
        /// What the decoder met.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// It says of itself that it is larger than any picture that is decoded.
    #[error("it is too large to be looked at: {what}")]
    TooLarge {
        /// What is.
        what: String,
    },
    /// It may be whole, and its pixels cannot be had.
    #[error("it cannot be decoded here: {what}")]
    Unsupported {
        /// What is not understood.
        what: String,
    },
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
}

impl PictureError {
    pub(crate) fn cut(what: impl Into<String>) -> Self {
        Self::Truncated { what: what.into() }
    }

    pub(crate) fn broken(what: impl Into<String>) -> Self {
        Self::Broken { what: what.into(), source: None }
    }

    /// One of which something is wanted that is not to be had.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    pub(crate) fn large(what: impl Into<String>) -> Self {
        Self::TooLarge { what: what.into() }
    }
}

impl From<io::Error> for PictureError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::cut("the file ends before its content does"),
            _ => Self::Unreadable(error),
        }
    }
}
