//! The API's lists, page by page: jobs, frames and render hosts.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use model::{FrameQuery, FrameView, HostQuery, HostView, JobId, JobQuery, JobView, Page};
use serde::Deserialize;

use super::Desk;
use super::api::{Answer, no_job};
use crate::clock;
use crate::problem::Refused;

/// The fields of a URL's query, in order.
pub(super) type Fields = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The fields, where they are some at all.
pub(super) fn fields(given: Fields) -> Result<Vec<(String, String)>, Refused> {
    let Query(pairs) =
        given.map_err(|error| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, error.body_text()))?;
    Ok(pairs)
}

pub(super) async fn jobs(State(desk): State<Desk>, given: Fields) -> Answer<Page<JobView>> {
    let query = JobQuery::read(fields(given)?).map_err(Refused::query)?;
    let now = clock::now();
    let mut page = desk.handle.read(move |role| role.jobs_page(now, &query)).await?;
    page.items.iter_mut().for_each(|job| desk.place(job));
    Ok(Json(page))
}

pub(super) async fn frames(
    State(desk): State<Desk>,
    Path(job): Path<JobId>,
    given: Fields,
) -> Answer<Page<FrameView>> {
    let query = FrameQuery::read(fields(given)?).map_err(Refused::query)?;
    let found = desk.handle.read(move |role| role.frames_page(job, &query)).await?;
    found.map(Json).ok_or_else(|| no_job(job))
}

/// Of which step a frame is meant; the first that has it where it is not said.
#[derive(Deserialize)]
pub(super) struct OfStep {
    step: Option<String>,
}

pub(super) async fn frame(
    State(desk): State<Desk>,
    Path((job, number)): Path<(JobId, i64)>,
    Query(OfStep { step }): Query<OfStep>,
) -> Answer<FrameView> {
    let wanted = step.clone();
    let (known, found) = desk
        .handle
        .read(move |role| (role.description(job).is_some(), role.frame(job, wanted.as_deref(), number)))
        .await?;
    if !known {
        return Err(no_job(job));
    }
    found.map(Json).ok_or_else(|| no_frame(job, step.as_deref(), number))
}

pub(super) fn no_frame(job: JobId, step: Option<&str>, number: i64) -> Refused {
    let of = step.map(|step| format!(" of step {step:?}")).unwrap_or_default();
    Refused::new(StatusCode::NOT_FOUND, format!("job {job} has no frame {number}{of}"))
        .hint(format!("`framefarm frames {job}` lists its frames"))
}

pub(super) async fn hosts(State(desk): State<Desk>, given: Fields) -> Answer<Page<HostView>> {
    let query = HostQuery::read(fields(given)?).map_err(Refused::query)?;
    let profile = query.select.need.as_deref().map(|need| super::hosts::profile(need, "")).transpose()?;
    let (hosts, _) = desk.hosts(profile).await?;
    Ok(Json(query.page_of(&hosts)))
}
