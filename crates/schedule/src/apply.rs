//! Makes durable records true, live and on replay alike.
//!
//! A durable record never adds to the passing state, so a replay leaves that empty; it only takes out what
//! is over, and asks for effects where somebody is linked who has to be told.

use model::{JobDescription, JobId, SlotNeed, Time};

use crate::amounts::Taken;
use crate::dependency;
use crate::kept::{Filed, Job, Lease, Notice, NoticeState};
use crate::passing_state::Due;
use crate::spent::Spent;
use crate::touched::AttemptEnd;
use crate::{Effect, NoticeId, Record, Schedule};

impl Schedule {
    pub(crate) fn apply_record(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        match record {
            Record::JobSubmitted { job, key, at, description } => {
                self.kept.keys.insert(key.clone(), *job);
                self.job_submitted(*job, *at, description, effects);
            }
            Record::JobHeld { job, .. } => self.set_held(*job, true, effects),
            Record::JobReleased { job, .. } => self.set_held(*job, false, effects),
            Record::JobKilled { job, at } => self.job_killed(*job, *at, effects),
            Record::JobRetried { job, at } => self.job_retried(*job, *at, effects),
            Record::FramesKilled { job, step, frames, why, at } => {
                self.frames_killed(*job, *step, frames, why, *at, effects);
            }
            Record::FramesRetried { job, step, frames, at } => {
                self.frames_retried(*job, *step, frames, *at, effects);
            }
            Record::JobPriority { job, priority, .. } => self.job_moved(*job, *priority, effects),
            Record::HostSeen { host, .. } => {
                let host = self.kept.hosts.intern(host);
                self.host_seen(host);
            }
            Record::FrameLeased { .. } => self.apply_lease(record, effects),
            Record::LeaseEnded { lease, at, ending, message, usage, again_at } => {
                let message = (!message.is_empty()).then(|| message.as_str().into());
                let end = AttemptEnd { at: *at, ending: Some(*ending), message, usage: *usage };
                self.lease_ended(*lease, end, *again_at, effects);
            }
            Record::FrameFinished { lease, at, outputs, usage, warnings } => {
                let message = (!warnings.is_empty()).then(|| warnings.join("\n").into());
                let end = AttemptEnd { at: *at, ending: None, message, usage: Some(*usage) };
                self.frame_finished(*lease, end, outputs, effects);
            }
            Record::LimitSet { name, amount, per_host, .. } => {
                self.limit_set(name, *amount, *per_host, effects);
            }
            Record::ShareSet { name, weight, .. } => self.share_set(name, *weight, effects),
            Record::PathRuleSet { name, rule, .. } => self.path_rule_set(name, rule.as_ref()),
            Record::HostSetAside { host, job, until, why, .. } => {
                self.host_set_aside(host, *job, *until, why, effects);
            }
            Record::SetAsideEnded { host, job, .. } => self.set_aside_ended(host, *job, effects),
            Record::HostForgiven { host, .. } => self.host_forgiven(host, effects),
            Record::ResultsSealed { job } => {
                self.kept.unsealed.remove(job);
                let until = self.passing.seals.remove(job).flatten();
                self.passing.due(Due::Seal(*job), until, None);
            }
            Record::NoticeQueued { .. } => self.notice_queued(record, effects),
            Record::NoticesSet { user, notices, .. } => self.notices_set(user, notices.as_ref()),
            Record::NoticeSent { notice, .. } => {
                self.notice_tried(*notice, NoticeState::Sent, None, effects);
            }
            Record::NoticePostponed { notice, until, why } => {
                let state = NoticeState::Waiting { until: *until };
                self.notice_tried(*notice, state, Some(why), effects);
            }
            Record::NoticeGivenUp { notice, why, .. } => {
                self.notice_tried(*notice, NoticeState::GivenUp, Some(why), effects);
            }
            Record::NumbersSkipped { jobs, leases, notices, .. } => {
                self.kept.last_job.0 += jobs;
                self.kept.last_lease.0 += leases;
                self.kept.last_notice.0 += notices;
            }
            Record::Passing(passing) => self.apply_passing(passing, effects),
        }
    }

    fn apply_lease(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        if let Record::FrameLeased {
            lease,
            frame,
            attempt,
            host,
            slot,
            also,
            memory_bytes,
            gpus,
            ahead,
            at,
        } = record
        {
            let host = self.kept.hosts.intern(host);
            let (also, taken) = (also.as_slice().into(), Taken::of(*memory_bytes, gpus));
            let (frame, attempt, slot) = (*frame, *attempt, *slot);
            let held = Lease { frame, attempt, host, slot, at: *at, also, taken, ahead: *ahead };
            self.frame_leased(*lease, held, effects);
        }
    }

