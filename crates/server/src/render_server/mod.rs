//! The render server: the render role given a journal, links, processes and files.

mod allotted;
mod attempt;
mod bringing;
mod catalogue;
mod collect;
mod delivery;
mod desk;
mod environments;
mod figures;
mod gpu_use;
mod hands;
mod inputs;
mod installation;
mod kept_log;
mod line;
mod links;
mod live;
mod log_shipping;
mod memory_bound;
mod neighbours;
mod probe;
mod relocating;
mod residence;
mod resident;
mod runner;
mod scratch;
mod session;
mod shown_log;
pub(crate) mod tenant;
mod watching;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::{HostId, InstanceId, JobId, ResourceInfo, SlotIndex};
use process::{MemoryKills, User};
use render::{End, Event, Render};
use store::{Cache, Content, ContentError, DataFolder, LogError, Quarantine, Results, StorageOpenError};
use tokio::sync::{Mutex, oneshot, watch};
use tokio::task::JoinHandle;
use wire::Service;
use wire::link::Limits;

use crate::inventory::Inventory;
use crate::owner;
use crate::proof::Proofs;
use crate::resource_server::RESOURCE_PATH;
use crate::schedule_server::SCHEDULE_PATH;
use crate::whereabouts::{Goal, Whereabouts};
use bringing::Contents;
use catalogue::Catalogue;
use delivery::Server;
use desk::OwnUsage;
pub use desk::{DeskPolicy, Hours};
use environments::Sessions;
pub(crate) use figures::RenderFigures;
use hands::{RenderHandle, RenderHands};
use installation::installation;
use links::Introduction;
use live::Live;
use neighbours::Neighbours;
pub use tenant::TenantError;

/// How long the end may take: the role gives up on processes and acknowledgements well before.
const STOP_MAX: Duration = Duration::from_secs(15);
/// How long leaving all sessions may take then.
const SESSIONS_MAX: Duration = Duration::from_secs(10);

/// Where nobody says how much, this part of what is free is for files that the next job may need.
const CACHE_PART: u64 = 10;

