//! What a person does to frames of a job: kill, send back to the queue, have tried again.

use model::{
    FrameId, FrameState, FrameVerb, FramesOrder, FramesOrdered, JobId, JobState, LeaseId, StepIndex, Time,
};

use crate::frame_table::FrameTable;
use crate::kept::Job;
use crate::touched::AttemptEnd;
use crate::{Effect, Ending, Passing, Record, Refusal, Schedule, dependency};

/// First and last of each run of places in a step.
type Runs = Vec<(u32, u32)>;

impl Schedule {
    /// How many frames an order means and can be done to.
    ///
    /// # Errors
    /// Where it cannot be done to any frame of the job.
    pub fn frames_ordered(&self, id: JobId, order: &FramesOrder) -> Result<FramesOrdered, Refusal> {
        let job = self.job_of_order(id, order.verb)?;
        let mut ordered = FramesOrdered { matched: 0, frames: 0 };
        for (at, step, table) in job.steps() {
            for index in self.ordered(id, order, at, table) {
                ordered.matched += 1;
                ordered.frames += step.chunk_len(index);
            }
        }
        Ok(ordered)
    }

    pub(crate) fn order_frames(
        &self,
        now: Time,
        id: JobId,
        order: &FramesOrder,
        by: &str,
    ) -> Result<Vec<Record>, Refusal> {
        let job = self.job_of_order(id, order.verb)?;
        let chosen: Vec<(StepIndex, Vec<u32>)> = job
            .steps()
            .map(|(at, _, table)| (at, self.ordered(id, order, at, table)))
            .filter(|(_, indices)| !indices.is_empty())
            .collect();
        Ok(match order.verb {
            FrameVerb::Retry => {
                let retried = |(step, indices): &(StepIndex, Vec<u32>)| Record::FramesRetried {
                    job: id,
                    step: *step,
                    frames: runs(indices),
                    at: now,
                };
                chosen.iter().map(retried).collect()
            }
            FrameVerb::Requeue => {
                let why = format!("sent back to the queue by {by}");
                self.take_away(now, job, &chosen, &why)
            }
            FrameVerb::Kill => self.kill_frames(now, id, job, &chosen, &format!("killed by {by}")),
        })
    }

    fn kill_frames(
        &self,
        now: Time,
        id: JobId,
        job: &Job,
        chosen: &[(StepIndex, Vec<u32>)],
        why: &str,
    ) -> Vec<Record> {
        let mut records = self.take_away(now, job, chosen, why);
        let mut after = job.clone();
        for (at, indices) in chosen {
            let frames = runs(indices);
            after.strike(*at, &frames, why, now);
            let (step, why) = (*at, why.to_owned());
            records.push(Record::FramesKilled { job: id, step, frames, why, at: now });
        }
        if !chosen.is_empty() && after.counts().left() == 0 {
            records.extend(self.notices_of(now, id, job, true));
        }
        records
    }

    /// Takes those that run from their hosts; they wait again, and nothing is counted.
    fn take_away(&self, now: Time, job: &Job, chosen: &[(StepIndex, Vec<u32>)], why: &str) -> Vec<Record> {
        let mut records = Vec::new();
        for (at, indices) in chosen {
            let Some(table) = job.tables.get(usize::from(at.0)) else { continue };
            for lease in indices.iter().filter_map(|index| live(table, *index)) {
                records.push(Record::Passing(Passing::LeaseRevoked { lease }));
                let (ending, message) = (Ending::Killed, why.to_owned());
                let again_at = Some(now);
                records.push(Record::LeaseEnded { lease, at: now, ending, message, usage: None, again_at });
            }
        }
        records
    }

