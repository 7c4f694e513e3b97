//! What goes wrong, until it no longer does.

use model::{Amounts, RenderToResource, Time};

use crate::happening::Happening;
use crate::ingredient::Ingredient;
use crate::network::Place;
use crate::plan::draw_amounts;
use crate::servers::host_info;
use crate::world::World;

/// A link that nothing comes through ends after so many milliseconds.
const SILENCE_MS: u64 = 15_000;

/// Whether things go wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health {
    pub(crate) healed: bool,
    /// Since when nothing is left of what went wrong.
    pub(crate) calm_since: Option<Time>,
}

/// Deeds of mischief, and how often each is done beside the others.
const DEEDS: [(Ingredient, u64); 12] = [
    (Ingredient::Kills, 5),
    (Ingredient::PowerCuts, 1),
    (Ingredient::LinkCuts, 2),
    (Ingredient::Partitions, 2),
    (Ingredient::Stops, 1),
    (Ingredient::InfoChanges, 1),
    (Ingredient::Desks, 3),
    (Ingredient::AmountChanges, 1),
    (Ingredient::ResourceWipes, 1),
    (Ingredient::FullDisks, 1),
    (Ingredient::WrongClocks, 1),
    (Ingredient::Strangers, 1),
];

impl World {
    pub(crate) const fn healed(&self) -> bool {
        self.health.healed
    }

    /// Whether what may go wrong now and then does so now.
    pub(crate) fn strikes(&mut self, ingredient: Ingredient) -> bool {
        let strength = if self.health.healed { 0 } else { self.plan.strength(ingredient) };
        self.chance.permille(strength)
    }

    pub(crate) fn mischief_ahead(&mut self) {
        self.soon(2 * self.plan.mischief_ms, Happening::Mischief);
    }

    pub(crate) fn mischief(&mut self) {
        if self.health.healed {
            return;
        }
        self.mischief_ahead();
        let on = |(ingredient, _): &&(Ingredient, u64)| self.plan.on.has(*ingredient);
        let weight: u64 = DEEDS.iter().filter(on).map(|(_, weight)| weight).sum();
        if weight == 0 {
            return;
        }
        let mut left = self.chance.between(0, weight - 1);
        let on = |(ingredient, _): &&(Ingredient, u64)| self.plan.on.has(*ingredient);
        let mut deeds = DEEDS.iter().filter(on);
        let deed = deeds.find(|(_, weight)| {
            let found = left < *weight;
            left = left.saturating_sub(*weight);
            found
        });
        if let Some((deed, _)) = deed {
            self.does_mischief(*deed);
        }
    }

