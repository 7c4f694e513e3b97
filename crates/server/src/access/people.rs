//! The doors of people: logging in and out, users and their passwords.

use std::time::{Duration, Instant};

use ::access::{Actor, Event, OWNER, Verb};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use model::{LoginReply, LoginRequest, NewPassword, NewUser, Rank, Time, UserChange, UserView, WhoView};

use super::peer::Peer;
use super::proof::OURS;
use super::refusals::read;
use super::{Desk, Done, Pass, cookie};
use crate::clock;
use crate::precondition::{IfMatch, Tag};
use crate::problem::Refused;

/// How long a login is good for a program at a terminal, and for a browser.
const LOGIN_LIFE: Duration = Duration::from_hours(30 * 24);
const COOKIE_LIFE: Duration = Duration::from_hours(7 * 24);

pub(super) type Answer<T> = Result<Json<T>, Refused>;
pub(super) type Body<T> = Result<Json<T>, JsonRejection>;

pub(super) async fn log_in(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body<LoginRequest>,
) -> Result<Response, Refused> {
    let request = read(body, "{\"user\": \"ada\", \"password\": \"...\"}")?;
    // A form of another page could log a browser in as somebody else.
    if request.cookie && !headers.contains_key(OURS) {
        return Err(Refused::new(StatusCode::FORBIDDEN, "a browser logs in from a page of the farm alone")
            .hint("that page sends the header X-Framefarm: 1; programs leave `cookie` out and get a token"));
    }
    let life = if request.cookie { COOKIE_LIFE } else { LOGIN_LIFE };
    let expires = clock::now().plus_ms(u64::try_from(life.as_millis()).unwrap_or(u64::MAX));
    let token = trust::Secret::new().map_err(|error| Refused::broken(&error))?;
    let (user, role) = match (request.user, request.password, request.owner) {
        (None, None, Some(link)) => desk.let_owner_in(&pass, &link.0, (token.hash(), expires)).await?,
        (Some(user), Some(password), None) => {
            desk.let_user_in(&pass, user, password.0, (token.hash(), expires)).await?
        }
        _ => {
            return Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "a login has a user and a password")
                .hint("or, instead of both, `owner` with what stands behind #owner= in the owner's link"));
        }
    };
    let tls = peer.is_some_and(|Extension(peer)| peer.tls);
    let reply = |token| Json(LoginReply { user, role, token, expires });
    Ok(match request.cookie {
        true => cookie::set(reply(None), token.reveal(), life, tls),
        false => reply(Some(model::Secret(token.reveal().to_owned()))).into_response(),
    })
}

impl Desk {
    async fn let_owner_in(
        &self,
        pass: &Pass,
        link: &str,
        (secret, expires): (model::Digest, Time),
    ) -> Result<(String, Rank), Refused> {
        let place = format!("owner link, {}", pass.origin.text());
        self.may_try(pass, &place)?;
        let event = Event::OwnerLinkUsed { link: trust::secret_hash(link), secret, expires };
        let done = self.handle.ask(event, |_| ()).await;
        if done.is_err() {
            self.has_failed(pass, &place);
        }
        done?;
        pass.keep_as(OWNER, Verb::LogIn, "by the owner link".to_owned(), "done".to_owned());
        Ok((OWNER.to_owned(), Rank::Admin))
    }

    async fn let_user_in(
        &self,
        pass: &Pass,
        user: String,
        given: String,
        (secret, expires): (model::Digest, Time),
    ) -> Result<(String, Rank), Refused> {
        let user: String = user.chars().take(64).collect();
        // Whoever guesses from one address waits; the user himself elsewhere does not.
        let place = format!("{user}, {}", pass.origin.text());
        self.may_try(pass, &place)?;
        let name = user.clone();
        let kept = self.handle.read(move |role| role.password(&name).map(str::to_owned)).await?;
        let good = self.passwords.fits(given, kept.clone()).await?;
        let Some(password) = kept.filter(|_| good) else {
            self.has_failed(pass, &place);
            pass.keep_as("", Verb::LogIn, format!("user {user}"), "wrong password".to_owned());
            return Err(::access::Refusal::WrongPassword.into());
        };
        let event = Event::LogIn { name: user.clone(), password, secret, expires };
        let name = user.clone();
        let view = self.handle.ask(event, move |role| role.user(&name, clock::now())).await?;
        self.attempts.succeeded(&place);
        pass.keep_as(&user, Verb::LogIn, format!("user {user}"), "done".to_owned());
        Ok((user, view.map_or(Rank::Viewer, |view| view.role)))
    }

    /// Whether somebody may try now, who may have failed before: at this, or at much else from there.
    pub(super) fn may_try(&self, pass: &Pass, place: &str) -> Result<(), Refused> {
        let now = Instant::now();
        let waits = [self.attempts.wait(place, now), self.crowds.wait(&pass.origin.text(), now)];
        match waits.into_iter().flatten().max() {
            None => Ok(()),
            Some(wait) => {
                let seconds = wait.as_secs() + 1;
                let too_often = format!("that failed too often; try again in {seconds} s");
                Err(Refused::new(StatusCode::TOO_MANY_REQUESTS, too_often))
            }
        }
    }

