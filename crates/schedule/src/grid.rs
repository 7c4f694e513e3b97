//! What people see of all chunks of a job at once: a byte for each. Which of them changed is told of jobs
//! whose grid somebody watches, and of no other.

use std::collections::BTreeSet;

use model::{
    FarmCounts, FrameId, FrameState, GridStep, JobCounts, JobId, JobState, JobView, QueueCounts, Step,
    StepIndex,
};

use crate::dependency::Casualty;
use crate::frame_table::FrameTable;
use crate::pass::Whys;
use crate::touched::AttemptEnd;
use crate::{Effect, Passing, Record, Schedule};

/// The bit that says that there are warnings.
const WARNED: u8 = 1 << 3;
/// Where the sixteenths begin.
const SIXTEENTHS: u8 = 4;

/// The chunks of a step, as a byte each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepCells {
    /// What there is to say of the step; its cells are not in it.
    pub step: GridStep,
    /// A byte for each chunk.
    pub cells: Vec<u8>,
}

impl Schedule {
    pub(crate) fn watch_grids(jobs: &BTreeSet<JobId>) -> Vec<Record> {
        vec![Record::Passing(Passing::GridsWatched { jobs: jobs.clone() })]
    }

    /// A chunk is not what it was.
    pub(crate) fn chunk_changed(&self, frame: FrameId, effects: &mut Vec<Effect>) {
        if self.passing.watched.contains(&frame.job) {
            effects.push(Effect::ChunkChanged(frame));
        }
    }

    /// Many chunks of a job are not what they were.
    pub(crate) fn grid_changed(&self, job: JobId, effects: &mut Vec<Effect>) {
        if self.passing.watched.contains(&job) {
            effects.push(Effect::GridChanged(job));
        }
    }

    /// Chunks of a job failed with another one.
    pub(crate) fn fell(&self, job: JobId, casualties: &[Casualty], effects: &mut Vec<Effect>) {
        for Casualty { step, index, .. } in casualties {
            match (index, u16::try_from(*step).map(StepIndex)) {
                (Some(index), Ok(step)) => self.chunk_changed(FrameId { job, step, index: *index }, effects),
                _ => self.grid_changed(job, effects),
            }
        }
    }

    /// Every chunk of a job, step by step in the order written.
    #[must_use]
    pub fn grid(&self, id: JobId) -> Option<Vec<StepCells>> {
        let job = self.kept.jobs.get(&id)?;
        let steps = (0..).map(StepIndex).zip(job.description.steps.iter().zip(&job.tables));
        let cells = steps.map(|(at, (step, table))| {
            let frame = |index| FrameId { job: id, step: at, index };
            let cells = (0..table.len()).map(|index| self.cell_of(frame(index), table)).collect();
            StepCells { step: about(step, table), cells }
        });
        Some(cells.collect())
    }

    /// A chunk as a byte, as `GridStep::cells` says.
    #[must_use]
    pub fn cell(&self, frame: FrameId) -> Option<u8> {
        let (_, table) = self.kept.step(frame)?;
        (frame.index < table.len()).then(|| self.cell_of(frame, table))
    }

    fn cell_of(&self, frame: FrameId, table: &FrameTable) -> u8 {
        let (state, last) = (table.state(frame.index), || table.touched(frame.index)?.last());
        match state {
            None | Some(FrameState::Waiting) => 0,
            Some(FrameState::Running) => {
                let Some(lease) = last().map(|attempt| attempt.lease) else { return 1 };
                if self.kept.leases.get(lease).is_some_and(|held| self.waits_ahead(lease, held)) {
                    return 0;
                }
                let sixteenths = u32::from(self.passing.permille(lease)) * 16 / 1_000;
                1 | (u8::try_from(sixteenths.min(15)).unwrap_or(15) << SIXTEENTHS)
            }
            Some(FrameState::Done) => {
                let end = last().and_then(|attempt| attempt.end.as_ref());
                let warned = end.is_some_and(|end| AttemptEnd::warnings(end).next().is_some());
                2 | if warned { WARNED } else { 0 }
            }
            Some(FrameState::Failed) => 3,
            Some(FrameState::Killed) => 4,
        }
    }

    /// Those of the jobs that there are, as in `jobs`.
    #[must_use]
    pub fn some_jobs(&self, ids: &[JobId]) -> Vec<JobView> {
        let mut whys = Whys::new(self);
        let known = ids.iter().filter_map(|id| Some((*id, self.kept.jobs.get(id)?)));
        known.map(|(id, job)| self.job_view(id, job, &mut whys)).collect()
    }

    /// The farm in numbers.
    #[must_use]
    pub fn counts(&self) -> FarmCounts {
        let mut slots_busy = 0;
        let (mut jobs, mut queues) = (JobCounts::default(), QueueCounts::default());
        for job in self.kept.jobs.values() {
            let count = match job.state() {
                JobState::Queued => &mut jobs.queued,
                JobState::Active => &mut jobs.active,
                JobState::Held => &mut jobs.held,
                JobState::Done => &mut jobs.done,
                JobState::Failed => &mut jobs.failed,
                JobState::Killed => &mut jobs.killed,
            };
            *count += 1;
            slots_busy += job.slots;
            let queue = match (job.ended_at, job.started_at) {
                (Some(_), _) => &mut queues.done,
                (None, Some(_)) => &mut queues.active,
                (None, None) => &mut queues.new,
            };
            *queue += 1;
        }
        let linked = self.passing.linked.iter().filter_map(|host| self.passing.host(host));
        let slots_total = linked.map(|linked| u32::from(linked.slots)).sum();
        let live = u32::try_from(self.kept.leases.len()).unwrap_or(u32::MAX);
        FarmCounts {
            jobs,
            queues,
            frames_running: live.saturating_sub(self.kept.ahead),
            slots_total,
            slots_busy,
            hosts_total: u32::try_from(self.passing.linked_count).unwrap_or(u32::MAX),
        }
    }
}

fn about(step: &Step, table: &FrameTable) -> GridStep {
    GridStep {
        name: step.name.clone(),
        numbers: step.frames.to_string(),
        chunk_size: step.chunk.max(1),
        total: table.len(),
        cells: String::new(),
    }
}
