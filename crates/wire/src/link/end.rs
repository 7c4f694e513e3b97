//! Why a link ended, in words for a log.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
pub enum LinkEnd {
    /// The other end closed it.
    #[error("the other end closed the link: {}", why.as_deref().unwrap_or("it does not say why"))]
    Closed {
        /// Why, where it said so.
        why: Option<String>,
    },
    /// This end closed it.
    #[error("the link was closed here")]
    ClosedHere,
    /// The connection was cut.
    #[error("the connection was lost")]
    Lost {
        /// What the system says, where it does.
        #[source]
        source: Option<std::io::Error>,
    },
    /// Nothing was heard.
    #[error("nothing was heard from the other end for {} s", after.as_secs())]
    Silent {
        /// For how long.
        after: Duration,
    },
    /// Nothing could be sent.
    #[error("the other end took nothing for {} s", after.as_secs())]
    Stuck {
        /// For how long.
        after: Duration,
    },
    /// The other end takes messages too slowly.
    #[error("the other end is too slow: more than {limit} bytes wait to be sent to it")]
    Full {
        /// How many may wait.
        limit: usize,
    },
    /// The other end sent a message too large.
    #[error("the other end sent a message larger than {limit} bytes")]
    TooLarge {
        /// How large one may be.
        limit: usize,
    },
    /// The other end sent something that is not the language of the links.
    #[error("the other end does not speak the language of this link: {why}")]
    Garbled {
        /// What is wrong with it.
        why: String,
    },
    /// The end was told before.
    #[error("the link had ended before")]
    Over,
}

/// Why a message was not put in the queue.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The link has ended; its receiver says why.
    #[error("the link has ended")]
    Ended,
    /// Too much waits already; the link ends for that.
    #[error("more than {limit} bytes wait to be sent, so the link is closed")]
    Full {
        /// How many may wait.
        limit: usize,
    },
    /// The message is too large for any link. The link itself goes on.
    #[error("a message of {bytes} bytes is not sent: {limit} is the most for one")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest.
        limit: usize,
    },
    /// The message cannot be written as JSON. The link itself goes on.
    #[error("a message cannot be written as JSON")]
    Unwritable {
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl LinkEnd {
    /// In one word what the other end did wrong, where the link ended for that.
    #[must_use]
    pub const fn fault(&self) -> Option<&'static str> {
        match self {
            Self::TooLarge { .. } => Some("too_large"),
            Self::Garbled { .. } => Some("garbled"),
            Self::Silent { .. } => Some("silent"),
            Self::Full { .. } | Self::Stuck { .. } => Some("too_slow"),
            Self::Closed { .. } | Self::ClosedHere | Self::Lost { .. } | Self::Over => None,
        }
    }

    /// The end that an error of the WebSocket means; `limit` is the largest message in bytes.
    pub(super) fn of(error: Error, limit: usize) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::Closed { why: None },
            Error::Io(source) => Self::Lost { source: Some(source) },
            Error::Capacity(_) => Self::TooLarge { limit },
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Lost { source: None },
            other => Self::Garbled { why: other.to_string() },
        }
    }
}