    fn does_mischief(&mut self, deed: Ingredient) {
        let host = self.chance.index(self.machines.len());
        match deed {
            Ingredient::Kills => {
                let place = [Place::Schedule, Place::Render(host)][self.chance.index(2)];
                self.kill(place);
            }
            Ingredient::ResourceWipes => self.kill(Place::Resource),
            Ingredient::PowerCuts => self.cut_power(host),
            Ingredient::LinkCuts => self.cut_a_link(),
            Ingredient::Partitions => self.partition(host),
            Ingredient::Stops => self.tell_render(host, render::Event::Stop),
            Ingredient::InfoChanges => {
                let choice = self.chance.permille(500);
                self.change_info(host, choice);
            }
            Ingredient::Desks => self.turn_desk(host),
            Ingredient::AmountChanges => self.change_amounts(host),
            Ingredient::FullDisks => self.fill_disk(host),
            Ingredient::WrongClocks => self.jump_clock(host),
            _ => self.stranger_comes(),
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
        self.tell_mischief(format_args!("{place:?} is killed"));
        let run = self.run_of(place);
        match place {
            Place::Schedule => {
                let durable = self.schedule.kill(&mut self.chance);
                self.schedule_is_durable(&durable);
            }
            Place::Resource => {
                self.resource.kill(&mut self.chance);
            }
            Place::Render(host) => {
                let durable = self.renders[host].kill(&mut self.chance);
                self.render_is_durable(&durable);
                return self.render_died(run);
            }
            Place::Stranger => return,
        }
        self.ended(run);
    }

    fn cut_power(&mut self, host: usize) {
        self.tell_mischief(format_args!("host {host} has no power"));
        self.machines[host].processes.clear();
        // What was not written out is gone with it.
        self.machines[host].scratch.clear();
        self.kill(Place::Render(host));
    }

    fn cut_a_link(&mut self) {
        let links: Vec<_> = self.network.standing().collect();
        if !links.is_empty() {
            let link = links[self.chance.index(links.len())];
            self.tell_mischief(format_args!("link {link} is cut"));
            self.cut(link);
        }
    }

    /// A server has no network for a while, one way or both, and nobody is told. What is said meanwhile
    /// waits, until the link is given up.
    fn partition(&mut self, host: usize) {
        let places = [Place::Schedule, Place::Resource, Place::Render(host), Place::Render(host)];
        let place = places[self.chance.index(places.len())];
        let ms = self.chance.between(500, 25_000);
        let (out, back) = [(true, true), (true, false), (false, true)][self.chance.index(3)];
        self.tell_mischief(format_args!("{place:?} for {ms} ms: mute {out}, deaf {back}"));
        let until = self.now.plus_ms(ms);
        self.network.separate(place, out.then_some(until), back.then_some(until));
        let at_once = self.chance.permille(300);
        for (link, _) in self.network.of(self.run_of(place)) {
            if at_once {
                self.cut(link);
            } else if ms > SILENCE_MS {
                let after = self.chance.between(0, ms - SILENCE_MS);
                self.in_ms(SILENCE_MS + after, Happening::Breaks(link));
            }
        }
    }

    fn fill_disk(&mut self, host: usize) {
        let until = self.now.plus_ms(self.chance.between(500, 15_000));
        let disk = match self.chance.index(2) {
            0 => &mut self.schedule.disk,
            _ => &mut self.renders[host].disk,
        };
        disk.full_until = until;
        self.tell_mischief(format_args!("the disk of the schedule server or of host {host} is full"));
    }

    fn jump_clock(&mut self, host: usize) {
        let most = self.plan.strength(Ingredient::WrongClocks) * 1_000;
        let further = self.chance.between(0, most);
        let clock = match self.chance.index(3) {
            0 => &mut self.schedule.clock,
            1 => &mut self.resource.clock,
            _ => &mut self.renders[host].clock,
        };
        clock.jumps_to(self.now, further.max(clock.ahead_ms));
        self.tell_mischief(format_args!("a clock jumps to {further} ms ahead"));
    }

    /// The clock of a server that starts may be less far ahead than it was.
    pub(crate) fn sets_clock(&mut self, place: Place) {
        if self.health.healed || !self.plan.on.has(Ingredient::WrongClocks) {
            return;
        }
        let ahead = self.chance.between(0, self.plan.strength(Ingredient::WrongClocks) * 1_000);
        let now = self.now;
        if let Some(clock) = self.clock_mut(place) {
            clock.jumps_to(now, ahead);
        }
    }

    fn change_info(&mut self, host: usize, choice: bool) {
        let info = host_info(choice, self.machines[host].amounts);
        self.machines[host].info = info.clone();
        if self.renders[host].is_up() {
            self.tell_resource_server(host, RenderToResource::Info { info });
        }
    }

    /// Whoever works at a host comes, or goes, and its hours end or begin.
    fn turn_desk(&mut self, host: usize) {
        let owner = self.chance.permille(400).then(|| "its owner is back".to_owned());
        let hours = self.chance.permille(250).then(|| "only at night".to_owned());
        self.tell_render(host, render::Event::Desk { owner, hours });
    }

    /// A host has less than it had for a while, and never more than at first.
    fn change_amounts(&mut self, host: usize) {
        let (most, draw) = (self.plan.amounts[host], draw_amounts(&mut self.chance));
        let amounts = Amounts {
            memory_bytes: most.memory_bytes.min(draw.memory_bytes),
            gpus: most.gpus.min(draw.gpus),
        };
        self.has_amounts(host, amounts);
    }

    fn has_amounts(&mut self, host: usize, amounts: Amounts) {
        self.machines[host].amounts = amounts;
        let choice = !self.machines[host].info.tags.is_empty();
        self.change_info(host, choice);
        self.tell_render(host, render::Event::Amounts(amounts));
    }

    /// From here on nothing goes wrong, and every server runs.
    pub(crate) fn heals(&mut self) {
        self.tell_mischief(format_args!("is over"));
        self.health = Health { healed: true, calm_since: None };
        self.network.unite();
        self.change_info(0, true);
        for host in 0..self.machines.len() {
            self.has_amounts(host, self.plan.amounts[host]);
            self.tell_render(host, render::Event::Desk { owner: None, hours: None });
        }
        for place in self.places() {
            if let Some(disk) = self.disk_mut(place) {
                (disk.slow_ms, disk.full_until) = (0, Time(0));
            }
            if !self.is_up(place) {
                self.in_ms(50, Happening::Starts(place));
            }
        }
        self.in_ms(1_000, Happening::Tidies);
    }
}
