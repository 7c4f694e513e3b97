//! What the farm has promised, kept beside it from the schedule server's durable records alone, so that
//! promises are checked by another book than the one that made them.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Amounts, Door, FrameId, HostId, JobDescription, JobId, LeaseId, Outcome, Output, SlotIndex, Step,
    StepIndex, Time,
};
use schedule::{Ending, Event, Record};

use crate::oracle::{Oracle, broken, hold};
use crate::orders::Orders;
use crate::storage::Storage;

/// A live lease.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) frame: FrameId,
    pub(crate) host: HostId,
    /// Every slot of it.
    pub(crate) slots: BTreeSet<SlotIndex>,
    pub(crate) memory_bytes: u64,
    pub(crate) gpus: Vec<u16>,
}

/// A job, as its records tell.
#[derive(Clone, Debug)]
struct Job {
    description: JobDescription,
    folder: String,
    priority: i32,
    held: bool,
    killed: bool,
}

/// A limit of the farm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) amount: Option<u32>,
    pub(crate) per_host: Option<u32>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Live leases.
    pub(crate) leases: BTreeMap<LeaseId, Held>,
    /// The live lease of a frame.
    frames: BTreeMap<FrameId, LeaseId>,
    /// Finished frames and their files.
    pub(crate) finished: BTreeMap<FrameId, Vec<Output>>,
    /// How often a frame failed and it counted.
    failures: BTreeMap<FrameId, u32>,
    /// Frames whose tries are used up.
    failed: BTreeSet<FrameId>,
    /// Jobs as their clients wrote them, by their keys.
    pub(crate) requests: BTreeMap<String, JobDescription>,
    jobs: BTreeMap<JobId, Job>,
    /// What became of attempts, as their render servers recorded it.
    reports: BTreeMap<LeaseId, Outcome>,
    pub(crate) limits: BTreeMap<String, Limit>,
    shares: BTreeMap<String, u32>,
    /// Slots of each host.
    slots: BTreeMap<HostId, usize>,
    /// The most that each ever has besides.
    amounts: BTreeMap<HostId, Amounts>,
    /// Hosts that have said, to the run of the schedule server that goes on, that they take no frames.
    closed: BTreeSet<HostId>,
    last_lease: LeaseId,
    /// When a host last refused a lease or gave one back; it is left alone for a while then.
    pub(crate) refused_at: Time,
    /// When a host was last heard of by the run of the schedule server that goes on.
    heard: BTreeMap<HostId, Time>,
    /// Leases whose outputs that run publishes.
    publishing: BTreeSet<LeaseId>,
    /// Slots that were given a lease since nothing goes wrong.
    calm_slots: BTreeSet<(HostId, SlotIndex)>,
    calm: bool,
    pub(crate) orders: Orders,
}

impl Ledger {
    pub(crate) fn new(slots: BTreeMap<HostId, usize>, amounts: BTreeMap<HostId, Amounts>) -> Self {
        Self { slots, amounts, ..Self::default() }
    }

    pub(crate) fn sees(&mut self, record: &Record, storage: &Storage, folder: impl Fn(JobId) -> String) {
        match record {
            Record::JobSubmitted { job, key, description, .. } => {
                // As the client wrote it, whatever the record says.
                let written = self.requests.get(key).cloned();
                let description = written.unwrap_or_else(|| JobDescription::clone(description));
                let held = description.held;
                let (folder, priority) = (folder(*job), description.priority);
                self.jobs.insert(*job, Job { description, folder, priority, held, killed: false });
            }
            Record::JobHeld { job, .. } => self.job(*job).held = true,
            Record::JobReleased { job, .. } => self.job(*job).held = false,
            Record::JobPriority { job, priority, .. } => self.job(*job).priority = *priority,
            Record::JobRetried { job, .. } => self.is_retried(*job),
            Record::LimitSet { name, amount: None, per_host: None, .. } => {
                self.limits.remove(name);
            }
            Record::LimitSet { name, amount, per_host, .. } => {
                self.limits.insert(name.clone(), Limit { amount: *amount, per_host: *per_host });
            }
            Record::ShareSet { name, weight, .. } => {
                self.shares.insert(name.clone(), *weight);
            }
            Record::FrameLeased { lease, frame, host, slot, also, memory_bytes, gpus, at, .. } => {
                let slots = std::iter::once(slot).chain(also).copied().collect();
                let (memory_bytes, gpus) = (*memory_bytes, gpus.clone());
                let held = Held { frame: *frame, host: host.clone(), slots, memory_bytes, gpus };
                self.leased(*lease, held);
                self.heard.insert(host.clone(), *at);
            }
            Record::LeaseEnded { lease, at, ending, again_at, .. } => {
                self.assert_ends_as_reported(*lease, *ending);
                if matches!(ending, Ending::Refused | Ending::GivenBack) {
                    self.refused_at = *at;
                }
                let held = self.ended(*lease);
                self.tried(held.frame, *ending, again_at.is_some());
            }
            Record::FrameFinished { lease, outputs, .. } => {
                self.assert_finished_as_reported(*lease, outputs);
                self.is_finished(*lease, outputs, storage);
            }
            Record::FramesKilled { job, step, frames, .. } => self.failed.extend(places(*job, *step, frames)),
            Record::FramesRetried { job, step, frames, .. } => {
                for frame in places(*job, *step, frames) {
                    self.failed.remove(&frame);
                    self.failures.remove(&frame);
                }
            }
            Record::JobKilled { job, .. } => {
                self.leases.retain(|_, held| held.frame.job != *job);
                self.frames.retain(|frame, _| frame.job != *job);
                self.job(*job).killed = true;
            }
            _ => {}
        }
    }

