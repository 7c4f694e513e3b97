//! The schedule server's links: render servers dial it, and it dials the resource server.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};

use ::access::{Object, Verb};
use axum::Extension;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use model::{
    AttemptView, HostId, RenderToSchedule, ResourceToSchedule, ScheduleToRender, ScheduleToResource,
};
use schedule::Event;
use wire::Link;
use wire::Service;
use wire::link::{self, Limits, Sender};

use super::hands::ScheduleHandle;
use super::{Desk, MATCH_PATH, WayToResource};
use crate::access::{Pass, Published};
use crate::arrivals;
use crate::metrics::TALLY;
use crate::whereabouts::{Goal, stay_linked};

/// The kind of hello that gives a name which is somebody else's.
const ANOTHER_NAME: &str = "another_name";

/// Numbers links; a later link has a larger number.
static LAST_LINK: AtomicU64 = AtomicU64::new(0);

/// A render server dials.
pub(super) async fn accept_host(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let refusals = desk.refusals.clone();
    let response = link::accept(upgrade, Limits::HOST, move |link| serve_host(desk, pass, link));
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        refusals.count("unknown_version", 1);
    }
    response
}

async fn serve_host(
    Desk { handle, refusals, looks, .. }: Desk,
    pass: Pass,
    link: Link<ScheduleToRender, RenderToSchedule>,
) {
    let id = LAST_LINK.fetch_add(1, Ordering::Relaxed) + 1;
    let (sender, mut receiver) = link.split_without_task();
    receiver.meanwhile(handle.look(move |_, hands| hands.host_linked(id, sender))).await;
    let mut messages = Vec::new();
    let (fault, end) = loop {
        let left_out = receiver.left_out();
        let received = receiver.recv_many(&mut messages).await;
        refusals.count("unknown_message", receiver.left_out() - left_out);
        if let Err(end) = received {
            break (end.fault(), end.to_string());
        }
        if let Some(name) = messages.iter().find_map(|message| another_name(&pass, message)) {
            break (Some(ANOTHER_NAME), format!("it says that it is {name}, and its certificate does not"));
        }
        messages.retain(|message| !is_hardware(&pass, message));
        looks.hear(&pass, &mut messages);
        let ended = messages.iter().filter_map(|message| match message {
            RenderToSchedule::Report(report) => Some(AttemptView::word(&report.outcome)),
            _ => None,
        });
        ended.for_each(|outcome| TALLY.attempt_ended(outcome));
        let can_wait = |message: &RenderToSchedule| matches!(message, RenderToSchedule::Alive { .. });
        let spoke = |message| Event::HostSpoke { link: id, message };
        receiver
            .meanwhile(arrivals::hand_over(&handle, std::mem::take(&mut messages), can_wait, spoke))
            .await;
    };
    if let Some(fault) = fault {
        refusals.count(fault, 1);
    }
    tracing::info!(link = id, "the link of a render server ended: {end}");
    handle.look(move |_, hands| hands.host_unlinked(id)).await;
    handle.tell(Event::HostLinkClosed { link: id }).await;
}

/// Tells the resource server which certificates are not good any more: those that there are, and again when
/// there are others.
async fn tell_revoked(sender: Sender<ScheduleToResource>, book: Option<Published>) -> Infallible {
    let Some(mut book) = book else { return std::future::pending().await };
    let mut told = None;
    loop {
        let serials: Vec<String> = book.borrow_and_update().revoked().map(str::to_owned).collect();
        if told.as_ref() != Some(&serials) {
            // A link that cannot take it has ended, and its other half says so.
            let _ = sender.send(&ScheduleToResource::Revoked { serials: serials.clone() });
            told = Some(serials);
        }
        if book.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

/// The name that a render server says it has, where it is not the one that it has proven.
fn another_name<'a>(pass: &Pass, message: &'a RenderToSchedule) -> Option<&'a HostId> {
    let RenderToSchedule::Hello { host, .. } = message else { return None };
    pass.allows(Verb::LinkSchedule, Object::Of(&host.0)).is_err().then_some(host)
}

/// Whether it says by which addresses a host can be woken, which the role has no use for. That is kept.
fn is_hardware(pass: &Pass, message: &RenderToSchedule) -> bool {
    let RenderToSchedule::Hardware { host, addresses } = message else { return false };
    if pass.allows(Verb::LinkSchedule, Object::Of(&host.0)).is_ok() {
        pass.saw_hardware(host, addresses);
    }
    true
}

/// Stays linked to the resource server, for ever.
pub(super) async fn keep_resource_link(handle: ScheduleHandle, way: WayToResource) {
    let WayToResource { at, proofs, book } = way;
    let goal = Goal { at, service: Service::Resource, path: MATCH_PATH, limits: Limits::FARM, proofs };
    stay_linked(goal, |_, link| serve_resource(handle.clone(), book.clone(), link)).await;
}

async fn serve_resource(
    handle: ScheduleHandle,
    book: Option<Published>,
    link: Link<ScheduleToResource, ResourceToSchedule>,
) {
    let (sender, mut receiver) = link.split();
    let telling = sender.clone();
    handle.look(move |_, hands| hands.set_resource(Some(sender))).await;
    handle.tell(Event::ResourceLinked).await;
    let hear = async {
        loop {
            match receiver.recv().await {
                Ok(ResourceToSchedule::Hosts { ask, hosts, list }) => {
                    handle.look(move |_, hands| hands.hosts_told(ask, (hosts, list))).await;
                }
                Ok(ResourceToSchedule::HostsSeen(seen)) => {
                    handle.look(move |_, hands| hands.changes.hosts_seen(seen)).await;
                }
                Ok(message) => handle.tell(Event::ResourceSpoke(message)).await,
                Err(end) => break end,
            }
        }
    };
    let end = tokio::select! {
        end = hear => end,
        never = tell_revoked(telling, book) => match never {},
    };
    tracing::info!("the link to the resource server ended: {end}");
    handle.look(|_, hands| hands.set_resource(None)).await;
    handle.tell(Event::ResourceUnlinked).await;
}
