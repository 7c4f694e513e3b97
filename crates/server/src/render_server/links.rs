//! The render server's links: it dials the schedule server and the resource server, for ever.

use std::time::Duration;

use model::{
    HEARTBEAT_MS, HostId, InstanceId, RenderToResource, RenderToSchedule, ResourceInfo, ResourceToRender,
    ScheduleToRender,
};
use render::Event;
use store::Results;
use tokio::sync::watch;
use wire::link::Limits;
use wire::{Client, Link};

use super::delivery::Server;
use super::hands::RenderHandle;
use crate::resource_server::RESOURCE_PATH;
use crate::schedule_server::SCHEDULE_PATH;
use crate::whereabouts::{Whereabouts, stay_linked};

/// What the resource server is told first.
#[derive(Clone)]
pub(super) struct Introduction {
    pub(super) host: HostId,
    pub(super) instance: InstanceId,
    pub(super) info: ResourceInfo,
}

pub(super) async fn keep_schedule_link(
    handle: RenderHandle,
    schedule: Whereabouts,
    found: watch::Sender<Option<Server>>,
    mounted: Option<Results>,
) {
    stay_linked(schedule, SCHEDULE_PATH, Limits::HOST, |url, link| {
        let (handle, found, mounted) = (handle.clone(), found.clone(), mounted.clone());
        async move {
            // Bulk goes to wherever the link goes.
            found.send_replace(Some(Server::found(Client::new(url), mounted.as_ref()).await));
            serve_schedule(handle, link).await;
        }
    })
    .await;
}

async fn serve_schedule(handle: RenderHandle, link: Link<RenderToSchedule, ScheduleToRender>) {
    let (sender, mut receiver) = link.split();
    handle.look(move |_, hands| hands.set_schedule(Some(sender))).await;
    handle.tell(Event::ScheduleLinked).await;
    let end = loop {
        match receiver.recv().await {
            Ok(message) => {
                if let ScheduleToRender::TurnedAway { why } = &message {
                    tracing::error!("the schedule server does not take this render server: {why}");
                }
                handle.tell(Event::ScheduleSpoke(message)).await;
            }
            Err(end) => break end,
        }
    };
    tracing::info!("the link to the schedule server ended: {end}");
    handle.look(|_, hands| hands.set_schedule(None)).await;
    handle.tell(Event::ScheduleUnlinked).await;
}

pub(super) async fn keep_resource_link(
    handle: RenderHandle,
    resource: Whereabouts,
    introduction: Introduction,
) {
    stay_linked(resource, RESOURCE_PATH, Limits::HOST, |_, link| {
        serve_resource(handle.clone(), introduction.clone(), link)
    })
    .await;
}

async fn serve_resource(
    handle: RenderHandle,
    introduction: Introduction,
    link: Link<RenderToResource, ResourceToRender>,
) {
    let (sender, mut receiver) = link.split();
    let heartbeats = sender.clone();
    let Introduction { host, instance, info } = introduction;
    // Said by the owner itself, so that no change of a slot falls between the hello and what follows it.
    handle
        .look(move |role, hands| {
            let hello = RenderToResource::Hello { host, instance, info, slots: role.slots() };
            let _ = sender.send(&hello);
            hands.set_resource(Some(sender));
        })
        .await;
    let mut heartbeat = tokio::time::interval(Duration::from_millis(HEARTBEAT_MS));
    let end = loop {
        tokio::select! {
            message = receiver.recv() => match message {
                Ok(ResourceToRender::Welcome) => {}
                Ok(ResourceToRender::TurnedAway { why }) => {
                    tracing::error!("the resource server does not take this render server: {why}");
                }
                Err(end) => break end,
            },
            _ = heartbeat.tick() => {
                let _ = heartbeats.send(&RenderToResource::Alive);
            }
        }
    };
    tracing::info!("the link to the resource server ended: {end}");
    handle.look(|_, hands| hands.set_resource(None)).await;
}
