//! The roles of this process. Each can be stopped and started again while its port, its guard and its data
//! folder stay, so that a server that is stopped can be started from afar.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use axum::http::StatusCode;
use model::{HostId, ServerState, ServerVerb};
use render::End;
use store::DataFolder;
use tokio::sync::watch;
use wire::{FarmView, Service};

use crate::access::{AccessServer, Doors, Published};
use crate::belonging::Belonging;
use crate::error_chain;
use crate::mail::Post;
use crate::metrics::{Figures, Sources};
use crate::problem::Refused;
use crate::proof::Proofs;
use crate::render_server::{Keep, Over, RenderServer, RenderSetup};
use crate::resource_server::ResourceServer;
use crate::running::{Others, if_any, own_name};
use crate::schedule_server::{ScheduleHandle, ScheduleServer, WayToResource};
use crate::{ServeError, Settings};

/// What runs in this process, and what it takes to start it.
pub(crate) struct Roles {
    settings: Settings,
    /// Locked as long as this process uses it.
    data: DataFolder,
    others: Others,
    proofs: Proofs,
    /// Who gets in, as far as that is decided in this process.
    book: Option<Published>,
    /// Where a resource server writes whose certificates are not good any more.
    revoked: watch::Sender<BTreeSet<String>>,
    schedule: Option<ScheduleServer>,
    resource: Option<ResourceServer>,
    render: Option<RenderServer>,
    /// The doors of those that were stopped.
    closed: BTreeMap<Service, Doors>,
    /// How often each was started.
    starts: BTreeMap<Service, u32>,
    /// Where figures come from.
    metrics: Sources,
}

impl Roles {
    /// Starts those that listen.
    pub(crate) fn start(
        settings: Settings,
        data: DataFolder,
        others: Others,
        belonging: &Belonging,
    ) -> Result<Self, ServeError> {
        let (proofs, revoked) = (belonging.proofs.clone(), belonging.revoked.clone());
        let book = belonging.access.as_ref().map(AccessServer::book);
        let (closed, starts) = (BTreeMap::new(), BTreeMap::new());
        let (schedule, resource, render) = (None, None, None);
        let metrics = Sources::new(data.path().to_owned());
        let services = settings.services.clone();
        let mut roles = Self {
            settings,
            data,
            others,
            proofs,
            book,
            revoked,
            schedule,
            resource,
            render,
            closed,
            starts,
            metrics,
        };
        for service in [Service::Resource, Service::Schedule] {
            if services.contains(&service) {
                roles.start_one(service)?;
            }
        }
        Ok(roles)
    }

    fn start_one(&mut self, service: Service) -> Result<(), ServeError> {
        match service {
            Service::Resource => self.resource = Some(ResourceServer::start(self.revoked.clone())?),
            Service::Schedule => {
                let settings = &self.settings;
                let post = settings.smtp.as_deref().map(|url| Post::new(url, settings.mail_from.as_deref()));
                let post = post.transpose()?;
                let folder = settings.storage.clone().unwrap_or_else(|| self.data.path().join("results"));
                let (at, proofs) = (self.others.resource.clone(), self.proofs.clone());
                let resource = WayToResource { at, proofs, book: self.book.clone() };
                let farm = farm_view(settings);
                let packages = settings.packages.as_deref();
                self.schedule =
                    Some(ScheduleServer::start(&self.data, &folder, farm, resource, post, packages)?);
            }
            Service::Render => {}
        }
        self.tell_metrics();
        self.closed.remove(&service);
        *self.starts.entry(service).or_default() += 1;
        Ok(())
    }

    /// Starts the render server, where this process has one; says its name and slots.
    pub(crate) async fn start_render(&mut self) -> Result<Option<(String, u16)>, ServeError> {
        if !self.settings.services.contains(&Service::Render) {
            return Ok(None);
        }
        let setup = self.render_setup();
        let host = setup.host.0.clone();
        let (server, slots) = RenderServer::start(&self.data, setup).await?;
        self.render = Some(server);
        self.tell_metrics();
        Ok(Some((host, slots)))
    }

    fn render_setup(&self) -> RenderSetup {
        let settings = &self.settings;
        RenderSetup {
            host: HostId(settings.name.clone().unwrap_or_else(own_name)),
            slots: settings.slots,
            threads: settings.threads.unwrap_or(1).max(1),
            tags: settings.tags.clone(),
            storage: self.storage().or_else(|| settings.storage.clone()),
            desk: settings.desk.clone(),
            render_user: settings.render_user.clone(),
            scratch: settings.scratch.clone(),
            cache: match settings.cache {
                _ if settings.services.contains(&Service::Schedule) => Keep::All,
                Some(limit) => Keep::AtMost(limit),
                None => Keep::Usual,
            },
            schedule: self.others.schedule.clone(),
            resource: self.others.resource.clone(),
            proofs: self.proofs.clone(),
        }
    }

