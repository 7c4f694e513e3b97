//! The render server's shell: sessions, processes and outputs on a machine.

use model::{
    Exit, FailureClass, Grant, JobId, LeaseId, ProcessMark, RenderToResource, ScheduleToRender, SlotIndex,
    StepIndex, Usage,
};
use render::{Effect, Event};

use crate::happening::Happening;
use crate::machine::{Process, Shell};
use crate::network::{End, LinkId, Message, Place, Run};
use crate::storage::outputs_of;
use crate::world::{World, blank_render};

impl World {
    pub(crate) fn render_starts(&mut self, host: usize) {
        let blank = blank_render(host, self.plan.slots);
        let snapshot = self.chance.permille(300);
        let effects = self.renders[host].start(self.now, &blank, snapshot);
        self.machines[host].shell = Shell::default();
        self.sweep(host);
        self.note_event(Place::Render(host), &"resumes", &effects);
        let run = self.run_of(Place::Render(host));
        self.soon(300, Happening::Dials(run, Place::Schedule));
        self.soon(300, Happening::Dials(run, Place::Resource));
        self.render_does(host, effects);
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
        let place = Place::Render(host);
        if !self.is_up(place) {
            return;
        }
        let run = self.run_of(place);
        // What is taken away is rare, and a kill just then rarer still.
        let rare = matches!(event, Event::ScheduleSpoke(ScheduleToRender::Revoke { .. }) | Event::Stop);
        let fate = self.fate(if rare { 20 } else { 1 });
        match self.renders[host].hears(self.now, &event, fate) {
            Ok(heard) => {
                self.note_event(place, &event, &(&heard.durable, &heard.effects, heard.died));
                self.render_does(host, heard.effects);
                if heard.died {
                    self.render_died(run);
                }
            }
            Err(refusal) => self.note_event(place, &event, &refusal),
        }
    }

    /// The render server was killed; some processes go with it.
    pub(crate) fn render_died(&mut self, run: Run) {
        if let Place::Render(host) = run.0 {
            self.machines[host].processes.retain(|_, process| !process.dies_along);
        }
        self.ended(run);
    }

    fn render_does(&mut self, host: usize, effects: Vec<Effect>) {
        for effect in effects {
            self.render_does_one(host, effect);
        }
    }

