//! Makes records about leases true: their beginning, their end, and the lines that they stand in.

use model::{FrameId, Grant, JobId, LeaseId, Output, ScheduleToRender, SlotIndex, Time};

use crate::host_table::HostIndex;
use crate::kept::Lease;
use crate::spent::Spent;
use crate::touched::{Attempt, AttemptEnd};
use crate::{Effect, Ending, Schedule};

impl Schedule {
    /// The pass that a lease is of says when it is over which jobs have changed.
    pub(crate) fn frame_leased(&mut self, lease: LeaseId, held: Lease, effects: &mut Vec<Effect>) {
        let Lease { frame, attempt: number, host, slot, at, .. } = held;
        let Some(job) = self.kept.jobs.get_mut(&frame.job) else { return };
        let Some(table) = job.tables.get_mut(usize::from(frame.step.0)) else { return };
        table.begin(frame.index, Attempt { lease, number, host, slot, started_at: at, end: None });
        job.started_at.get_or_insert(at);
        job.live += 1;
        self.kept.last_lease = self.kept.last_lease.max(lease);
        if let Some(linked) = self.passing.host(host)
            && let Some(grant) = self.grant(lease, &held)
        {
            effects.push(Effect::ToHost { link: linked.link, message: ScheduleToRender::Grant(grant) });
        }
        if let Some(kept) = self.kept.hosts.get_mut(host) {
            held.slots().for_each(|slot| kept.join(slot, lease));
        }
        if held.ahead {
            self.ahead_changed(frame, 1);
        } else {
            self.slots_changed(&held, 1);
        }
        self.passing.seat(host, slot, frame.job, frame.step);
        held.slots().for_each(|slot| self.refresh_slot(host, slot));
        self.count_limits(frame, host, true);
        if let Some(taken) = &held.taken {
            self.kept.amounts.take(host, taken);
        }
        self.kept.leases.insert(lease, held);
        self.chunk_changed(frame, effects);
        self.file_job(frame.job);
    }

    fn grant(&self, lease: LeaseId, held: &Lease) -> Option<Grant> {
        let (step, _) = self.kept.step(held.frame)?;
        let mut numbers = step.chunk_numbers(held.frame.index);
        let number = numbers.next()?;
        let (more, also, times) = (numbers.collect(), held.also.to_vec(), step.times);
        let taken = held.taken.as_ref();
        let (memory_bytes, gpus) =
            taken.map_or_else(Default::default, |taken| (taken.memory_bytes, taken.gpus.to_vec()));
        Some(Grant {
            more,
            also,
            times,
            memory_bytes,
            gpus,
            ..Grant::new(lease, held.frame, number, held.attempt, held.slot)
        })
    }

    pub(crate) fn lease_ended(
        &mut self,
        lease: LeaseId,
        end: AttemptEnd,
        again_at: Option<Time>,
        effects: &mut Vec<Effect>,
    ) {
        let began = self.kept.leases.get(lease).is_some_and(|held| self.may_have_begun(lease, held));
        let Some(held) = self.take_lease(lease, effects) else { return };
        let (at, ending, reported) = (end.at, end.ending, end.usage.is_some());
        if let Some(ending) = ending {
            self.tell_failed(held.frame, held.host, ending, end.message());
        }
        let step = usize::from(held.frame.step.0);
        if let Some(job) = self.kept.jobs.get_mut(&held.frame.job) {
            job.attempts_failed += u32::from(ending.is_some_and(Ending::counted));
            if ending != Some(Ending::Refused) {
                job.spent.add(held.host, &end);
            }
            if let Some(table) = job.tables.get_mut(step) {
                table.end(held.frame.index, end, again_at);
            }
        }
        // Nothing was delivered under a lease that was not begun, nor for a failure of what makes no files.
        let delivered = match ending {
            Some(Ending::Refused) => began,
            _ => !(reported && self.may_be_silent(held.frame)),
        };
        if delivered {
            effects.push(Effect::Discard { lease });
        }
        self.frame_ended(held.frame, at, effects);
    }