    /// Notes that somebody has tried in vain.
    pub(super) fn has_failed(&self, pass: &Pass, place: &str) {
        let now = Instant::now();
        self.attempts.failed(place, now);
        self.crowds.failed(&pass.origin.text(), now);
    }

    async fn user(&self, name: String) -> Answer<UserView> {
        let shown = name.clone();
        let found = self.handle.read(move |role| role.user(&name, clock::now())).await?;
        found.map(Json).ok_or_else(|| ::access::Refusal::NoUser { name: shown }.into())
    }

    /// Lets a change to a user through who is as its maker saw him.
    async fn unchanged(&self, name: &str, seen: &IfMatch) -> Result<(), Refused> {
        if !seen.is_said() {
            return Ok(());
        }
        let Json(user) = self.user(name.to_owned()).await?;
        seen.holds(Some(&tag(&user)))
    }
}

pub(super) async fn log_out(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
) -> Result<Response, Refused> {
    let Actor::Person { token, .. } = pass.actor else {
        return Err(Refused::new(StatusCode::CONFLICT, "only who has logged in can log out")
            .hint("this is the credential of the farm's own account, or of a server"));
    };
    desk.handle.ask(Event::RevokeToken { id: token }, |_| ()).await?;
    Ok(cookie::clear(StatusCode::NO_CONTENT))
}

pub(super) async fn who_am_i(Extension(pass): Extension<Pass>) -> Json<WhoView> {
    let (name, services) = match &pass.actor {
        Actor::Member { name, services } => (name.clone(), services.iter().cloned().collect()),
        other => (other.user().unwrap_or_default().to_owned(), Vec::new()),
    };
    let owner = matches!(pass.actor, Actor::Owner { .. });
    Json(WhoView { name, role: pass.actor.rank(), owner, services })
}

pub(super) async fn users(State(desk): State<Desk>) -> Answer<Vec<UserView>> {
    Ok(Json(desk.handle.read(|role| role.users(clock::now())).await?))
}

/// What people set of a user.
fn tag(user: &UserView) -> Tag {
    Tag(format!("{}{}", user.role, if user.disabled { "-disabled" } else { "" }))
}

pub(super) async fn user(
    State(desk): State<Desk>,
    Path(name): Path<String>,
) -> Result<(Extension<Tag>, Json<UserView>), Refused> {
    let Json(user) = desk.user(name).await?;
    Ok((Extension(tag(&user)), Json(user)))
}

pub(super) async fn add(
    State(desk): State<Desk>,
    body: Body<NewUser>,
) -> Result<(StatusCode, Extension<Done>, Json<UserView>), Refused> {
    let NewUser { name, role, password } = read(body, "{\"name\": \"ada\", \"role\": \"artist\"}")?;
    let password = match password {
        Some(password) => Some(desk.passwords.keep(password.0).await?),
        None => None,
    };
    desk.handle.ask(Event::AddUser { name: name.clone(), rank: role, password }, |_| ()).await?;
    let done = Done(format!("user {name} as {role}"));
    Ok((StatusCode::CREATED, Extension(done), desk.user(name).await?))
}

pub(super) async fn change(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    seen: IfMatch,
    body: Body<UserChange>,
) -> Result<(Extension<Done>, Json<UserView>), Refused> {
    desk.unchanged(&name, &seen).await?;
    let UserChange { role, disabled } = read(body, "{\"role\": \"operator\"}")?;
    let event = Event::ChangeUser { name: name.clone(), rank: role, disabled };
    desk.handle.ask(event, |_| ()).await?;
    let mut what = format!("user {name}");
    if let Some(role) = role {
        what.push_str(&format!(" to {role}"));
    }
    if let Some(disabled) = disabled {
        what.push_str(if disabled { ", disabled" } else { ", let in again" });
    }
    Ok((Extension(Done(what)), desk.user(name).await?))
}

pub(super) async fn remove(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    seen: IfMatch,
) -> Result<StatusCode, Refused> {
    desk.unchanged(&name, &seen).await?;
    desk.handle.ask(Event::RemoveUser { name }, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user sets his own with the present one; an admin sets that of others without.
pub(super) async fn set_password(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path(name): Path<String>,
    body: Body<NewPassword>,
) -> Result<StatusCode, Refused> {
    let NewPassword { password, present } = read(body, "{\"password\": \"...\", \"present\": \"...\"}")?;
    if pass.actor.user() == Some(&name) {
        let place = format!("{name}, {}", pass.origin.text());
        desk.may_try(&pass, &place)?;
        let of = name.clone();
        let kept = desk.handle.read(move |role| {
            (role.password(&of).map(str::to_owned), role.user(&of, clock::now()).map(|user| user.role))
        });
        let (kept, rank) = kept.await?;
        if pass.actor.rank() < rank {
            // With it he could log in, and so do more than with the token that he has now.
            return Err(Refused::new(
                StatusCode::FORBIDDEN,
                "a token that may do less cannot set a password",
            ));
        }
        let present = present.unwrap_or_else(|| model::Secret(String::new()));
        if kept.is_some() && !desk.passwords.fits(present.0, kept).await? {
            desk.has_failed(&pass, &place);
            return Err(Refused::new(StatusCode::FORBIDDEN, "the present password is another"));
        }
    }
    let password = desk.passwords.keep(password.0).await?;
    desk.handle.ask(Event::SetPassword { name, password }, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}
