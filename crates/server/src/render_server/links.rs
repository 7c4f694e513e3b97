//! The render server's links: it dials the schedule server and the resource server, for ever.

use std::sync::Arc;
use std::time::Duration;

use model::{
    Amounts, HEARTBEAT_MS, HostId, InstanceId, RenderToResource, RenderToSchedule, ResourceInfo,
    ResourceToRender, ScheduleToRender, SlotIndex, SlotState,
};
use render::Event;
use store::Results;
use tokio::sync::watch::error::RecvError;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use wire::{Client, Link};

use super::delivery::Server;
use super::hands::{RenderHandle, Slots};
use super::{Kit, bringing};
use crate::whereabouts::{Goal, Reached, stay_linked};

/// Between two words about slots to the resource server: what a slot did for less than that is no news, and
/// with frames of milliseconds there would be no end of it.
const SLOT_PAUSE: Duration = Duration::from_secs(1);

/// Acknowledgements wait so long for company.
const ACKNOWLEDGED_TIME: Duration = Duration::from_millis(20);
/// So many wait at most.
const ACKNOWLEDGED_MAX: usize = 64;

/// What the resource server is told first.
#[derive(Clone)]
pub(super) struct Introduction {
    pub(super) host: HostId,
    pub(super) instance: InstanceId,
    /// What it has, now and whenever that changes.
    pub(super) info: watch::Receiver<ResourceInfo>,
    /// Who looks at its slots is told to the kit.
    pub(super) kit: Arc<Kit>,
}

/// What the schedule server may give away of a host.
pub(super) fn amounts_of(info: &ResourceInfo) -> Amounts {
    let gpus = u16::try_from(info.gpus.len()).unwrap_or(u16::MAX);
    Amounts { memory_bytes: info.memory_bytes, gpus }
}

/// Tells the role what the host has, whenever that changes.
pub(super) async fn keep_amounts(handle: RenderHandle, mut info: watch::Receiver<ResourceInfo>) {
    while info.changed().await.is_ok() {
        let amounts = amounts_of(&info.borrow_and_update());
        handle.tell(Event::Amounts(amounts)).await;
    }
}

pub(super) async fn keep_schedule_link(
    handle: RenderHandle,
    goal: Goal,
    found: watch::Sender<Option<Server>>,
    mounted: Option<Results>,
    introduction: Introduction,
) {
    stay_linked(goal, |Reached { url, credential }, link| {
        let (handle, found, mounted) = (handle.clone(), found.clone(), mounted.clone());
        let introduction = introduction.clone();
        async move {
            // Bulk goes to wherever the link goes.
            found.send_replace(Some(Server::found(Client::new(url, &credential), mounted.as_ref()).await));
            serve_schedule(handle, &introduction, link).await;
        }
    })
    .await;
}

/// By which addresses the host can be woken.
fn hardware(host: &HostId, info: &ResourceInfo) -> RenderToSchedule {
    let addresses = info.addresses.iter().filter(|address| !address.hardware.is_empty());
    RenderToSchedule::Hardware { host: host.clone(), addresses: addresses.cloned().collect() }
}

async fn serve_schedule(
    handle: RenderHandle,
    Introduction { host, info, kit, .. }: &Introduction,
    link: Link<RenderToSchedule, ScheduleToRender>,
) {
    let (sender, mut receiver) = link.split();
    handle.look(move |_, hands| hands.set_schedule(Some(sender))).await;
    handle.tell(Event::ScheduleLinked).await;
    let hardware = hardware(host, &info.borrow());
    handle.look(move |_, hands| hands.say(&hardware)).await;
    let mut messages = Vec::new();
    let mut heard = Heard::default();
    let end = loop {
        tokio::select! {
            received = receiver.recv_many(&mut messages) => match received {
                Ok(()) => for message in messages.drain(..) {
                    match message {
                        ScheduleToRender::Look { slots } => kit.live.look_at(slots),
                        ScheduleToRender::Prefetch { job } => {
                            tokio::spawn(bringing::fetch_ahead(kit.clone(), job));
                        }
                        message => heard.take(message),
                    }
                },
                Err(end) => break end,
            },
            () = heard.patience() => {}
        }
        if heard.is_due() {
            handle.tell_many(heard.events()).await;
        }
    };
    handle.tell_many(heard.events()).await;
    tracing::info!("the link to the schedule server ended: {end}");
    handle.look(|_, hands| hands.set_schedule(None)).await;
    handle.tell(Event::ScheduleUnlinked).await;
}

