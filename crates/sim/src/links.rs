//! What links do to servers: they are dialled, carry what is said, break, and are closed.

use model::ResourceToRender;

use crate::happening::Happening;
use crate::network::{End, LinkId, Message, Place, Run};
use crate::servers::host_name;
use crate::world::World;

impl World {
    pub(crate) fn learns_of_end(&mut self, link: LinkId, end: End) {
        // Mostly at once, sometimes only long after nothing was heard any more.
        let late = !self.health.healed && self.chance.permille(150);
        let ms = if late { self.chance.between(4_000, 30_000) } else { self.chance.between(1, 50) };
        self.in_ms(ms, Happening::Gone(link, end));
    }

    /// Breaks a link in the middle: what is under way is lost.
    pub(crate) fn cut(&mut self, link: LinkId) {
        if self.network.cut(link) {
            self.learns_of_end(link, End::Dialler);
            self.learns_of_end(link, End::Acceptor);
        }
    }

    /// A server closes a link, after what it said.
    pub(crate) fn close(&mut self, link: LinkId, end: End) {
        if let Some(last) = self.network.close(link, end) {
            let at = last.max(self.now).plus_ms(1);
            self.at(at, Happening::Gone(link, end.other()));
            self.in_ms(1, Happening::Gone(link, end));
        }
    }

    pub(crate) fn say(&mut self, link: LinkId, to: End, message: Message) {
        let slow = self.chance.permille(self.health.faults.slow);
        let delay_ms = if slow { self.chance.between(200, 5_000) } else { self.chance.between(1, 20) };
        if let Some(at) = self.network.arrival(self.now, link, to, delay_ms) {
            self.at(at, Happening::Arrives(link, to, Box::new(message)));
        }
    }

    pub(crate) fn dials(&mut self, run: Run, to: Place) {
        if !self.is_running(run) {
            return;
        }
        if !self.is_up(to) || self.is_cut(run.0) {
            return self.soon(1_000, Happening::Dials(run, to));
        }
        let link = self.network.open(run, self.run_of(to));
        match run.0 {
            Place::Schedule => self.schedule_linked(link),
            Place::Render(host) if to == Place::Schedule => self.render_linked(host, link),
            Place::Render(host) => self.render_linked_to_resource(host, link),
            Place::Resource => {}
        }
    }

    pub(crate) fn is_cut(&self, place: Place) -> bool {
        matches!(place, Place::Render(host) if self.machines[host].cut_until > self.now)
    }

    pub(crate) fn arrives(&mut self, link: LinkId, end: End, message: Message) {
        if !self.network.hears(link, end) {
            return;
        }
        let Some((place, _)) = self.network.run(link, end) else { return };
        match (place, message) {
            (Place::Schedule, Message::RenderToSchedule(message)) => {
                if let Some((Place::Render(host), _)) = self.network.run(link, End::Dialler) {
                    self.ledger.heard(&host_name(host), self.now);
                }
                self.tell_schedule(schedule::Event::HostSpoke { link, message });
            }
            (Place::Schedule, Message::ResourceToSchedule(message)) => {
                self.tell_schedule(schedule::Event::ResourceSpoke(message));
            }
            (Place::Resource, Message::RenderToResource(message)) => {
                self.tell_resource(resource::Event::RenderSpoke { link, message });
            }
            (Place::Resource, Message::ScheduleToResource(message)) => {
                self.tell_resource(resource::Event::ScheduleSpoke { link, message });
            }
            (Place::Render(host), Message::ScheduleToRender(message)) => {
                self.tell_render(host, render::Event::ScheduleSpoke(message));
            }
            (Place::Render(_), Message::ResourceToRender(ResourceToRender::Welcome)) => {}
            (place, message) => panic!("{place:?} hears {message:?}"),
        }
    }

    pub(crate) fn gone(&mut self, link: LinkId, end: End) {
        let dialled = self.network.run(link, End::Acceptor).map(|(place, _)| place);
        let Some(run) = self.network.gone(link, end) else { return };
        if !self.is_running(run) {
            return;
        }
        match (run.0, end) {
            (Place::Schedule, End::Acceptor) => {
                self.tell_schedule(schedule::Event::HostLinkClosed { link });
            }
            (Place::Schedule, End::Dialler) => self.schedule_unlinked(run),
            (Place::Resource, _) => self.resource_link_gone(link),
            (Place::Render(host), _) => {
                if let Some(to) = dialled {
                    self.render_unlinked(host, run, to);
                }
            }
        }
    }
}
