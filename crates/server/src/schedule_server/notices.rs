//! What users want to be told of: asked for and set by themselves.

use axum::Json;
use axum::body::Bytes as Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Notices, NoticesChange, NoticesView, Webhook};
use schedule::Event;

use super::Desk;
use crate::problem::Refused;

/// Characters of a new secret, each one of 64.
const SECRET: usize = 43;

fn view(user: String, notices: Notices, secret: Option<String>) -> NoticesView {
    let Notices { mail, webhook, on, first_frames, gather_s } = notices;
    NoticesView { user, mail, webhook: webhook.map(|hook| hook.url), on, first_frames, gather_s, secret }
}

pub(super) async fn read(
    State(desk): State<Desk>,
    Path(user): Path<String>,
) -> Result<Json<NoticesView>, Refused> {
    let asked = user.clone();
    let notices = desk.handle.read(move |role| role.wishes_of(&asked).cloned()).await?;
    Ok(Json(view(user, notices.unwrap_or_default(), None)))
}

pub(super) async fn set(
    State(desk): State<Desk>,
    Path(user): Path<String>,
    body: Body,
) -> Result<Json<NoticesView>, Refused> {
    let change: NoticesChange = serde_json::from_slice(&body).map_err(|error| {
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the body cannot be read: {error}"))
            .hint("write it as {\"mail\": \"ada@example.com\", \"on\": [\"done\", \"failed\"]}")
    })?;
    let asked = user.clone();
    let before = desk.handle.read(move |role| role.wishes_of(&asked).cloned()).await?.unwrap_or_default();
    let usual = Notices::default();
    let known =
        before.webhook.filter(|known| Some(&known.url) == change.webhook.as_ref() && !change.new_secret);
    let (webhook, secret) = match (change.webhook, known) {
        (Some(_), Some(known)) => (Some(known), None),
        (Some(url), None) => {
            let secret = new_secret()?;
            (Some(Webhook { url, secret: secret.clone() }), Some(secret))
        }
        (None, _) => (None, None),
    };
    let notices = Notices {
        mail: change.mail.filter(|mail| !mail.is_empty()),
        webhook,
        on: change.on.unwrap_or(usual.on),
        first_frames: change.first_frames.unwrap_or(usual.first_frames),
        gather_s: change.gather_s.unwrap_or(usual.gather_s),
    };
    let event = Event::SetNotices { user: user.clone(), notices: Some(notices.clone()) };
    desk.handle.ask(event, |_| ()).await?;
    Ok(Json(view(user, notices, secret)))
}

/// What nobody guesses.
fn new_secret() -> Result<String, Refused> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = [0; SECRET];
    getrandom::fill(&mut random).map_err(|error| Refused::broken(&error))?;
    let digits = random.iter().map(|byte| char::from(DIGITS[usize::from(byte & 63)]));
    Ok(std::iter::once("whsec_".to_owned()).chain(digits.map(String::from)).collect())
}
