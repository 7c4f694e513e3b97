//! The schedule server: the schedule role given a journal, links, an API, a storage and a post.

mod api;
mod bulk;
mod changes;
mod drafts;
mod figures;
mod grid;
mod hands;
mod host_orders;
mod hosts;
mod links;
mod lists;
mod logs;
mod looks;
mod notices;
mod orders;
mod package_views;
mod picture;
mod post_office;
mod refusals;
mod site;
mod steering;
mod stream;
mod submit;
#[cfg(test)]
mod tests;
mod thumbnails;
mod usage;
mod watch;

use std::path::Path;
use std::sync::Arc;

use ::access::Verb;
use model::JobId;
use packages::Library;
use schedule::Schedule;
use store::{
    AttemptLogs, Content, ContentError, DataFolder, FileError, LogError, Quarantine, Results,
    StorageOpenError,
};
use tokio::sync::{broadcast, watch as latest};
use tokio::task::JoinHandle;
use wire::FarmView;

use crate::access::{Doors, Published};
use crate::mail::Post;
use crate::owner;
use crate::proof::Proofs;
use crate::whereabouts::{Whereabouts, new_instance};
use hands::ScheduleHands;
use looks::Looks;
use picture::Darkroom;
use post_office::PostOffice;
use refusals::Refusals;

pub(crate) use figures::ScheduleFigures;
pub(crate) use hands::ScheduleHandle;

/// Where render servers dial the schedule server.
pub(crate) const SCHEDULE_PATH: &str = "/link/schedule";
/// Where the schedule server dials the resource server.
pub(crate) const MATCH_PATH: &str = "/link/match";

/// The largest JSON body: a description that names 100,000 files.
const JSON_MAX: usize = 64 << 20;
/// Changes of jobs that a slow watcher may be behind before it looks at everything anew.
const CHANGES_MAX: usize = 1024;

