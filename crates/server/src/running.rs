//! Runs servers in this process until it is told to stop.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use model::HostId;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use store::{DataFolder, DataFolderError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use wire::discovery::{DiscoveryError, Offer, Responder};
use wire::{FarmView, ServerUrl, Service};

use crate::access::{AccessServer, AccessStartError, Doors};
use crate::belonging::{Belonging, Outside, is_hopeless};
use crate::home::HomeError;
use crate::joining::JoinError;
use crate::listening::Listening;
use crate::mail::{Post, PostError};
use crate::proof::Proofs;
use crate::render_server::{RenderServer, RenderSetup, RenderStartError};
use crate::resource_server::ResourceServer;
use crate::schedule_server::{ScheduleServer, ScheduleStartError};
use crate::whereabouts::{Whereabouts, new_instance};
use crate::{News, Ready, Said, Settings};

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
    /// The trust of the farm.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Users, tokens and members.
    #[error(transparent)]
    Access(#[from] AccessStartError),
    /// It is not let into the farm.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// TLS.
    #[error("TLS cannot be spoken")]
    Tls(#[from] rustls::Error),
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
            Self::Home(error) => error.hint(),
            Self::Join(error) => error.hint(),
            _ => None,
        }
    }

    /// Whether what was asked for is at fault, and not the machine.
    #[must_use]
    pub const fn is_misuse(&self) -> bool {
        matches!(self, Self::Post(_))
    }
}

/// Runs the servers that `settings` name, tells `news` what there is to say, and returns when SIGTERM or SIGINT
/// has ended them in order: what runs is stopped and its leases given back.
///
/// # Errors
/// Where one of them cannot start, none runs then; where a journal is lost; and where this process is not let
/// into its farm.
pub async fn run(settings: Settings, news: News) -> Result<(), ServeError> {
    // From here on a signal is waited for, so that none is missed while servers start.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut servers = Servers::start(&settings, &news).await?;
    news.say(&Said::Ready(servers.ready.clone()));
    if let Some(link) = servers.owner_link().await {
        news.say(&Said::OwnerLink(link));
    }
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        ended = servers.ended() => Err(ended),
    };
    tracing::info!("stopping");
    servers.stop().await;
    ended
}

/// Servers that run in this process.
struct Servers {
    ready: Ready,
    belonging: Belonging,
    schedule: Option<ScheduleServer>,
    resource: Option<ResourceServer>,
    render: Option<RenderServer>,
    web: Option<JoinHandle<()>>,
    found_by: JoinHandle<()>,
    /// Locked as long as this process uses it.
    _data: DataFolder,
}

/// Where the others are.
struct Others {
    schedule: Whereabouts,
    resource: Whereabouts,
}

impl Others {
    fn of(settings: &Settings, own: Option<&ServerUrl>) -> Self {
        let find = |service: Service, given: &Option<ServerUrl>| match (given, own) {
            (Some(given), _) => Whereabouts::At(given.clone()),
            (None, Some(own)) if settings.services.contains(&service) => Whereabouts::At(own.clone()),
            _ => Whereabouts::Discover(settings.discovery.clone(), service),
        };
        Self {
            schedule: find(Service::Schedule, &settings.schedule_url),
            resource: find(Service::Resource, &settings.resource_url),
        }
    }
}

