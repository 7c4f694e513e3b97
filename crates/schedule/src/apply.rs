//! Makes durable records true, live and on replay alike.
//!
//! A durable record never adds to the passing state, so a replay leaves that empty; it only takes out what
//! is over, and asks for effects where somebody is linked who has to be told.

use model::{FrameId, JobDescription, JobId, LeaseId, ScheduleToRender, SlotIndex, Time};

use crate::frame_table::{Attempt, AttemptEnd, FrameTable};
use crate::kept::{Job, Lease, Notice, NoticeState};
use crate::passing_state::Due;
use crate::{Effect, Ending, NoticeId, Record, Schedule};

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
            Record::FrameLeased { lease, frame, attempt, host, slot, at } => {
                let (host, slot) = (host.clone(), *slot);
                let held = Lease { frame: *frame, attempt: *attempt, host, slot };
                self.frame_leased(*lease, held, *at, effects);
            }
            Record::LeaseEnded { lease, at, ending, message, usage, again_at } => {
                let (ending, message) = (Some(*ending), message.clone());
                let end = AttemptEnd { at: *at, ending, message, usage: *usage };
                self.lease_ended(*lease, end, *again_at, effects);
            }
            Record::FrameFinished { lease, at, outputs, usage } => {
                let (message, usage) = (String::new(), Some(*usage));
                let end = AttemptEnd { at: *at, ending: None, message, usage };
                self.frame_finished(*lease, end, outputs, effects);
            }
            Record::ResultsSealed { job } => {
                self.kept.unsealed.remove(job);
                let until = self.passing.seals.remove(job).flatten();
                self.passing.due(Due::Seal(*job), until, None);
            }
            Record::NoticeQueued { notice, job, to, at } => {
                self.notice_queued(*notice, *job, to, *at, effects);
            }
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
            Record::Passing(passing) => self.apply_passing(passing, effects),
        }
    }

    fn job_submitted(
        &mut self,
        id: JobId,
        at: Time,
        description: &JobDescription,
        effects: &mut Vec<Effect>,
    ) {
        let tables = description.steps.iter().map(|step| FrameTable::new(step.frames.count())).collect();
        let job = Job {
            description: description.clone(),
            submitted_at: at,
            started_at: None,
            ended_at: None,
            held: description.held,
            killed: false,
            attempts_failed: 0,
            tables,
            live: std::collections::BTreeSet::new(),
            notices: Vec::new(),
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

    fn job_killed(&mut self, id: JobId, at: Time, effects: &mut Vec<Effect>) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        job.killed = true;
        job.tables.iter_mut().for_each(|table| table.kill(at));
        for lease in job.live.clone() {
            let published = self.passing.publishing(lease).is_some();
            let Some(held) = self.take_lease(lease) else { continue };
            if let Some(linked) = self.passing.hosts.get_mut(&held.host) {
                let message = if published {
                    ScheduleToRender::Acknowledge { lease }
                } else {
                    linked.draining.insert(held.slot, lease);
                    ScheduleToRender::Revoke { lease }
                };
                effects.push(Effect::ToHost { link: linked.link, message });
            }
            self.refresh_slot(&held.host, held.slot);
            effects.push(Effect::Discard { lease });
        }
        self.end_job(id, at);
        self.job_changed(id, effects);
    }

    fn frame_leased(&mut self, lease: LeaseId, held: Lease, at: Time, effects: &mut Vec<Effect>) {
        let Some(number) = self.kept.number(held.frame) else { return };
        let Some(job) = self.kept.jobs.get_mut(&held.frame.job) else { return };
        let Some(table) = job.tables.get_mut(usize::from(held.frame.step.0)) else { return };
        let Lease { frame, attempt, slot, .. } = held;
        table.begin(
            frame.index,
            Attempt { lease, number: attempt, host: held.host.clone(), slot, started_at: at, end: None },
        );
        job.started_at.get_or_insert(at);
        job.live.insert(lease);
        self.kept.last_lease = self.kept.last_lease.max(lease);
        self.kept.busy.entry(held.host.clone()).or_default().insert(slot, lease);
        self.refresh_slot(&held.host, slot);
        if let Some(linked) = self.passing.hosts.get(&held.host) {
            let grant = model::Grant::new(lease, frame, number, attempt, slot);
            effects.push(Effect::ToHost { link: linked.link, message: ScheduleToRender::Grant(grant) });
        }
        self.kept.leases.insert(lease, held);
        self.job_changed(frame.job, effects);
    }

    fn lease_ended(
        &mut self,
        lease: LeaseId,
        end: AttemptEnd,
        again_at: Option<Time>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(held) = self.take_lease(lease) else { return };
        let at = end.at;
        if let Some(job) = self.kept.jobs.get_mut(&held.frame.job) {
            job.attempts_failed += u32::from(end.ending.is_some_and(Ending::counted));
            if let Some(table) = job.tables.get_mut(usize::from(held.frame.step.0)) {
                table.end(held.frame.index, end, again_at);
            }
        }
        effects.push(Effect::Discard { lease });
        self.frame_ended(held.frame, at, effects);
    }

    fn frame_finished(
        &mut self,
        lease: LeaseId,
        end: AttemptEnd,
        outputs: &[model::Output],
        effects: &mut Vec<Effect>,
    ) {
        let Some(held) = self.take_lease(lease) else { return };
        let at = end.at;
        if let Some(job) = self.kept.jobs.get_mut(&held.frame.job)
            && let Some(table) = job.tables.get_mut(usize::from(held.frame.step.0))
        {
            table.finish(held.frame.index, end, outputs.to_vec());
        }
        if let Some(linked) = self.passing.hosts.get(&held.host) {
            let message = ScheduleToRender::Acknowledge { lease };
            effects.push(Effect::ToHost { link: linked.link, message });
        }
        self.frame_ended(held.frame, at, effects);
    }

    fn frame_ended(&mut self, frame: FrameId, at: Time, effects: &mut Vec<Effect>) {
        if self.kept.jobs.get(&frame.job).is_some_and(|job| job.counts().left() == 0) {
            self.end_job(frame.job, at);
        }
        self.job_changed(frame.job, effects);
    }

    /// Takes a lease out of everything but its frame's table.
    fn take_lease(&mut self, lease: LeaseId) -> Option<Lease> {
        let held = self.kept.leases.remove(&lease)?;
        if let Some(job) = self.kept.jobs.get_mut(&held.frame.job) {
            job.live.remove(&lease);
        }
        if let Some(slots) = self.kept.busy.get_mut(&held.host) {
            slots.remove(&held.slot);
            if slots.is_empty() {
                self.kept.busy.remove(&held.host);
            }
        }
        self.passing.forget_lease(lease);
        self.refresh_slot(&held.host, held.slot);
        Some(held)
    }

    fn end_job(&mut self, id: JobId, at: Time) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        job.ended_at = Some(at);
        if job.outputs().next().is_some() {
            self.kept.unsealed.insert(id);
        }
    }

    /// Files the job by what it has become, and says so.
    fn job_changed(&mut self, id: JobId, effects: &mut Vec<Effect>) {
        let Some(job) = self.kept.jobs.get(&id) else { return };
        let place = (job.description.priority, id);
        let wanting = !job.held && job.counts().waiting > 0;
        self.kept.queue.file(place, job.ended_at.is_none(), wanting);
        if job.ended_at.is_some() {
            self.forget_needs(id);
        }
        effects.push(Effect::JobChanged(id));
        self.want_pass(effects);
    }

    fn notice_queued(&mut self, id: NoticeId, job: JobId, to: &str, at: Time, effects: &mut Vec<Effect>) {
        if let Some(held) = self.kept.jobs.get_mut(&job) {
            let state = NoticeState::Waiting { until: at };
            held.notices.push(Notice { id, to: to.to_owned(), state, tries: 0, problem: None });
            self.kept.outbox.insert(id, job);
        }
        self.kept.last_notice = self.kept.last_notice.max(id);
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

    /// Notes whether a slot is free, after anything about it has changed.
    pub(crate) fn refresh_slot(&mut self, host: &model::HostId, slot: SlotIndex) {
        let busy = self.kept.busy.get(host).is_some_and(|slots| slots.contains_key(&slot));
        let usable = |linked: &crate::passing_state::LinkedHost| {
            slot.0 < linked.slots && !linked.draining.contains_key(&slot)
        };
        let free = !busy && self.passing.hosts.get(host).is_some_and(usable);
        self.passing.set_free(host, slot, free);
    }

    /// A pass is worth while: something that it looks at has changed.
    pub(crate) fn want_pass(&self, effects: &mut Vec<Effect>) {
        if self.kept.queue.is_wanting() && !self.passing.free.is_empty() {
            effects.push(Effect::PassWanted);
        }
    }
}
