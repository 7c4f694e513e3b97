//! What the end of a chunk means for the steps that wait for it, and the end of a job for the jobs that do.

use model::{Dependency, FrameId, FrameState, JobDescription, JobId, WaitingReason};

use crate::dependency::{self, Casualty};
use crate::frame_table::FrameTable;
use crate::kept::Job;
use crate::{Effect, Schedule};

impl Job {
    /// Whether a pass finds something to start.
    pub(crate) fn is_wanting(&self) -> bool {
        !self.held && self.awaits.is_empty() && self.tables.iter().any(FrameTable::is_ready)
    }

    /// Its chunk is done, has failed for good, or waits again: what waits for it may start, or fails too.
    /// Says what does.
    pub(crate) fn chunk_ended(&mut self, frame: FrameId) -> Vec<Casualty> {
        let (steps, at) = (&self.description.steps, usize::from(frame.step.0));
        match self.tables.get(at).and_then(|table| table.state(frame.index)) {
            Some(FrameState::Done) => dependency::done(steps, &mut self.tables, at, frame.index),
            Some(FrameState::Failed) => {
                let casualties = dependency::casualties(steps, &self.tables, at, frame.index);
                dependency::fail(&mut self.tables, &casualties);
                return casualties;
            }
            _ => {}
        }
        Vec::new()
    }

    /// Whether nothing is left when its chunk, which runs, is done or fails for good.
    pub(crate) fn ends_with(&self, frame: FrameId, failed: bool) -> bool {
        let left = self.counts().left() - 1;
        if left == 0 || !failed {
            return left == 0;
        }
        let (steps, at) = (&self.description.steps, usize::from(frame.step.0));
        let casualties = dependency::casualties(steps, &self.tables, at, frame.index);
        dependency::count(&self.tables, &casualties) == left
    }

    /// Why its chunk failed last, or could not be tried.
    pub(crate) fn problem(&self, frame: FrameId) -> Option<String> {
        let table = self.tables.get(usize::from(frame.step.0))?;
        if let Some(cause) = table.cause(frame.index) {
            return dependency::sentence(&self.description.steps, cause);
        }
        if let Some(why) = table.struck(frame.index) {
            return Some(why.to_owned());
        }
        let ends = table.touched(frame.index)?.attempts().rev().filter_map(|attempt| attempt.end.as_ref());
        ends.filter(|end| end.ending.is_some()).map(|end| end.message().to_owned()).next()
    }

    /// Which step frames of the one at `at` wait for, while none of them may start.
    pub(crate) fn depends_on_step(&self, at: usize) -> Option<WaitingReason> {
        let steps = &self.description.steps;
        if self.tables.get(at).is_none_or(FrameTable::is_ready) {
            return None;
        }
        let left = |Dependency { step: name, .. }: &Dependency| {
            let (step, table) = steps.iter().zip(&self.tables).find(|(step, _)| step.name == *name)?;
            let frames = table.frames(step);
            let frames_left = frames.total() - frames.done;
            (frames_left > 0).then(|| WaitingReason::DependsOnStep { step: name.clone(), frames_left })
        };
        steps.get(at)?.depends_on.iter().find_map(left)
    }
}

impl Schedule {
    /// Which job a job waits for.
    pub(crate) fn depends_on_job(&self, job: &Job) -> Option<WaitingReason> {
        let id = *job.awaits.first()?;
        let other = self.kept.jobs.get(&id);
        let frames_left = other.map_or(0, |other| other.frames().total() - other.frames().done);
        let ended = other.is_none_or(|other| other.ended_at.is_some());
        Some(WaitingReason::DependsOnJob { job: id, frames_left, ended })
    }

    /// The jobs of `description` that have to be done first and are not.
    pub(crate) fn to_await(&self, description: &JobDescription) -> impl Iterator<Item = JobId> {
        let done = |job: &JobId| self.kept.jobs.get(job).is_some_and(Job::is_done);
        description.after.iter().copied().filter(move |job| !done(job))
    }

    /// A job has come to its end: those that waited for it to be done may start.
    pub(crate) fn followers_wake(&mut self, id: JobId, effects: &mut Vec<Effect>) {
        if !self.kept.jobs.get(&id).is_some_and(Job::is_done) {
            return;
        }
        for follower in self.kept.followers.remove(&id).unwrap_or_default() {
            if let Some(job) = self.kept.jobs.get_mut(&follower) {
                job.awaits.remove(&id);
            }
            self.job_changed(follower, effects);
        }
    }
}