    /// The description of a job.
    pub(crate) fn description(&self, job: JobId) -> Option<&JobDescription> {
        self.jobs.get(&job).map(|job| &job.description)
    }

    pub(crate) fn step(&self, frame: FrameId) -> Option<&Step> {
        self.description(frame.job)?.steps.get(usize::from(frame.step.0))
    }

    /// Whether files of a lease may come into a folder: while it is live, or was until its job was killed.
    pub(crate) fn may_publish(&self, lease: LeaseId, folder: &str) -> bool {
        let killed = || self.jobs.values().any(|job| job.killed && job.folder == folder);
        self.leases.contains_key(&lease) || killed()
    }

    /// The schedule server starts, and waits for every host from then on.
    pub(crate) fn schedule_starts(&mut self, now: Time) {
        self.publishing.clear();
        self.closed.clear();
        self.heard = self.leases.values().map(|held| (held.host.clone(), now)).collect();
    }

    /// A render server was heard to say whether it takes frames.
    pub(crate) fn door(&mut self, host: &HostId, door: &Door) {
        if door.is_open() {
            self.closed.remove(host);
        } else {
            self.closed.insert(host.clone());
        }
    }

    /// A lease is decided on.
    pub(crate) fn assert_open(&self, host: &HostId, lease: LeaseId) {
        hold(Oracle::DoorsHold, !self.closed.contains(host), || {
            format!("lease {lease} is given to {host}, which takes no frames")
        });
    }

    /// A render server said something.
    pub(crate) fn heard(&mut self, host: &HostId, at: Time) {
        self.heard.insert(host.clone(), at);
    }

    pub(crate) fn publishes(&mut self, lease: LeaseId) {
        self.publishing.insert(lease);
    }

    /// The lease whose host was not heard of for longer than `most_ms`, if there is one.
    pub(crate) fn unheard(&self, now: Time, most_ms: u64) -> Option<LeaseId> {
        let late = |held: &Held| {
            let heard = self.heard.get(&held.host).copied().unwrap_or_default();
            now > heard.plus_ms(most_ms)
        };
        let mut leases = self.leases.iter();
        leases.find(|(lease, held)| !self.publishing.contains(lease) && late(held)).map(|(lease, _)| *lease)
    }

    /// A render server has recorded what became of an attempt.
    pub(crate) fn is_reported(&mut self, lease: LeaseId, outcome: &Outcome) {
        self.reports.insert(lease, outcome.clone());
    }

    /// From now on nothing goes wrong.
    pub(crate) const fn calm(&mut self) {
        self.calm = true;
    }

    /// How many slots were given something since then.
    pub(crate) fn calm_slots(&self) -> usize {
        self.calm_slots.len()
    }

    /// How many leases were given.
    pub(crate) const fn last_lease(&self) -> u64 {
        self.last_lease.0
    }

    fn job(&mut self, id: JobId) -> &mut Job {
        self.jobs.get_mut(&id).unwrap_or_else(|| panic!("job {id} is known"))
    }