    /// Does what people ordered of a server that listens. Where it does not start it stays stopped.
    pub(crate) async fn obey(&mut self, service: Service, verb: ServerVerb) {
        if verb != ServerVerb::Start {
            self.stop_one(service).await;
        }
        if verb != ServerVerb::Stop
            && self.state(service) == Some(ServerState::Stopped)
            && let Err(error) = self.start_one(service)
        {
            tracing::error!("the {} server does not start: {}", service.name(), error_chain(&error));
        }
    }

    async fn stop_one(&mut self, service: Service) {
        match service {
            Service::Schedule => {
                if let Some(schedule) = self.schedule.take() {
                    self.closed.insert(service, schedule.doors().closed(schedule_is_stopped));
                    schedule.stop().await;
                }
            }
            Service::Resource => {
                if let Some(resource) = self.resource.take() {
                    self.closed.insert(service, resource.doors().closed(resource_is_stopped));
                    resource.stop().await;
                }
            }
            Service::Render => {}
        }
        self.tell_metrics();
    }

    /// Says where figures come from now.
    fn tell_metrics(&self) {
        self.metrics.are(Figures {
            schedule: self.schedule.as_ref().map(ScheduleServer::figures),
            resource: self.resource.as_ref().map(ResourceServer::figures),
            render: self.render.as_ref().map(RenderServer::figures),
        });
    }

    /// Where figures come from.
    pub(crate) fn metrics(&self) -> Sources {
        self.metrics.clone()
    }

    /// What a server of this process does; nothing where it has none that listens.
    pub(crate) fn state(&self, service: Service) -> Option<ServerState> {
        let runs = match service {
            Service::Schedule => self.schedule.is_some(),
            Service::Resource => self.resource.is_some(),
            Service::Render => return None,
        };
        match runs {
            true => Some(ServerState::Running),
            false => self.settings.services.contains(&service).then_some(ServerState::Stopped),
        }
    }

    /// How often a server was started in this process.
    pub(crate) fn starts(&self, service: Service) -> u32 {
        self.starts.get(&service).copied().unwrap_or(0)
    }

    /// Whether nothing but a render server is here.
    pub(crate) fn is_render_alone(&self) -> bool {
        self.settings.services == [Service::Render]
    }

    /// The render server ended as was ordered, and others of this process go on: it is begun anew beside
    /// them, or stays away until the process is.
    pub(crate) async fn render_ended(&mut self, end: End) {
        if let Some(mut render) = self.render.take() {
            render.leave().await;
        }
        self.tell_metrics();
        if end == End::Restart
            && let Err(error) = self.start_render().await
        {
            tracing::error!("the render server does not start again: {}", error_chain(&error));
        }
    }

    /// What they serve, and what is said in the place of those that are stopped.
    pub(crate) fn doors(&self) -> Doors {
        let running = self.resource.iter().map(ResourceServer::doors);
        let running = running.chain(self.schedule.iter().map(ScheduleServer::doors));
        running.chain(self.closed.values().cloned()).fold(self.metrics.doors(), Doors::and)
    }

    /// Who knows whose a job is.
    pub(crate) fn jobs(&self) -> Option<ScheduleHandle> {
        self.schedule.as_ref().map(ScheduleServer::handle)
    }

    /// The storage, absolute, where a schedule server runs.
    pub(crate) fn storage(&self) -> Option<PathBuf> {
        self.schedule.as_ref().map(|schedule| schedule.storage().to_owned())
    }

    /// Waits until one of them cannot go on, or an order has ended the render server.
    pub(crate) async fn over(&mut self) -> Over {
        tokio::select! {
            why = if_any(self.schedule.as_ref().map(ScheduleServer::journal_lost)) => Over::JournalLost(why),
            over = if_any(self.render.as_mut().map(RenderServer::over)) => over,
        }
    }

    /// Stops in the order in which each still finds who it has to tell.
    pub(crate) async fn stop(&mut self) {
        if let Some(render) = &mut self.render {
            render.stop().await;
        }
        self.stop_listening().await;
    }

    /// Stops, and lets run what renders.
    pub(crate) async fn leave(&mut self) {
        if let Some(render) = &mut self.render {
            render.leave().await;
        }
        self.stop_listening().await;
    }

    async fn stop_listening(&mut self) {
        if let Some(schedule) = &self.schedule {
            schedule.stop().await;
        }
        if let Some(resource) = &self.resource {
            resource.stop().await;
        }
    }
}

fn schedule_is_stopped() -> Refused {
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "the schedule server of this farm is stopped")
        .hint("`framefarm server start schedule` starts it; frames that were running go on meanwhile")
}

fn resource_is_stopped() -> Refused {
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "the resource server of this farm is stopped")
        .hint("`framefarm server start resource` starts it")
}

fn farm_view(settings: &Settings) -> FarmView {
    FarmView {
        farm: settings.discovery.farm.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        storage: String::new(),
        storage_id: None,
        resource_linked: false,
        roles: settings.services.clone(),
        refused: BTreeMap::new(),
    }
}