    pub(crate) fn frame_finished(
        &mut self,
        lease: LeaseId,
        end: AttemptEnd,
        outputs: &[Output],
        effects: &mut Vec<Effect>,
    ) {
        let Some(held) = self.take_lease(lease, effects) else { return };
        let at = end.at;
        self.tell_done(held.frame, held.host);
        if let Some(job) = self.kept.jobs.get_mut(&held.frame.job)
            && let Some(table) = job.tables.get_mut(usize::from(held.frame.step.0))
        {
            job.spent.add(held.host, &end);
            if job.description.steps.get(usize::from(held.frame.step.0)).is_some_and(Spent::shows) {
                job.spent.cover(at, held.frame.index, outputs);
            }
            table.finish(held.frame.index, end, outputs);
        }
        if let Some(linked) = self.passing.host(held.host) {
            let message = ScheduleToRender::Acknowledge { lease };
            effects.push(Effect::ToHost { link: linked.link, message });
        }
        self.frame_ended(held.frame, at, effects);
    }

    fn frame_ended(&mut self, frame: FrameId, at: Time, effects: &mut Vec<Effect>) {
        let Some(job) = self.kept.jobs.get_mut(&frame.job) else { return };
        let casualties = job.chunk_ended(frame);
        let is_over = job.counts().left() == 0;
        self.chunk_changed(frame, effects);
        self.fell(frame.job, &casualties, effects);
        if is_over {
            self.end_job(frame.job, at);
            self.followers_wake(frame.job, effects);
        }
        self.job_changed(frame.job, effects);
    }

