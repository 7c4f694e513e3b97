//! Runs servers in this process until it is told to stop.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use model::ServerVerb;
use render::End;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use store::{DataFolder, DataFolderError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use wire::discovery::{DiscoveryError, Offer, Responder};
use wire::{ServerUrl, Service};

use crate::access::{AccessServer, AccessStartError};
use crate::belonging::{self, Belonging, Outside, is_hopeless};
use crate::control::Control;
use crate::home::HomeError;
use crate::joining::JoinError;
use crate::listening::Listening;
use crate::mail::PostError;
use crate::metrics::{self, MetricsPortError};
use crate::page;
use crate::proof::Proofs;
use crate::render_server::{Over, RenderStartError};
use crate::roles::Roles;
use crate::schedule_server::ScheduleStartError;
use crate::whereabouts::{Whereabouts, new_instance};
use crate::{News, Ready, Said, Settings};

/// Open files of a server that others link to: each of them has one, and so has each client.
const FILES: u64 = 65_536;
/// The answer to an order has gone out within this time, before connections are cut.
const ANSWERED: Duration = Duration::from_millis(200);
/// What the start needed is given back after this time: by then links stand and the host is known.
const SETTLED: Duration = Duration::from_secs(10);
/// And then, by a render server, what frames needed.
const SETTLED_AGAIN: Duration = Duration::from_secs(600);

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
    /// The port for Prometheus.
    #[error(transparent)]
    Metrics(#[from] MetricsPortError),
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
            Self::Metrics(error) => Some(error.hint().to_owned()),
            Self::Home(error) => error.hint(),
            Self::Join(error) => error.hint(),
            Self::Render(RenderStartError::Tenant(error)) => error.hint(),
            _ => None,
        }
    }

    /// Whether what was asked for is at fault, and not the machine.
    #[must_use]
    pub const fn is_misuse(&self) -> bool {
        matches!(self, Self::Post(_) | Self::Metrics(_) | Self::Render(RenderStartError::Tenant(_)))
    }
}

/// How the servers of a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// For good.
    Ended,
    /// To be begun anew by the same command line; frames that run go on, and are found again.
    BeginAnew,
}

/// Runs the servers that `settings` name, tells `news` what there is to say, and returns when they have ended
/// in order: by SIGTERM or SIGINT, which stop what runs and give its leases back, by SIGUSR2, which lets it
/// run, or by order.
///
/// # Errors
/// Where one of them cannot start, none runs then; where a journal is lost; and where this process is not let
/// into its farm.
pub async fn run(settings: Settings, news: News) -> Result<Outcome, ServeError> {
    // From here on a signal is waited for, so that none is missed while servers start.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut anew = signal(SignalKind::user_defined2())?;
    let mut servers = Servers::start(&settings, &news).await?;
    news.say(&Said::Ready(servers.ready.clone()));
    if let Some(link) = servers.owner_link().await {
        news.say(&Said::OwnerLink(link));
    }
    let mut settles = tokio::time::interval_at(Instant::now() + SETTLED, SETTLED_AGAIN);
    settles.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut settled = false;
    let ended = loop {
        let happened = tokio::select! {
            // Where much is kept in memory, to look through it again would hold others up.
            _ = settles.tick(), if !settled || servers.roles.is_render_alone() => {
                settled = true;
                process::settle();
                continue;
            }
            _ = terminate.recv() => break Ok(Outcome::Ended),
            _ = interrupt.recv() => break Ok(Outcome::Ended),
            _ = anew.recv() => {
                tracing::info!("beginning anew; frames that run go on");
                servers.leave().await;
                return Ok(Outcome::BeginAnew);
            }
            happened = servers.happens() => happened,
        };
        match happened {
            Happened::Hopeless(error) => break Err(error),
            Happened::Ordered(service, verb) => servers.obey(service, verb).await,
            Happened::RenderEnded(end) if servers.roles.is_render_alone() => {
                break Ok(if end == End::Restart { Outcome::BeginAnew } else { Outcome::Ended });
            }
            Happened::RenderEnded(end) => servers.roles.render_ended(end).await,
        }
    };
    tracing::info!("stopping");
    servers.stop().await;
    ended
}