/// Why the schedule server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleStartError {
    /// Its journal.
    #[error("the journal of the schedule server cannot be used")]
    Journal(#[from] LogError),
    /// Its storage.
    #[error(transparent)]
    Storage(#[from] StorageOpenError),
    /// The name of its storage.
    #[error("the storage cannot be given a name")]
    StorageName(#[from] FileError),
    /// The system gives no random number.
    #[error("cannot make a name for the storage")]
    Random(#[from] getrandom::Error),
    /// Its contents.
    #[error("the contents in the data folder cannot be used")]
    Content(#[from] ContentError),
    /// A thread.
    #[error("no thread can be started")]
    Thread(#[from] std::io::Error),
}

/// What the handlers of the API share. Cheap to clone.
#[derive(Clone)]
struct Desk {
    handle: ScheduleHandle,
    content: Content,
    /// Small pictures of frames.
    thumbnails: Content,
    results: Arc<Results>,
    logs: AttemptLogs,
    library: latest::Receiver<Arc<Library>>,
    changes: broadcast::Sender<JobId>,
    refusals: Refusals,
    /// Who looks at what slots do.
    looks: Looks,
    /// Pictures for the eye, made and kept.
    darkroom: Darkroom,
    farm: Arc<FarmView>,
}

/// Drops what was taken in under leases that are over: a crash may have come before it was dropped.
fn discard_strays(results: &Results, role: &Schedule) {
    let leases = results.leases_with_intake().unwrap_or_default();
    for lease in leases.into_iter().filter(|lease| role.lease(*lease).is_none()) {
        if let Err(error) = results.discard(lease) {
            tracing::warn!(%lease, "the intake cannot be cleared: {}", crate::error_chain(&error));
        }
    }
}

/// How to link to the resource server, and what to tell it first.
pub(crate) struct WayToResource {
    /// Where it is.
    pub(crate) at: Whereabouts,
    /// What is shown to it.
    pub(crate) proofs: Proofs,
    /// Who gets in: it has to know whose certificates are not good any more.
    pub(crate) book: Option<Published>,
}

/// A running schedule server.
pub(crate) struct ScheduleServer {
    desk: Desk,
    resource_link: JoinHandle<()>,
    /// Looks at the packages of the site.
    reading: JoinHandle<()>,
    /// Tells render servers who looks at their slots.
    telling: JoinHandle<()>,
}

impl ScheduleServer {
    /// Replays the journal in `data` and goes on from there.
    pub(crate) fn start(
        data: &DataFolder,
        storage: &Path,
        mut farm: FarmView,
        resource: WayToResource,
        post: Option<Post>,
        packages: Option<&Path>,
    ) -> Result<Self, ScheduleStartError> {
        let results = Arc::new(Results::open(storage)?);
        farm.storage = results.path().display().to_string();
        farm.storage_id = Some(results.identify(&new_instance()?.0)?);
        let quarantine = Quarantine::of(data.path());
        let content = Content::open(&data.path().join("content"), quarantine.clone())?;
        let thumbnails = Content::open(&data.path().join("thumbnails"), quarantine.clone())?;
        let journal = data.path().join("schedule.journal");
        let (role, ledger) = owner::restore(&journal, &quarantine, Schedule::default)?;
        discard_strays(&results, &role);
        let (changes, _) = broadcast::channel(CHANGES_MAX);
        let (refusals, epoch) = (Refusals::default(), new_instance()?.0);
        let handle = owner::start("schedule", role, ledger, |handle| {
            let office = PostOffice::new(handle.clone(), post, thumbnails.clone());
            ScheduleHands::new(handle, refusals.clone(), results.clone(), office, changes.clone(), epoch)
        })?;
        let resource_link = tokio::spawn(links::keep_resource_link(handle.clone(), resource));
        let logs = AttemptLogs::new(&data.path().join("logs"));
        let folder = packages.map_or_else(|| data.path().join("packages"), Path::to_owned);
        let (known, library) = latest::channel(Arc::new(site::read(&folder)));
        let reading = tokio::spawn(site::keep_reading(folder, known));
        let looks = Looks::new();
        let telling = tokio::spawn(looks::keep_telling(handle.clone(), looks.clone()));
        let desk = Desk {
            handle,
            content,
            thumbnails,
            results,
            logs,
            library,
            changes,
            refusals,
            looks,
            darkroom: Darkroom::default(),
            farm: Arc::new(farm),
        };
        Ok(Self { desk, resource_link, reading, telling })
    }

    /// What it serves over HTTP: the API and the links of render servers.
    pub(crate) fn doors(&self) -> Doors {
        let job = "/api/v1/jobs/{job}";
        let lease = "/api/v1/leases/{lease}";
        Doors::new()
            .get("/api/v1/farm", Verb::SeeFarm, api::farm)
            .get("/api/v1/hosts", Verb::SeeHosts, lists::hosts)
            .get("/api/v1/hosts/{host}", Verb::SeeHosts, hosts::host)
            .get("/api/v1/hosts/{host}/slots/{slot}", Verb::SeeHosts, looks::slot)
            .get("/api/v1/match", Verb::SeeHosts, hosts::matching)
            .post("/api/v1/hosts/{host}/order", Verb::OrderHost, host_orders::order)
            .get("/api/v1/jobs", Verb::SeeJobs, lists::jobs)
            .post("/api/v1/jobs", Verb::Submit, submit::submit)
            .post("/api/v1/jobs/orders", Verb::OrderJobs, orders::order_jobs)
            .get(job, Verb::SeeJobs, api::job)
            .get(&format!("{job}/grid"), Verb::SeeJobs, grid::grid)
            .get("/api/v1/events", Verb::SeeFarm, stream::events)
            .get(&format!("{job}/watch"), Verb::SeeJobs, watch::watch)
            .get(&format!("{job}/description"), Verb::SeeDescription, api::description)
            .get(&format!("{job}/frames"), Verb::SeeJobs, lists::frames)
            .get(&format!("{job}/frames/{{number}}"), Verb::SeeJobs, lists::frame)
            .get(&format!("{job}/frames/{{number}}/log"), Verb::ReadLogs, logs::read)
            .get(&format!("{job}/frames/{{number}}/usage"), Verb::SeeJobs, usage::read)
            .post(&format!("{job}/frames/orders"), Verb::OrderFrames, orders::order_frames)
            .post(&format!("{job}/hold"), Verb::HoldJob, api::hold)
            .post(&format!("{job}/release"), Verb::ReleaseJob, api::release)
            .post(&format!("{job}/kill"), Verb::KillJob, api::kill)
            .post(&format!("{job}/retry"), Verb::RetryJob, steering::retry)
            .post(&format!("{job}/priority"), Verb::SetPriority, steering::set_priority)
            .get(&format!("{job}/why"), Verb::SeeJobs, steering::why)
            .get(&format!("{job}/results"), Verb::SeeJobs, api::results)
            .get(&format!("{job}/results/{{name}}"), Verb::ReadResults, bulk::read_result)
            .get(&format!("{job}/results/{{name}}/picture"), Verb::ReadResults, picture::read)
            .get("/api/v1/limits", Verb::SeeLimits, steering::limits)
            .get("/api/v1/limits/{limit}", Verb::SeeLimits, steering::limit)
            .put("/api/v1/limits/{limit}", Verb::SetLimit, steering::set_limit)
            .delete("/api/v1/limits/{limit}", Verb::SetLimit, steering::remove_limit)
            .get("/api/v1/users/{user}/notices", Verb::SeeNotices, notices::read)
            .put("/api/v1/users/{user}/notices", Verb::SetNotices, notices::set)
            .get("/api/v1/shares", Verb::SeeLimits, steering::shares)
            .get("/api/v1/shares/{share}", Verb::SeeLimits, steering::share)
            .put("/api/v1/shares/{share}", Verb::SetShare, steering::set_share)
            .get("/api/v1/packages", Verb::SeeFarm, site::packages)
            .get("/api/v1/packages/{package}", Verb::SeeFarm, package_views::package)
            .get("/api/v1/package-names", Verb::SeeFarm, package_views::names)
            .get("/api/v1/paths", Verb::SeePaths, steering::paths)
            .get("/api/v1/paths/{rule}", Verb::SeePaths, steering::path)
            .put("/api/v1/paths/{rule}", Verb::SetPath, steering::set_path)
            .delete("/api/v1/paths/{rule}", Verb::SetPath, steering::remove_path)
            .get("/api/v1/set-aside", Verb::SeeLimits, steering::set_aside)
            .delete("/api/v1/set-aside/{host}", Verb::Forgive, steering::forgive)
            .post("/api/v1/drafts", Verb::SendContent, drafts::draft)
            .post("/api/v1/content/missing", Verb::SendContent, bulk::missing_content)
            .bodies_up_to(JSON_MAX)
            .get("/api/v1/content/{digest}", Verb::ReadContent, bulk::read_content)
            .put("/api/v1/content/{digest}", Verb::SendContent, bulk::put_content)
            .get(&format!("{lease}/inputs"), Verb::ReadInputs, bulk::inputs)
            .get(&format!("{lease}/inputs/{{folder}}/{{name}}"), Verb::ReadInputs, bulk::read_input)
            .put(&format!("{lease}/outputs/{{name}}"), Verb::PutOutput, bulk::put_output)
            .put(&format!("{lease}/log"), Verb::PutLog, bulk::put_log)
            .put(&format!("{lease}/usage"), Verb::PutLog, usage::put)
            .put(&format!("{lease}/thumbnails/{{digest}}"), Verb::PutOutput, thumbnails::put)
            .get("/api/v1/thumbnails/{digest}", Verb::ReadResults, thumbnails::read)
            .get(SCHEDULE_PATH, Verb::LinkSchedule, links::accept_host)
            .with_state(self.desk.clone())
    }

    /// Who knows whose a job is.
    pub(crate) fn handle(&self) -> ScheduleHandle {
        self.desk.handle.clone()
    }

    /// The storage, absolute.
    pub(crate) fn storage(&self) -> &Path {
        self.desk.results.path()
    }

    /// Waits until the journal is lost, and says why.
    pub(crate) async fn journal_lost(&self) -> String {
        self.desk.handle.ended().await;
        self.desk.handle.trouble().unwrap_or_default()
    }

    /// Stops; what render servers report meanwhile waits in their outboxes.
    pub(crate) async fn stop(&self) {
        self.resource_link.abort();
        self.reading.abort();
        self.telling.abort();
        self.desk.handle.stop().await;
    }
}
