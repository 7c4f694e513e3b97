//! Leases ahead: where frames are short, a slot is given the next ones before it is done, so that it never
//! waits for an answer.
//!
//! Only where that takes nothing from anybody: after every free slot was served, behind a frame of the same
//! step, and not while others that go first could use the slot.

use std::collections::BTreeSet;

use model::{AHEAD_MAX, JobId, LeaseId, SlotIndex, SlotNeed, Step};

use super::turn::JobTurn;
use super::{LEASES_MAX, Pass, Place};
use crate::Schedule;
use crate::frame_table::FrameTable;
use crate::host_table::HostIndex;
use crate::kept::{Job, Lease};

/// So much work is given ahead, in milliseconds.
const AHEAD_MS: u64 = 250;
/// Frames that take longer than this are not given ahead.
const LONG_MS: u64 = 10_000;
/// So many jobs are looked at that go before another.
const BEFORE_MAX: usize = 64;

impl Schedule {
    /// How many leases may wait behind one of this step on its slot.
    pub(crate) fn ahead_wanted(job: &Job, step: &Step, table: &FrameTable) -> usize {
        let plain = step.slots == SlotNeed::Count(1) && step.limits.is_empty() && step.reserve.is_none();
        let capped = job.description.slots_max.is_some() || job.description.hosts_max.is_some();
        match table.typical_ms().filter(|ms| *ms < LONG_MS && plain && !capped) {
            Some(ms) => usize::try_from(AHEAD_MS / ms.max(1)).unwrap_or(1).clamp(1, AHEAD_MAX - 1),
            None => 0,
        }
    }

    /// The same for the step of a lease, while frames of it wait.
    pub(crate) fn ahead_wanted_behind(&self, lease: &Lease) -> usize {
        let at = usize::from(lease.frame.step.0);
        let Some(job) = self.kept.jobs.get(&lease.frame.job) else { return 0 };
        let Some((step, table)) = job.description.steps.get(at).zip(job.tables.get(at)) else { return 0 };
        if table.is_ready() { Self::ahead_wanted(job, step, table) } else { 0 }
    }
}

/// A slot that works on a frame of a step.
pub(super) struct Seated {
    pub(super) job: JobId,
    /// The place of the step in it.
    pub(super) step: usize,
    pub(super) host: HostIndex,
    pub(super) slot: SlotIndex,
}

impl<'a> Pass<'a> {
    /// Gives leases ahead to the slots that this pass gave a frame, and to the lines that have become short.
    pub(super) fn top_up(&mut self) {
        for running in std::mem::take(&mut self.seated) {
            if self.leased < LEASES_MAX && !self.reserved.contains_key(&running.host) {
                self.top_up_line(&running, 0);
            }
        }
        let mut seen = BTreeSet::new();
        for (host, slot) in &self.schedule.passing.thin {
            if self.leased == LEASES_MAX {
                return;
            }
            self.thinned += 1;
            if seen.insert((*host, *slot))
                && let Some((running, behind)) = self.short_line(*host, *slot)
            {
                self.top_up_line(&running, behind);
            }
        }
    }

    /// What a slot works on, and how many leases wait behind that.
    fn short_line(&self, host: HostIndex, slot: SlotIndex) -> Option<(Seated, usize)> {
        let (kept, passing) = (&self.schedule.kept, &self.schedule.passing);
        let linked = passing.host(host)?;
        let usable = linked.is_open && slot.0 < linked.slots && !linked.draining.contains_key(&slot);
        if !usable || passing.is_skipped(host, self.now) || self.reserved.contains_key(&host) {
            return None;
        }
        let line = kept.hosts.get(host)?.line(slot)?;
        // Where there is none, it is free, and this pass may have given it to another step.
        let behind = self.schedule.unrendered(line).checked_sub(1)?;
        // Behind one whose outputs the storage does not take yet another step may be at work, and what waits
        // is of the step that is at work.
        let running = line.iter().filter_map(|lease| kept.leases.get(lease)).last()?;
        let (job, step) = (running.frame.job, running.frame.step.0.into());
        Some((Seated { job, step, host, slot }, behind))
    }

    fn top_up_line(&mut self, running: &Seated, behind: usize) {
        let &Seated { job, step: at, host, slot } = running;
        let Some(mut turn) = self.take_turn(job) else { return };
        if let Some(mut step) = turn.step(self.schedule, at, self.now) {
            let (schedule, table, need) = (self.schedule, step.table, step.need);
            if let Some(need) = need.filter(|need| need.matches(host))
                && step.ahead > behind
                && step.ready.left() > 0
                && !schedule.is_spared(host, step.asked(job, need))
                && self.goes_first(job, host)
            {
                let asked = step.asked(job, need);
                for _ in behind..step.ahead {
                    let next = step.ready.next(|index| schedule.may_go(asked, table, index, host));
                    let Some(index) = next.filter(|_| self.leased < LEASES_MAX) else { break };
                    self.lease(job, &step, index, Place { host, slot, also: Vec::new(), ahead: true });
                }
            }
            turn.put_back(at, step);
        }
        self.turns.insert(job, turn);
    }

    /// Whether no other job that could use a host goes before this one.
    fn goes_first(&mut self, id: JobId, host: HostIndex) -> bool {
        let Some(job) = self.schedule.kept.jobs.get(&id) else { return false };
        let shares = &self.schedule.kept.queue.shares;
        let behind = shares.behind(id).is_some();
        for place in 0..BEFORE_MAX {
            let Some(other) = self.in_order(place) else { return true };
            if other == id {
                return true;
            }
            let Some(rival) = self.schedule.kept.jobs.get(&other) else { continue };
            let urgent = rival.priority < job.priority;
            if (urgent || behind || rival.who() == job.who()) && self.could_use(other, host) {
                return false;
            }
        }
        false
    }

    /// The first of so many jobs in the queue that could use a host, and how many of its frames may start.
    pub(crate) fn next_on(mut self, host: HostIndex, most: usize) -> Option<(JobId, usize)> {
        for place in 0..most {
            let job = self.in_order(place)?;
            if self.could_use(job, host) {
                return Some((job, self.waiting(job)));
            }
        }
        None
    }

    /// How many frames of a job may start.
    fn waiting(&mut self, id: JobId) -> usize {
        let Some(mut turn) = self.take_turn(id) else { return 0 };
        let steps = turn.steps().filter_map(|at| turn.step(self.schedule, at, self.now));
        steps.map(|step| step.ready.left()).sum()
    }

    /// Whether frames of a job may start that match a host.
    pub(super) fn could_use(&mut self, id: JobId, host: HostIndex) -> bool {
        let Some(mut turn) = self.take_turn(id) else { return false };
        let could = turn.steps().any(|at| {
            let Some(step) = turn.step(self.schedule, at, self.now) else { return false };
            let matches = step.need.is_some_and(|need| need.matches(host));
            let some = matches && step.ready.left() > 0 && turn.slots_left() > 0;
            let could = some && self.short_amount(host, step.step).is_none();
            turn.put_back(at, step);
            could
        });
        self.turns.insert(id, turn);
        could
    }

    pub(super) fn take_turn(&mut self, id: JobId) -> Option<JobTurn<'a>> {
        self.turns.remove(&id).or_else(|| JobTurn::new(self.schedule, id))
    }

    /// The last lease that was given in this pass, or before it.
    pub(super) fn last_lease(&self) -> LeaseId {
        LeaseId(self.schedule.kept.last_lease.0 + u64::from(self.leased))
    }
}