impl Servers {
    async fn start(settings: &Settings, news: &News) -> Result<Self, ServeError> {
        let post =
            settings.smtp.as_deref().map(|url| Post::new(url, settings.mail_from.as_deref())).transpose()?;
        let data = DataFolder::open(&settings.data)?;
        let has = |service| settings.services.contains(&service);
        let listening = match has(Service::Schedule) || has(Service::Resource) {
            true => {
                raise_file_limit();
                Some(Listening::open(settings.listen, settings.port)?)
            }
            false => None,
        };
        let own = listening.as_ref().map(Listening::own_url);
        let others = Others::of(settings, own.as_ref());
        let belonging = belong(&data, settings, own.as_ref(), &others, news).await?;
        let proofs = &belonging.proofs;

        let resource = if has(Service::Resource) { Some(ResourceServer::start()?) } else { None };
        let schedule = match has(Service::Schedule) {
            true => {
                let folder = settings.storage.clone().unwrap_or_else(|| data.path().join("results"));
                let to_resource = (others.resource.clone(), proofs.clone());
                Some(ScheduleServer::start(&data, &folder, farm_view(settings), to_resource, post)?)
            }
            false => None,
        };
        let storage = schedule.as_ref().map(|schedule| schedule.storage().to_owned());
        let doors = belonging.doors();
        let doors = doors.and(resource.as_ref().map_or_else(Doors::new, ResourceServer::doors));
        let doors = doors.and(schedule.as_ref().map_or_else(Doors::new, ScheduleServer::doors));
        belonging.guard.ask_of_jobs(schedule.as_ref().map(ScheduleServer::handle));
        let offer = offer(settings, listening.as_ref())?;
        let url = listening.as_ref().map(|listening| listening.url(&own_name()));
        let web = listening.map(|listening| {
            let router = doors.guarded(&belonging.guard);
            tokio::spawn(listening.serve(router, belonging.secured.clone(), belonging.cutter.clone()))
        });
        let (render, render_host) = match has(Service::Render) {
            true => {
                let storage = storage.clone().or_else(|| settings.storage.clone());
                let setup = render_setup(settings, others, storage, proofs.clone());
                let host = setup.host.0.clone();
                let (server, slots) = RenderServer::start(&data, setup).await?;
                (Some(server), Some((host, slots)))
            }
            false => (None, None),
        };
        let responder = Responder::start(&settings.discovery, offer)?;
        let found_by = tokio::spawn(be_found(responder, proofs.clone()));
        let ready = Ready {
            url: url.map(|url| url.to_string()),
            services: settings.services.clone(),
            data: data.path().to_owned(),
            storage,
            render_host,
        };
        Ok(Self { ready, belonging, schedule, resource, render, web, found_by, _data: data })
    }

    /// A link that lets the owner in, as long as nobody has used one.
    async fn owner_link(&self) -> Option<String> {
        let (access, url) = (self.belonging.access.as_ref()?, self.ready.url.as_ref()?);
        match access.owner_link(url).await {
            Ok(link) => link,
            Err(error) => {
                tracing::warn!("there is no link for the owner: {}", crate::error_chain(&error));
                None
            }
        }
    }

    /// Waits until this process cannot go on, and says why.
    async fn ended(&mut self) -> ServeError {
        let access = self.belonging.access.as_ref();
        tokio::select! {
            why = if_any(access.map(AccessServer::journal_lost)) => ServeError::JournalLost(why),
            why = if_any(self.schedule.as_ref().map(ScheduleServer::journal_lost)) => ServeError::JournalLost(why),
            why = if_any(self.render.as_ref().map(RenderServer::journal_lost)) => ServeError::JournalLost(why),
            error = is_hopeless(&mut self.belonging.hopeless) => error.into(),
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
        self.found_by.abort();
        if let Some(web) = &self.web {
            // Watchers and links hold their connections open for ever, so they are cut.
            web.abort();
        }
        if let Some(access) = &self.belonging.access {
            access.stop().await;
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

/// Finds out how this process belongs to its farm.
async fn belong(
    data: &DataFolder,
    settings: &Settings,
    own: Option<&ServerUrl>,
    others: &Others,
    news: &News,
) -> Result<Belonging, ServeError> {
    match own {
        Some(own) if settings.services.contains(&Service::Schedule) => {
            Belonging::at_home(data, settings, own.clone(), &own_name()).await
        }
        _ => {
            let name = settings.name.clone().unwrap_or_else(own_name);
            let outside = Outside { schedule: others.schedule.clone(), name, news: news.clone() };
            Belonging::outside(data, settings, outside)
        }
    }
}

/// What this process can be found by.
fn offer(settings: &Settings, listening: Option<&Listening>) -> Result<Offer, ServeError> {
    Ok(Offer {
        farm: settings.discovery.farm.clone(),
        farm_id: None,
        authority: None,
        instance: new_instance()?,
        services: settings.services.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        listening: listening.map(Listening::address).into_iter().collect(),
        secure: listening.is_some_and(Listening::is_secure),
    })
}

/// Lets others find this process, and says of which farm it is once that is proven.
async fn be_found(responder: Responder, proofs: Proofs) {
    let (farm_id, authority) = Belonging::farm(&proofs).await;
    responder.change(|offer| {
        offer.farm_id = Some(farm_id);
        offer.authority = authority;
    });
    std::future::pending().await
}

fn render_setup(settings: &Settings, others: Others, storage: Option<PathBuf>, proofs: Proofs) -> RenderSetup {
    RenderSetup {
        host: HostId(settings.name.clone().unwrap_or_else(own_name)),
        slots: settings.slots,
        threads: settings.threads.unwrap_or(1).max(1),
        tags: settings.tags.clone(),
        storage,
        desk: settings.desk.clone(),
        schedule: others.schedule,
        resource: others.resource,
        proofs,
    }
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
fn own_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
