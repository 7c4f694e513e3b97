//! What the access role refuses, as an answer of the API.

use ::access::Refusal;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;

use crate::problem::Refused;

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::WrongPassword | Refusal::WrongLink | Refusal::BadJoinToken => StatusCode::UNAUTHORIZED,
            Refusal::NotForService { .. } => StatusCode::FORBIDDEN,
            Refusal::NoUser { .. }
            | Refusal::NoToken { .. }
            | Refusal::NoJoinToken { .. }
            | Refusal::NoWindow { .. }
            | Refusal::NobodyAsks { .. }
            | Refusal::NoMember { .. } => StatusCode::NOT_FOUND,
            Refusal::Crowded => StatusCode::TOO_MANY_REQUESTS,
            Refusal::UserThere { .. }
            | Refusal::Disabled { .. }
            | Refusal::NameTaken { .. }
            | Refusal::Ambiguous { .. }
            | Refusal::TooManyCertificates { .. }
            | Refusal::Full { .. } => StatusCode::CONFLICT,
            Refusal::Name { .. }
            | Refusal::OwnersName
            | Refusal::TooMuch { .. }
            | Refusal::Useless
            | Refusal::Service { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let refused = Self::new(status, refusal.to_string());
        match refusal.hint() {
            Some(hint) => refused.hint(hint),
            None => refused,
        }
    }
}

/// What a JSON body holds, or what is wrong with it. What stands in it is not repeated: it may be a password.
pub(super) fn read<T>(body: Result<Json<T>, JsonRejection>, example: &str) -> Result<T, Refused> {
    body.map(|Json(value)| value).map_err(|error| {
        Refused::new(error.status(), "this cannot be understood").hint(format!("send for example {example}"))
    })
}
