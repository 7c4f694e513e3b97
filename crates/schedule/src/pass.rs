//! The scheduling pass (figure 5B steps 122 to 128 and 172): job by job in the order of the queue, frames are
//! leased to the free slots of matching hosts, round and round over the hosts; what slots are left go to the
//! next job.
//!
//! A pass looks at jobs that want slots and at hosts with free ones, never at frames one by one, and stops
//! after a number of leases so that other events are not kept waiting.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use model::{FrameId, HostId, JobId, LEASE_MS, LeaseId, Profile, SlotIndex, Step, StepIndex, Time};

use crate::frame_table::FrameTable;
use crate::lists::Need;
use crate::{Passing, Record, Schedule, waits};

/// So many leases are given in one pass.
const LEASES_MAX: usize = 256;
/// So many frames that wait for another try are looked at in each step.
const AGAIN_MAX: usize = 256;

impl Schedule {
    pub(crate) fn pass(&self, now: Time) -> Vec<Record> {
        if !self.kept.queue.is_wanting() && self.passing.wake.is_none() {
            return Vec::new();
        }
        let mut pass = Pass::new(self, now);
        for job in self.kept.queue.wanting() {
            if pass.leased == LEASES_MAX || pass.slots.is_empty() {
                break;
            }
            pass.job(job);
        }
        pass.end()
    }
}

/// A pass under way. It reads the state and notes on the side what it has given away.
struct Pass<'a> {
    schedule: &'a Schedule,
    now: Time,
    records: Vec<Record>,
    leased: usize,
    /// Free slots that are left, by host.
    slots: BTreeMap<&'a HostId, Slots<'a>>,
    /// Profiles that no free slot is left for.
    exhausted: BTreeSet<&'a Profile>,
    /// Profiles that no linked host matches, though there are hosts with nothing to do.
    starving: BTreeSet<&'a Profile>,
    wake: Option<Time>,
}

/// Free slots of a host that are left.
struct Slots<'a> {
    left: usize,
    next: std::collections::btree_set::Iter<'a, SlotIndex>,
}

/// The frames of a step that can be leased, some of them not to every host.
struct Frames<'a> {
    schedule: &'a Schedule,
    table: &'a FrameTable,
    need: &'a Need,
    again: Vec<u32>,
    fresh: std::ops::Range<u32>,
}

impl<'a> Pass<'a> {
    fn new(schedule: &'a Schedule, now: Time) -> Self {
        let passing = &schedule.passing;
        let mut wake = None;
        let mut slots = BTreeMap::new();
        for (host, free) in &passing.free {
            match passing.hosts.get(host) {
                Some(linked) if linked.skip_until > now => soonest(&mut wake, linked.skip_until),
                _ => {
                    slots.insert(host, Slots { left: free.len(), next: free.iter() });
                }
            }
        }
        let (exhausted, starving) = (BTreeSet::new(), BTreeSet::new());
        Self { schedule, now, records: Vec::new(), leased: 0, slots, exhausted, starving, wake }
    }

    fn job(&mut self, id: JobId) {
        let Some(job) = self.schedule.kept.jobs.get(&id) else { return };
        for (index, (step, table)) in (0..).zip(job.description.steps.iter().zip(&job.tables)) {
            if table.counts().waiting > 0 && self.leased < LEASES_MAX && !self.slots.is_empty() {
                self.step(FrameId { job: id, step: StepIndex(index), index: 0 }, step, table);
            }
        }
    }

    fn step(&mut self, first: FrameId, step: &'a Step, table: &'a FrameTable) {
        if let Some(at) = table.next_again(self.now) {
            soonest(&mut self.wake, at);
        }
        let need = self.schedule.passing.needs.get(&step.profile);
        let mut hosts = match need {
            Some(need) if !self.exhausted.contains(&step.profile) => self.hosts(need),
            _ => Vec::new(),
        };
        let Some(need) = need.filter(|_| !hosts.is_empty()) else {
            self.exhausted.insert(&step.profile);
            let linked = &self.schedule.passing.hosts;
            if need.is_none_or(|need| !need.hosts().any(|host| linked.contains_key(host))) {
                self.starving.insert(&step.profile);
            }
            return;
        };
        let mut frames = Frames::new(self.schedule, self.now, table, need);
        while !hosts.is_empty() && self.leased < LEASES_MAX {
            hosts.retain(|host| {
                self.leased < LEASES_MAX
                    && frames
                        .next(host)
                        .is_some_and(|index| self.lease(host, FrameId { index, ..first }, table))
            });
        }
    }

    /// Hosts with free slots that match, most free first.
    fn hosts(&self, need: &Need) -> Vec<&'a HostId> {
        let free = self.slots.iter().filter(|(host, _)| need.matches(host));
        let mut hosts: Vec<_> = free.map(|(host, slots)| (Reverse(slots.left), *host)).collect();
        hosts.sort_unstable();
        hosts.into_iter().map(|(_, host)| host).collect()
    }

    /// Leases a frame to a host with a free slot; whether it has another.
    fn lease(&mut self, host: &'a HostId, frame: FrameId, table: &FrameTable) -> bool {
        let Some(slots) = self.slots.get_mut(host) else { return false };
        let Some(slot) = slots.next.next() else { return false };
        slots.left -= 1;
        let more = slots.left > 0;
        if !more {
            self.slots.remove(host);
        }
        self.leased += 1;
        let given = u64::try_from(self.leased).unwrap_or(u64::MAX);
        let lease = LeaseId(self.schedule.kept.last_lease.0 + given);
        self.records.push(Record::FrameLeased {
            lease,
            frame,
            attempt: table.next_attempt(frame.index),
            host: host.clone(),
            slot: *slot,
            at: self.now,
        });
        let until = self.now.plus_ms(LEASE_MS);
        self.records.push(Record::Passing(Passing::LeaseAwaited { lease, until }));
        more
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
        self.records.push(Record::Passing(Passing::Passed { at: self.now, wake: self.wake, again }));
        self.records
    }
}

impl<'a> Frames<'a> {
    fn new(schedule: &'a Schedule, now: Time, table: &'a FrameTable, need: &'a Need) -> Self {
        let ready = table.again().take_while(|(at, _)| *at <= now).take(AGAIN_MAX);
        Self { schedule, table, need, again: ready.map(|(_, index)| index).collect(), fresh: table.fresh() }
    }

    /// The next frame for a host: one that waits for another try before one that was never tried.
    fn next(&mut self, host: &HostId) -> Option<u32> {
        match self.again.iter().position(|index| self.may(*index, host)) {
            Some(at) => Some(self.again.remove(at)),
            None => self.fresh.next(),
        }
    }

    /// A frame does not go back to a host where it failed while another could take it.
    fn may(&self, index: u32, host: &HostId) -> bool {
        let failed_on = self.table.failed_on(index);
        let could = |other: &&HostId| {
            let linked = self.schedule.passing.hosts.get(*other);
            linked.is_some_and(|linked| linked.slots > 0 && linked.refusals < waits::REFUSALS_MANY)
                && !failed_on.contains(other)
        };
        !failed_on.contains(host) || self.need.hosts().find(could).is_none()
    }
}

fn soonest(wake: &mut Option<Time>, at: Time) {
    *wake = Some(wake.map_or(at, |wake| wake.min(at)));
}
