//! What a lease must keep to when it is given: what goes first, which slots it may have, how much there is.

use std::collections::BTreeSet;

use model::{
    AHEAD_MAX, DependencyKind, FrameId, HostId, JobDescription, JobId, LeaseId, Outcome, Output, SlotNeed,
    Step, StepIndex,
};
use schedule::Ending;

use super::{Held, Ledger};
use crate::oracle::{Oracle, hold};

impl Ledger {
    /// Everything that the frame depends on is done.
    pub(super) fn assert_after_others(&self, frame: FrameId) {
        let Some(description) = self.description(frame.job) else { return };
        let Some(step) = self.step(frame) else { return };
        for before in description.after.iter().filter_map(|job| Some((*job, self.description(*job)?))) {
            let (job, steps) = (before.0, &before.1.steps);
            for (index, step) in (0..).zip(steps) {
                self.assert_step_done(frame, job, StepIndex(index), step);
            }
        }
        for dependency in &step.depends_on {
            let mut steps = (0..).map(StepIndex).zip(&description.steps);
            let Some((index, other)) = steps.find(|(_, other)| other.name == dependency.step) else {
                continue;
            };
            match dependency.by {
                DependencyKind::Step => self.assert_step_done(frame, frame.job, index, other),
                DependencyKind::Frame => {
                    let wanted = step.chunk_numbers(frame.index);
                    for chunk in wanted.filter_map(|number| chunk_of(other, number)) {
                        self.assert_done(frame, FrameId { job: frame.job, step: index, index: chunk });
                    }
                }
            }
        }
    }

    fn assert_step_done(&self, frame: FrameId, job: JobId, index: StepIndex, step: &Step) {
        for chunk in 0..step.chunks() {
            self.assert_done(frame, FrameId { job, step: index, index: chunk });
        }
    }

    fn assert_done(&self, frame: FrameId, before: FrameId) {
        hold(Oracle::DependenciesHold, self.finished.contains_key(&before), || {
            format!("frame {frame} is leased before {before} is done")
        });
    }

    /// The lease has as many slots as its step wants, and shares one only where it waits in line for it.
    pub(super) fn assert_slots(&self, lease: LeaseId, held: &Held) {
        let right = Oracle::OneAttemptPerSlot;
        let Some(step) = self.step(held.frame) else { return };
        let wanted = match step.slots {
            SlotNeed::Count(count) => usize::from(count),
            SlotNeed::Whole => self.slots.get(&held.host).copied().unwrap_or(1),
        };
        hold(right, held.slots.len() == wanted, || {
            format!("lease {lease} wants {wanted} slots and has {:?}", held.slots)
        });
        let there = self.slots.get(&held.host).copied().unwrap_or(0);
        hold(right, held.slots.iter().all(|slot| usize::from(slot.0) < there), || {
            format!("lease {lease} has {:?} on {}, which has {there} slots", held.slots, held.host)
        });
        let mut line = 1;
        for (other, before) in self.working() {
            if before.host != held.host || before.slots.is_disjoint(&held.slots) {
                continue;
            }
            let of_step = |frame: FrameId| (frame.job, frame.step);
            let lined = held.slots.len() == 1
                && before.slots == held.slots
                && of_step(before.frame) == of_step(held.frame)
                && step.limits.is_empty();
            hold(right, lined, || format!("leases {other} and {lease} have slots {:?}", held.slots));
            line += 1;
        }
        hold(right, line <= AHEAD_MAX, || format!("{line} leases stand in line on {:?}", held.slots));
    }

    /// The lease holds what its step reserves, of which the host has so much beside what others hold.
    pub(super) fn assert_amounts(&self, lease: LeaseId, held: &Held) {
        let right = Oracle::AmountsHold;
        let Some(step) = self.step(held.frame) else { return };
        let has = (held.memory_bytes, held.gpus.len());
        hold(right, has == (step.reserve.memory_bytes, step.reserve.gpus.into()), || {
            format!("lease {lease} holds {has:?} of {:?}", step.reserve)
        });
        let most = self.amounts.get(&held.host).copied().unwrap_or_default();
        let others = || self.leases.values().filter(|other| other.host == held.host);
        let memory = held.memory_bytes + others().map(|other| other.memory_bytes).sum::<u64>();
        hold(right, held.memory_bytes == 0 || memory <= most.memory_bytes, || {
            format!("lease {lease} makes it {memory} bytes of memory of {}, which has {most:?}", held.host)
        });
        for gpu in &held.gpus {
            let taken = others().any(|other| other.gpus.contains(gpu));
            hold(right, *gpu < most.gpus && !taken, || {
                format!("lease {lease} has GPU {gpu} of {}, which has {most:?}; taken: {taken}", held.host)
            });
        }
    }

