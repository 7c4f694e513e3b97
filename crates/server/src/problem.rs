//! API errors: what a role or a store refuses, as `application/problem+json`.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Faults, Problem};

use crate::owner::AskError;

/// When a client whose request cannot be served now should come back, in seconds.
const RETRY_AFTER_S: u16 = 2;

/// An API error on its way out.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Problem, Return);

/// What an error said, for whoever keeps a trail of answers.
#[derive(Clone, Debug)]
pub(crate) struct Said(pub(crate) String);

/// Whether the client is told when to come back with the same request.
#[derive(Debug)]
enum Return {
    Unsaid,
    Soon,
}

impl Refused {
    /// An error of `status` that says `title`.
    pub(crate) fn new(status: StatusCode, title: impl Into<String>) -> Self {
        let problem =
            Problem { status: status.as_u16(), title: title.into(), hint: None, faults: Vec::new() };
        Self(problem, Return::Unsaid)
    }

    /// The same with a way to mend it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same where it was not done, and may well be in a moment.
    pub(crate) fn come_back(mut self) -> Self {
        self.1 = Return::Soon;
        self
    }

    /// A description with faults.
    pub(crate) fn faults(faults: Faults) -> Self {
        let count = faults.0.len();
        let title = format!("the job description has {count} fault{}", if count == 1 { "" } else { "s" });
        let mut refused = Self::new(StatusCode::UNPROCESSABLE_ENTITY, title);
        refused.0.faults = faults.0;
        refused
    }

    /// A query with faults.
    pub(crate) fn query(faults: Faults) -> Self {
        Self::faulty("the query cannot be understood", faults)
    }

    /// Something with faults, of which `title` says what.
    pub(crate) fn faulty(title: &str, faults: Faults) -> Self {
        let mut refused = Self::new(StatusCode::UNPROCESSABLE_ENTITY, title);
        refused.0.faults = faults.0;
        refused
    }

    /// Something that a person could not have known or done.
    pub(crate) fn broken(error: &dyn std::error::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, crate::error_chain(error))
    }

    /// No room left.
    pub(crate) fn full(error: &dyn std::error::Error) -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, crate::error_chain(error))
            .hint("free some space there; nothing that was accepted is lost")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = match serde_json::to_vec(&self.0) {
            Ok(body) => (status, kind, body).into_response(),
            Err(_) => status.into_response(),
        };
        response.extensions_mut().insert(Said(self.0.title));
        if matches!(self.1, Return::Soon) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_S.into());
        }
        response
    }
}

impl<Refusal: Into<Refused>> From<AskError<Refusal>> for Refused {
    fn from(error: AskError<Refusal>) -> Self {
        match error {
            AskError::Refused(refusal) => refusal.into(),
            AskError::Journal(text) => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                format!("the schedule server accepts nothing now: {text}"),
            )
            .hint(
                "nothing that was acknowledged is lost; it goes on by itself once its journal can be written",
            ),
            AskError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the schedule server has too much to do just now")
                    .hint("it was not done; try again in a few seconds")
                    .come_back()
            }
            AskError::Stopping => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the schedule server is stopping")
                    .hint("try again once it has been started again")
                    .come_back()
            }
        }
    }
}
