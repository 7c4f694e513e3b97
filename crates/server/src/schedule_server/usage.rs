//! What attempts used over time: taken in from render servers, kept beside their logs, shown to people.

use ::access::{Object, Verb};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{JobId, LeaseId, UsageHistory, UsageView};
use schedule::LeaseView;

use super::Desk;
use super::bulk::on_disk;
use super::logs::WhichAttempt;
use crate::access::Pass;
use crate::problem::Refused;

pub(super) async fn put(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path(lease): Path<LeaseId>,
    Json(history): Json<UsageHistory>,
) -> Result<StatusCode, Refused> {
    let LeaseView { frame, attempt, host, .. } = desk.live(lease).await?;
    pass.allows(Verb::PutLog, Object::Of(&host.0))?;
    on_disk(move || {
        let known = desk.logs.note(frame, attempt)?;
        let known: UsageHistory =
            known.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        // A render server that was started anew does not know what was before.
        let bytes = serde_json::to_vec(&known.gone_on(&history)).unwrap_or_default();
        desk.logs.keep_note(frame, attempt, &bytes)
    })
    .await?
    .map_err(|error| Refused::broken(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn read(
    State(desk): State<Desk>,
    Path((job, number)): Path<(JobId, i64)>,
    Query(which): Query<WhichAttempt>,
) -> Result<Json<UsageView>, Refused> {
    let LeaseView { frame, attempt, host, slot, .. } = desk.attempt(job, number, which).await?;
    let usage = desk.handle.read(move |role| role.usage_of(frame, attempt)).await?;
    let kept = on_disk(move || desk.logs.note(frame, attempt)).await?.map_err(|e| Refused::broken(&e))?;
    let history = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let UsageHistory { interval_ms, samples } = history.unwrap_or_default();
    Ok(Json(UsageView { attempt, host, slot, usage, interval_ms, samples }))
}
