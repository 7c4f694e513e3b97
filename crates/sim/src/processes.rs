//! What runs on a machine: sessions that are set up, packages that start, tell of their progress, end, hang
//! or are ended, and what they leave.

use std::collections::BTreeSet;

use model::{Exit, FailureClass, Grant, JobId, LeaseId, Outcome, ProcessMark, SlotIndex, StepIndex};
use render::{COLLECTED_BESIDE_MAX, Ended, Event};

use crate::happening::Happening;
use crate::ingredient::Ingredient;
use crate::jobs;
use crate::machine::{Left, Process};
use crate::network::{Place, Run};
use crate::oracle::{Oracle, hold};
use crate::render_server::{exited, usage_of};
use crate::storage::outputs_of;
use crate::world::World;

/// Shorter ones may be told as a whole, in milliseconds.
const SHORT_MS: u64 = 200;

impl World {
    /// A package is to start when nothing else runs on its slot any more.
    pub(crate) fn lines_up(&mut self, host: usize, run: Run, grant: Grant) {
        let slot = grant.slot;
        self.machines[host].shell.lines.entry(slot).or_default().push_back(grant);
        self.begins_next(host, run, slot);
    }

    /// A slot takes up the next of its line when its process has ended and not too much of it is collected.
    pub(crate) fn begins_next(&mut self, host: usize, run: Run, slot: SlotIndex) {
        let shell = &mut self.machines[host].shell;
        let collected = shell.collecting.values().filter(|(of, _)| *of == slot).count();
        if shell.current.contains_key(&slot) || collected > COLLECTED_BESIDE_MAX {
            return;
        }
        let Some(grant) = shell.lines.get_mut(&slot).and_then(std::collections::VecDeque::pop_front) else {
            return;
        };
        let session = shell.sessions.get(&slot);
        let of_step = session == Some(&(grant.frame.job, grant.frame.step));
        assert!(of_step, "lease {} starts in a session of its step", grant.lease);
        shell.current.insert(slot, grant.lease);
        shell.spawning.insert(grant.lease, slot);
        let slow = self.ledger.step(grant.frame).is_none_or(|step| jobs::pace_ms(step) >= SHORT_MS);
        let most_ms = if slow && self.chance.permille(200) { 2_000 } else { 50 };
        self.soon(most_ms, Happening::Spawns(run, grant));
    }

    /// Nothing is left to do for a lease; what waits behind it begins.
    pub(crate) fn slot_is_clear(&mut self, host: usize, run: Run, lease: LeaseId) {
        let shell = &mut self.machines[host].shell;
        let slot = shell.current.iter().find(|(_, held)| **held == lease).map(|(slot, _)| *slot);
        if let Some(slot) = slot {
            shell.current.remove(&slot);
            self.begins_next(host, run, slot);
        }
    }

    pub(crate) fn kill_process(&mut self, host: usize, run: Run, lease: LeaseId) {
        let machine = &mut self.machines[host];
        machine.shell.killing.insert(lease);
        if let Some(process) = machine.processes.get(&lease) {
            let pid = process.mark.pid;
            machine.shell.watched.entry(lease).or_insert(false);
            self.soon(3_000, Happening::Dies(host, lease, pid));
        } else if machine.shell.spawning.contains_key(&lease) && self.chance.permille(500) {
            // Too late to hold it back; it is killed when it has said that it runs.
        } else {
            let shell = &mut self.machines[host].shell;
            shell.leaves_line(lease);
            shell.spawning.remove(&lease);
            self.answers(run, exited(lease, Exit::Unknown, 0));
        }
    }

    pub(crate) fn sets_up(&mut self, run: Run, lease: LeaseId, slot: SlotIndex, job: JobId, step: StepIndex) {
        let Place::Render(host) = run.0 else { return };
        let fails = self.strikes(Ingredient::HostFails);
        let waits = self.machines[host].shell.opening.get(&slot) == Some(&lease);
        if !self.is_running(run) || !waits {
            return;
        }
        self.machines[host].shell.opening.remove(&slot);
        if fails {
            let why = "the files cannot be fetched".to_owned();
            return self.answers(run, Event::SessionFailed { lease, class: FailureClass::Host, why });
        }
        self.machines[host].shell.sessions.insert(slot, (job, step));
        self.answers(run, Event::SessionReady { lease, tied: step.0 % 2 == 1 });
    }

