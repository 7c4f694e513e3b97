//! A simulated host's link with the resource server: one that is lost is dialled again, with the pauses of a
//! real render server.

use std::pin::Pin;
use std::sync::Arc;

use model::{Door, HostId, InstanceId, RenderToResource, ResourceInfo, ResourceToRender, SlotState};
use wire::link::{DialError, Receiver, Sender};
use wire::{Backoff, Link, ServerUrl};

use crate::error::LoadError;
use crate::fleet::Tally;
use crate::host::Plan;

type ToResource = Link<RenderToResource, ResourceToRender>;
type Dialling = Pin<Box<dyn Future<Output = Result<ToResource, DialError>> + Send>>;

/// What a host says to the resource server, and whether it can.
pub(crate) struct ResourceLink {
    plan: Plan,
    url: ServerUrl,
    host: HostId,
    instance: InstanceId,
    slots: u16,
    tally: Arc<Tally>,
    backoff: Backoff,
    state: State,
}

enum State {
    Linked(Sender<RenderToResource>, Receiver<ResourceToRender>),
    Dialling(Dialling),
}

impl ResourceLink {
    /// Links and says hello.
    pub(crate) async fn link(
        plan: &Plan,
        url: &ServerUrl,
        (host, instance): (HostId, InstanceId),
        slots: u16,
        tally: Arc<Tally>,
    ) -> Result<Self, LoadError> {
        let link = plan.link_resource(url).await?;
        let (plan, url, backoff) = (plan.clone(), url.clone(), Backoff::default());
        let state = greet(link, &host, &instance, slots);
        Ok(Self { plan, url, host, instance, slots, tally, backoff, state })
    }

    /// Hears what the server says and dials again where the link is lost, for ever. May be given up and
    /// called again.
    pub(crate) async fn keep(&mut self) {
        loop {
            self.state = match &mut self.state {
                State::Linked(_, receiver) => match receiver.recv().await {
                    Ok(ResourceToRender::Welcome) => {
                        self.tally.known.add(1);
                        continue;
                    }
                    Ok(ResourceToRender::TurnedAway { .. }) => continue,
                    Err(_) => self.dial(),
                },
                State::Dialling(dialling) => match dialling.await {
                    Ok(link) => {
                        self.backoff.reset();
                        greet(link, &self.host, &self.instance, self.slots)
                    }
                    Err(_) => self.dial(),
                },
            };
        }
    }

    /// Says that the host is there, where anybody hears it.
    pub(crate) fn beat(&self) {
        if let State::Linked(sender, _) = &self.state {
            let _ = sender.send(&RenderToResource::Alive);
        }
    }

    fn dial(&mut self) -> State {
        let (pause, plan, url) = (self.backoff.wait(), self.plan.clone(), self.url.clone());
        State::Dialling(Box::pin(async move {
            tokio::time::sleep(pause).await;
            plan.link_resource(&url).await
        }))
    }
}

fn greet(link: ToResource, host: &HostId, instance: &InstanceId, slots: u16) -> State {
    let (sender, receiver) = link.split_without_task();
    // A link that has ended already is noticed by its receiver.
    let _ = sender.send(&RenderToResource::Hello {
        host: host.clone(),
        instance: instance.clone(),
        info: info(slots),
        slots: vec![SlotState::Free; usize::from(slots)],
        door: Door::Open,
    });
    State::Linked(sender, receiver)
}

fn info(slots: u16) -> ResourceInfo {
    ResourceInfo {
        machine_family: "x86_64".to_owned(),
        os_family: "linux".to_owned(),
        os_type: "debian".to_owned(),
        os_version: "12".to_owned(),
        processors: u32::from(slots),
        memory_bytes: 64 << 30,
        ..ResourceInfo::default()
    }
}
