//! What must hold at each step, and what must hold in the end.

use std::collections::BTreeMap;

use model::{FrameState, JobId, JobState, JobView, LEASE_MS, Time};
use render::{Phase, Render};
use schedule::{Record, Schedule};

use crate::node::Node;
use crate::storage::Folder;
use crate::world::World;

/// How long after the last fault a farm has to come to rest, in virtual milliseconds: mails are tried again
/// after minutes.
const REST_MS: u64 = 1_500_000;
/// What may come on top of rendering in a farm in which nothing goes wrong.
const CALM_MS: u64 = 4_000;
/// What may come on top of that where a server is killed and started again.
const KILL_MS: u64 = 8_000;

impl World {
    /// No slot works for two live leases.
    pub(crate) fn assert_slots(&self) {
        for (host, machine) in self.machines.iter().enumerate() {
            let mut slots = BTreeMap::new();
            for (lease, process) in &machine.processes {
                if self.ledger.leases.contains_key(lease) {
                    let other = slots.insert(process.slot, lease);
                    assert_eq!(other, None, "slot {} of host {host} works for one live lease", process.slot);
                }
            }
        }
    }

    /// What was taken away is being killed, whenever its render server was started.
    pub(crate) fn assert_killing(&self) {
        for (node, machine) in self.renders.iter().zip(&self.machines) {
            let attempts = node.role().into_iter().flat_map(render::Render::attempts);
            for attempt in attempts.filter(|attempt| attempt.phase == Phase::Ending) {
                let lease = attempt.grant.lease;
                assert!(machine.shell.killing.contains(&lease), "the process of lease {lease} is killed");
            }
        }
    }

    /// A server was killed in the calm; what a host had taken is not lost by that.
    pub(crate) fn assert_not_thrown_away(&self, record: &Record) {
        if let (Some(_), Record::LeaseEnded { lease, ending, message, .. }) = (self.health.calm_since, record)
        {
            let taken = |node: &Node<Render>| {
                let (role, lease) = (node.replica(), *lease);
                role.attempts().any(|attempt| attempt.grant.lease == lease)
                    || role.unacknowledged().any(|kept| kept == lease)
            };
            let taken = self.renders.iter().any(taken);
            assert!(!taken, "lease {lease}, which its host works on, ends by {ending:?}: {message}");
        }
    }

    /// Who is not heard of for too long is neither in the database nor holds a lease.
    pub(crate) fn assert_hosts_heard(&self) {
        if self.schedule.is_up() {
            self.ledger.assert_heard(self.now);
        }
        for host in self.resource.role().map(|role| role.host_views(self.now)).unwrap_or_default() {
            assert!(self.now <= host.heard_at.plus_ms(LEASE_MS), "{} has left the database", host.name);
        }
    }

    /// In the calm every slot had work, and none waited for long for anything but renderers.
    pub(crate) fn assert_calm(&self) {
        let slots = self.machines.len() * usize::from(self.plan.slots);
        assert_eq!(self.ledger.calm_slots(), slots, "every slot has work in a calm farm");
        let most = 2 * (self.plan.render_ms + CALM_MS) + KILL_MS;
        let took = self.now.since_ms(self.health.calm_since.unwrap_or_default());
        assert!(took <= most, "a calm farm is done in {most} ms, not in {took}");
    }

    /// Whether there is nothing left to do.
    pub(crate) fn is_settled(&mut self, healed_at: Time) -> bool {
        let open = self.unsettled();
        let late = self.now.since_ms(healed_at) > REST_MS;
        assert!(!late || open.is_empty(), "the farm comes to rest, but: {}", open.join("; "));
        open.is_empty()
    }

    fn unsettled(&self) -> Vec<String> {
        let Some(role) = self.schedule.role() else {
            return vec!["the schedule server is down".to_owned()];
        };
        let mut open = Vec::new();
        if self.ledger.acknowledged.len() < self.people.submits() {
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
        if self.network.is_torn() {
            open.push("a link is torn".to_owned());
        }
        if !self.database_is_true() {
            open.push("the resource database is wrong".to_owned());
        }
        open
    }

    fn unsettled_job(&self, role: &Schedule, job: &JobView) -> Option<String> {
        let id: JobId = job.id.parse().expect("a job number is a number");
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
        let role = self.schedule.role().expect("the schedule server runs in the end");
        for (key, job) in &self.ledger.acknowledged {
            assert_eq!(role.job_with_key(key), Some(*job), "an acknowledged submit survives");
        }
        for (frame, outputs) in &self.ledger.finished {
            let folder = role.folder(frame.job).expect("a job of a finished frame is known");
            assert!(self.storage.holds(&folder, outputs), "the files of frame {frame} stay as they were");
            let frames = role.frames(frame.job).expect("a job of a finished frame is known");
            let done = frames.iter().filter(|view| view.state == FrameState::Done).count();
            assert!(done > 0, "a finished frame of job {} is shown as done", frame.job);
        }
        for job in role.jobs() {
            let id: JobId = job.id.parse().expect("a job number is a number");
            let view = role.job(id).expect("a listed job is known");
            let done = self.ledger.finished.keys().filter(|frame| frame.job == id).count();
            assert_eq!(view.frames_done as usize, done, "job {id} counts its finished frames");
            for notice in &view.notices {
                let sent = self.people.has_mail(id, &notice.to);
                assert!(sent || notice.state == "given_up", "{} is told of job {id}", notice.to);
            }
            let told = view.state == JobState::Done || view.state == JobState::Failed;
            let to = role.description(id).map_or(0, |description| description.notify.len());
            assert_eq!(view.notices.len(), if told { to } else { 0 }, "job {id} has its mails");
        }
    }
}

fn done_files(role: &Schedule, job: JobId) -> Folder {
    let frames = role.frames(job).unwrap_or_default();
    let done = frames.into_iter().filter(|frame| frame.state == FrameState::Done);
    done.flat_map(|frame| frame.outputs).map(|output| (output.name, output.digest)).collect()
}
