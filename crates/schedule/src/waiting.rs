//! Why frames wait, as the faces see it: for each step the reason that has to go first.
//!
//! The reasons themselves come out of the pass (`pass::why`).

use model::{JobId, LeaseId, Step, WaitingReason, WhyView};

use crate::Schedule;
use crate::frame_table::FrameTable;
use crate::pass::Whys;

/// Whether some host can take a job, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prospect {
    /// Nothing stands in its way but other jobs.
    Good,
    /// The resource server has not answered yet.
    Unclear,
    /// As things stand none can; why, as a sentence.
    Bad(String),
}

impl Schedule {
    /// Why frames of a job wait: one reason for each step that has such frames, in the order written. Trouble
    /// with the storage comes first, also where no frame waits. None where there is no such job.
    #[must_use]
    pub fn why(&self, id: JobId) -> Option<Vec<WhyView>> {
        let job = self.kept.jobs.get(&id)?;
        let mut whys = Whys::new(self);
        let steps = (0..job.tables.len()).filter_map(|at| Some((at, whys.step(id, at)?)));
        let reasons: Vec<_> = self.storage_trouble(id).into_iter().chain(steps).collect();
        let view = |(at, reason): (usize, WaitingReason)| {
            let (step, table) = (job.description.steps.get(at)?, job.tables.get(at)?);
            let (frames_waiting, sentence) = (table.frames(step).waiting, reason.to_string());
            Some(WhyView { step: step.name.clone(), frames_waiting, reason, sentence })
        };
        Some(reasons.into_iter().filter_map(view).collect())
    }

    /// Whether some host can take frames of `job`, for whoever has just submitted it.
    #[must_use]
    pub fn prospect(&self, job: JobId) -> Prospect {
        let Some(job) = self.kept.jobs.get(&job) else { return Prospect::Good };
        let steps = &job.description.steps;
        let mut prospect = Prospect::Good;
        // A short job is through before anybody asks, and what its steps need is forgotten.
        let waits = |(step, table): &(&Step, &FrameTable)| table.frames(step).waiting > 0;
        for (step, _) in steps.iter().zip(&job.tables).filter(waits) {
            match self.no_host(step) {
                None => {}
                Some(WaitingReason::AskingHosts | WaitingReason::Rebuilding) => prospect = Prospect::Unclear,
                Some(reason) if steps.len() == 1 => return Prospect::Bad(reason.to_string()),
                Some(reason @ (WaitingReason::NoHostLinked | WaitingReason::NoResourceServer)) => {
                    return Prospect::Bad(reason.to_string());
                }
                Some(reason) => return Prospect::Bad(format!("step {}: {reason}", step.name)),
            }
        }
        prospect
    }

    /// What the storage said of something that the job has made, and which step has.
    pub(crate) fn storage_trouble(&self, id: JobId) -> Option<(usize, WaitingReason)> {
        let mut troubles = self.passing.troubles.range((id, LeaseId(0))..=(id, LeaseId(u64::MAX)));
        troubles.find_map(|(_, lease)| {
            let why = self.passing.watches.get(*lease)?.trouble.as_deref()?;
            let step = self.kept.leases.get(*lease)?.frame.step;
            Some((usize::from(step.0), WaitingReason::Storage { why: why.to_owned() }))
        })
    }
}