    fn leased(&mut self, lease: LeaseId, held: Held) {
        let frame = held.frame;
        let new = Oracle::OneLeasePerFrame;
        hold(new, lease > self.last_lease, || format!("lease {lease} comes after {}", self.last_lease));
        let other = self.frames.insert(frame, lease);
        hold(new, other.is_none(), || format!("frame {frame} has leases {other:?} and {lease}"));
        let finished = self.finished.contains_key(&frame);
        hold(Oracle::FinishedStays, !finished, || format!("frame {frame} is finished and leased again"));
        let failed = self.failed.contains(&frame);
        hold(Oracle::TriesAreCounted, !failed, || format!("frame {frame} has failed and is leased again"));
        let job = self.job(frame.job);
        hold(Oracle::KilledStays, !job.killed, || format!("frame {frame} of a killed job is leased"));
        hold(Oracle::HoldsHold, !job.held, || format!("frame {frame} of a job on hold is leased"));
        self.assert_after_others(frame);
        self.assert_slots(lease, &held);
        self.assert_within_limits(&held);
        self.assert_amounts(lease, &held);
        if self.calm {
            self.calm_slots.extend(held.slots.iter().map(|slot| (held.host.clone(), *slot)));
        }
        self.leases.insert(lease, held);
        self.last_lease = lease;
    }

    fn ended(&mut self, lease: LeaseId) -> Held {
        let Some(held) = self.leases.remove(&lease) else {
            broken(Oracle::LiveLeasesEnd, format!("lease {lease} ends and is not live"));
        };
        self.frames.remove(&held.frame);
        held
    }

    fn tried(&mut self, frame: FrameId, ending: Ending, again: bool) {
        let failures = self.failures.entry(frame).or_default();
        *failures += u32::from(ending.counted());
        let failures = *failures;
        let most = self.job(frame.job).description.attempts_max;
        let goes_on = failures < most && ending != Ending::Fatal;
        hold(Oracle::TriesAreCounted, again == goes_on, || {
            format!("frame {frame} has failed {failures} times of {most}, {ending:?}, and goes on: {again}")
        });
        if !again {
            self.failed.insert(frame);
        }
    }

    /// Failed frames of a job have as many tries again as new ones.
    fn is_retried(&mut self, job: JobId) {
        let failed: Vec<FrameId> = self.failed.iter().filter(|frame| frame.job == job).copied().collect();
        for frame in failed {
            self.failed.remove(&frame);
            self.failures.remove(&frame);
        }
    }

    /// Whether what was ordered has come into the journal.
    pub(crate) fn has(&self, order: &Event) -> bool {
        let held = |job: &JobId| self.jobs.get(job).is_some_and(|job| job.held);
        match order {
            Event::Submit(request) => self.orders.submitted.contains_key(&request.key),
            Event::Hold(job) => held(job),
            Event::Release(job) => !held(job),
            Event::Kill(job) => self.jobs.get(job).is_some_and(|job| job.killed),
            Event::Retry(job) => !self.failed.iter().any(|frame| frame.job == *job),
            Event::SetPriority { job, priority } => {
                self.jobs.get(job).is_some_and(|job| job.priority == *priority)
            }
            Event::SetLimit { name, amount: None, per_host: None } => !self.limits.contains_key(name),
            Event::SetLimit { name, amount, per_host } => {
                self.limits.get(name) == Some(&Limit { amount: *amount, per_host: *per_host })
            }
            Event::SetShare { name, weight } => self.shares.get(name).copied().unwrap_or(1) == *weight,
            _ => true,
        }
    }

    fn is_finished(&mut self, lease: LeaseId, outputs: &[Output], storage: &Storage) {
        let frame = self.ended(lease).frame;
        let folder = &self.jobs[&frame.job].folder;
        hold(Oracle::PublishedOnce, storage.holds(folder, outputs), || {
            format!("frame {frame} is done and its files are not in {folder}")
        });
        let silent = self.step(frame).is_some_and(Step::may_be_silent);
        hold(Oracle::PublishedOnce, silent || !outputs.is_empty(), || format!("frame {frame} has no files"));
        let before = self.finished.insert(frame, outputs.to_vec());
        hold(Oracle::FinishedStays, before.is_none(), || format!("frame {frame} is finished twice"));
    }
}

/// The frames that a record names by runs of places in a step.
fn places(job: JobId, step: StepIndex, runs: &[(u32, u32)]) -> impl Iterator<Item = FrameId> {
    let indices = runs.iter().flat_map(|(first, last)| *first..=*last);
    indices.map(move |index| FrameId { job, step, index })
}