    pub(crate) fn spawns(&mut self, run: Run, grant: Grant) {
        let Place::Render(host) = run.0 else { return };
        let lease = grant.lease;
        if !self.is_running(run) || self.machines[host].shell.spawning.remove(&lease).is_none() {
            return;
        }
        if self.strikes(Ingredient::HostFails) {
            let why = "the package cannot be run".to_owned();
            self.answers(run, Event::StartFailed { lease, class: FailureClass::Host, why });
            // The session is doubtful, so nothing more of the line is begun.
            let line = self.machines[host].shell.lines.remove(&grant.slot).unwrap_or_default();
            for waiting in line {
                self.answers(run, Event::NotBegun { lease: waiting.lease });
            }
            return;
        }
        let slots: BTreeSet<SlotIndex> =
            std::iter::once(grant.slot).chain(grant.also.iter().copied()).collect();
        for (other, process) in &self.machines[host].processes {
            hold(Oracle::OneAttemptPerSlot, process.slots.is_disjoint(&slots), || {
                format!("leases {other} and {lease} run on slots {slots:?} of host {host}")
            });
            let shared = process.gpus.iter().any(|gpu| grant.gpus.contains(gpu));
            hold(Oracle::AmountsHold, !shared, || {
                format!("leases {other} and {lease} run on GPUs {:?} of host {host}", grant.gpus)
            });
        }
        let gpus = grant.gpus.clone();
        let (exit, left, ms) = self.draw_end(&grant);
        let hangs = self.strikes(Ingredient::Hangs);
        let dies_along = self.strikes(Ingredient::DyingAlong);
        let machine = &mut self.machines[host];
        machine.last_pid += 1;
        let pid = machine.last_pid;
        let mark = ProcessMark { pid, started: self.now.0 };
        let job = grant.frame.job;
        let max_ms = self.ledger.step(grant.frame).and_then(|step| step.times.max_ms);
        let told = self.chance.permille(400);
        let whole = (ms < SHORT_MS && !hangs && !told).then_some(grant);
        let is_whole = whole.is_some();
        let machine = &mut self.machines[host];
        let process =
            Process { mark, slots, gpus, job, exit, left, hangs, boot: run.1, max_ms, dies_along, whole };
        machine.processes.insert(lease, process);
        machine.shell.watched.insert(lease, false);
        if !hangs {
            self.in_ms(ms, Happening::Ends(host, lease, pid));
        }
        if !is_whole {
            self.progress_ahead(host, lease, pid, ms);
            self.answers(run, Event::Started { lease, process: mark });
        }
    }

    /// How a process will end, what it will leave, and how long that takes.
    fn draw_end(&mut self, grant: &Grant) -> (Exit, Left, u64) {
        let pace = self.ledger.step(grant.frame).map_or(1_000, jobs::pace_ms);
        let bad = self.strikes(Ingredient::BadExits);
        let none = self.strikes(Ingredient::NoOutputs);
        let memory = self.strikes(Ingredient::MemoryFails);
        let licence = self.strikes(Ingredient::LicenceFails);
        let fast = self.strikes(Ingredient::TooFast);
        let low = if pace < 200 { 1 } else { 100 };
        let ms = self.chance.between(low, pace.max(low));
        let left = match () {
            () if memory => Left::Nothing(FailureClass::Memory),
            () if licence => Left::Nothing(FailureClass::Licence),
            () if bad && self.chance.permille(100) => Left::Nothing(FailureClass::Fatal),
            () if bad || none => Left::Nothing(FailureClass::Frame),
            () => Left::Whole,
        };
        (Exit::Code(i32::from(bad || memory || licence)), left, if fast { ms.min(3) } else { ms })
    }

    fn progress_ahead(&mut self, host: usize, lease: LeaseId, pid: u32, ms: u64) {
        if !self.strikes(Ingredient::LyingProgress) {
            return self.in_ms(ms / 2, Happening::Progresses(host, lease, pid, 500));
        }
        // Anything, in any order, and also when it has ended.
        for _ in 0..self.chance.between(1, 4) {
            let at = self.chance.between(0, ms * 2);
            let permille = u16::try_from(self.chance.between(0, 65_535)).unwrap_or(0);
            let permille = if self.chance.permille(500) { permille % 1_001 } else { permille };
            self.in_ms(at, Happening::Progresses(host, lease, pid, permille));
        }
    }

    pub(crate) fn progresses(&mut self, host: usize, lease: LeaseId, pid: u32, permille: u16) {
        let lies = self.plan.on.has(Ingredient::LyingProgress);
        if lies || self.machines[host].process(lease, pid).is_some() {
            self.tell_render(host, Event::Progress { lease, permille });
        }
    }

    pub(crate) fn ends(&mut self, host: usize, lease: LeaseId, pid: u32) {
        let Some(process) = self.machines[host].process(lease, pid) else { return };
        let (exit, left) = (process.exit, process.left);
        self.machines[host].scratch.insert(lease, left);
        self.process_gone(host, lease, exit);
    }

    pub(crate) fn dies(&mut self, host: usize, lease: LeaseId, pid: u32) {
        if self.machines[host].process(lease, pid).is_some() {
            self.process_gone(host, lease, Exit::Signal(15));
        }
    }