    fn render_does_one(&mut self, host: usize, effect: Effect) {
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
            Effect::Start { grant } => self.start_process(host, run, grant),
            Effect::Kill { lease } => self.kill_process(host, run, lease),
            Effect::Adopt { lease, process, .. } => {
                if self.machines[host].process(lease, process.pid).is_some() {
                    self.machines[host].shell.watched.insert(lease, true);
                } else {
                    self.answers(run, exited(lease, Exit::Unknown));
                }
            }
            Effect::Collect { grant, exit } => {
                self.machines[host].shell.collecting.insert(grant.lease, exit);
                self.soon(300, Happening::Collects(run, grant));
            }
            Effect::Forget { lease } => self.forget(host, lease),
            Effect::Stopped => {
                self.note_event(run.0, &"stops", &"");
                self.tell_resource_server(host, RenderToResource::Bye);
                self.renders[host].kill();
                self.machines[host].processes.clear();
                self.left(run);
            }
        }
    }

    fn start_process(&mut self, host: usize, run: Run, grant: Grant) {
        let shell = &mut self.machines[host].shell;
        let session = shell.sessions.get(&grant.slot);
        assert_eq!(
            session,
            Some(&(grant.frame.job, grant.frame.step)),
            "lease {} starts in a session of its step",
            grant.lease
        );
        shell.spawning.insert(grant.lease, grant.slot);
        let most_ms = if self.chance.permille(200) { 2_000 } else { 50 };
        self.soon(most_ms, Happening::Spawns(run, grant));
    }

    fn kill_process(&mut self, host: usize, run: Run, lease: LeaseId) {
        let machine = &mut self.machines[host];
        machine.shell.killing.insert(lease);
        if let Some(process) = machine.processes.get(&lease) {
            let pid = process.mark.pid;
            machine.shell.watched.entry(lease).or_insert(false);
            self.soon(3_000, Happening::Dies(host, lease, pid));
        } else if machine.shell.spawning.contains_key(&lease) && self.chance.permille(500) {
            // Too late to hold it back; it is killed when it has said that it runs.
        } else {
            self.machines[host].shell.spawning.remove(&lease);
            self.answers(run, exited(lease, Exit::Unknown));
        }
    }

    fn forget(&mut self, host: usize, lease: LeaseId) {
        let machine = &mut self.machines[host];
        assert!(!machine.processes.contains_key(&lease), "no process of lease {lease} is forgotten");
        assert!(!machine.shell.spawning.contains_key(&lease), "no start of lease {lease} is forgotten");
        machine.scratch.remove(&lease);
        machine.shell.watched.remove(&lease);
        machine.shell.collecting.remove(&lease);
        machine.shell.killing.remove(&lease);
    }

    fn answers(&mut self, run: Run, event: Event) {
        self.soon(30, Happening::Tells(run, Box::new(event)));
    }

    pub(crate) fn sets_up(&mut self, run: Run, lease: LeaseId, slot: SlotIndex, job: JobId, step: StepIndex) {
        let Place::Render(host) = run.0 else { return };
        let fails = self.chance.permille(self.health.faults.host);
        let shell = &mut self.machines[host].shell;
        if !self.renders[host].is_up() || self.renders[host].boot() != run.1 {
            return;
        }
        if shell.opening.get(&slot) != Some(&lease) {
            return;
        }
        shell.opening.remove(&slot);
        if fails {
            let why = "the files cannot be fetched".to_owned();
            return self.answers(run, Event::SessionFailed { lease, class: FailureClass::Host, why });
        }
        shell.sessions.insert(slot, (job, step));
        self.answers(run, Event::SessionReady { lease });
    }

    pub(crate) fn spawns(&mut self, run: Run, grant: Grant) {
        let Place::Render(host) = run.0 else { return };
        let (lease, slot) = (grant.lease, grant.slot);
        if !self.is_running(run) || self.machines[host].shell.spawning.remove(&lease).is_none() {
            return;
        }
        if self.chance.permille(self.health.faults.host) {
            let why = "the package cannot be run".to_owned();
            return self.answers(run, Event::StartFailed { lease, class: FailureClass::Host, why });
        }
        let faults = &self.health.faults;
        let bad = self.chance.permille(faults.bad_exit);
        let whole = !bad && !self.chance.permille(faults.no_output);
        let dies_along = self.chance.permille(faults.dies_along);
        let ms = self.chance.between(100, self.plan.render_ms);
        let machine = &mut self.machines[host];
        let busy = machine.processes.values().find(|process| process.slot == slot);
        assert!(busy.is_none(), "slot {slot} of host {host} runs one process at a time");
        machine.last_pid += 1;
        let pid = machine.last_pid;
        let mark = ProcessMark { pid, started: self.now.0 };
        let exit = Exit::Code(i32::from(bad));
        machine.processes.insert(lease, Process { mark, slot, exit, whole, dies_along });
        machine.shell.watched.insert(lease, false);
        self.in_ms(ms / 2, Happening::Progresses(host, lease, pid, 500));
        self.in_ms(ms, Happening::Ends(host, lease, pid));
        self.answers(run, Event::Started { lease, process: mark });
    }

    pub(crate) fn progresses(&mut self, host: usize, lease: LeaseId, pid: u32, permille: u16) {
        if self.machines[host].process(lease, pid).is_some() {
            self.tell_render(host, Event::Progress { lease, permille });
        }
    }

    pub(crate) fn ends(&mut self, host: usize, lease: LeaseId, pid: u32) {
        let Some(process) = self.machines[host].process(lease, pid) else { return };
        let (exit, whole) = (process.exit, process.whole);
        self.machines[host].scratch.insert(lease, whole);
        self.process_gone(host, lease, exit);
    }

    pub(crate) fn dies(&mut self, host: usize, lease: LeaseId, pid: u32) {
        if self.machines[host].process(lease, pid).is_some() {
            self.process_gone(host, lease, Exit::Signal(15));
        }
    }

    fn process_gone(&mut self, host: usize, lease: LeaseId, exit: Exit) {
        self.machines[host].processes.remove(&lease);
        let run = self.run_of(Place::Render(host));
        if !self.is_running(run) {
            return;
        }
        if let Some(adopted) = self.machines[host].shell.watched.remove(&lease) {
            let exit = if adopted { Exit::Unknown } else { exit };
            self.answers(run, exited(lease, exit));
        }
    }

    /// The outputs of an attempt are verified and brought to the intake, as soon as the schedule server can
    /// be reached.
    pub(crate) fn collects(&mut self, run: Run, grant: Grant) {
        let Place::Render(host) = run.0 else { return };
        let lease = grant.lease;
        if !self.is_running(run) {
            return;
        }
        let Some(exit) = self.machines[host].shell.collecting.get(&lease).copied() else { return };
        let whole = self.machines[host].scratch.get(&lease) == Some(&true);
        let failed = |class, message: &str| {
            let message = message.to_owned();
            Event::NotCollected { lease, class, message }
        };
        let event = match exit {
            Exit::Code(0) | Exit::Unknown if whole => {
                if !self.schedule.is_up() || self.is_cut(run.0) {
                    return self.soon(1_000, Happening::Collects(run, grant));
                }
                if self.schedule.replica().lease(lease).is_some() {
                    let outputs = outputs_of(&grant);
                    self.storage.intake.insert(lease, outputs.clone());
                    Event::Collected { lease, outputs }
                } else {
                    failed(FailureClass::GivenBack, "the lease is over")
                }
            }
            Exit::Unknown => failed(FailureClass::GivenBack, "it was gone after a restart"),
            Exit::Code(_) | Exit::Signal(_) => failed(FailureClass::Frame, "there is no picture"),
        };
        self.machines[host].shell.collecting.remove(&lease);
        self.answers(run, event);
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

const fn exited(lease: LeaseId, exit: Exit) -> Event {
    let exit_code = match exit {
        Exit::Code(code) => Some(code),
        Exit::Signal(_) | Exit::Unknown => None,
    };
    let usage = Usage { wall_ms: 1, cpu_ms: 1, memory_peak_bytes: 1, exit_code };
    Event::Exited { lease, exit, usage }
}
