//! What a mail says of a job.

use std::collections::BTreeMap;

use model::{FrameId, FrameState, JobId, StepIndex};

use crate::frame_table::FrameTable;
use crate::kept::Job;
use crate::touched::Touched;
use crate::{Ending, FailedFrame, JobSummary};

/// So many failed frames are named in a mail.
const FAILED_MAX: usize = 10;

impl Job {
    pub(crate) fn summary(&self, id: JobId) -> JobSummary {
        let counts = self.frames();
        let steps = (0..).map(StepIndex).zip(self.description.steps.iter().zip(&self.tables));
        let failed = steps.flat_map(|(at, (step, table))| {
            table.all_in(FrameState::Failed).filter_map(move |index| {
                let number = step.chunk_numbers(index).next()?;
                let problem = self.problem(FrameId { job: id, step: at, index }).unwrap_or_default();
                let class = table.touched(index).and_then(Touched::last_failure);
                Some(FailedFrame { step: step.name.clone(), number, class, problem })
            })
        });
        JobSummary {
            job: id,
            name: self.description.name.clone(),
            user: self.description.user.clone(),
            state: self.state(),
            frames_total: counts.total(),
            frames_done: counts.done,
            frames_failed: counts.failed,
            attempts_failed: self.attempts_failed,
            failures: self.failures(),
            submitted_at: self.submitted_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            folder: self.folder(id),
            failed: failed.take(FAILED_MAX).collect(),
            waiting: None,
            about: None,
            pictures: Vec::new(),
        }
    }

    /// Attempts that failed and counted, by whose fault they were.
    fn failures(&self) -> BTreeMap<Ending, u32> {
        let mut failures = BTreeMap::new();
        // Most jobs have none, and so many frames that one does not look at each for nothing.
        let tables = self.tables.iter().filter(|_| self.attempts_failed > 0);
        let attempts = tables.flat_map(FrameTable::all_touched).flat_map(|(_, touched)| touched.attempts());
        let endings = attempts.filter_map(|attempt| attempt.end.as_ref()?.ending);
        endings
            .filter(|ending| ending.counted())
            .for_each(|ending| *failures.entry(ending).or_default() += 1);
        failures
    }
}