    fn process_gone(&mut self, host: usize, lease: LeaseId, exit: Exit) {
        let Some(process) = self.machines[host].processes.remove(&lease) else { return };
        let run = self.run_of(Place::Render(host));
        if !self.is_running(run) {
            return;
        }
        let wall_ms = self.now.0.saturating_sub(process.mark.started);
        let Some(adopted) = self.machines[host].shell.watched.remove(&lease) else { return };
        if let Some(grant) = process.whole.filter(|_| process.left == Left::Whole && exit == process.exit)
            && self.is_reached(run)
        {
            return self.ends_whole(host, run, &grant, usage_of(exit, wall_ms));
        }
        let exit = if adopted { Exit::Unknown } else { exit };
        self.answers(run, exited(lease, exit, wall_ms));
        self.renders_beside(host, run, lease, exit);
    }

    /// The slot goes on without asking, while what is rendered is looked at.
    fn renders_beside(&mut self, host: usize, run: Run, lease: LeaseId, exit: Exit) {
        let shell = &mut self.machines[host].shell;
        let slot = shell.current.iter().find(|(_, held)| **held == lease).map(|(slot, _)| *slot);
        if let Some(slot) = slot {
            shell.collecting.entry(lease).or_insert((slot, exit));
            self.slot_is_clear(host, run, lease);
        }
    }

    /// A short attempt is collected at once, and told together with its like.
    fn ends_whole(&mut self, host: usize, run: Run, grant: &Grant, usage: model::Usage) {
        let lease = grant.lease;
        let outputs = if self.is_silent(grant) { Vec::new() } else { outputs_of(grant) };
        if !outputs.is_empty() && self.schedule.replica().lease(lease).is_some() {
            self.storage.intake.insert(lease, outputs.clone());
        }
        let ended = &mut self.machines[host].shell.ended;
        ended.push(Ended { lease, usage, outcome: Outcome::Done { outputs } });
        if ended.len() == 1 {
            self.soon(60, Happening::TellsWhole(run));
        }
        self.slot_is_clear(host, run, lease);
    }

    pub(crate) fn tells_whole(&mut self, run: Run) {
        let Place::Render(host) = run.0 else { return };
        if self.is_running(run) {
            let ended = std::mem::take(&mut self.machines[host].shell.ended);
            self.tell_render(host, Event::Ended { ended });
        }
    }

    /// Whether the schedule server takes files from a host.
    fn is_reached(&self, run: Run) -> bool {
        self.schedule.is_up() && !self.network.is_blocked(self.now, run.0, Place::Schedule)
    }

    /// The outputs of an attempt are verified and brought to the intake, as soon as the schedule server can
    /// be reached.
    pub(crate) fn collects(&mut self, run: Run, grant: Grant) {
        let Place::Render(host) = run.0 else { return };
        let lease = grant.lease;
        if !self.is_running(run) {
            return;
        }
        let Some((_, exit)) = self.machines[host].shell.collecting.get(&lease).copied() else { return };
        let failed = |class, message: &str| {
            let message = message.to_owned();
            Event::NotCollected { lease, class, message, warnings: Vec::new() }
        };
        let event = match (exit, self.machines[host].scratch.get(&lease)) {
            (Exit::Code(0) | Exit::Unknown, Some(Left::Whole)) => {
                if !self.is_reached(run) {
                    return self.soon(1_000, Happening::Collects(run, grant));
                }
                if self.schedule.replica().lease(lease).is_none() {
                    failed(FailureClass::GivenBack, "the lease is over")
                } else if self.is_silent(&grant) {
                    Event::Collected { lease, outputs: Vec::new(), warnings: Vec::new() }
                } else {
                    let outputs = outputs_of(&grant);
                    self.storage.intake.insert(lease, outputs.clone());
                    Event::Collected { lease, outputs, warnings: warnings_of(&grant) }
                }
            }
            (Exit::Code(_), Some(Left::Nothing(class))) => failed(*class, "there is no picture"),
            (Exit::Unknown, _) => failed(FailureClass::GivenBack, "it was gone after a restart"),
            (Exit::Code(_) | Exit::Signal(_), _) => failed(FailureClass::Frame, "there is no picture"),
        };
        self.answers(run, event);
    }

    fn is_silent(&self, grant: &Grant) -> bool {
        self.ledger.step(grant.frame).is_some_and(model::Step::may_be_silent)
    }
}

/// Every third frame shows something odd.
fn warnings_of(grant: &Grant) -> Vec<String> {
    let odd = grant.number.rem_euclid(3) == 0;
    odd.then(|| "wood.png is missing".to_owned()).into_iter().collect()
}
