//! The render server's shell: what the role wants done, and what the links to it carry.

use model::{Exit, LeaseId, RenderToResource, ScheduleToRender, Usage};
use render::{Effect, Event, Record, Render};

use crate::happening::Happening;
use crate::machine::Shell;
use crate::network::{End, LinkId, Message, Place, Run};
use crate::node::{Input, Out};
use crate::oracle::{Oracle, hold};
use crate::world::World;

impl World {
    pub(crate) fn render_starts(&mut self, host: usize) {
        let blank = crate::world::blank_render(host, self.machines[host].slots);
        let trim = self.chance.permille(300);
        let effects = self.renders[host].start(self.now, &blank, trim);
        self.machines[host].shell = Shell::default();
        self.sweep(host);
        self.tell_render(host, Event::Amounts(self.machines[host].amounts));
        let run = self.run_of(Place::Render(host));
        self.soon(300, Happening::Dials(run, Place::Schedule));
        self.soon(300, Happening::Dials(run, Place::Resource));
        for effect in effects {
            self.render_does(host, effect);
        }
    }

    /// Clears what an earlier run left that is not on record: it was killed before it could say so.
    fn sweep(&mut self, host: usize) {
        let role = self.renders[host].replica();
        let recorded: Vec<_> =
            role.attempts().map(|attempt| (attempt.grant.lease, attempt.process)).collect();
        let machine = &mut self.machines[host];
        machine.processes.retain(|lease, process| recorded.contains(&(*lease, Some(process.mark))));
        machine.scratch.retain(|lease, _| recorded.iter().any(|(recorded, _)| recorded == lease));
    }

    pub(crate) fn tell_render(&mut self, host: usize, event: Event) {
        // What is taken away is rare, and a kill just then rarer still.
        let rare = matches!(event, Event::ScheduleSpoke(ScheduleToRender::Revoke { .. }) | Event::Stop);
        self.renders[host].take(Input::Told(event));
        let mut outs = Vec::new();
        let (node, mut fortune) = fortune!(self, renders[host], if rare { 20 } else { 1 });
        node.turn(self.now, &mut fortune, &mut outs);
        self.render_came_to(host, outs);
    }

    pub(crate) fn render_written(&mut self, host: usize) {
        let mut outs = Vec::new();
        let (node, mut fortune) = fortune!(self, renders[host], 1);
        node.written(self.now, &mut fortune, &mut outs);
        self.render_came_to(host, outs);
    }

    fn render_came_to(&mut self, host: usize, outs: Vec<Out<Render>>) {
        let run = self.run_of(Place::Render(host));
        for out in outs {
            self.tell_story(run.0, &out);
            match out {
                Out::Effect(effect) => self.render_does(host, effect),
                Out::Writes(ms) => self.in_ms(ms, Happening::Written(run)),
                Out::Died => self.render_died(run),
                Out::Durable(records) => self.render_is_durable(&records),
                Out::Decided(..) | Out::Refused(..) | Out::Answered(..) => {}
            }
        }
    }

    /// The ledger sees what became of attempts.
    pub(crate) fn render_is_durable(&mut self, records: &[Record]) {
        for record in records {
            if let Record::AttemptEnded { report, .. } = record {
                self.ledger.is_reported(report.lease, &report.outcome);
            }
        }
    }

    /// The render server was killed; some processes go with it.
    pub(crate) fn render_died(&mut self, run: Run) {
        if let Place::Render(host) = run.0 {
            self.machines[host].processes.retain(|_, process| !process.dies_along);
        }
        self.ended(run);
    }

