//! What the faces see of the steps of a job.

use model::{JobId, StepView, WhyView};

use crate::Schedule;
use crate::kept::{Job, Lease};

impl Schedule {
    /// The steps of a job in the order written, with what each waits for; none where there is no such job.
    pub(crate) fn step_views(&self, id: JobId) -> Vec<StepView> {
        let Some(job) = self.kept.jobs.get(&id) else { return Vec::new() };
        let whys = self.why(id).unwrap_or_default();
        let steps = job.description.steps.iter().zip(&job.tables);
        let mut ahead = self.frames_ahead(job).into_iter();
        let view = steps.map(|(step, table)| {
            let (frames, ahead) = (table.frames(step), ahead.next().unwrap_or(0));
            let why = |why: &&WhyView| why.step == step.name;
            StepView {
                name: step.name.clone(),
                package: step.work.package.clone(),
                frames: step.frames.to_string(),
                profile: step.profile.to_string(),
                reserve: step.reserve.to_string(),
                depends_on: step.depends_on.clone(),
                frames_total: frames.total(),
                frames_done: frames.done,
                frames_failed: frames.failed,
                frames_running: frames.running.saturating_sub(ahead),
                frames_waiting: frames.waiting + ahead,
                frames_warned: table.warned(),
                waiting_because: whys.iter().find(why).map(|why| why.sentence.clone()),
            }
        });
        view.collect()
    }

    /// How many frames of each step of a job are leased and wait in line.
    fn frames_ahead(&self, job: &Job) -> Vec<u32> {
        let mut ahead = vec![0; job.tables.len()];
        let leases = job.leases().filter(|_| job.ahead > 0).filter_map(|id| self.kept.leases.get(id));
        for Lease { frame, .. } in leases.filter(|lease| lease.ahead) {
            let at = usize::from(frame.step.0);
            if let (Some(count), Some(step)) = (ahead.get_mut(at), job.description.steps.get(at)) {
                *count += step.chunk_len(frame.index);
            }
        }
        ahead
    }
}