    fn job_submitted(
        &mut self,
        id: JobId,
        at: Time,
        description: &JobDescription,
        effects: &mut Vec<Effect>,
    ) {
        let awaits: std::collections::BTreeSet<JobId> = self.to_await(description).collect();
        for job in &awaits {
            self.kept.followers.entry(*job).or_default().insert(id);
        }
        let job = Job {
            description: description.clone(),
            priority: description.priority,
            filed: None,
            submitted_at: at,
            started_at: None,
            ended_at: None,
            held: description.held,
            killed: false,
            attempts_failed: 0,
            tables: dependency::tables(&description.steps),
            awaits,
            live: 0,
            ahead: 0,
            slots: 0,
            on_hosts: std::collections::BTreeMap::new(),
            notices: Vec::new(),
            spent: Spent::default(),
        };
        self.kept.jobs.insert(id, job);
        self.kept.last_job = self.kept.last_job.max(id);
        self.job_changed(id, effects);
    }

    fn set_held(&mut self, id: JobId, held: bool, effects: &mut Vec<Effect>) {
        if let Some(job) = self.kept.jobs.get_mut(&id) {
            job.held = held;
        }
        self.job_changed(id, effects);
    }

    /// Frames that had failed wait again, and a job that had ended is open again.
    fn job_retried(&mut self, id: JobId, at: Time, effects: &mut Vec<Effect>) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        job.tables.iter_mut().for_each(|table| table.retry(at));
        self.job_reopened(id);
        self.grid_changed(id, effects);
        self.job_changed(id, effects);
    }

    pub(crate) fn job_reopened(&mut self, id: JobId) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        job.ended_at = None;
        // Its sums are written when it ends again.
        self.kept.unsealed.remove(&id);
        let until = self.passing.seals.remove(&id).flatten();
        self.passing.due(Due::Seal(id), until, None);
    }

    fn job_moved(&mut self, id: JobId, priority: i32, effects: &mut Vec<Effect>) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        let old = std::mem::replace(&mut job.priority, priority);
        self.kept.wides.remove(&(old, id));
        self.job_changed(id, effects);
    }

    pub(crate) fn end_job(&mut self, id: JobId, at: Time) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        job.ended_at = Some(at);
        self.kept.set_asides.forget_job(id);
        if job.outputs().next().is_some() {
            self.kept.unsealed.insert(id);
        }
        self.forget_shortages(id);
    }

    /// Files the job by what it has become, and says so.
    pub(crate) fn job_changed(&mut self, id: JobId, effects: &mut Vec<Effect>) {
        self.file_job(id);
        effects.push(Effect::JobChanged(id));
        self.want_pass(effects);
    }

    /// Files the job by what it has become.
    pub(crate) fn file_job(&mut self, id: JobId) {
        self.passing.nowhere.forget(id);
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        let (priority, open, wanting) = (job.priority, job.ended_at.is_none(), job.is_wanting());
        let still = job.is_still();
        let filed = Some(Filed { priority, open, wanting, still });
        if std::mem::replace(&mut job.filed, filed) == filed {
            return;
        }
        self.kept.queue.file(id, job.who(), open, wanting);
        let wide = job.ended_at.is_none()
            && job.description.steps.iter().any(|step| step.slots != SlotNeed::Count(1));
        let place = (job.priority, id);
        if wide {
            self.kept.wides.insert(place);
        } else {
            self.kept.wides.remove(&place);
        }
        if job.ended_at.is_some() {
            self.forget_needs(id);
        }
        self.file_still(id);
    }

    fn notice_queued(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        let Record::NoticeQueued { notice: id, job, to, at, waiting, about } = record else { return };
        let (id, job, state) = (*id, *job, NoticeState::Waiting { until: *at });
        if let Some(held) = self.kept.jobs.get_mut(&job) {
            let (to, waiting, about) = (to.clone(), waiting.clone(), *about);
            held.notices.push(Notice { id, to, state, tries: 0, problem: None, waiting, about });
            self.kept.outbox.insert(id, job);
        }
        self.kept.last_notice = self.kept.last_notice.max(id);
        self.file_job(job);
        effects.push(Effect::JobChanged(job));
    }

    fn notice_tried(
        &mut self,
        id: NoticeId,
        state: NoticeState,
        why: Option<&String>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(job) = self.kept.outbox.get(&id).copied() else { return };
        let notices = self.kept.jobs.get_mut(&job).map(|job| &mut job.notices).into_iter().flatten();
        for notice in notices.filter(|notice| notice.id == id) {
            notice.state = state;
            notice.tries += 1;
            notice.problem = why.cloned();
        }
        let old = self.passing.mails.remove(&id).flatten();
        self.passing.due(Due::Mail(id), old, None);
        if !matches!(state, NoticeState::Waiting { .. }) {
            self.kept.outbox.remove(&id);
        }
        effects.push(Effect::JobChanged(job));
    }

    /// A pass is worth while: something that it looks at has changed.
    pub(crate) fn want_pass(&self, effects: &mut Vec<Effect>) {
        if self.is_pass_due() {
            effects.push(Effect::PassWanted);
        }
    }
}