/// Servers that run in this process.
struct Servers {
    ready: Ready,
    belonging: Belonging,
    roles: Roles,
    control: Control,
    page: Option<PathBuf>,
    web: Option<Web>,
    found_by: JoinHandle<()>,
    /// The port for Prometheus.
    measured: Option<JoinHandle<()>>,
}

/// A port that is served.
struct Web {
    listening: Listening,
    serving: JoinHandle<()>,
}

/// Where the others are.
pub(crate) struct Others {
    pub(crate) schedule: Whereabouts,
    pub(crate) resource: Whereabouts,
}

impl Others {
    /// `known` are the ids of farms that this process belongs to.
    fn of(settings: &Settings, own: Option<&ServerUrl>, known: BTreeSet<String>) -> Self {
        let mut discovery = settings.discovery.clone();
        match known.first().filter(|_| known.len() == 1) {
            // Whoever belongs to a farm looks for that one alone, whatever else has its name.
            Some(only) => discovery.farm.clone_from(only),
            None => discovery.known.extend(known),
        }
        let find = |service: Service, given: &Option<ServerUrl>| match (given, own) {
            (Some(given), _) => Whereabouts::At(given.clone()),
            (None, Some(own)) if settings.services.contains(&service) => Whereabouts::At(own.clone()),
            _ => Whereabouts::Discover(discovery.clone(), service, settings.discovery.farm.clone()),
        };
        Self {
            schedule: find(Service::Schedule, &settings.schedule_url),
            resource: find(Service::Resource, &settings.resource_url),
        }
    }
}

/// What happened in this process.
enum Happened {
    /// People ordered something of a server.
    Ordered(Service, ServerVerb),
    /// The render server has ended, as was ordered.
    RenderEnded(End),
    /// It cannot go on.
    Hopeless(ServeError),
}

impl Servers {
    async fn start(settings: &Settings, news: &News) -> Result<Self, ServeError> {
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
        let (belonging, others) = belong(&data, settings, own.as_ref(), news).await?;
        let url = listening.as_ref().map(|listening| listening.url(&own_name()).to_string());
        let control = Control::new(settings, url.clone(), others.resource.clone(), belonging.proofs.clone());
        let offer = offer(settings, listening.as_ref(), &belonging.proofs)?;
        let path = data.path().to_owned();
        let roles = Roles::start(settings.clone(), data, others, &belonging)?;
        let storage = roles.storage();
        let responder = Responder::start(&settings.discovery, offer)?;
        let found_by = tokio::spawn(be_found(responder, belonging.proofs.clone()));
        let ready =
            Ready { url, services: settings.services.clone(), data: path, storage, render_host: None };
        let page = settings.page.clone();
        let mut servers =
            Self { ready, belonging, roles, control, page, web: None, found_by, measured: None };
        if let Some(listening) = listening {
            servers.serve(listening)?;
        }
        if let Some(port) = &settings.metrics {
            servers.measured = Some(metrics::serve(port, servers.roles.metrics()).await?);
        }
        servers.ready.render_host = servers.roles.start_render().await?;
        servers.control.show(&servers.roles);
        Ok(servers)
    }

    /// Serves what runs now at the port; connections that stand are cut, and come back by themselves.
    fn serve(&mut self, listening: Listening) -> Result<(), ServeError> {
        if let Some(web) = self.web.take() {
            web.serving.abort();
        }
        let belonging = &self.belonging;
        belonging.guard.ask_of_jobs(self.roles.jobs());
        let doors =
            belonging.doors().and(self.control.doors(belonging.access.is_some())).and(self.roles.doors());
        let guarded = doors.guarded(&belonging.guard);
        // The page is where people can log in.
        let router = match belonging.access {
            Some(_) => page::with_page(guarded, self.page.clone()),
            None => page::kept_to_itself(guarded),
        };
        let secured = belonging.secured.clone();
        let serving = tokio::spawn(listening.again()?.serve(router, secured, belonging.cutter.clone()));
        self.web = Some(Web { listening, serving });
        Ok(())
    }