    /// The chunks of a step that an order means and can be done to.
    fn ordered(&self, id: JobId, order: &FramesOrder, at: StepIndex, table: &FrameTable) -> Vec<u32> {
        let Some((step, _)) = self.kept.step(FrameId { job: id, step: at, index: 0 }) else {
            return Vec::new();
        };
        if order.step.as_ref().is_some_and(|name| *name != step.name) {
            return Vec::new();
        }
        let is_ordered = |index: &u32| {
            let Some(state) = table.state(*index) else { return false };
            let in_state = order.states.as_ref().is_none_or(|states| states.contains(&state));
            let can = match (order.verb, state) {
                (FrameVerb::Retry, _) => table.failed_itself(*index),
                (FrameVerb::Kill, FrameState::Waiting) => true,
                // What is being published is as good as done.
                (FrameVerb::Kill | FrameVerb::Requeue, FrameState::Running) => {
                    live(table, *index).is_some_and(|lease| self.passing.publishing(lease).is_none())
                }
                _ => false,
            };
            let numbered = |set: &model::FrameSet| {
                step.chunk_numbers(*index).any(|number| set.index_of(number).is_some())
            };
            in_state && can && order.numbers.as_ref().is_none_or(numbered)
        };
        (0..table.len()).filter(is_ordered).collect()
    }

    fn job_of_order(&self, id: JobId, verb: FrameVerb) -> Result<&Job, Refusal> {
        let job = self.kept.jobs.get(&id).ok_or(Refusal::UnknownJob(id))?;
        match (job.state(), verb) {
            (JobState::Failed, FrameVerb::Retry) => Ok(job),
            (state, _) if state.is_final() => Err(Refusal::JobEnded { job: id, state }),
            _ => Ok(job),
        }
    }

    pub(crate) fn frames_killed(
        &mut self,
        id: JobId,
        step: StepIndex,
        frames: &[(u32, u32)],
        why: &str,
        at: Time,
        effects: &mut Vec<Effect>,
    ) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        job.strike(step, frames, why, at);
        if job.counts().left() == 0 {
            self.end_job(id, at);
            self.followers_wake(id, effects);
        }
        self.grid_changed(id, effects);
        self.job_changed(id, effects);
    }

    pub(crate) fn frames_retried(
        &mut self,
        id: JobId,
        step: StepIndex,
        frames: &[(u32, u32)],
        at: Time,
        effects: &mut Vec<Effect>,
    ) {
        let Some(job) = self.kept.jobs.get_mut(&id) else { return };
        job.let_off(step, frames, at);
        if job.counts().left() > 0 {
            self.job_reopened(id);
        }
        self.grid_changed(id, effects);
        self.job_changed(id, effects);
    }
}

impl Job {
    /// Chunks that wait fail by a person's word, and those that need them fail with them. One that runs in a
    /// job that is only imagined is taken for waiting.
    fn strike(&mut self, step: StepIndex, frames: &[(u32, u32)], why: &str, at: Time) {
        let place = usize::from(step.0);
        for index in frames.iter().flat_map(|(first, last)| *first..=*last) {
            let Some(table) = self.tables.get_mut(place) else { return };
            if table.state(index) == Some(FrameState::Running) {
                let end = AttemptEnd { at, ending: Some(Ending::Killed), message: None, usage: None };
                table.end(index, end, Some(at));
            }
            table.strike(index, why);
            let casualties = dependency::casualties(&self.description.steps, &self.tables, place, index);
            dependency::fail(&mut self.tables, &casualties);
        }
    }

    /// Chunks that failed wait again, and with them those that failed for want of them and of nothing else.
    fn let_off(&mut self, step: StepIndex, frames: &[(u32, u32)], at: Time) {
        self.tables.iter_mut().for_each(FrameTable::forget_causes);
        if let Some(table) = self.tables.get_mut(usize::from(step.0)) {
            table.let_off(frames.iter().flat_map(|(first, last)| *first..=*last), at);
        }
        for place in 0..self.tables.len() {
            let table = &self.tables[place];
            let failed = table.all_in(FrameState::Failed).filter(|index| table.failed_itself(*index));
            for index in failed.collect::<Vec<u32>>() {
                let casualties = dependency::casualties(&self.description.steps, &self.tables, place, index);
                dependency::fail(&mut self.tables, &casualties);
            }
        }
    }
}

/// The lease of a chunk that runs.
fn live(table: &FrameTable, index: u32) -> Option<LeaseId> {
    let last = table.touched(index)?.last()?;
    (table.state(index) == Some(FrameState::Running)).then_some(last.lease)
}

fn runs(indices: &[u32]) -> Runs {
    let mut runs = Runs::new();
    for index in indices {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => runs.push((*index, *index)),
        }
    }
    runs
}
