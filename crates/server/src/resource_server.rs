//! The resource server: the resource database given links.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use ::access::{Object, Verb};
use axum::Extension;
use axum::extract::{State, WebSocketUpgrade};
use axum::response::Response;
use model::{HostId, HostState, RenderToResource, ResourceToRender, ResourceToSchedule, ScheduleToResource};
use resource::{Effect, Event, LinkId, Resource};
use tokio::sync::watch;
use wire::Link;
use wire::link::{self, Limits, Sender};

use crate::access::{Doors, Pass};
use crate::metrics::{Page, count, label};
use crate::owner::{self, Handle, Hands, NoLedger};
use crate::schedule_server::MATCH_PATH;
use crate::{arrivals, clock};

/// Where render servers dial the resource server.
pub(crate) const RESOURCE_PATH: &str = "/link/resource";

type ResourceHandle = Handle<Resource, ResourceHands>;

/// Numbers links; a later link has a larger number.
static LAST_LINK: AtomicU64 = AtomicU64::new(0);

/// A running resource server.
pub(crate) struct ResourceServer {
    desk: Desk,
}

/// What is behind its doors. Cheap to clone.
#[derive(Clone)]
struct Desk {
    handle: ResourceHandle,
    /// Certificates that are not good any more, as the schedule server said last.
    revoked: watch::Sender<BTreeSet<String>>,
}

impl ResourceServer {
    /// Starts with an empty database, which the render servers fill (requirement D4). `revoked` gets the
    /// certificates that are not good any more.
    pub(crate) fn start(revoked: watch::Sender<BTreeSet<String>>) -> std::io::Result<Self> {
        let role = Resource::new(clock::now());
        let hands = |_| ResourceHands { renders: BTreeMap::new(), schedules: BTreeMap::new() };
        let handle = owner::start("resource", role, Box::new(NoLedger), hands)?;
        Ok(Self { desk: Desk { handle, revoked } })
    }

    /// What it serves over HTTP: links.
    pub(crate) fn doors(&self) -> Doors {
        Doors::new()
            .get(RESOURCE_PATH, Verb::LinkResource, accept_render)
            .get(MATCH_PATH, Verb::LinkMatch, accept_schedule)
            .with_state(self.desk.clone())
    }

    /// Where its figures come from.
    pub(crate) fn figures(&self) -> ResourceFigures {
        ResourceFigures(self.desk.handle.clone())
    }

    pub(crate) async fn stop(&self) {
        self.desk.handle.stop().await;
    }
}

/// Where the figures of a resource server come from.
#[derive(Clone)]
pub(crate) struct ResourceFigures(ResourceHandle);

impl ResourceFigures {
    pub(crate) async fn fill(&self, page: &mut Page) {
        let now = clock::now();
        let Ok(states) = self.0.read(move |role| role.states(now)).await else { return };
        let by_state = |(state, amount): (HostState, u64)| {
            let word = format!("{state:?}").to_lowercase();
            (label("state", word), count(amount))
        };
        page.gauges("framefarm_hosts", "Render hosts by state", states.into_iter().map(by_state));
    }
}

struct ResourceHands {
    renders: BTreeMap<LinkId, Sender<ResourceToRender>>,
    schedules: BTreeMap<LinkId, Sender<ResourceToSchedule>>,
}

impl Hands<Resource> for ResourceHands {
    fn perform(&mut self, effect: Effect, _: &Resource, _: &mut Vec<Event>) {
        // A link that cannot take a message ends by itself and says so to its owner.
        match effect {
            Effect::ToRender { link, message } => {
                if let Some(render) = self.renders.get(&link) {
                    let _ = render.send(&message);
                }
            }
            Effect::ToSchedule { link, message } => {
                if let Some(schedule) = self.schedules.get(&link) {
                    let _ = schedule.send(&message);
                }
            }
            Effect::CloseLink { link } => {
                self.renders.remove(&link);
            }
        }
    }
}

async fn accept_render(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    upgrade: WebSocketUpgrade,
) -> Response {
    link::accept(upgrade, Limits::HOST, |link| serve_render(desk.handle, pass, link))
}

/// The name that a render server says it has, where it is not the one that it has proven.
fn another_name<'a>(pass: &Pass, message: &'a RenderToResource) -> Option<&'a HostId> {
    let RenderToResource::Hello { host, .. } = message else { return None };
    pass.allows(Verb::LinkResource, Object::Of(&host.0)).is_err().then_some(host)
}

async fn serve_render(handle: ResourceHandle, pass: Pass, link: Link<ResourceToRender, RenderToResource>) {
    let id = LAST_LINK.fetch_add(1, Ordering::Relaxed) + 1;
    let (sender, mut receiver) = link.split_without_task();
    receiver.meanwhile(handle.look(move |_, hands| drop(hands.renders.insert(id, sender)))).await;
    let mut messages = Vec::new();
    let end = loop {
        if let Err(end) = receiver.recv_many(&mut messages).await {
            break end.to_string();
        }
        if let Some(name) = messages.iter().find_map(|message| another_name(&pass, message)) {
            break format!("it says that it is {name}, and its certificate does not");
        }
        let can_wait = |message: &RenderToResource| matches!(message, RenderToResource::Alive);
        let spoke = |message| Event::RenderSpoke { link: id, message: Box::new(message) };
        receiver
            .meanwhile(arrivals::hand_over(&handle, std::mem::take(&mut messages), can_wait, spoke))
            .await;
    };
    tracing::info!(link = id, "the link of a render server ended: {end}");
    handle.look(move |_, hands| drop(hands.renders.remove(&id))).await;
    handle.tell(Event::RenderLinkClosed { link: id }).await;
}

async fn accept_schedule(State(desk): State<Desk>, upgrade: WebSocketUpgrade) -> Response {
    link::accept(upgrade, Limits::FARM, |link| serve_schedule(desk, link))
}

async fn serve_schedule(desk: Desk, link: Link<ResourceToSchedule, ScheduleToResource>) {
    let Desk { handle, revoked } = desk;
    let id = LAST_LINK.fetch_add(1, Ordering::Relaxed) + 1;
    let (sender, mut receiver) = link.split();
    handle.look(move |_, hands| drop(hands.schedules.insert(id, sender))).await;
    let end = loop {
        match receiver.recv().await {
            Ok(ScheduleToResource::Revoked { serials }) => {
                revoked.send_replace(serials.into_iter().collect());
            }
            Ok(message) => handle.tell(Event::ScheduleSpoke { link: id, message }).await,
            Err(end) => break end,
        }
    };
    tracing::info!(link = id, "the link of a schedule server ended: {end}");
    handle.look(move |_, hands| drop(hands.schedules.remove(&id))).await;
    handle.tell(Event::ScheduleLinkClosed { link: id }).await;
}
