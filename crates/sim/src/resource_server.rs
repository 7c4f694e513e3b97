//! The resource server's shell. It has no journal: a restart is an empty database.

use model::{RenderToResource, SlotState};
use resource::{Effect, Event, Resource};

use crate::happening::Happening;
use crate::network::{End, LinkId, Message, Place, Run};
use crate::node::{Input, Out};
use crate::servers::host_name;
use crate::world::World;

impl World {
    pub(crate) fn resource_starts(&mut self) {
        let blank = Resource::new(self.resource.clock.shows(self.now));
        let effects = self.resource.start(self.now, &blank, false);
        effects.into_iter().for_each(|effect| self.resource_does(effect));
    }

    pub(crate) fn tell_resource(&mut self, event: Event) {
        let mut outs = Vec::new();
        self.resource.take(Input::Told(event));
        let (node, mut fortune) = fortune!(self, resource, 0);
        node.turn(self.now, &mut fortune, &mut outs);
        for out in outs {
            self.tell_story(Place::Resource, &out);
            if let Out::Effect(effect) = out {
                self.resource_does(effect);
            }
        }
    }

    fn resource_does(&mut self, effect: Effect) {
        match effect {
            Effect::ToRender { link, message } => {
                self.say(link, End::Dialler, Message::ResourceToRender(message));
            }
            Effect::ToSchedule { link, message } => {
                self.say(link, End::Dialler, Message::ResourceToSchedule(message));
            }
            Effect::CloseLink { link } => self.close(link, End::Acceptor),
        }
    }

    pub(crate) fn resource_link_gone(&mut self, link: LinkId, from: Option<Place>) {
        self.tell_resource(match from {
            Some(Place::Schedule) => Event::ScheduleLinkClosed { link },
            _ => Event::RenderLinkClosed { link },
        });
    }

    pub(crate) fn render_linked_to_resource(&mut self, host: usize, link: LinkId) {
        let Some(role) = self.renders[host].role() else { return };
        let hello = RenderToResource::Hello {
            host: host_name(host),
            instance: format!("installation-{host}").as_str().into(),
            info: self.machines[host].info.clone(),
            slots: role.slots(),
            door: role.door(),
        };
        self.machines[host].shell.resource_link = Some(link);
        self.say(link, End::Acceptor, Message::RenderToResource(Box::new(hello)));
        let run = self.run_of(Place::Render(host));
        self.in_ms(model::HEARTBEAT_MS, Happening::Beats(run, link));
    }

    pub(crate) fn beats(&mut self, run: Run, link: LinkId) {
        let Place::Render(host) = run.0 else { return };
        if self.is_running(run) && self.machines[host].shell.resource_link == Some(link) {
            self.tell_resource_server(host, RenderToResource::Alive);
            self.in_ms(model::HEARTBEAT_MS, Happening::Beats(run, link));
        }
    }

    pub(crate) fn tell_resource_server(&mut self, host: usize, message: RenderToResource) {
        if let Some(link) = self.machines[host].shell.resource_link {
            self.say(link, End::Acceptor, Message::RenderToResource(Box::new(message)));
        }
    }

    /// Whether the database says what is true of every host.
    pub(crate) fn database_is_true(&self) -> bool {
        let Some(role) = self.resource.role() else { return false };
        let hosts = role.host_views(self.resource.clock.shows(self.now));
        hosts.len() == self.machines.len()
            && hosts.iter().zip(&self.machines).enumerate().all(|(host, (view, machine))| {
                let free = view.slots.iter().all(|slot| slot.now == SlotState::Free);
                view.name == host_name(host) && view.info == machine.info && free
            })
    }
}
