//! What a pass has looked up of a job, and what it has given it so far: a job may get slots in several turns.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use model::{FrameId, JobId, SlotIndex, SlotNeed, Step, StepIndex, Time};

use crate::Schedule;
use crate::frame_table::{FrameTable, Ready};
use crate::host_table::HostIndex;
use crate::judging::Asked;
use crate::kept::Job;
use crate::lists::Need;

/// A job in a pass.
pub(super) struct JobTurn<'a> {
    pub(super) id: JobId,
    job: &'a Job,
    /// One for each step, once it was looked at.
    steps: Vec<Option<StepTurn<'a>>>,
    /// Slots given to it in this pass.
    given: u32,
    /// Hosts that it is on by this pass and was not before, where that matters.
    joined: BTreeSet<HostIndex>,
}

/// A step in a pass.
pub(super) struct StepTurn<'a> {
    index: StepIndex,
    pub(super) step: &'a Step,
    pub(super) table: &'a FrameTable,
    /// Absent while the resource server was not asked.
    pub(super) need: Option<&'a Need>,
    /// How many of its frames may be leased ahead behind one on a slot.
    pub(super) ahead: usize,
    /// Frames that may start.
    pub(super) ready: Ready<'a>,
    /// By tier of hosts, the slot with a session of the step that was looked at last.
    pub(super) warm: BTreeMap<usize, (HostIndex, SlotIndex)>,
}

impl<'a> JobTurn<'a> {
    pub(super) fn new(schedule: &'a Schedule, id: JobId) -> Option<Self> {
        let job = schedule.kept.jobs.get(&id)?;
        let steps = job.tables.iter().map(|_| None).collect();
        Some(Self { id, job, steps, given: 0, joined: BTreeSet::new() })
    }

    pub(super) const fn priority(&self) -> i32 {
        self.job.priority
    }

    /// The places of its steps.
    pub(super) fn steps(&self) -> Range<usize> {
        0..self.steps.len()
    }

    /// The step at a place, with those behind it that make other parts of the same pictures.
    pub(super) fn parts_from(&self, at: usize) -> Range<usize> {
        let steps = self.job.description.steps.get(at..).unwrap_or_default();
        let first = steps.first();
        let alike =
            |step: &&Step| step.work.part.is_some() && first.is_some_and(|first| first.frames == step.frames);
        at..at + steps.iter().take_while(alike).count().max(1)
    }

    /// How many chunks of the step at a place have not begun.
    pub(super) fn waiting_at(&self, at: usize) -> u32 {
        self.job.tables.get(at).map_or(0, |table| table.counts().waiting)
    }

    /// A step, to be put back; none where it has nothing to give.
    pub(super) fn step(&mut self, schedule: &'a Schedule, at: usize, now: Time) -> Option<StepTurn<'a>> {
        let held = self.steps.get_mut(at)?;
        if held.is_none() {
            let (step, table) = (self.job.description.steps.get(at)?, self.job.tables.get(at)?);
            let waits = table.is_ready() && !self.job.held;
            *held = waits.then(|| StepTurn {
                index: StepIndex(u16::try_from(at).unwrap_or(u16::MAX)),
                step,
                table,
                need: schedule.need(&step.profile),
                ahead: Schedule::ahead_wanted(self.job, step, table),
                ready: table.ready(now),
                warm: BTreeMap::new(),
            });
        }
        held.take()
    }

    pub(super) fn put_back(&mut self, at: usize, step: StepTurn<'a>) {
        if let Some(held) = self.steps.get_mut(at) {
            *held = Some(step);
        }
    }

    /// How many more slots it may hold.
    pub(super) fn slots_left(&self) -> u32 {
        let most = self.job.description.slots_max.unwrap_or(u32::MAX);
        most.saturating_sub(self.job.slots).saturating_sub(self.given)
    }

    /// How many slots it may hold at most.
    pub(super) const fn slots_max(&self) -> Option<u32> {
        self.job.description.slots_max
    }

    /// On how many hosts it may be at most.
    pub(super) const fn hosts_max(&self) -> Option<u32> {
        self.job.description.hosts_max
    }

    /// Tries of a frame.
    pub(super) const fn attempts_max(&self) -> u32 {
        self.job.description.attempts_max
    }

    /// Whether it may hold slots of a host.
    pub(super) fn may_use(&self, host: HostIndex) -> bool {
        let Some(most) = self.job.description.hosts_max else { return true };
        let on = self.job.on_hosts.len() + self.joined.len();
        on < most as usize || self.job.on_hosts.contains_key(&host) || self.joined.contains(&host)
    }

    /// It was given slots of a host.
    pub(super) fn took(&mut self, host: HostIndex, slots: u32) {
        self.given += slots;
        if self.job.description.hosts_max.is_some() && !self.job.on_hosts.contains_key(&host) {
            self.joined.insert(host);
        }
    }
}

impl<'a> StepTurn<'a> {
    /// Whether its frames take several slots of a host.
    pub(super) fn is_wide(&self) -> bool {
        self.step.slots != SlotNeed::Count(1)
    }

    /// Milliseconds that one of its frames takes, as far as that is known.
    pub(super) fn pace_ms(&self) -> Option<u64> {
        self.table.typical_ms().or(self.step.times.max_ms)
    }

    /// What it asks of hosts.
    pub(super) const fn asked(&self, job: JobId, need: &'a Need) -> Asked<'a> {
        Asked { job, step: self.step, need }
    }

    pub(super) const fn frame(&self, job: JobId, index: u32) -> FrameId {
        FrameId { job, step: self.index, index }
    }

    pub(super) const fn index(&self) -> StepIndex {
        self.index
    }
}

impl Schedule {
    /// A frame does not go back to a host where it failed while another could take it.
    pub(crate) fn may_go(&self, asked: Asked<'_>, table: &FrameTable, index: u32, host: HostIndex) -> bool {
        let failed_on = |host| table.shuns(index).any(|shunned| shunned == host);
        let could = |other: HostIndex| self.could_take(other, asked) && !failed_on(other);
        !failed_on(host) || !asked.need.within(&self.passing.open).any(could)
    }
}
