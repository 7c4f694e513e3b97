//! Leases ahead that are asked back: where another slot has nothing to do that the frame could use, and where
//! a more urgent job waits. A render server gives back what it has not begun, and that costs nothing.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use model::{JobId, LeaseId, StepIndex};

use super::rings::Wanted;
use super::{Pass, soonest};
use crate::host_table::HostIndex;
use crate::kept::Lease;
use crate::{Passing, Record, Schedule, waits};

impl<'a> Pass<'a> {
    pub(super) fn withdraw(&mut self) {
        let again_at = self.schedule.passing.looked_back_at.plus_ms(waits::WITHDRAW_MS);
        if self.schedule.kept.ahead == 0 {
            return;
        }
        if again_at > self.now {
            soonest(&mut self.wake, again_at);
            return;
        }
        let idle = self.idle_steps();
        if !idle.is_empty() {
            self.looked_back = true;
            self.withdraw_for_idle_slots(&idle);
        }
        self.withdraw_for_urgent();
    }

    /// Steps that have leases ahead and nothing more that waits, while slots are left over that match.
    fn idle_steps(&mut self) -> BTreeSet<(JobId, StepIndex)> {
        let mut idle = BTreeSet::new();
        if self.rings.is_empty() {
            return idle;
        }
        let kept = &self.schedule.kept;
        let ahead =
            kept.queue.open().filter_map(|id| Some((id, kept.jobs.get(&id).filter(|job| job.ahead > 0)?)));
        for (id, job) in ahead {
            for (index, (step, table)) in (0..).zip(job.description.steps.iter().zip(&job.tables)) {
                let wanted = Schedule::ahead_wanted(job, step, table) as u64;
                let long = table.typical_ms().unwrap_or(0) * wanted >= waits::WITHDRAW_MS;
                if long && !table.is_ready() && self.rings.has(Wanted::of(step)) {
                    idle.insert((id, StepIndex(index)));
                }
            }
        }
        idle
    }

    /// Slots are left over: frames that wait longest behind others may have them.
    fn withdraw_for_idle_slots(&mut self, idle: &BTreeSet<(JobId, StepIndex)>) {
        let mut behind: Vec<(Reverse<u64>, LeaseId)> = Vec::new();
        for (id, lease, place) in self.schedule.leases_ahead() {
            if idle.contains(&(lease.frame.job, lease.frame.step)) {
                let typical_ms =
                    self.schedule.kept.step(lease.frame).and_then(|(_, table)| table.typical_ms());
                let wait_ms = typical_ms.unwrap_or(0) * place as u64;
                behind.extend((wait_ms >= waits::WITHDRAW_MS).then_some((Reverse(wait_ms), id)));
            }
        }
        behind.sort_unstable();
        for (_, lease) in behind.into_iter().take(self.rings.left()) {
            self.ask_back(lease);
        }
    }

    /// The first job that could use more slots goes before less urgent ones that have leases ahead.
    fn withdraw_for_urgent(&mut self) {
        let Some(first) = self.in_order(0) else { return };
        let Some(job) = self.schedule.kept.jobs.get(&first) else { return };
        let withdrawn = u32::try_from(self.schedule.passing.withdrawn.len()).unwrap_or(u32::MAX);
        if self.schedule.kept.ahead.saturating_sub(job.ahead) <= withdrawn {
            return;
        }
        self.looked_back = true;
        let priority = job.priority;
        let less_urgent = |lease: &Lease| {
            let other = self.schedule.kept.jobs.get(&lease.frame.job);
            other.is_some_and(|other| other.priority > priority)
        };
        let behind = self.schedule.leases_ahead().filter(|(_, lease, _)| less_urgent(lease));
        let behind: Vec<(LeaseId, HostIndex)> = behind.map(|(id, lease, _)| (id, lease.host)).collect();
        for (lease, host) in behind {
            if self.could_use(first, host) {
                self.ask_back(lease);
            }
        }
    }

    /// Asks back all that is ahead on a host.
    pub(super) fn take_back(&mut self, host: HostIndex) {
        let ahead = self.schedule.leases_ahead_on(host).map(|(lease, _, _)| lease);
        for lease in ahead.collect::<Vec<_>>() {
            self.ask_back(lease);
        }
    }

    fn ask_back(&mut self, lease: LeaseId) {
        self.records.push(Record::Passing(Passing::LeaseWithdrawn { lease }));
    }
}

impl Schedule {
    /// Every lease that waits behind another one and was not asked back, with its place behind that.
    fn leases_ahead(&self) -> impl Iterator<Item = (LeaseId, &Lease, usize)> {
        let hosts = self.passing.linked.iter();
        hosts.flat_map(|host| self.leases_ahead_on(host))
    }

    pub(crate) fn leases_ahead_on(&self, host: HostIndex) -> impl Iterator<Item = (LeaseId, &Lease, usize)> {
        let kept = self.kept.hosts.get(host).filter(|kept| kept.behind() > 0);
        let lines = kept.into_iter().flat_map(|kept| kept.lines());
        lines.flat_map(|(_, line)| (1..).zip(line.behind().iter().copied())).filter_map(|(place, id)| {
            let lease = self.kept.leases.get(id).filter(|lease| lease.ahead)?;
            if self.passing.withdrawn.contains(&id) {
                return None;
            }
            Some((id, lease, place))
        })
    }

    /// Asks back what is ahead on a host, of one job where it is given.
    pub(crate) fn withdraw_on(
        &self,
        host: HostIndex,
        job: Option<JobId>,
    ) -> impl Iterator<Item = Record> + use<'_> {
        let ahead = self.leases_ahead_on(host);
        let of_job = ahead.filter(move |(_, lease, _)| job.is_none_or(|job| lease.frame.job == job));
        of_job.map(|(lease, ..)| Record::Passing(Passing::LeaseWithdrawn { lease }))
    }

    /// Asks back what a job has ahead.
    pub(crate) fn withdraw_job(&self, id: JobId) -> Vec<Record> {
        let Some(job) = self.kept.jobs.get(&id).filter(|job| job.ahead > 0) else { return Vec::new() };
        let ahead = job.leases().filter(|lease| {
            let held = self.kept.leases.get(*lease);
            held.is_some_and(|held| held.ahead) && !self.passing.withdrawn.contains(lease)
        });
        ahead.map(|lease| Record::Passing(Passing::LeaseWithdrawn { lease })).collect()
    }
}
