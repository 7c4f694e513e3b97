//! Runs servers in this process until it is told to stop.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::serve::ListenerExt;
use model::HostId;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use store::{DataFolder, DataFolderError};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wire::discovery::{DiscoveryError, Offer, Responder};
use wire::{FarmView, ServerUrl, ServerUrlError, Service};

use crate::access::{Doors, Guard};
use crate::mail::{Post, PostError};
use crate::render_server::{RenderServer, RenderSetup, RenderStartError};
use crate::resource_server::ResourceServer;
use crate::schedule_server::{ScheduleServer, ScheduleStartError};
use crate::whereabouts::{Whereabouts, new_instance};
use crate::{Ready, Settings};

/// Open files of a server that others link to: each of them has one, and so has each client.
const FILES: u64 = 65_536;

/// Why servers do not start or do not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Its data folder.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// Its TCP port.
    #[error("cannot listen at {address} (TCP)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Discovery.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// Its mail settings.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The schedule server.
    #[error(transparent)]
    Schedule(#[from] ScheduleStartError),
    /// The render server.
    #[error(transparent)]
    Render(#[from] RenderStartError),
    /// A journal failed in a way that only a new start can mend.
    #[error("stopped, because a journal cannot be relied on any more: {0}")]
    JournalLost(String),
    /// The system gives no thread, signal, random number or name.
    #[error("the system does not let it run")]
    System(#[from] io::Error),
    /// The system gives no random number.
    #[error("cannot make a name for this process")]
    Instance(#[from] getrandom::Error),
    /// Its own address is no URL.
    #[error(transparent)]
    Url(#[from] ServerUrlError),
}

impl ServeError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => Some(format!(
                "something listens at port {} already, perhaps another farm: choose another with --port, or 0 for \
                 any free one",
                address.port()
            )),
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("ports below 1024 need more rights: choose another with --port".to_owned())
            }
            _ => None,
        }
    }

    /// Whether what was asked for is at fault, and not the machine.
    #[must_use]
    pub const fn is_misuse(&self) -> bool {
        matches!(self, Self::Post(_))
    }
}

/// Runs the servers that `settings` name, says so once to `ready`, and returns when SIGTERM or SIGINT has
/// ended them in order: what runs is stopped and its leases given back.
///
/// # Errors
/// Where one of them cannot start; none runs then.
pub async fn run(settings: Settings, ready: impl FnOnce(&Ready)) -> Result<(), ServeError> {
    // From here on a signal is waited for, so that none is missed while servers start.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut servers = Servers::start(&settings).await?;
    ready(&servers.ready);
    let lost = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        lost = servers.journal_lost() => Some(lost),
    };
    tracing::info!("stopping");
    servers.stop().await;
    lost.map_or(Ok(()), |why| Err(ServeError::JournalLost(why)))
}

/// Servers that run in this process.
struct Servers {
    ready: Ready,
    schedule: Option<ScheduleServer>,
    resource: Option<ResourceServer>,
    render: Option<RenderServer>,
    web: Option<JoinHandle<io::Result<()>>>,
    _responder: Responder,
    /// Locked as long as this process uses it.
    _data: DataFolder,
}

