//! What goes wrong between a client and its server, in words for people.

use std::io;
use std::time::Duration;

use model::Problem;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use super::{CONNECT_TIME, REQUEST_TIME};
use crate::discovery::NotFound;
use crate::{ServerUrl, tls_fault};

/// Why a call did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody said where the server is and nobody answered.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// Nothing listens there, or it cannot be reached.
    #[error("cannot reach a schedule server at {url}")]
    Unreachable {
        /// The server.
        url: String,
        /// What the system says.
        #[source]
        source: reqwest::Error,
    },
    /// It is not who it should be, or does not take us for who we are.
    #[error("no trust between this machine and {url}: {why}")]
    Untrusted {
        /// The server.
        url: String,
        /// How that shows.
        why: String,
        /// What can be done about it.
        hint: &'static str,
    },
    /// The connection was cut before the answer was whole.
    #[error("the connection with {url} was lost")]
    Lost {
        /// The server.
        url: String,
        /// What the system says.
        #[source]
        source: reqwest::Error,
    },
    /// The server takes too long.
    #[error("{url} did not answer within {} s", after.as_secs())]
    Silent {
        /// The server.
        url: String,
        /// How long it had.
        after: Duration,
    },
    /// The server understood and says no. Every fault is told at once.
    #[error("{}", refused(.0))]
    Refused(Problem),
    /// What listens there does not speak this API.
    #[error("{url} is no schedule server of this version of framefarm: {why}")]
    Protocol {
        /// The server.
        url: String,
        /// How that shows.
        why: String,
    },
    /// A content is not what was asked for.
    #[error("{name} arrived damaged from {url}: it has digest {found} and should have {wanted}")]
    Damaged {
        /// The server.
        url: String,
        /// What was asked for.
        name: String,
        /// The digest it should have.
        wanted: String,
        /// The digest of what arrived.
        found: String,
    },
    /// A file on this machine cannot be read or written.
    #[error("cannot {verb} {place}")]
    Local {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        place: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Title and faults; the hint is told apart.
fn refused(problem: &Problem) -> String {
    let mut text = problem.title.clone();
    for fault in &problem.faults {
        text.push_str("\n  ");
        text.push_str(&fault.to_string().replace('\n', "\n  "));
    }
    text
}

impl ClientError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(error) => Some(error.hint()),
            Self::Unreachable { .. } => Some(
                "is it running? `framefarm up` starts a farm; --server and FRAMEFARM_SERVER choose another"
                    .to_owned(),
            ),
            Self::Untrusted { hint, .. } => Some((*hint).to_owned()),
            Self::Lost { .. } => Some("has the server been stopped? its log tells".to_owned()),
            Self::Silent { .. } => Some("is the machine of the server overloaded? its log tells".to_owned()),
            Self::Refused(problem) => problem.hint.clone(),
            Self::Protocol { .. } => {
                Some("check the address, and run the same version of framefarm at both ends".to_owned())
            }
            Self::Damaged { .. } => Some("try again; if it stays, look at the server's disk".to_owned()),
            Self::Local { .. } => None,
        }
    }

    /// Whether the same call may succeed later though nobody mends anything: the server is away, or says
    /// itself that it cannot now.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NotFound(error) => error.is_passing(),
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Silent { .. } => true,
            Self::Refused(problem) => matches!(problem.status, 429 | 502 | 503 | 504 | 507),
            Self::Untrusted { .. } | Self::Protocol { .. } | Self::Damaged { .. } | Self::Local { .. } => {
                false
            }
        }
    }

    /// What `source` means for a person.
    pub(super) fn of(source: reqwest::Error, server: &ServerUrl) -> Self {
        let url = server.to_string();
        // The message of reqwest repeats the whole URL; ours names the server already.
        let source = source.without_url();
        if let Some((why, hint)) = tls_fault::within(&source).map(tls_fault::words) {
            return Self::Untrusted { url, why, hint };
        }
        match (source.is_connect(), source.is_timeout()) {
            (true, true) => Self::Silent { url, after: CONNECT_TIME },
            (true, false) => Self::Unreachable { url, source },
            (false, true) => Self::Silent { url, after: REQUEST_TIME },
            (false, false) => Self::Lost { url, source },
        }
    }

    /// What a response that is none of success means.
    pub(super) async fn refusal(response: Response, server: &ServerUrl) -> Self {
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let ours = kind.is_some_and(|kind| kind.starts_with("application/problem+json"));
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Self::of(error, server),
        };
        match serde_json::from_slice(&body) {
            Ok(problem) if ours => Self::Refused(problem),
            _ => {
                let text: String = String::from_utf8_lossy(&body).trim().chars().take(200).collect();
                let colon = if text.is_empty() { "" } else { ": " };
                Self::Protocol { url: server.to_string(), why: format!("it answers {status}{colon}{text}") }
            }
        }
    }
}
