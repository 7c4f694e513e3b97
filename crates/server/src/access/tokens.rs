//! The doors of tokens for programs.

use ::access::{Event, Object, Verb};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{MadeToken, NewToken, Rank, TokenView};
use serde::Deserialize;

use super::people::{Answer, Body};
use super::refusals::read;
use super::{Desk, Done, Pass, in_seconds};
use crate::clock;
use crate::problem::Refused;

#[derive(Deserialize)]
pub(super) struct Of {
    /// Everybody's, and not only one's own.
    #[serde(default)]
    all: bool,
}

pub(super) async fn list(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Query(Of { all }): Query<Of>,
) -> Answer<Vec<TokenView>> {
    let of = match all {
        true => {
            pass.allows(Verb::SeeTokens, Object::Farm)?;
            None
        }
        false => Some(pass.actor.user().unwrap_or_default().to_owned()),
    };
    Ok(Json(desk.handle.read(move |role| role.tokens(of.as_deref(), clock::now())).await?))
}

pub(super) async fn make(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    body: Body<NewToken>,
) -> Result<(StatusCode, Extension<Done>, Json<MadeToken>), Refused> {
    let NewToken { name, of, role, seconds } = read(body, "{\"name\": \"nightly\", \"seconds\": 7776000}")?;
    let own = pass.actor.user().unwrap_or_default().to_owned();
    let of = of.unwrap_or(own);
    pass.allows(Verb::MakeToken, Object::Of(&of))?;
    // No token makes one that may do more than itself.
    let most = pass.actor.rank();
    let rank = if pass.actor.user() == Some(&of) { role.or(most) } else { role };
    if rank > most {
        let title =
            format!("a token of yours cannot have a higher role than you have now: {}", role_name(most));
        return Err(Refused::new(StatusCode::FORBIDDEN, title));
    }
    let secret = trust::Secret::new().map_err(|error| Refused::broken(&error))?;
    let (hash, expires) = (secret.hash(), seconds.map(in_seconds));
    let done = Done(format!("token {name} of {of}"));
    let event = Event::MakeToken { of, name, rank, secret: hash, expires };
    let token = desk.handle.ask(event, move |role| role.token(hash)).await?;
    let token = token.ok_or_else(|| {
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "the token was made and cannot be found")
    })?;
    let made = MadeToken { token, secret: model::Secret(secret.reveal().to_owned()) };
    Ok((StatusCode::CREATED, Extension(done), Json(made)))
}

pub(super) async fn revoke(State(desk): State<Desk>, Path(id): Path<u64>) -> Result<StatusCode, Refused> {
    desk.handle.ask(Event::RevokeToken { id }, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn role_name(rank: Option<Rank>) -> &'static str {
    rank.map_or("none", Rank::name)
}
