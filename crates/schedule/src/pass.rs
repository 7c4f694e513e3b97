//! The scheduling pass (figure 5B steps 122 to 128 and 172): job by job in the order of the queue, frames are
//! leased to the free slots of matching hosts, round and round over the hosts; what slots are left go to the
//! next job.
//!
//! A pass looks at jobs that want slots and at hosts with free ones, never at frames one by one, and stops
//! after a number of leases so that other events are not kept waiting.

use std::collections::BTreeSet;

use model::{FrameId, JobId, LeaseId, Profile, Step, StepIndex, Time};

use crate::frame_table::{FrameTable, Ready};
use crate::host_table::HostIndex;
use crate::kept::Job;
use crate::lists::Need;
use crate::rings::Rings;
use crate::{Passing, Record, Schedule, waits};

/// So many leases are given in one pass.
const LEASES_MAX: u32 = 1_024;

impl Schedule {
    pub(crate) fn pass(&self, now: Time) -> Vec<Record> {
        if !self.kept.queue.is_wanting() && self.passing.wake.is_none() {
            return Vec::new();
        }
        let mut pass = Pass::new(self, now);
        for id in self.kept.queue.wanting() {
            if pass.leased == LEASES_MAX || pass.rings.is_empty() {
                break;
            }
            if let Some(mut turn) = JobTurn::new(self, id) {
                pass.job(&mut turn, u32::MAX);
            }
        }
        pass.end()
    }
}

/// A pass under way. It reads the state and notes on the side what it has given away.
struct Pass<'a> {
    schedule: &'a Schedule,
    now: Time,
    records: Vec<Record>,
    leased: u32,
    /// Jobs that were given something.
    jobs: BTreeSet<JobId>,
    /// Free slots that are left.
    rings: Rings<'a>,
    /// Profiles that no linked host matches, though there are hosts with nothing to do.
    starving: BTreeSet<&'a Profile>,
    wake: Option<Time>,
}

/// A job in a pass, with what was looked up of its steps: it may get slots in several turns.
struct JobTurn<'a> {
    id: JobId,
    job: &'a Job,
    /// One for each step, once it was looked at.
    steps: Vec<Option<Ready>>,
}

impl<'a> JobTurn<'a> {
    fn new(schedule: &'a Schedule, id: JobId) -> Option<Self> {
        let job = schedule.kept.jobs.get(&id)?;
        Some(Self { id, job, steps: vec![None; job.tables.len()] })
    }
}

impl<'a> Pass<'a> {
    fn new(schedule: &'a Schedule, now: Time) -> Self {
        let skipped = schedule.passing.skipped.values().filter(|until| **until > now);
        Self {
            schedule,
            now,
            records: Vec::new(),
            leased: 0,
            jobs: BTreeSet::new(),
            rings: Rings::new(&schedule.passing, now),
            starving: BTreeSet::new(),
            wake: skipped.copied().min(),
        }
    }

    /// Gives up to `most` slots to a job; how many it took.
    fn job(&mut self, turn: &mut JobTurn<'a>, most: u32) -> u32 {
        let (id, job) = (turn.id, turn.job);
        let mut given = 0;
        let steps = job.description.steps.iter().zip(&job.tables).zip(&mut turn.steps);
        for (index, ((step, table), ready)) in (0..).zip(steps) {
            let left = most.saturating_sub(given).min(LEASES_MAX - self.leased);
            if table.counts().waiting > 0 && left > 0 && !self.rings.is_empty() {
                let first = FrameId { job: id, step: StepIndex(index), index: 0 };
                given += self.step(first, step, table, ready, left);
            }
        }
        if given > 0 {
            self.jobs.insert(id);
        }
        given
    }

    fn step(
        &mut self,
        first: FrameId,
        step: &'a Step,
        table: &'a FrameTable,
        ready: &mut Option<Ready>,
        most: u32,
    ) -> u32 {
        if let Some(at) = table.next_again(self.now) {
            soonest(&mut self.wake, at);
        }
        let need = self.schedule.passing.needs.get(&step.profile);
        let Some(need) = need.filter(|_| self.rings.has(&step.profile)) else {
            if need.is_none_or(|need| !need.matching.meets(&self.schedule.passing.linked)) {
                self.starving.insert(&step.profile);
            }
            return 0;
        };
        let ready = ready.get_or_insert_with(|| table.ready(self.now));
        let mut given = 0;
        // Hosts in a row that no frame of the step goes to.
        let mut fruitless = 0;
        while given < most && ready.left() > 0 && fruitless < self.rings.hosts_left(&step.profile) {
            let Some(host) = self.rings.next(&step.profile) else { break };
            match ready.next(|index| self.schedule.may_go(table, need, index, host)) {
                Some(index) => {
                    fruitless = 0;
                    given += u32::from(self.lease(host, FrameId { index, ..first }, table));
                }
                None => fruitless += 1,
            }
        }
        given
    }

    /// Leases a frame to the next free slot of a host; false where it has none.
    fn lease(&mut self, host: HostIndex, frame: FrameId, table: &FrameTable) -> bool {
        let Some(slot) = self.rings.take(host) else { return false };
        self.leased += 1;
        let lease = LeaseId(self.schedule.kept.last_lease.0 + u64::from(self.leased));
        self.records.push(Record::FrameLeased {
            lease,
            frame,
            attempt: table.next_attempt(frame.index),
            host: self.schedule.kept.host_name(host),
            slot,
            also: Vec::new(),
            at: self.now,
        });
        true
    }

    fn end(mut self) -> Vec<Record> {
        let again = self.leased == LEASES_MAX;
        let mut due = Vec::new();
        for profile in &self.starving {
            match self.schedule.passing.needs.get(profile).map(Need::again_at) {
                Some(at) if at > self.now => soonest(&mut self.wake, at),
                _ if self.schedule.passing.resource_linked => {
                    due.push(*profile);
                    soonest(&mut self.wake, self.now.plus_ms(waits::LIST_MS));
                }
                _ => {}
            }
        }
        self.records.extend(self.schedule.asks(self.now, due));
        let jobs = self.jobs.into_iter().collect();
        self.records.push(Record::Passing(Passing::Passed { at: self.now, wake: self.wake, again, jobs }));
        self.records
    }
}

impl Schedule {
    /// A frame does not go back to a host where it failed while another could take it.
    fn may_go(&self, table: &FrameTable, need: &Need, index: u32, host: HostIndex) -> bool {
        let could = |other: HostIndex| {
            let linked = self.passing.host(other);
            linked.is_some_and(|linked| linked.slots > 0 && linked.refusals < waits::REFUSALS_MANY)
                && table.failed_on(index).all(|failed| failed != other)
        };
        table.failed_on(index).all(|failed| failed != host)
            || !need.matching.both(&self.passing.linked).any(could)
    }
}

fn soonest(wake: &mut Option<Time>, at: Time) {
    *wake = Some(wake.map_or(at, |wake| wake.min(at)));
}
