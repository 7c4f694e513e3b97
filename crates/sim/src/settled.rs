//! What must hold at all times and is looked at now and then, and what must hold in the end.

use std::collections::BTreeMap;

use model::{FrameState, JobId, JobState, JobView, LEASE_MS, Time};
use render::{Phase, Render};
use schedule::{Ending, Record, Schedule};

use crate::happening::Happening;
use crate::network::Place;
use crate::node::Node;
use crate::oracle::{Oracle, broken, hold};
use crate::storage::Folder;
use crate::world::World;

/// How long after the last fault a farm has to come to rest, in virtual milliseconds: mails are tried again
/// after minutes.
const REST_MS: u64 = 1_500_000;
/// What may come on top of rendering in a farm in which nothing goes wrong.
const CALM_MS: u64 = 4_000;
/// What may come on top of that where a server is killed and started again.
const KILL_MS: u64 = 8_000;
/// What comes on top of a time limit until a process is gone.
const TIMES_MS: u64 = 8_000;
/// A host that refused is left alone for no longer than this.
const SKIPPED_MS: u64 = 35_000;
/// Between two looks.
const LOOK_MS: u64 = 500;
/// What was due so long ago is overdue, where nothing was in its way.
const OVERDUE_MS: u64 = 2_000;

impl World {
    pub(crate) fn looks(&mut self) {
        if self.health.calm_since.is_none() {
            self.in_ms(LOOK_MS, Happening::Looks);
        }
        self.assert_killing();
        self.assert_times();
        self.assert_hosts_heard();
    }

    /// What was taken away is being killed, whenever its render server was started.
    pub(crate) fn assert_killing(&self) {
        for (node, machine) in self.renders.iter().zip(&self.machines) {
            if !node.is_free() {
                continue;
            }
            let attempts = node.role().into_iter().flat_map(render::Render::attempts);
            for attempt in attempts.filter(|attempt| attempt.phase == Phase::Ending) {
                let lease = attempt.grant.lease;
                hold(Oracle::ProcessesEnd, machine.shell.killing.contains(&lease), || {
                    format!("lease {lease} was taken away and nobody kills its process")
                });
            }
        }
    }

    /// No process takes longer than it may, where its render server ran all the time and was not held up.
    fn assert_times(&self) {
        for (node, machine) in self.renders.iter().zip(&self.machines) {
            let held_up = self.now.since_ms(node.disk.troubled_at) < TIMES_MS;
            if !node.is_free() || held_up {
                continue;
            }
            for (lease, process) in &machine.processes {
                let ran_ms = self.now.0.saturating_sub(process.mark.started);
                let late = process.max_ms.is_some_and(|most| ran_ms > most + TIMES_MS);
                hold(Oracle::ProcessesEnd, !late || process.boot != node.boot(), || {
                    format!("lease {lease} runs for {ran_ms} ms of {:?}", process.max_ms)
                });
            }
        }
    }

    /// A server was killed in the calm; what a host had taken is not lost by that.
    pub(crate) fn assert_not_thrown_away(&self, record: &Record) {
        let lost = [Ending::HostLost, Ending::Refused, Ending::GivenBack, Ending::Killed];
        if let (Some(_), Record::LeaseEnded { lease, ending, message, .. }) = (self.health.calm_since, record)
            && lost.contains(ending)
        {
            let taken = |node: &Node<Render>| {
                let (role, lease) = (node.replica(), *lease);
                role.attempts().any(|attempt| attempt.grant.lease == lease)
                    || role.unacknowledged().any(|kept| kept == lease)
            };
            let taken = self.renders.iter().any(taken);
            hold(Oracle::NothingThrownAway, !taken, || {
                format!("lease {lease}, which its host works on, ends by {ending:?}: {message}")
            });
        }
    }

