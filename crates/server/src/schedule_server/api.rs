//! The API's small answers: jobs, frames, hosts, and what people do to jobs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{
    Faults, JobDescription, JobId, JobView, Need, OutputView, PackageNeed, Rank, SubmitReply, SubmitRequest,
    VersionPattern,
};
use packages::check_work;
use schedule::{Event, Prospect, Schedule};
use wire::FarmView;

use super::Desk;
use crate::access::{Done, Pass};
use crate::clock;
use crate::problem::Refused;

/// How long a submit waits for the resource server's word on which hosts match.
const PROSPECT_WAIT: Duration = Duration::from_millis(500);
/// Between the first two looks for it; twice as long each time.
const PROSPECT_PAUSE: Duration = Duration::from_millis(1);

pub(super) type Answer<T> = Result<Json<T>, Refused>;

pub(super) async fn farm(State(desk): State<Desk>) -> Json<FarmView> {
    let linked = desk.handle.consult(|_, hands| hands.is_resource_linked()).await;
    Json(FarmView { resource_linked: linked.unwrap_or(false), ..desk.farm_now() })
}

pub(super) async fn job(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<JobView> {
    desk.job(job).await.map(Json)
}

pub(super) async fn description(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<JobDescription> {
    let found = desk.handle.read(move |role| role.description(job).cloned()).await?;
    found.map(Json).ok_or_else(|| no_job(job))
}

pub(super) async fn results(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<Vec<OutputView>> {
    let frames = desk.handle.read(move |role| role.frames(job)).await?.ok_or_else(|| no_job(job))?;
    Ok(Json(frames.into_iter().flat_map(|frame| frame.outputs).collect()))
}

pub(super) async fn hold(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<JobView> {
    desk.steer(job, Event::Hold(job)).await
}

pub(super) async fn release(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<JobView> {
    desk.steer(job, Event::Release(job)).await
}

pub(super) async fn kill(State(desk): State<Desk>, Path(job): Path<JobId>) -> Answer<JobView> {
    desk.steer(job, Event::Kill(job)).await
}

pub(super) async fn submit(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    body: Result<Json<SubmitRequest>, JsonRejection>,
) -> Result<(StatusCode, Extension<Done>, Json<SubmitReply>), Refused> {
    let Json(mut request) = body.map_err(|error| {
        Refused::new(error.status(), format!("this is no job that can be read: {}", error.body_text()))
            .hint("are client and server of the same version? compare `framefarm --version`")
    })?;
    // Whoever may change every job may submit for others as well.
    if let Some(user) = pass.actor.user().filter(|_| pass.actor.rank() < Some(Rank::Operator)) {
        request.description.user = user.to_owned();
    }
    desk.check(&request.description)?;
    desk.complete(&mut request.description);
    let mut warnings = desk.unseen(&request.description);
    let (key, sought) = (request.key.clone(), request.key.clone());
    let known = desk.handle.read(move |role| role.job_with_key(&key)).await?;
    let event = Event::Submit(Box::new(request));
    let taken = desk.handle.ask(event, move |role| role.job_with_key(&sought)).await?;
    let Some(id) = taken else {
        return Err(Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "the job was taken and cannot be found"));
    };
    let new = known.is_none();
    if new {
        warnings.extend(desk.warnings(id).await?);
    } else {
        warnings.clear();
    }
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Extension(Done(format!("job {id}"))), Json(SubmitReply { id, new, warnings })))
}

impl Desk {
    /// What the farm says of itself.
    pub(super) fn farm_now(&self) -> FarmView {
        FarmView { refused: self.refusals.counts(), ..FarmView::clone(&self.farm) }
    }

    /// Everything that can be wrong with a description, its packages and its contents, at once.
    fn check(&self, description: &JobDescription) -> Result<(), Refused> {
        let mut faults = description.check().err().unwrap_or_default();
        for step in &description.steps {
            faults.0.extend(self.check_package(step).0);
        }
        let digests: Vec<_> = description.files.iter().map(|file| file.digest).collect();
        let missing: BTreeSet<_> = self.content.missing(&digests).into_iter().collect();
        for file in description.files.iter().filter(|file| missing.contains(&file.digest)) {
            let what = format!("the content of {} has not arrived", file.path);
            faults.push(model::Fault::new("support", what).hint("submit again, so that it is sent again"));
        }
        faults.or(()).map_err(Refused::faults)
    }

    /// Adds what a description leaves unsaid: a host needs the package itself, and in all as much as a frame
    /// reserves of it.
    fn complete(&self, description: &mut JobDescription) {
        let library = self.library.borrow().clone();
        for step in &mut description.steps {
            let package = &step.work.package;
            let installed = library.get(package).is_some_and(|found| !found.brings_program());
            if installed && !step.profile.wants_package(package) {
                let version = VersionPattern::any();
                step.profile.add(Need::Package(PackageNeed { name: package.clone(), version }));
            }
            step.reserve.needs().into_iter().for_each(|need| step.profile.add(need));
            step.profile.put_in_order();
        }
    }

    /// A warning for each package that was never seen on the real program.
    fn unseen(&self, description: &JobDescription) -> Vec<String> {
        let library = self.library.borrow().clone();
        let packages: BTreeSet<&str> =
            description.steps.iter().map(|step| step.work.package.as_str()).collect();
        let unseen = |name: &&str| library.get(name).is_some_and(|definition| !definition.is_seen());
        let warn = |name: &str| {
            let title = library.get(name).map_or(name, |definition| &definition.title);
            format!("the definition of {title} was not seen on the real program yet; look at what it makes")
        };
        packages.into_iter().filter(unseen).map(warn).collect()
    }

    /// What a client should know of a job that was taken, once it is known which hosts match.
    async fn warnings(&self, job: JobId) -> Result<Vec<String>, Refused> {
        let until = Instant::now() + PROSPECT_WAIT;
        let mut pause = PROSPECT_PAUSE;
        loop {
            match self.handle.read(move |role| role.prospect(job)).await? {
                Prospect::Bad(why) => return Ok(vec![format!("the job waits: {why}")]),
                Prospect::Unclear if Instant::now() < until => tokio::time::sleep(pause).await,
                Prospect::Good | Prospect::Unclear => return Ok(Vec::new()),
            }
            pause *= 2;
        }
    }

    fn check_package(&self, step: &model::Step) -> Faults {
        let library = self.library.borrow().clone();
        match library.get(&step.work.package) {
            Some(definition) => check_work(definition, step),
            None => {
                let names: Vec<_> = library.names().collect();
                let what = format!("there is no rendering package {:?}", step.work.package);
                let hint = format!("this farm knows {}", names.join(", "));
                Faults(vec![model::Fault::new("package", what).hint(hint)])
            }
        }
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

    pub(super) async fn steer(&self, job: JobId, event: Event) -> Answer<JobView> {
        self.handle.ask(event, |_| ()).await?;
        self.job(job).await.map(Json)
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