    fn render_does(&mut self, host: usize, effect: Effect) {
        let run = self.run_of(Place::Render(host));
        match effect {
            Effect::ToSchedule(message) => {
                if let Some(link) = self.machines[host].shell.schedule_link {
                    self.say(link, End::Acceptor, Message::RenderToSchedule(message));
                }
            }
            Effect::SlotChanged { slot, now } => {
                self.tell_resource_server(host, RenderToResource::Slot { slot, now });
            }
            Effect::DoorChanged { door } => {
                self.tell_resource_server(host, RenderToResource::Door(door));
            }
            Effect::OpenSession { slot, job, step, lease } => {
                let shell = &mut self.machines[host].shell;
                let open = shell.sessions.remove(&slot);
                assert_eq!(open, None, "slot {slot} of host {host} has one session at a time");
                shell.opening.insert(slot, lease);
                self.soon(800, Happening::SetsUp(run, lease, slot, job, step));
            }
            Effect::CloseSession { slot, .. } => {
                self.machines[host].shell.sessions.remove(&slot);
                self.machines[host].shell.opening.remove(&slot);
            }
            Effect::Start { grant } => self.lines_up(host, run, grant),
            Effect::TakeBack { lease } => {
                if self.machines[host].shell.leaves_line(lease) {
                    self.answers(run, Event::NotBegun { lease });
                }
            }
            Effect::Kill { lease } => self.kill_process(host, run, lease),
            Effect::Adopt { lease, process, grant } => {
                self.machines[host].shell.current.insert(grant.slot, lease);
                if self.machines[host].process(lease, process.pid).is_some() {
                    self.machines[host].shell.watched.insert(lease, true);
                    self.answers(run, Event::Started { lease, process });
                } else {
                    self.answers(run, exited(lease, Exit::Unknown, 0));
                }
            }
            Effect::Collect { grant, exit } => {
                let (lease, slot) = (grant.lease, grant.slot);
                self.machines[host].shell.collecting.insert(lease, (slot, exit));
                let calm = self.health.calm_since.is_some();
                let slow = if !calm && self.chance.permille(100) { 5_000 } else { 300 };
                self.soon(slow, Happening::Collects(run, grant));
            }
            Effect::Forget { lease } => self.forget(host, run, lease),
            Effect::Stopped => {
                self.tell_resource_server(host, RenderToResource::Bye);
                let durable = self.renders[host].kill(&mut self.chance);
                self.render_is_durable(&durable);
                self.machines[host].processes.clear();
                self.left(run);
            }
        }
    }

    fn forget(&mut self, host: usize, run: Run, lease: LeaseId) {
        let machine = &mut self.machines[host];
        let runs = machine.processes.contains_key(&lease) || machine.shell.spawning.contains_key(&lease);
        hold(Oracle::ProcessesEnd, !runs, || format!("a process of lease {lease} is forgotten and runs"));
        machine.scratch.remove(&lease);
        machine.shell.watched.remove(&lease);
        let collected = machine.shell.collecting.remove(&lease);
        machine.shell.killing.remove(&lease);
        machine.shell.leaves_line(lease);
        self.slot_is_clear(host, run, lease);
        if let Some((slot, _)) = collected {
            self.begins_next(host, run, slot);
        }
    }

    pub(crate) fn answers(&mut self, run: Run, event: Event) {
        self.soon(30, Happening::Tells(run, Box::new(event)));
    }

    pub(crate) fn render_linked(&mut self, host: usize, link: LinkId) {
        self.machines[host].shell.schedule_link = Some(link);
        self.tell_render(host, Event::ScheduleLinked);
    }

    pub(crate) fn render_unlinked(&mut self, host: usize, run: Run, from: Place) {
        if from == Place::Schedule {
            self.machines[host].shell.schedule_link = None;
            self.tell_render(host, Event::ScheduleUnlinked);
        } else {
            self.machines[host].shell.resource_link = None;
        }
        self.soon(1_000, Happening::Dials(run, from));
    }
}

pub(crate) const fn exited(lease: LeaseId, exit: Exit, wall_ms: u64) -> Event {
    Event::Exited { lease, exit, usage: usage_of(exit, wall_ms) }
}

pub(crate) const fn usage_of(exit: Exit, wall_ms: u64) -> Usage {
    let exit_code = match exit {
        Exit::Code(code) => Some(code),
        Exit::Signal(_) | Exit::Unknown => None,
    };
    Usage { wall_ms, cpu_ms: wall_ms, memory_peak_bytes: 1, read_bytes: 2, written_bytes: 3, exit_code }
}
