//! What links do to servers: they are dialled, carry what is said, break, and are closed.

use model::{ResourceToRender, Time};

use crate::happening::Happening;
use crate::ingredient::Ingredient;
use crate::network::{End, LinkId, Message, Place, Run};
use crate::world::World;

impl World {
    /// An end learns that a link is gone, not before `after`.
    fn learns_of_end(&mut self, link: LinkId, end: End, after: Time) {
        // Mostly at once, sometimes only long after nothing was heard any more.
        let late = !self.healed() && self.chance.permille(150);
        let ms = if late { self.chance.between(4_000, 15_000) } else { self.chance.between(1, 50) };
        self.at(after.max(self.now).plus_ms(ms), Happening::Gone(link, end));
    }

    /// Breaks a link in the middle: what is under way is lost, or some of it arrives late.
    pub(crate) fn cut(&mut self, link: LinkId) {
        let mut until = [self.now; 2];
        for one in &mut until {
            if self.strikes(Ingredient::LateWords) {
                *one = self.now.plus_ms(self.chance.between(1, 4_000));
            }
        }
        if self.network.cut(link, until) {
            self.learns_of_end(link, End::Dialler, until[0]);
            self.learns_of_end(link, End::Acceptor, until[1]);
        }
    }

    /// The links of a server that was killed break; what it had said may still arrive.
    pub(crate) fn cut_links_of(&mut self, run: Run) {
        for (link, end) in self.network.of(run) {
            let late = self.strikes(Ingredient::LateWords);
            let until = if late { self.now.plus_ms(self.chance.between(1, 4_000)) } else { self.now };
            self.network.cut(link, [until; 2]);
            self.network.gone(link, end);
            self.learns_of_end(link, end.other(), until);
        }
    }

    /// A server closes a link, after what it said.
    pub(crate) fn close(&mut self, link: LinkId, end: End) {
        if let Some(last) = self.network.close(self.now, link, end) {
            let at = last.max(self.now).plus_ms(1);
            self.at(at, Happening::Gone(link, end.other()));
            self.in_ms(1, Happening::Gone(link, end));
        }
    }

    pub(crate) fn say(&mut self, link: LinkId, to: End, message: Message) {
        let slow = self.strikes(Ingredient::SlowNetwork);
        let delay_ms = if slow { self.chance.between(200, 5_000) } else { self.chance.between(1, 20) };
        if let Some(at) = self.network.arrival(self.now, link, to, delay_ms) {
            self.at(at, Happening::Arrives(link, to, Box::new(message)));
        }
    }

    pub(crate) fn dials(&mut self, run: Run, to: Place) {
        if !self.is_running(run) {
            return;
        }
        if !self.is_up(to) || self.network.is_blocked(self.now, run.0, to) {
            return self.soon(1_000, Happening::Dials(run, to));
        }
        let link = self.network.open(self.now, run, self.run_of(to));
        match run.0 {
            Place::Schedule => self.schedule_linked(link),
            Place::Render(host) if to == Place::Schedule => self.render_linked(host, link),
            Place::Render(host) => self.render_linked_to_resource(host, link),
            Place::Resource | Place::Stranger => {}
        }
    }

    pub(crate) fn arrives(&mut self, link: LinkId, end: End, message: Message) {
        if !self.network.hears(self.now, link, end) {
            return;
        }
        let Some((place, _)) = self.network.run(link, end) else { return };
        match (place, message) {
            (Place::Schedule, Message::RenderToSchedule(message)) => {
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
            (Place::Stranger, _) => {}
            (place, message) => panic!("{place:?} hears {message:?}"),
        }
    }

    pub(crate) fn gone(&mut self, link: LinkId, end: End) {
        let other = self.network.run(link, end.other()).map(|(place, _)| place);
        let Some(run) = self.network.gone(link, end) else { return };
        if !self.is_running(run) {
            return;
        }
        match (run.0, end) {
            (Place::Schedule, End::Acceptor) => {
                self.tell_schedule(schedule::Event::HostLinkClosed { link });
            }
            (Place::Schedule, End::Dialler) => self.schedule_unlinked(run),
            (Place::Resource, _) => self.resource_link_gone(link, other),
            (Place::Render(host), _) => {
                if let Some(to) = other {
                    self.render_unlinked(host, run, to);
                }
            }
            (Place::Stranger, _) => {}
        }
    }
}