    /// Waits until something happens that this process has to deal with.
    async fn happens(&mut self) -> Happened {
        let access = self.belonging.access.as_ref();
        tokio::select! {
            why = if_any(access.map(AccessServer::journal_lost)) => {
                Happened::Hopeless(ServeError::JournalLost(why))
            }
            over = self.roles.over() => match over {
                Over::JournalLost(why) => Happened::Hopeless(ServeError::JournalLost(why)),
                Over::Ended(end) => Happened::RenderEnded(end),
            },
            error = is_hopeless(&mut self.belonging.hopeless) => Happened::Hopeless(error.into()),
            (service, verb) = self.control.ordered() => Happened::Ordered(service, verb),
        }
    }

    /// Does what people ordered of a server; what cannot be done is told where they look.
    async fn obey(&mut self, service: Service, verb: ServerVerb) {
        tracing::info!("to {verb} the {} server was ordered", service.name());
        if let Some(web) = &self.web {
            // Who reads the answer to the order has it by now.
            tokio::time::sleep(ANSWERED).await;
            web.serving.abort();
        }
        self.roles.obey(service, verb).await;
        if let Some(Web { listening, .. }) = self.web.take()
            && let Err(error) = self.serve(listening)
        {
            tracing::error!("the port cannot be served any more: {}", crate::error_chain(&error));
        }
        self.control.show(&self.roles);
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

    /// Stops in the order in which each still finds who it has to tell.
    async fn stop(&mut self) {
        self.roles.stop().await;
        self.close().await;
    }

    /// Stops, and lets run what renders.
    async fn leave(&mut self) {
        self.roles.leave().await;
        self.close().await;
    }

    async fn close(&mut self) {
        self.found_by.abort();
        if let Some(measured) = &self.measured {
            measured.abort();
        }
        if let Some(web) = &self.web {
            // Watchers and links hold their connections open for ever, so they are cut.
            web.serving.abort();
        }
        if let Some(access) = &self.belonging.access {
            access.stop().await;
        }
    }
}

/// The outcome of `work`; waits for ever where there is none.
pub(crate) async fn if_any<T>(work: Option<impl Future<Output = T>>) -> T {
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

/// Finds out how this process belongs to its farm, and where the others of it are.
async fn belong(
    data: &DataFolder,
    settings: &Settings,
    own: Option<&ServerUrl>,
    news: &News,
) -> Result<(Belonging, Others), ServeError> {
    match own {
        Some(url) if settings.services.contains(&Service::Schedule) => {
            let belonging = Belonging::at_home(data, settings, url.clone(), &own_name()).await?;
            let known = belonging.proofs.farm().map(|(farm_id, _)| farm_id);
            Ok((belonging, Others::of(settings, own, known.into_iter().collect())))
        }
        _ => {
            let name = settings.name.clone().unwrap_or_else(own_name);
            let others = Others::of(settings, own, belonging::known(data, settings)?);
            let outside = Outside { schedule: others.schedule.clone(), name, news: news.clone() };
            Ok((Belonging::outside(data, settings, outside)?, others))
        }
    }
}

/// What this process can be found by.
fn offer(settings: &Settings, listening: Option<&Listening>, proofs: &Proofs) -> Result<Offer, ServeError> {
    let (farm_id, authority) = proofs.farm().unzip();
    Ok(Offer {
        farm: settings.discovery.farm.clone(),
        farm_id,
        authority: authority.flatten(),
        instance: new_instance()?,
        services: settings.services.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        listening: listening.map(Listening::address).into_iter().collect(),
        secure: listening.is_some_and(Listening::is_secure),
    })
}

/// Lets others find this process, and says of which farm it is once that is proven.
async fn be_found(responder: Responder, proofs: Proofs) {
    let (farm_id, authority) = proofs.found().await.farm();
    responder.change(|offer| {
        offer.farm_id = Some(farm_id);
        offer.authority = authority;
    });
    std::future::pending().await
}

/// The machine's name.
pub(crate) fn own_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
