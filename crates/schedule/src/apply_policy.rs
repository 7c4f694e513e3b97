//! Makes records about limits, shares and hosts that are set aside true, and counts for them what leases take
//! and how they end.

use model::{FrameId, HostId, JobId, PathRule, Time};

use crate::host_table::HostIndex;
use crate::set_aside::Ended;
use crate::{Effect, Ending, Schedule};

impl Schedule {
    pub(crate) fn limit_set(
        &mut self,
        name: &str,
        amount: Option<u32>,
        per_host: Option<u32>,
        effects: &mut Vec<Effect>,
    ) {
        self.kept.limits.set(name, amount, per_host);
        self.policy_changed(effects);
    }

    pub(crate) fn share_set(&mut self, name: &str, weight: u32, effects: &mut Vec<Effect>) {
        self.kept.queue.shares.set_weight(name, weight);
        self.policy_changed(effects);
    }

    pub(crate) fn path_rule_set(&mut self, name: &str, rule: Option<&PathRule>) {
        match rule {
            Some(rule) => self.kept.paths.0.insert(name.to_owned(), rule.clone()),
            None => self.kept.paths.0.remove(name),
        };
    }

    pub(crate) fn host_set_aside(
        &mut self,
        host: &HostId,
        job: Option<JobId>,
        until: Time,
        why: &str,
        effects: &mut Vec<Effect>,
    ) {
        let host = self.kept.hosts.intern(host);
        self.kept.set_asides.set_aside(host, job, until, why);
        self.policy_changed(effects);
    }

    pub(crate) fn set_aside_ended(&mut self, host: &HostId, job: Option<JobId>, effects: &mut Vec<Effect>) {
        let host = self.kept.hosts.intern(host);
        self.kept.set_asides.ended(host, job);
        self.policy_changed(effects);
    }

    pub(crate) fn host_forgiven(&mut self, host: &HostId, effects: &mut Vec<Effect>) {
        let host = self.kept.hosts.intern(host);
        self.kept.set_asides.forgive(host);
        self.policy_changed(effects);
    }

    /// A lease begins to take, or stops taking, what the step takes of limits.
    pub(crate) fn count_limits(&mut self, frame: FrameId, host: HostIndex, begins: bool) {
        let Some(job) = self.kept.jobs.get(&frame.job) else { return };
        let Some(step) = job.description.steps.get(usize::from(frame.step.0)) else { return };
        if step.limits.is_empty() {
        } else if begins {
            self.kept.limits.take(&step.limits, host);
        } else {
            self.kept.limits.give_back(&step.limits, host);
        }
    }

    /// An attempt ended without its frame. Told before the table hears of it.
    pub(crate) fn tell_failed(&mut self, frame: FrameId, host: HostIndex, ending: Ending, problem: &str) {
        if ending.counted() {
            let failed_on = self.failed_elsewhere(frame, host);
            let ended = Ended { host, frame, failed_on: &failed_on };
            self.kept.set_asides.failed(ended, ending == Ending::Host, problem);
        }
    }

    /// A frame was done. Told before the table hears of it.
    pub(crate) fn tell_done(&mut self, frame: FrameId, host: HostIndex) {
        self.shortage_over(frame);
        if !self.kept.set_asides.is_empty() {
            let failed_on = self.failed_elsewhere(frame, host);
            self.kept.set_asides.done(Ended { host, frame, failed_on: &failed_on });
        }
    }

    /// Other hosts where a frame failed before.
    fn failed_elsewhere(&self, frame: FrameId, host: HostIndex) -> Vec<HostIndex> {
        let Some((_, table)) = self.kept.step(frame) else { return Vec::new() };
        let mut hosts: Vec<HostIndex> = table.failed_on(frame.index).filter(|other| *other != host).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// What frames wait for may be something else now, and a pass may find more to do.
    fn policy_changed(&self, effects: &mut Vec<Effect>) {
        self.reasons_changed(effects);
        self.want_pass(effects);
    }
}