/// What the schedule server said and the role was not told yet. Acknowledgements alone wait a little for what
/// comes anyway: a commit less each time, where frames take milliseconds.
#[derive(Default)]
struct Heard {
    messages: Vec<ScheduleToRender>,
    /// When the role is to be told.
    due: Option<Instant>,
}

impl Heard {
    fn take(&mut self, message: ScheduleToRender) {
        let patience = match &message {
            ScheduleToRender::Acknowledge { .. } if self.messages.len() < ACKNOWLEDGED_MAX => {
                ACKNOWLEDGED_TIME
            }
            ScheduleToRender::TurnedAway { why } => {
                tracing::error!("the schedule server does not take this render server: {why}");
                Duration::ZERO
            }
            _ => Duration::ZERO,
        };
        let due = Instant::now() + patience;
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
        self.messages.push(message);
    }

    /// Ends when the role is to be told, and never where there is nothing to tell.
    async fn patience(&self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    fn events(&mut self) -> Vec<Event> {
        self.due = None;
        self.messages.drain(..).map(Event::ScheduleSpoke).collect()
    }
}

pub(super) async fn keep_resource_link(handle: RenderHandle, goal: Goal, introduction: Introduction) {
    stay_linked(goal, |_, link| serve_resource(handle.clone(), introduction.clone(), link)).await;
}

async fn serve_resource(
    handle: RenderHandle,
    introduction: Introduction,
    link: Link<RenderToResource, ResourceToRender>,
) {
    let (sender, mut receiver) = link.split();
    let Introduction { host, instance, mut info, .. } = introduction;
    let (answer, asked) = oneshot::channel();
    // Asked of the owner itself, so that no change of a slot falls between the hello and what follows it.
    handle
        .look(move |role, hands| {
            let _ = answer.send((role.slots(), role.door(), hands.slots(), hands.door()));
        })
        .await;
    let Ok((slots, door, mut changes, mut doors)) = asked.await else { return };
    let mut told = SlotNews::told(&slots);
    let now = info.borrow_and_update().clone();
    let _ = sender.send(&RenderToResource::Hello { host, instance, info: now, slots, door });
    let mut quiet_until = Instant::now();
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
                let _ = sender.send(&RenderToResource::Alive);
            }
            Ok(()) = doors.changed() => {
                let door = doors.borrow_and_update().clone();
                let _ = sender.send(&RenderToResource::Door(door));
            }
            Ok(()) = info.changed() => {
                let info = info.borrow_and_update().clone();
                let _ = sender.send(&RenderToResource::Info { info });
            }
            changed = changed(&mut changes, quiet_until) => {
                if changed.is_err() {
                    return; // the server is stopping
                }
                for (slot, now) in told.news(&changes.borrow_and_update()) {
                    let _ = sender.put(&RenderToResource::Slot { slot, now });
                }
                sender.flush();
                quiet_until = Instant::now() + SLOT_PAUSE;
            }
        }
    };
    tracing::info!("the link to the resource server ended: {end}");
}

/// Waits until a slot has changed, and for `quiet_until`.
async fn changed(changes: &mut watch::Receiver<Slots>, quiet_until: Instant) -> Result<(), RecvError> {
    changes.changed().await?;
    changes.mark_changed(); // what is waited for next may be given up
    tokio::time::sleep_until(quiet_until).await;
    Ok(())
}

/// What the resource server was told last of each slot.
struct SlotNews(Slots);

impl SlotNews {
    fn told(slots: &[SlotState]) -> Self {
        Self((0..).map(SlotIndex).zip(slots.iter().cloned()).collect())
    }

    /// What has changed since, which counts as told then.
    fn news(&mut self, slots: &Slots) -> Vec<(SlotIndex, SlotState)> {
        let new = slots.iter().filter(|(slot, now)| self.0.get(slot) != Some(now));
        let news: Vec<_> = new.map(|(slot, now)| (*slot, now.clone())).collect();
        self.0.extend(news.iter().cloned());
        news
    }
}