/// Why the render server does not start.
#[derive(Debug, thiserror::Error)]
pub enum RenderStartError {
    /// Its journal.
    #[error("the journal of the render server cannot be used")]
    Journal(#[from] LogError),
    /// Its contents.
    #[error("the contents in the data folder cannot be used")]
    Content(#[from] ContentError),
    /// The storage that it was told of.
    #[error(transparent)]
    Storage(#[from] StorageOpenError),
    /// The storage that it was told of is not there; making it would hide that it is not mounted.
    #[error("there is no folder {path} for the storage: is it mounted on this host?")]
    NoStorage {
        /// Its path.
        path: PathBuf,
    },
    /// A file or folder.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Who frames run as, or where.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// A thread.
    #[error("no thread can be started")]
    Thread(#[from] std::io::Error),
}

/// What the parts of a render server share.
struct Kit {
    /// Contents of jobs, kept from job to job.
    contents: Contents,
    /// Files of jobs as their scenes see them, a folder for each job.
    jobs: PathBuf,
    /// Scratch of attempts, a folder for each lease.
    attempts: PathBuf,
    /// The I/O wrapper, as a file that whoever renders may read.
    wrapper: PathBuf,
    /// What slots are in while they render.
    sessions: Arc<Sessions>,
    /// Who frames run as, where it is not ourselves.
    user: Option<User>,
    /// The rendering packages that it knows now.
    catalogue: watch::Receiver<Arc<Catalogue>>,
    /// What this host has now.
    info: watch::Receiver<ResourceInfo>,
    /// Threads for a frame.
    threads: u16,
    /// Environment of this process, from which packages take what their definitions name.
    environment: BTreeMap<String, String>,
    /// How often the system kills for want of memory.
    memory: MemoryKills,
    /// What frames use now, and used.
    usage: OwnUsage,
    /// The same of each slot, for those who look.
    live: Live,
    /// Held while a file is fetched that several attempts may want.
    bringing: Mutex<()>,
    /// How large files came out so far.
    neighbours: Neighbours,
    /// The schedule server, while a link stands or stood.
    server: watch::Receiver<Option<Server>>,
}

/// A running render server.
pub(crate) struct RenderServer {
    handle: RenderHandle,
    kit: Arc<Kit>,
    tasks: Vec<JoinHandle<()>>,
    stopped: Option<oneshot::Receiver<Option<End>>>,
    /// Where frames work, if that is not in the data folder.
    workplace: Option<PathBuf>,
    sessions: Arc<Sessions>,
    /// Where the files of jobs are.
    jobs: PathBuf,
}

/// How much is kept of the files of jobs.
pub(crate) enum Keep {
    /// All: the schedule server of this process has them in the same folder and needs them.
    All,
    /// So many bytes.
    AtMost(u64),
    /// A part of the disk.
    Usual,
}

/// How a render server is over.
pub(crate) enum Over {
    /// People ordered it.
    Ended(End),
    /// Its journal cannot be relied on any more; why.
    JournalLost(String),
}

/// What a render server is started with.
pub(crate) struct RenderSetup {
    pub(crate) host: HostId,
    pub(crate) slots: Option<u16>,
    pub(crate) threads: u16,
    pub(crate) tags: Vec<String>,
    /// Who frames run as, where this process is root.
    pub(crate) render_user: Option<String>,
    /// Where frames work.
    pub(crate) scratch: Option<PathBuf>,
    /// How much is kept of the files of jobs.
    pub(crate) cache: Keep,
    /// The storage, where this host mounts it.
    pub(crate) storage: Option<PathBuf>,
    /// When it renders, where it is somebody's desktop.
    pub(crate) desk: Option<DeskPolicy>,
    pub(crate) schedule: Whereabouts,
    pub(crate) resource: Whereabouts,
    /// What is shown to them.
    pub(crate) proofs: Proofs,
}

impl RenderSetup {
    fn goal(&self, service: Service) -> Goal {
        let (at, path) = match service {
            Service::Resource => (self.resource.clone(), RESOURCE_PATH),
            Service::Schedule | Service::Render => (self.schedule.clone(), SCHEDULE_PATH),
        };
        Goal { at, service, path, limits: Limits::HOST, proofs: self.proofs.clone() }
    }
}

/// The packages that are known, with their scripts in `workplace`, and who keeps them as the site says.
fn keep_packages(
    library: Arc<packages::Library>,
    file: PathBuf,
    workplace: &Path,
) -> Result<(catalogue::Keeping, watch::Receiver<Arc<Catalogue>>), RenderStartError> {
    let scripts = workplace.join("packages");
    let catalogue = Catalogue::of(library, &scripts)
        .map_err(|source| RenderStartError::File { path: scripts.clone(), source })?;
    let (known, catalogue) = watch::channel(Arc::new(catalogue));
    Ok((catalogue::Keeping { known, file, scripts }, catalogue))
}

impl RenderServer {
    /// Replays the journal in `data`, takes up what still runs, and goes on from there. Returns its slots
    /// too.
    pub(crate) async fn start(
        data: &DataFolder,
        setup: RenderSetup,
    ) -> Result<(Self, u16), RenderStartError> {
        let (to_schedule, to_resource) = (setup.goal(Service::Schedule), setup.goal(Service::Resource));
        let root = data.path();
        let quarantine = Quarantine::of(root);
        let cache = open_cache(Content::open(&root.join("content"), quarantine.clone())?, &setup)?;
        let user = tenant::choose(setup.render_user.as_deref())?;
        let site_file = root.join("packages.json");
        let library = Arc::new(catalogue::remembered(&site_file));
        let around = tenant::surroundings(root, setup.scratch.as_deref(), user.as_ref());
        let inventory = Inventory::new(around, library.clone(), user.clone(), setup.tags);
        let (inventory, info) = probe::first(inventory).await;
        let slots = setup.slots.unwrap_or_else(|| slots_for(&info));
        let instance = own_installation(root.join("instance"), &info)?;
        let workplace = tenant::workplace(root, setup.scratch.as_deref(), &instance.0, user.as_ref())?;
        let (packages, catalogue) = keep_packages(library, site_file, &workplace)?;
        let (jobs, attempts) = (make_folder(&workplace, "jobs")?, make_folder(&workplace, "attempts")?);
        let wrapper = relocating::write_wrapper(&workplace)?;

        let new = || Render::new(setup.host.clone(), instance.clone(), slots);
        let (role, ledger) = owner::restore(&root.join("render.journal"), &quarantine, new)?;
        let role = role.identified(setup.host.clone(), instance.clone(), slots);
        let role = role.with_amounts(links::amounts_of(&info));
        let sessions = Arc::new(Sessions::new(make_folder(&workplace, "sessions")?));
        let of_sessions = sessions.jobs();
        session::clear_leftovers(&jobs, &attempts, &role, &of_sessions);

        let mounted = setup.storage.as_deref().map(open_storage).transpose()?;
        let (found, server) = watch::channel(None);
        let (told, info) = watch::channel(info);
        let kit = Arc::new(Kit {
            contents: Contents::new(cache),
            jobs: jobs.clone(),
            attempts,
            wrapper,
            sessions: sessions.clone(),
            environment: tenant::environment(own_variables(), user.as_ref()),
            user,
            catalogue: catalogue.clone(),
            info: info.clone(),
            threads: setup.threads,
            memory: MemoryKills::watched(),
            usage: OwnUsage::default(),
            live: Live::new(setup.host.clone()),
            bringing: Mutex::default(),
            neighbours: Neighbours::default(),
            server: server.clone(),
        });
        let (stop, stopped) = oneshot::channel();
        let (door, rendering) = (role.door(), role.attempts().any(|attempt| attempt.process.is_some()));
        sessions.take_up(&kit, &|slot, job| renders_on(&role, slot, job));
        let hands = |handle| RenderHands::new(handle, kit.clone(), door, stop, of_sessions);
        let handle = owner::start("render", role, ledger, hands)?;
        let hello = Introduction { host: setup.host, instance, info: info.clone(), kit: kit.clone() };
        let desk = setup.desk.map(|policy| desk::watch(handle.clone(), policy, kit.clone(), rendering));
        let mut tasks: Vec<_> = desk.map(tokio::spawn).into_iter().collect();
        let own = (handle.clone(), hello.clone());
        tasks.extend([
            tokio::spawn(links::keep_schedule_link(own.0, to_schedule, found, mounted, own.1)),
            tokio::spawn(links::keep_resource_link(handle.clone(), to_resource, hello)),
            tokio::spawn(links::keep_amounts(handle.clone(), info)),
            tokio::spawn(probe::keep_looking(inventory, catalogue, told)),
            tokio::spawn(packages.go_on(server)),
            tokio::spawn(live::keep_telling(kit.clone(), handle.clone())),
        ]);
        let workplace = (workplace != root).then_some(workplace);
        Ok((Self { handle, kit, tasks, stopped: Some(stopped), workplace, sessions, jobs }, slots))
    }

    /// Waits until an order has ended it, or it cannot go on.
    pub(crate) async fn over(&mut self) -> Over {
        let handle = self.handle.clone();
        tokio::select! {
            () = handle.ended() => Over::JournalLost(handle.trouble().unwrap_or_default()),
            end = ordered_end(&mut self.stopped) => Over::Ended(end),
        }
    }

    /// Ends, and leaves what runs to whoever takes it up.
    pub(crate) async fn leave(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.handle.stop().await;
        self.sessions.let_go();
    }

    /// Ends what runs, gives the leases back, and stops.
    pub(crate) async fn stop(&mut self) {
        self.handle.tell(Event::Stop).await;
        if let Some(stopped) = self.stopped.take()
            && tokio::time::timeout(STOP_MAX, stopped).await.is_err()
        {
            tracing::warn!("leases could not be given back in time; they will lapse");
        }
        let of_sessions = self.sessions.finish(SESSIONS_MAX).await;
        self.leave().await;
        of_sessions.iter().for_each(|job| session::remove(&self.jobs.join(job.to_string())));
        if let Some(workplace) = &self.workplace {
            tenant::vacate(workplace);
        }
    }
}

/// Waits until an order has ended the role.
async fn ordered_end(stopped: &mut Option<oneshot::Receiver<Option<End>>>) -> End {
    let Some(waiting) = stopped else { return std::future::pending().await };
    let end = waiting.await.ok().flatten();
    *stopped = None;
    match end {
        Some(end) => end,
        None => std::future::pending().await,
    }
}

/// Whether a frame of `job` that an earlier run started is still on `slot`.
fn renders_on(role: &Render, slot: SlotIndex, job: JobId) -> bool {
    role.attempts().any(|attempt| {
        (attempt.grant.slot, attempt.grant.frame.job) == (slot, job) && attempt.process.is_some()
    })
}

/// Which installation this is, as the file `path` says.
fn own_installation(path: PathBuf, info: &ResourceInfo) -> Result<InstanceId, RenderStartError> {
    installation(&path, &info.addresses).map_err(|source| RenderStartError::File { path, source })
}

/// One for each processor (requirement L14).
fn slots_for(info: &ResourceInfo) -> u16 {
    u16::try_from(info.processors).unwrap_or(u16::MAX).max(1)
}

/// The variables of this process that are text; packages are handed no others.
fn own_variables() -> impl Iterator<Item = (String, String)> {
    let text =
        |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text)
}

fn open_cache(content: Content, setup: &RenderSetup) -> Result<Cache, ContentError> {
    let limit = match setup.cache {
        Keep::All => return Ok(Cache::shared(content)),
        Keep::AtMost(limit) => limit,
        Keep::Usual => {
            let free = content.free_bytes()?;
            free.saturating_add(Cache::bytes_in(&content)?) / CACHE_PART
        }
    };
    let cache = Cache::open(content, limit)?;
    let store::CacheUse { limit, used, .. } = cache.usage();
    tracing::info!(used, limit, "bytes of files of jobs that are kept for the next");
    Ok(cache)
}

fn open_storage(path: &Path) -> Result<Results, RenderStartError> {
    if !path.is_dir() {
        return Err(RenderStartError::NoStorage { path: path.to_owned() });
    }
    Ok(Results::open(path)?)
}

fn make_folder(root: &Path, name: &str) -> Result<PathBuf, RenderStartError> {
    let path = root.join(name);
    match tenant::make_passage(&path) {
        Ok(()) => Ok(path),
        Err(source) => Err(RenderStartError::File { path, source }),
    }
}