    /// No more is taken of anything than there is.
    pub(super) fn assert_within_limits(&self, held: &Held) {
        let Some(step) = self.step(held.frame) else { return };
        for (name, wanted) in &step.limits {
            let Some(limit) = self.limits.get(name) else { continue };
            let taken = |host: Option<&HostId>| -> u32 {
                let there = |other: &&Held| host.is_none_or(|host| other.host == *host);
                let working = self.working().map(|(_, other)| other).filter(there);
                working.filter_map(|other| self.step(other.frame)?.limits.get(name)).sum()
            };
            let (farm, host) = (taken(None), taken(Some(&held.host)));
            let fits = limit.amount.is_none_or(|amount| farm + wanted <= amount)
                && limit.per_host.is_none_or(|amount| host + wanted <= amount);
            hold(Oracle::LimitsHold, fits, || {
                let frame = held.frame;
                format!("frame {frame} takes {wanted} of {name}: {limit:?}, {farm} and {host} in use")
            });
        }
        if let Some(description) = self.description(held.frame.job) {
            self.assert_within_job(description, held);
        }
    }

    fn assert_within_job(&self, description: &JobDescription, held: &Held) {
        let job = held.frame.job;
        let of_job = || self.working().map(|(_, other)| other).filter(|other| other.frame.job == job);
        let slots: usize = of_job().map(|other| other.slots.len()).sum::<usize>() + held.slots.len();
        hold(Oracle::LimitsHold, description.slots_max.is_none_or(|most| slots <= most as usize), || {
            format!("job {job} holds {slots} slots of {:?}", description.slots_max)
        });
        let hosts: BTreeSet<&HostId> = of_job().map(|other| &other.host).chain([&held.host]).collect();
        let most = description.hosts_max;
        hold(Oracle::LimitsHold, most.is_none_or(|most| hosts.len() <= most as usize), || {
            format!("job {job} runs on {hosts:?}, which are more than {most:?}")
        });
    }

    /// What is said of an attempt is what its render server made of it; the storage may still lose outputs.
    pub(super) fn assert_ends_as_reported(&self, lease: LeaseId, ending: Ending) {
        let reported = self.reports.get(&lease);
        let fits = match ending {
            Ending::HostLost | Ending::Refused | Ending::GivenBack | Ending::Killed => true,
            Ending::Host if matches!(reported, Some(Outcome::Done { .. })) => true,
            Ending::Frame | Ending::Fatal | Ending::Host | Ending::Licence | Ending::Memory => {
                matches!(reported, Some(Outcome::Failed { class, .. }) if Ending::from(*class) == ending)
            }
        };
        hold(Oracle::ResultsAreReported, fits, || {
            format!("lease {lease} ends by {ending:?}, and its render server says {reported:?}")
        });
    }

    pub(super) fn assert_finished_as_reported(&self, lease: LeaseId, files: &[Output]) {
        let reported = self.reports.get(&lease);
        let fits = matches!(reported, Some(Outcome::Done { outputs }) if outputs == files);
        hold(Oracle::ResultsAreReported, fits, || {
            format!("lease {lease} is finished with {files:?}, and its render server says {reported:?}")
        });
    }

    /// Live leases that are still worked on, as far as the schedule server knows.
    fn working(&self) -> impl Iterator<Item = (LeaseId, &Held)> {
        let working = self.leases.iter().filter(|(lease, _)| !self.publishing.contains(lease));
        working.map(|(lease, held)| (*lease, held))
    }
}

/// The chunk of a step that holds a frame number.
fn chunk_of(step: &Step, number: i64) -> Option<u32> {
    Some(step.frames.index_of(number)? / step.chunk.max(1))
}
