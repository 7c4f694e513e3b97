//! The API's answers to what steers the queue: retries, priorities, limits, shares, path rules, hosts set
//! aside, and why a job waits.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{HostId, JobId, LimitView, PathRule, PathRules, SetAsideView, ShareView, WhyView};
use schedule::{Event, Refusal, Schedule};
use serde::Deserialize;

use super::Desk;
use super::api::{Answer, Seen, no_job};
use crate::owner::AskError;
use crate::precondition::{IfMatch, Tag};
use crate::problem::Refused;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Priority {
    priority: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    #[serde(default)]
    amount: Option<u32>,
    #[serde(default)]
    per_host: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Share {
    weight: u32,
}

/// An answer with the tag of what people set of what it shows.
type Tagged<T> = Result<(Extension<Tag>, Json<T>), Refused>;

/// A JSON body, or what is wrong with it.
type Body<T> = Result<Json<T>, JsonRejection>;

pub(super) async fn why(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<Vec<WhyView>> {
    let found = desk.handle.read(move |role| role.why(job)).await?;
    found.map(Json).ok_or_else(|| no_job(job))
}

pub(super) async fn retry(State(desk): State<Desk>, Path(job): Path<JobId>, known: IfMatch) -> Seen {
    desk.steer(job, &known, Event::Retry(job)).await
}

pub(super) async fn set_priority(
    State(desk): State<Desk>,
    Path(job): Path<JobId>,
    known: IfMatch,
    body: Body<Priority>,
) -> Seen {
    let Priority { priority } = read(body, "{\"priority\": 10}")?;
    desk.steer(job, &known, Event::SetPriority { job, priority }).await
}

pub(super) async fn limits(State(desk): State<Desk>) -> Answer<Vec<LimitView>> {
    Ok(Json(desk.handle.read(Schedule::limits).await?))
}

pub(super) async fn limit(State(desk): State<Desk>, Path(name): Path<String>) -> Tagged<LimitView> {
    let found = desk.limit(name.clone()).await?;
    let limit =
        found.ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, format!("there is no limit {name:?}")))?;
    Ok((Extension(limit_tag(&limit)), Json(limit)))
}

/// What people set of a limit.
fn limit_tag(limit: &LimitView) -> Tag {
    Tag::of(&(limit.amount, limit.per_host))
}

pub(super) async fn set_limit(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    known: IfMatch,
    body: Body<Limit>,
) -> Answer<LimitView> {
    desk.limit_unchanged(&name, &known).await?;
    let Limit { amount, per_host } = read(body, "{\"amount\": 8, \"per_host\": 1}")?;
    if amount.is_none() && per_host.is_none() {
        return Err(Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "a limit without an amount limits nothing",
        )
        .hint("say an amount, or per_host, or both; DELETE removes the limit"));
    }
    let event = Event::SetLimit { name: name.clone(), amount, per_host };
    let limits = desk.handle.ask(event, Schedule::limits).await.map_err(refused)?;
    find(limits, |limit| limit.name == name)
}

pub(super) async fn remove_limit(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    known: IfMatch,
) -> Result<StatusCode, Refused> {
    desk.limit_unchanged(&name, &known).await?;
    let event = Event::SetLimit { name, amount: None, per_host: None };
    desk.handle.ask(event, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn shares(State(desk): State<Desk>) -> Answer<Vec<ShareView>> {
    Ok(Json(desk.handle.read(Schedule::shares).await?))
}

pub(super) async fn share(State(desk): State<Desk>, Path(name): Path<String>) -> Tagged<ShareView> {
    let share = desk.share(name).await?;
    Ok((Extension(share_tag(&share)), Json(share)))
}

/// What people set of a share.
fn share_tag(share: &ShareView) -> Tag {
    Tag(share.weight.to_string())
}

/// Who has the usual weight and holds no slot is not listed.
fn of_name(shares: Vec<ShareView>, name: String) -> ShareView {
    let listed = shares.into_iter().find(|share| share.name == name);
    listed.unwrap_or(ShareView { name, weight: 1, slots: 0 })
}

pub(super) async fn set_share(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    known: IfMatch,
    body: Body<Share>,
) -> Answer<ShareView> {
    if known.is_said() {
        known.holds(Some(&share_tag(&desk.share(name.clone()).await?)))?;
    }
    let Share { weight } = read(body, "{\"weight\": 2}")?;
    let event = Event::SetShare { name: name.clone(), weight };
    let shares = desk.handle.ask(event, Schedule::shares).await.map_err(refused)?;
    Ok(Json(of_name(shares, name)))
}

pub(super) async fn paths(State(desk): State<Desk>) -> Answer<PathRules> {
    Ok(Json(desk.handle.read(|role| role.paths().clone()).await?))
}

pub(super) async fn path(State(desk): State<Desk>, Path(name): Path<String>) -> Tagged<PathRule> {
    let found = desk.path(name.clone()).await?;
    let rule = found
        .ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, format!("there is no path rule {name:?}")))?;
    Ok((Extension(Tag::of(&rule)), Json(rule)))
}