    pub(crate) fn job_killed(&mut self, id: JobId, at: Time, effects: &mut Vec<Effect>) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        let leases: Vec<LeaseId> = job.leases().collect();
        job.killed = true;
        job.tables.iter_mut().for_each(|table| table.kill(at));
        for lease in leases {
            self.revoke(lease, effects);
            let Some(held) = self.take_lease(lease, effects) else { continue };
            if let Some(job) = self.kept.jobs.get_mut(&id) {
                job.spent.was_on(held.host);
            }
            held.slots().for_each(|slot| self.refresh_slot(held.host, slot));
            effects.push(Effect::Discard { lease });
        }
        self.end_job(id, at);
        self.grid_changed(id, effects);
        self.job_changed(id, effects);
    }

    /// Has the host of a lease end what it runs of it. One that is rendered keeps its slot busy no more, and
    /// the next one may.
    pub(crate) fn revoke(&mut self, lease: LeaseId, effects: &mut Vec<Effect>) {
        let published = self.passing.publishing(lease).is_some();
        let Some(held) = self.kept.leases.get(lease) else { return };
        let at_work = |slot: SlotIndex| {
            let line = self.kept.hosts.get(held.host).and_then(|kept| kept.line(slot));
            line.and_then(|line| line.iter().find(|lease| !self.passing.is_through(*lease)))
        };
        let busy: Vec<SlotIndex> = held.slots().filter(|slot| at_work(*slot) == Some(lease)).collect();
        if let Some(linked) = self.passing.host_mut(held.host) {
            let message = if published {
                ScheduleToRender::Acknowledge { lease }
            } else {
                linked.draining.extend(busy.into_iter().map(|slot| (slot, lease)));
                ScheduleToRender::Revoke { lease }
            };
            effects.push(Effect::ToHost { link: linked.link, message });
        }
    }

    /// Whether a lease that its host gives back may have been begun all the same: by an earlier run of that
    /// render server, which has forgotten it.
    fn may_have_begun(&self, id: LeaseId, lease: &Lease) -> bool {
        self.passing.host(lease.host).is_none_or(|linked| id <= linked.said.linked_after)
    }

    /// Takes a lease out of everything but its frame's table. The one behind it moves up.
    fn take_lease(&mut self, lease: LeaseId, effects: &mut Vec<Effect>) -> Option<Lease> {
        let held = self.kept.leases.remove(lease)?;
        let job = held.frame.job;
        self.count_limits(held.frame, held.host, false);
        if let Some(taken) = &held.taken {
            self.kept.amounts.give_back(held.host, taken);
        }
        if held.ahead {
            self.ahead_changed(held.frame, -1);
        } else {
            self.slots_changed(&held, -1);
        }
        for slot in held.slots() {
            self.leave(lease, held.host, slot, effects);
        }
        if let Some(job) = self.kept.jobs.get_mut(&job) {
            job.live -= 1;
        }
        self.passing.forget_lease(job, lease);
        for slot in held.slots() {
            self.refresh_slot(held.host, slot);
            self.note_line(held.host, slot);
        }
        Some(held)
    }

    fn leave(&mut self, lease: LeaseId, host: HostIndex, slot: SlotIndex, effects: &mut Vec<Effect>) {
        let Some(kept) = self.kept.hosts.get_mut(host) else { return };
        kept.leave(slot, lease);
        let next = kept.line(slot).and_then(crate::line::Line::first);
        let Some(next) = next.and_then(|id| self.kept.leases.get_mut(id)) else { return };
        if std::mem::take(&mut next.ahead) {
            let next = next.clone();
            self.ahead_changed(next.frame, -1);
            self.slots_changed(&next, 1);
            self.chunk_changed(next.frame, effects);
        }
    }

    /// Notes a line that has become short, where more leases ahead may pay: once when half of them are gone
    /// and once when all are, so that several are given at a time.
    pub(crate) fn note_line(&mut self, host: HostIndex, slot: SlotIndex) {
        if self.passing.host(host).is_none() {
            return;
        }
        let line = self.kept.hosts.get(host).and_then(|kept| kept.line(slot));
        let first = line.and_then(|line| Some((line, self.kept.leases.get(line.first()?)?)));
        let Some((line, lease)) = first else { return };
        let Some(behind) = self.unrendered(line).checked_sub(1) else { return };
        let wanted = self.ahead_wanted_behind(lease);
        if wanted > 0 && (behind == 0 || behind == wanted / 2) {
            self.passing.thin.push_back((host, slot));
        }
    }

    /// How many leases of a line are not through.
    pub(crate) fn unrendered(&self, line: &crate::line::Line) -> usize {
        line.iter().filter(|lease| !self.passing.is_through(*lease)).count()
    }

    /// A lease ahead was asked back; its render server says whether it could.
    pub(crate) fn lease_withdrawn(&mut self, lease: LeaseId, effects: &mut Vec<Effect>) {
        let host = self.kept.leases.get(lease).map(|held| held.host);
        if let Some(linked) = host.and_then(|host| self.passing.host(host)) {
            let message = ScheduleToRender::Withdraw { lease };
            effects.push(Effect::ToHost { link: linked.link, message });
            self.passing.withdrawn.insert(lease);
        }
    }

    fn ahead_changed(&mut self, frame: FrameId, by: i32) {
        self.kept.ahead = self.kept.ahead.saturating_add_signed(by);
        let Some(job) = self.kept.jobs.get_mut(&frame.job) else { return };
        let step = job.description.steps.get(usize::from(frame.step.0));
        let frames = step.map_or(0, |step| step.chunk_len(frame.index));
        job.ahead = job.ahead.saturating_add_signed(by * i32::try_from(frames).unwrap_or(i32::MAX));
    }

    /// A lease takes (1) or leaves (-1) its slots.
    fn slots_changed(&mut self, lease: &Lease, by: i32) {
        let by = by * i32::try_from(1 + lease.also.len()).unwrap_or(i32::MAX);
        let Some(job) = self.kept.jobs.get_mut(&lease.frame.job) else { return };
        job.slots = job.slots.saturating_add_signed(by);
        let (more, fewer) = if by > 0 { (by.unsigned_abs(), 0) } else { (0, by.unsigned_abs()) };
        self.kept.queue.shares.hold(lease.frame.job, more, fewer);
        if job.description.hosts_max.is_some() {
            count_host(&mut job.on_hosts, lease.host, by);
        }
    }
}

fn count_host(hosts: &mut std::collections::BTreeMap<HostIndex, u32>, host: HostIndex, by: i32) {
    let held = hosts.entry(host).or_default();
    *held = held.saturating_add_signed(by);
    if *held == 0 {
        hosts.remove(&host);
    }
}
