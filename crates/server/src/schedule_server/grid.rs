//! All chunks of a job at once, for those who draw them.

use axum::Json;
use axum::extract::{Path, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{GridStep, GridView, JobId};

use super::Desk;
use super::api::{Answer, no_job};

pub(super) async fn grid(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<GridView> {
    let look = move |role: &schedule::Schedule, hands: &mut super::hands::ScheduleHands| {
        (role.grid(job), hands.changes.epoch().to_owned(), hands.changes.position())
    };
    let (found, epoch, seq) = desk.handle.read_with(look).await?;
    let steps = found.ok_or_else(|| no_job(job))?;
    let steps =
        steps.into_iter().map(|found| GridStep { cells: STANDARD.encode(&found.cells), ..found.step });
    Ok(Json(GridView { epoch, seq, steps: steps.collect() }))
}
