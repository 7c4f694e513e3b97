//! The doors of membership: who is a member, who asks to be one, and what lets servers join.

use std::collections::BTreeSet;

use ::access::{Access, Event, Refusal};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{JoinTokenView, MadeJoinToken, MemberView, NewJoinToken, NewWindow, TokenProof, WindowView};
use trust::{JoinToken, Secret};

use super::people::{Answer, Body};
use super::refusals::read;
use super::{Desk, Done, Pass, in_seconds};
use crate::clock;
use crate::problem::Refused;

/// Digits of a join token's id.
const ID_DIGITS: usize = 8;

pub(super) async fn list(State(desk): State<Desk>) -> Answer<Vec<MemberView>> {
    Ok(Json(desk.handle.read(Access::members).await?))
}

pub(super) async fn approve(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path(who): Path<String>,
) -> Result<(Extension<Done>, Json<MemberView>), Refused> {
    let (by, sought) = (pass.actor.trail_name(), who.clone());
    // By its code or its name: which of them asks is known only before it is a member.
    let name =
        desk.handle.read(move |role| role.name_of_asker(&sought)).await?.unwrap_or_else(|| who.clone());
    let shown = name.clone();
    let member = desk.handle.ask(Event::Approve { who, by }, move |role| role.member(&name)).await?;
    let member = member.ok_or_else(|| Refused::from(Refusal::NoMember { name: shown }))?;
    Ok((Extension(Done(format!("member {}", member.name))), Json(member)))
}

pub(super) async fn deny(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path(who): Path<String>,
) -> Result<StatusCode, Refused> {
    desk.handle.ask(Event::Deny { who, by: pass.actor.trail_name() }, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn revoke(
    State(desk): State<Desk>,
    Path(name): Path<String>,
) -> Result<StatusCode, Refused> {
    desk.handle.ask(Event::Revoke { name }, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn join_tokens(State(desk): State<Desk>) -> Answer<Vec<JoinTokenView>> {
    Ok(Json(desk.handle.read(|role| role.join_tokens(clock::now())).await?))
}

pub(super) async fn make_join_token(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    body: Body<NewJoinToken>,
) -> Result<(StatusCode, Extension<Done>, Json<MadeJoinToken>), Refused> {
    let example = "{\"services\": [\"render\"], \"uses\": 1, \"seconds\": 3600}";
    let NewJoinToken { services, uses, seconds } = read(body, example)?;
    let secret = Secret::new().map_err(|error| Refused::broken(&error))?;
    let chance = Secret::new().map_err(|error| Refused::broken(&error))?;
    let id: String = chance.hash().to_string().chars().take(ID_DIGITS).collect();
    let (services, expires) = (services.into_iter().collect::<BTreeSet<_>>(), in_seconds(seconds));
    let (by, sought) = (pass.actor.trail_name(), id.clone());
    let event = Event::MakeJoinToken { id: id.clone(), secret: secret.hash(), services, uses, expires, by };
    let found = self_token(&desk, event, sought).await?;
    let text = JoinToken {
        authority: desk.authority.certificate().fingerprint().to_owned(),
        proof: TokenProof { id: id.clone(), secret: secret.reveal().to_owned() },
    };
    let made = MadeJoinToken { token: found, text: model::Secret(text.to_string()) };
    Ok((StatusCode::CREATED, Extension(Done(format!("join token {id}, good for {uses}"))), Json(made)))
}

async fn self_token(desk: &Desk, event: Event, id: String) -> Result<JoinTokenView, Refused> {
    let shown = id.clone();
    let tokens = desk.handle.ask(event, |role| role.join_tokens(clock::now())).await?;
    let found = tokens.into_iter().find(|token| token.id == id);
    found.ok_or_else(|| Refusal::NoJoinToken { id: shown }.into())
}

pub(super) async fn revoke_join_token(
    State(desk): State<Desk>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    desk.handle.ask(Event::RevokeJoinToken { id }, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn windows(State(desk): State<Desk>) -> Answer<Vec<WindowView>> {
    Ok(Json(desk.handle.read(|role| role.windows(clock::now())).await?))
}

pub(super) async fn open_window(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    body: Body<NewWindow>,
) -> Result<(StatusCode, Extension<Done>, Json<WindowView>), Refused> {
    let example = "{\"subnet\": \"10.0.0.0/24\", \"services\": [\"render\"], \"seconds\": 600}";
    let NewWindow { subnet, services, seconds } = read(body, example)?;
    let subnet: ::access::Subnet = subnet.parse().map_err(|error: ::access::SubnetError| {
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    })?;
    let (services, until) = (services.into_iter().collect(), in_seconds(seconds));
    let event = Event::OpenWindow { subnet, services, until, by: pass.actor.trail_name() };
    let mut windows = desk.handle.ask(event, |role| role.windows(clock::now())).await?;
    let opened = windows.pop().ok_or_else(|| Refused::from(Refusal::Useless))?;
    Ok((StatusCode::CREATED, Extension(Done(format!("window {subnet}"))), Json(opened)))
}

pub(super) async fn close_window(
    State(desk): State<Desk>,
    Path(id): Path<u64>,
) -> Result<StatusCode, Refused> {
    desk.handle.ask(Event::CloseWindow { id }, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}
