//! What goes wrong, until it no longer does.

use model::{RenderToResource, Time};

use crate::happening::Happening;
use crate::network::Place;
use crate::plan::{Faults, Plan};
use crate::servers::host_info;
use crate::world::World;

/// What goes wrong now.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub(crate) faults: Faults,
    pub(crate) healed: bool,
    /// Since when nothing is left of what went wrong.
    pub(crate) calm_since: Option<Time>,
}

impl Health {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self { faults: plan.faults.clone(), healed: false, calm_since: None }
    }
}

impl World {
    pub(crate) fn mischief_ahead(&mut self) {
        self.soon(2 * self.plan.faults.mischief_ms, Happening::Mischief);
    }

    pub(crate) fn mischief(&mut self) {
        if self.health.healed {
            return;
        }
        self.mischief_ahead();
        let host = self.chance.index(self.machines.len());
        match self.chance.between(0, 11) {
            0 | 1 => self.kill(Place::Schedule),
            2 => self.kill(Place::Resource),
            3 | 4 => self.kill(Place::Render(host)),
            5 => self.cut_power(host),
            6 | 7 => self.cut_a_link(),
            8 | 9 => self.cut_off(host),
            10 => self.tell_render(host, render::Event::Stop),
            _ => {
                let choice = self.chance.permille(500);
                self.change_info(host, choice);
            }
        }
    }

    /// kill -9 of one server of a farm in which nothing else goes wrong.
    pub(crate) fn calm_kill(&mut self) {
        let places = self.places();
        let place = places[self.chance.index(places.len())];
        self.kill(place);
    }

    /// kill -9.
    fn kill(&mut self, place: Place) {
        if !self.is_up(place) {
            return;
        }
        self.note_mischief(&format!("kills {place:?}"));
        let run = self.run_of(place);
        match place {
            Place::Schedule => self.schedule.kill(),
            Place::Resource => self.resource.kill(),
            Place::Render(host) => {
                self.renders[host].kill();
                return self.render_died(run);
            }
        }
        self.ended(run);
    }

    fn cut_power(&mut self, host: usize) {
        self.note_mischief(&format!("cuts the power of host {host}"));
        self.machines[host].processes.clear();
        // What was not written out is gone with it.
        self.machines[host].scratch.clear();
        self.kill(Place::Render(host));
    }

    fn cut_a_link(&mut self) {
        let links: Vec<_> = self.network.standing().collect();
        if !links.is_empty() {
            let link = links[self.chance.index(links.len())];
            self.note_mischief(&format!("cuts link {link}"));
            self.cut(link);
        }
    }

    /// A host has no network for a while, and nobody is told.
    fn cut_off(&mut self, host: usize) {
        let ms = self.chance.between(500, 25_000);
        self.note_mischief(&format!("cuts host {host} off for {ms} ms"));
        self.machines[host].cut_until = self.now.plus_ms(ms);
        for (link, _) in self.network.of(self.run_of(Place::Render(host))) {
            self.cut(link);
        }
    }

    fn change_info(&mut self, host: usize, choice: bool) {
        let info = host_info(choice);
        self.machines[host].info = info.clone();
        if self.renders[host].is_up() {
            self.tell_resource_server(host, RenderToResource::Info { info });
        }
    }

    /// From here on nothing goes wrong, and every server runs.
    pub(crate) fn heals(&mut self) {
        self.note_mischief("ends");
        self.health = Health { faults: Faults::default(), healed: true, calm_since: None };
        for host in 0..self.machines.len() {
            self.machines[host].cut_until = self.now;
        }
        self.change_info(0, true);
        for place in self.places() {
            if !self.is_up(place) {
                self.in_ms(50, Happening::Starts(place));
            }
        }
        self.in_ms(1_000, Happening::Releases);
    }
}