    /// Who is not heard of for too long is neither in the database nor holds a lease.
    fn assert_hosts_heard(&self) {
        let quiet = |jumped: Time, troubled: Time| {
            self.now.since_ms(jumped) > OVERDUE_MS && self.now.since_ms(troubled) > OVERDUE_MS
        };
        let node = &self.schedule;
        if node.is_free() && quiet(node.clock.jumped_at, node.disk.troubled_at) {
            let late = self.ledger.unheard(node.clock.shows(self.now), LEASE_MS + OVERDUE_MS);
            hold(Oracle::HostLossNoticed, late.is_none(), || {
                format!("lease {late:?} is live though its host was not heard of")
            });
        }
        let node = &self.resource;
        if quiet(node.clock.jumped_at, Time(0)) {
            let now = node.clock.shows(self.now);
            for host in node.role().map(|role| role.host_views(now)).unwrap_or_default() {
                let heard = now <= host.heard_at.plus_ms(LEASE_MS + OVERDUE_MS);
                hold(Oracle::DatabaseForgets, heard, || format!("{} is in the database", host.name));
            }
        }
    }

    /// A job was killed a second ago: its processes are being ended wherever nothing was slow.
    pub(crate) fn acted(&self, job: JobId) {
        let since = Time(self.now.0.saturating_sub(1_000));
        let killed = self.schedule.replica().job(job).is_some_and(|view| view.state == JobState::Killed);
        let slow = |jumped: Time, troubled: Time| jumped >= since || troubled >= since;
        if !killed || slow(Time(0), self.schedule.disk.troubled_at) || !self.is_schedule(Place::Schedule) {
            return;
        }
        for (host, (node, machine)) in self.renders.iter().zip(&self.machines).enumerate() {
            let link = machine.shell.schedule_link;
            let calm = link.is_some_and(|link| self.network.is_calm_since(link, since));
            let Some(role) = node.role().filter(|role| calm && role.is_welcome()) else { continue };
            if slow(Time(0), node.disk.troubled_at) {
                continue;
            }
            for attempt in role.attempts().filter(|attempt| attempt.grant.frame.job == job) {
                hold(Oracle::OrdersAct, attempt.phase == Phase::Ending, || {
                    let (lease, phase) = (attempt.grant.lease, attempt.phase);
                    format!("job {job} was killed; its lease {lease} on host {host} is {phase:?}")
                });
            }
        }
    }

    /// In the calm every slot had work, and none waited for long for anything but renderers.
    pub(crate) fn assert_calm(&self) {
        let (slots, given) = (self.slots(), self.ledger.calm_slots());
        let busy = Oracle::CalmIsBusy;
        let calm_since = self.schedule.clock.shows(self.health.calm_since.unwrap_or_default());
        if calm_since.since_ms(self.ledger.refused_at) < SKIPPED_MS {
            return;
        }
        hold(busy, given == slots, || format!("{given} of {slots} slots have work in a calm farm"));
        let most = 2 * (self.plan.render_ms.max(1_000) + CALM_MS) + KILL_MS;
        let took = self.now.since_ms(self.health.calm_since.unwrap_or_default());
        hold(busy, took <= most, || format!("a calm farm is done in {took} ms, not in {most}"));
    }

    /// Whether there is nothing left to do.
    pub(crate) fn is_settled(&mut self) -> bool {
        let open = self.unsettled();
        let late = self.now.since_ms(self.healed_at) > REST_MS;
        if late && !open.is_empty() {
            broken(Oracle::ComesToRest, open.join("; "));
        }
        open.is_empty()
    }

