//! Jobs that come in, or are only tried out.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use model::{
    Faults, JobDescription, JobId, Need, PackageNeed, Profile, Rank, Role, SubmitReply, SubmitRequest, Trial,
    VersionPattern,
};
use packages::check_work;
use schedule::{Event, Prospect};
use serde::Deserialize;

use super::Desk;
use crate::access::{Done, KEY, Pass, Undone};
use crate::clock;
use crate::problem::Refused;

/// How long a submit waits for the resource server's word on which hosts match.
const PROSPECT_WAIT: Duration = Duration::from_millis(500);
/// Between the first two looks for it; twice as long each time.
const PROSPECT_PAUSE: Duration = Duration::from_millis(1);

/// How a job is submitted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    /// Whether it is only tried out.
    #[serde(default)]
    dry_run: bool,
}

pub(super) async fn submit(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    how: Result<Query<How>, QueryRejection>,
    headers: HeaderMap,
    body: Result<Json<SubmitRequest>, JsonRejection>,
) -> Result<Response, Refused> {
    let Query(How { dry_run }) =
        how.map_err(|error| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, error.body_text()))?;
    let Json(mut request) = body.map_err(|error| {
        Refused::new(error.status(), format!("this is no job that can be read: {}", error.body_text()))
            .hint("are client and server of the same version? compare `framefarm --version`")
    })?;
    if request.key.is_empty() {
        let key = headers.get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
        request.key = key.to_owned();
    }
    // Whoever may change every job may submit for others as well.
    if let Some(user) = pass.actor.user().filter(|_| pass.actor.rank() < Some(Rank::Operator)) {
        request.description.user = user.to_owned();
    }
    if dry_run {
        return Ok((Extension(Undone), Json(desk.try_out(request).await?)).into_response());
    }
    if request.key.is_empty() {
        return Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "a job is submitted under a key")
            .hint("make one for each job, and send it as `key` or in the header Idempotency-Key"));
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
    let reply = Json(SubmitReply { id, new, warnings });
    Ok((status, Extension(Done(format!("job {id}"))), reply).into_response())
}

impl Desk {
    /// What would come of a job, were it submitted now with all its contents.
    async fn try_out(&self, mut request: SubmitRequest) -> Result<Trial, Refused> {
        self.faults(&request.description).or(()).map_err(Refused::faults)?;
        self.complete(&mut request.description);
        let mut warnings = self.unseen(&request.description);
        let steps = request.description.steps.clone();
        // Nobody has submitted anything under no name.
        request.key = String::new();
        let event = Event::Submit(Box::new(request));
        let refused = self.handle.read(move |role| role.decide(clock::now(), &event).err()).await?;
        refused.map_or(Ok(()), |refusal| Err(Refused::from(refusal)))?;
        let of = self.hosts(None).await.map_or(0, |(hosts, _)| hosts.len());
        let mut matching = of;
        let profiles: Vec<(&String, &Profile)> =
            steps.iter().map(|step| (&step.name, &step.profile)).collect();
        for (place, (name, profile)) in profiles.iter().enumerate() {
            if profiles.iter().take(place).any(|(_, other)| other == profile) {
                continue;
            }
            let hosts = self.hosts(Some((*profile).clone())).await.map_or(0, |(hosts, _)| hosts.len());
            if hosts == 0 {
                warnings.push(format!("no host matches what step {name} needs now"));
            }
            matching = matching.min(hosts);
        }
        let count = |hosts: usize| u32::try_from(hosts).unwrap_or(u32::MAX);
        Ok(Trial { faults: Vec::new(), warnings, matching_hosts: count(matching), of: count(of) })
    }

    /// Everything that can be wrong with a description, its packages and its contents, at once.
    fn check(&self, description: &JobDescription) -> Result<(), Refused> {
        let mut faults = self.faults(description);
        let digests: Vec<_> = description.files.iter().map(|file| file.digest).collect();
        let missing: BTreeSet<_> = self.content.missing(&digests).into_iter().collect();
        for file in description.files.iter().filter(|file| missing.contains(&file.digest)) {
            let what = format!("the content of {} has not arrived", file.path);
            faults.push(model::Fault::new("support", what).hint("submit again, so that it is sent again"));
        }
        faults.or(()).map_err(Refused::faults)
    }

    /// Everything that can be wrong with a description and its packages.
    fn faults(&self, description: &JobDescription) -> Faults {
        let mut faults = description.check().err().unwrap_or_default();
        for step in &description.steps {
            faults.0.extend(self.check_package(step).0);
        }
        faults
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
}
