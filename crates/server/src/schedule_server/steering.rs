//! The API's answers to what steers the queue: retries, priorities, limits, shares, path rules, hosts set
//! aside, and why a job waits.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{HostId, JobId, JobView, LimitView, PathRule, PathRules, SetAsideView, ShareView, WhyView};
use schedule::{Event, Refusal, Schedule};
use serde::Deserialize;

use super::Desk;
use super::api::{Answer, no_job};
use crate::owner::AskError;
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

/// A JSON body, or what is wrong with it.
type Body<T> = Result<Json<T>, JsonRejection>;

pub(super) async fn why(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<Vec<WhyView>> {
    let found = desk.handle.read(move |role| role.why(job)).await?;
    found.map(Json).ok_or_else(|| no_job(job))
}

pub(super) async fn retry(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<JobView> {
    desk.steer(job, Event::Retry(job)).await
}

pub(super) async fn set_priority(
    State(desk): State<Desk>,
    Path(job): Path<JobId>,
    body: Body<Priority>,
) -> Answer<JobView> {
    let Priority { priority } = read(body, "{\"priority\": 10}")?;
    desk.handle.ask(Event::SetPriority { job, priority }, |_| ()).await.map_err(refused)?;
    desk.job(job).await.map(Json)
}

pub(super) async fn limits(State(desk): State<Desk>) -> Answer<Vec<LimitView>> {
    Ok(Json(desk.handle.read(Schedule::limits).await?))
}

pub(super) async fn set_limit(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    body: Body<Limit>,
) -> Answer<LimitView> {
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
) -> Result<StatusCode, Refused> {
    let event = Event::SetLimit { name, amount: None, per_host: None };
    desk.handle.ask(event, |_| ()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn shares(State(desk): State<Desk>) -> Answer<Vec<ShareView>> {
    Ok(Json(desk.handle.read(Schedule::shares).await?))
}

pub(super) async fn set_share(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    body: Body<Share>,
) -> Answer<ShareView> {
    let Share { weight } = read(body, "{\"weight\": 2}")?;
    let event = Event::SetShare { name: name.clone(), weight };
    let shares = desk.handle.ask(event, Schedule::shares).await.map_err(refused)?;
    // Who has the usual weight and holds no slot is not listed.
    let listed = shares.into_iter().find(|share| share.name == name);
    Ok(Json(listed.unwrap_or(ShareView { name, weight, slots: 0 })))
}

pub(super) async fn paths(State(desk): State<Desk>) -> Answer<PathRules> {
    Ok(Json(desk.handle.read(|role| role.paths().clone()).await?))
}

pub(super) async fn set_path(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    body: Body<PathRule>,
) -> Answer<PathRules> {
    let rule = read(body, r#"{"linux": "/mnt/proj", "windows": "P:\\"}"#)?;
    let event = Event::SetPathRule { name, rule: Some(rule) };
    desk.handle.ask(event, |role| role.paths().clone()).await.map(Json).map_err(refused)
}

pub(super) async fn remove_path(
    State(desk): State<Desk>,
    Path(name): Path<String>,
) -> Result<StatusCode, Refused> {
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

fn read<T>(body: Body<T>, example: &str) -> Result<T, Refused> {
    let unclear = |error: JsonRejection| {
        Refused::new(error.status(), format!("this cannot be understood: {}", error.body_text()))
            .hint(format!("send for example {example}"))
    };
    body.map(|Json(value)| value).map_err(unclear)
}

/// A single fault in what was set, told as what it is: there is no job description here.
fn refused(error: AskError<Refusal>) -> Refused {
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
