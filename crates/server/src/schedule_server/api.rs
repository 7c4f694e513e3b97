//! The API's small answers: jobs, frames, hosts, and what people do to jobs.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{JobDescription, JobId, JobView, OutputView};
use schedule::{Event, Schedule};
use wire::FarmView;

use super::Desk;
use super::steering::refused;
use crate::clock;
use crate::precondition::{IfMatch, Tag};
use crate::problem::Refused;

pub(super) type Answer<T> = Result<Json<T>, Refused>;

pub(super) async fn farm(State(desk): State<Desk>) -> Json<FarmView> {
    let linked = desk.handle.consult(|_, hands| hands.is_resource_linked()).await;
    Json(FarmView { resource_linked: linked.unwrap_or(false), ..desk.farm_now() })
}

/// A job with the tag of what people set of it.
pub(super) type Seen = Result<(Extension<Tag>, Json<JobView>), Refused>;

pub(super) async fn job(State(desk): State<Desk>, Path(job): Path<JobId>) -> Seen {
    desk.job(job).await.map(seen)
}

fn seen(job: JobView) -> (Extension<Tag>, Json<JobView>) {
    (Extension(Tag(job.tag.clone())), Json(job))
}

pub(super) async fn description(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<JobDescription> {
    let found = desk.handle.read(move |role| role.description(job).cloned()).await?;
    found.map(Json).ok_or_else(|| no_job(job))
}

pub(super) async fn results(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<Vec<OutputView>> {
    let frames = desk.handle.read(move |role| role.frames(job)).await?.ok_or_else(|| no_job(job))?;
    Ok(Json(frames.into_iter().flat_map(|frame| frame.outputs).collect()))
}

pub(super) async fn hold(State(desk): State<Desk>, Path(job): Path<JobId>, known: IfMatch) -> Seen {
    desk.steer(job, &known, Event::Hold(job)).await
}

pub(super) async fn release(State(desk): State<Desk>, Path(job): Path<JobId>, known: IfMatch) -> Seen {
    desk.steer(job, &known, Event::Release(job)).await
}

pub(super) async fn kill(State(desk): State<Desk>, Path(job): Path<JobId>, known: IfMatch) -> Seen {
    desk.steer(job, &known, Event::Kill(job)).await
}

impl Desk {
    /// What the farm says of itself.
    pub(super) fn farm_now(&self) -> FarmView {
        FarmView { refused: self.refusals.counts(), ..FarmView::clone(&self.farm) }
    }

    /// The job with its folder as an absolute path.
    pub(super) async fn job(&self, job: JobId) -> Result<JobView, Refused> {
        let now = clock::now();
        let look =
            move |role: &Schedule| role.job(job).map(|view| JobView { eta: role.eta(now, job), ..view });
        let mut found = self.handle.read(look).await?.ok_or_else(|| no_job(job))?;
        self.place(&mut found);
        Ok(found)
    }

    pub(super) fn place(&self, job: &mut JobView) {
        job.results = self.results.path().join(&job.results).display().to_string();
    }

    pub(super) async fn steer(&self, job: JobId, known: &IfMatch, event: Event) -> Seen {
        self.unchanged(job, known).await?;
        self.handle.ask(event, |_| ()).await.map_err(refused)?;
        self.job(job).await.map(seen)
    }

    /// Lets a change to a job through that is as its maker saw it.
    pub(super) async fn unchanged(&self, job: JobId, known: &IfMatch) -> Result<(), Refused> {
        if !known.is_said() {
            return Ok(());
        }
        known.holds(Some(&Tag(self.job(job).await?.tag)))
    }
}

pub(super) fn no_job(job: JobId) -> Refused {
    schedule::Refusal::UnknownJob(job).into()
}

impl From<schedule::Refusal> for Refused {
    fn from(refusal: schedule::Refusal) -> Self {
        use schedule::Refusal;
        let status = match &refusal {
            Refusal::Faults(_) | Refusal::KeyTaken { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::UnknownJob(_) | Refusal::UnknownLimit { .. } | Refusal::UnknownHost(_) => {
                StatusCode::NOT_FOUND
            }
            _ => StatusCode::CONFLICT,
        };
        match refusal {
            Refusal::Faults(faults) => Self::faults(faults),
            other => Self::new(status, other.to_string()),
        }
    }
}