impl Servers {
    async fn start(settings: &Settings) -> Result<Self, ServeError> {
        let post =
            settings.smtp.as_deref().map(|url| Post::new(url, settings.mail_from.as_deref())).transpose()?;
        let data = DataFolder::open(&settings.data)?;
        let has = |service| settings.services.contains(&service);
        let listener = match has(Service::Schedule) || has(Service::Resource) {
            true => {
                raise_file_limit();
                Some(listen(settings.port).await?)
            }
            false => None,
        };
        let url = listener.as_ref().map(|(_, url)| url.clone());
        let listening = listener.as_ref().map(|(listener, _)| listener.local_addr()).transpose()?;
        let find = |service: Service, given: &Option<ServerUrl>| match (given, &url) {
            (Some(given), _) => Whereabouts::At(given.clone()),
            (None, Some(own)) if has(service) => Whereabouts::At(own.clone()),
            _ => Whereabouts::Discover(settings.discovery.clone(), service),
        };
        let resource_at = find(Service::Resource, &settings.resource_url);
        let schedule_at = find(Service::Schedule, &settings.schedule_url);

        let mut doors = Doors::new();
        let resource = if has(Service::Resource) { Some(ResourceServer::start()?) } else { None };
        doors = doors.and(resource.as_ref().map_or_else(Doors::new, ResourceServer::doors));
        let (mut schedule, mut storage) = (None, None);
        if has(Service::Schedule) {
            let folder = settings.storage.clone().unwrap_or_else(|| data.path().join("results"));
            let farm = farm_view(settings);
            let server = ScheduleServer::start(&data, &folder, farm, resource_at.clone(), post)?;
            doors = doors.and(server.doors());
            storage = Some(server.storage().to_owned());
            schedule = Some(server);
        }
        let guard = Guard::of_account(watch::channel(None).1, watch::channel(BTreeSet::new()).1);
        guard.ask_of_jobs(schedule.as_ref().map(ScheduleServer::handle));
        let web = listener.map(|(listener, _)| serve(listener, doors.guarded(&guard)));
        let (mut render, mut render_host) = (None, None);
        if has(Service::Render) {
            let host = settings.name.clone().map_or_else(own_name, HostId);
            let setup = RenderSetup {
                host: host.clone(),
                slots: settings.slots,
                threads: settings.threads.unwrap_or(1).max(1),
                tags: settings.tags.clone(),
                storage: storage.clone().or_else(|| settings.storage.clone()),
                desk: settings.desk.clone(),
                schedule: schedule_at,
                resource: resource_at,
            };
            let (server, slots) = RenderServer::start(&data, setup).await?;
            (render, render_host) = (Some(server), Some((host.0, slots)));
        }
        let offer = Offer {
            farm: settings.discovery.farm.clone(),
            farm_id: None,
            authority: None,
            instance: new_instance()?,
            services: settings.services.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            listening: listening.into_iter().collect(),
            secure: false,
        };
        let ready = Ready {
            url: url.map(|url| url.to_string()),
            services: settings.services.clone(),
            data: data.path().to_owned(),
            storage,
            render_host,
        };
        let responder = Responder::start(&settings.discovery, offer)?;
        Ok(Self { ready, schedule, resource, render, web, _responder: responder, _data: data })
    }

    /// Waits until a journal is lost, and says why.
    async fn journal_lost(&self) -> String {
        tokio::select! {
            why = if_any(self.schedule.as_ref().map(ScheduleServer::journal_lost)) => why,
            why = if_any(self.render.as_ref().map(RenderServer::journal_lost)) => why,
        }
    }

    /// Stops in the order in which each still finds who it has to tell.
    async fn stop(&mut self) {
        if let Some(render) = &mut self.render {
            render.stop().await;
        }
        if let Some(schedule) = &self.schedule {
            schedule.stop().await;
        }
        if let Some(resource) = &self.resource {
            resource.stop().await;
        }
        if let Some(web) = &self.web {
            // Watchers and links hold their connections open for ever, so they are cut.
            web.abort();
        }
    }
}

/// The outcome of `work`; waits for ever where there is none.
async fn if_any<T>(work: Option<impl Future<Output = T>>) -> T {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

/// Allows as many open files as the links of a large farm need, where the system lets it.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(FILES, |maximum| maximum.min(FILES));
    if limit.current.is_some_and(|current| current < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit })
    {
        tracing::warn!(
            "only {} files can be open, so large farms cannot link: {error}",
            limit.current.unwrap_or(0)
        );
    }
}

async fn listen(port: u16) -> Result<(TcpListener, ServerUrl), ServeError> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let fault = |source| ServeError::Listen { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let url = format!("http://{address}").parse()?;
    Ok((listener, url))
}

fn serve(listener: TcpListener, router: Router) -> JoinHandle<io::Result<()>> {
    // Small messages must not wait for more to be sent with them.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(axum::serve(listener, router).into_future())
}

fn farm_view(settings: &Settings) -> FarmView {
    FarmView {
        farm: settings.discovery.farm.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        storage: String::new(),
        storage_id: None,
        roles: settings.services.clone(),
        refused: BTreeMap::new(),
    }
}

/// The machine's name.
fn own_name() -> HostId {
    HostId(rustix::system::uname().nodename().to_string_lossy().into_owned())
}