impl Desk {
    async fn limit(&self, name: String) -> Result<Option<LimitView>, Refused> {
        let limits = self.handle.read(Schedule::limits).await?;
        Ok(limits.into_iter().find(|limit| limit.name == name))
    }

    async fn limit_unchanged(&self, name: &str, known: &IfMatch) -> Result<(), Refused> {
        if !known.is_said() {
            return Ok(());
        }
        known.holds(self.limit(name.to_owned()).await?.as_ref().map(limit_tag).as_ref())
    }

    async fn share(&self, name: String) -> Result<ShareView, Refused> {
        Ok(of_name(self.handle.read(Schedule::shares).await?, name))
    }

    async fn path(&self, name: String) -> Result<Option<PathRule>, Refused> {
        Ok(self.handle.read(move |role| role.paths().0.get(&name).cloned()).await?)
    }

    async fn path_unchanged(&self, name: &str, known: &IfMatch) -> Result<(), Refused> {
        if !known.is_said() {
            return Ok(());
        }
        known.holds(self.path(name.to_owned()).await?.as_ref().map(Tag::of).as_ref())
    }
}

pub(super) async fn set_path(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    known: IfMatch,
    body: Body<PathRule>,
) -> Answer<PathRules> {
    desk.path_unchanged(&name, &known).await?;
    let rule = read(body, r#"{"linux": "/mnt/proj", "windows": "P:\\"}"#)?;
    let event = Event::SetPathRule { name, rule: Some(rule) };
    desk.handle.ask(event, |role| role.paths().clone()).await.map(Json).map_err(refused)
}

pub(super) async fn remove_path(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    known: IfMatch,
) -> Result<StatusCode, Refused> {
    desk.path_unchanged(&name, &known).await?;
    desk.handle.ask(Event::SetPathRule { name, rule: None }, |_| ()).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn set_aside(State(desk): State<Desk>) -> Answer<Vec<SetAsideView>> {
    Ok(Json(desk.handle.read(Schedule::set_aside).await?))
}

pub(super) async fn forgive(
    State(desk): State<Desk>,
    Path(host): Path<String>,
) -> Result<StatusCode, Refused> {
    desk.handle.ask(Event::Forgive(HostId(host)), |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn read<T>(body: Body<T>, example: &str) -> Result<T, Refused> {
    let unclear = |error: JsonRejection| {
        Refused::new(error.status(), format!("this cannot be understood: {}", error.body_text()))
            .hint(format!("send for example {example}"))
    };
    body.map(|Json(value)| value).map_err(unclear)
}

/// A single fault in what was set, told as what it is: there is no job description here.
pub(super) fn refused(error: AskError<Refusal>) -> Refused {
    match error {
        AskError::Refused(Refusal::Faults(faults)) => match faults.0.as_slice() {
            [fault] => {
                let refused = Refused::new(StatusCode::UNPROCESSABLE_ENTITY, &fault.what);
                match &fault.hint {
                    Some(hint) => refused.hint(hint),
                    None => refused,
                }
            }
            _ => Refused::faults(faults),
        },
        other => other.into(),
    }
}

fn find<T>(all: Vec<T>, is: impl Fn(&T) -> bool) -> Answer<T> {
    let lost = || Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "what was set cannot be found");
    all.into_iter().find(is).map(Json).ok_or_else(lost)
}