    fn unsettled(&self) -> Vec<String> {
        let Some(role) = self.schedule.role().filter(|_| self.schedule.is_free()) else {
            return vec!["the schedule server is down".to_owned()];
        };
        if !self.ledger.leases.is_empty() && self.now.since_ms(self.healed_at) <= REST_MS {
            return vec!["leases are live".to_owned()];
        }
        let mut open = Vec::new();
        if self.ledger.orders.submitted.len() < self.people.jobs() {
            open.push("a client has no answer".to_owned());
        }
        open.extend(role.jobs().iter().filter_map(|job| self.unsettled_job(role, job)));
        for (host, (machine, node)) in self.machines.iter().zip(&self.renders).enumerate() {
            let Some(render) = node.role() else {
                open.push(format!("render server {host} is down"));
                continue;
            };
            if !render.is_welcome() {
                open.push(format!("render server {host} is not linked"));
            }
            if !render.door().is_open() {
                open.push(format!("host {host} takes no frames: {:?}", render.door()));
            }
            if !machine.processes.is_empty() {
                open.push(format!("processes run on host {host}"));
            }
            if !machine.scratch.is_empty() || !render.held().is_empty() {
                open.push(format!("host {host} holds {:?}", render.held()));
            }
        }
        if !self.ledger.leases.is_empty() {
            open.push(format!("leases {:?} live", self.ledger.leases.keys()));
        }
        if !self.storage.intake.is_empty() {
            open.push(format!("the intake holds {:?}", self.storage.intake.keys()));
        }
        if self.now.since_ms(self.schedule.clock.jumped_at) <= LEASE_MS + OVERDUE_MS {
            open.push("the clock of the schedule server has jumped".to_owned());
        }
        if self.network.is_torn(self.now) {
            open.push("a link is torn or slow".to_owned());
        }
        if !self.database_is_true() {
            open.push("the resource database is wrong".to_owned());
        }
        open
    }

    fn unsettled_job(&self, role: &Schedule, job: &JobView) -> Option<String> {
        let id: JobId = job.id.parse().ok()?;
        if !job.state.is_final() && job.state != JobState::Held {
            return Some(format!("job {id} is {:?} because {:?}", job.state, job.waiting_because));
        }
        if job.frames_running > 0 {
            return Some(format!("job {id} runs"));
        }
        let view = role.job(id)?;
        if view.notices.iter().any(|notice| notice.state == "waiting") {
            return Some(format!("a mail about job {id} waits"));
        }
        let files = done_files(role, id);
        if job.state.is_final() && !files.is_empty() && self.storage.sums.get(&id) != Some(&files) {
            return Some(format!("job {id} has no sums"));
        }
        None
    }

    /// What was promised during the history is still so.
    pub(crate) fn assert_kept(&self) {
        let Some(role) = self.schedule.role() else { return };
        self.ledger.orders.hold_in(role);
        let mut done: BTreeMap<JobId, usize> = BTreeMap::new();
        for (frame, outputs) in &self.ledger.finished {
            let folder = role.folder(frame.job).unwrap_or_default();
            hold(Oracle::FinishedStays, self.storage.holds(&folder, outputs), || {
                format!("the files of frame {frame} are others than when it was finished")
            });
            let chunk = self.ledger.step(*frame).map_or(0, |step| step.chunk_numbers(frame.index).count());
            *done.entry(frame.job).or_default() += chunk;
        }
        for job in role.jobs() {
            let Some(id) = job.id.parse::<JobId>().ok() else { continue };
            let Some(view) = role.job(id) else { continue };
            let done = done.get(&id).copied().unwrap_or(0);
            hold(Oracle::FinishedStays, view.frames_done as usize == done, || {
                format!("job {id} says that {} frames are done, and {done} are", view.frames_done)
            });
            for notice in &view.notices {
                let sent = self.people.has_mail(id, &notice.to) || notice.state == "given_up";
                hold(Oracle::MailsAreSent, sent, || format!("{} is not told of job {id}", notice.to));
            }
            let told = view.state == JobState::Done || view.state == JobState::Failed;
            let to = role.description(id).map_or(0, |description| description.notify.len());
            let right = if told { view.notices.len() >= to } else { view.notices.is_empty() || to > 0 };
            hold(Oracle::MailsAreSent, right, || format!("job {id} has {} mails", view.notices.len()));
        }
    }
}

fn done_files(role: &Schedule, job: JobId) -> Folder {
    let frames = role.frames(job).unwrap_or_default();
    let done = frames.into_iter().filter(|frame| frame.state == FrameState::Done);
    done.flat_map(|frame| frame.outputs).map(|output| (output.name, output.digest)).collect()
}
