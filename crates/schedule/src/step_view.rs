//! What the faces see of the steps of a job.

use model::{JobId, StepView, WhyView};

use crate::Schedule;

impl Schedule {
    /// The steps of a job in the order written, with what each waits for; none where there is no such job.
    pub(crate) fn step_views(&self, id: JobId) -> Vec<StepView> {
        let Some(job) = self.kept.jobs.get(&id) else { return Vec::new() };
        let whys = self.why(id).unwrap_or_default();
        let steps = job.description.steps.iter().zip(&job.tables);
        let view = steps.map(|(step, table)| {
            let frames = table.frames(step);
            let why = |why: &&WhyView| why.step == step.name;
            StepView {
                name: step.name.clone(),
                package: step.work.package.clone(),
                frames: step.frames.to_string(),
                depends_on: step.depends_on.clone(),
                frames_total: frames.total(),
                frames_done: frames.done,
                frames_failed: frames.failed,
                frames_running: frames.running,
                frames_waiting: frames.waiting,
                waiting_because: whys.iter().find(why).map(|why| why.sentence.clone()),
            }
        });
        view.collect()
    }
}
