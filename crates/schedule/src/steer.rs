//! Hold, release and kill: what a person does to a job. Doing it twice does nothing more.

use model::{JobId, Time};

use crate::kept::Job;
use crate::{Record, Refusal, Schedule};

impl Schedule {
    pub(crate) fn hold(&self, now: Time, job: JobId) -> Result<Vec<Record>, Refusal> {
        let held = self.open_job(job)?.held;
        Ok(if held { Vec::new() } else { vec![Record::JobHeld { job, at: now }] })
    }

    pub(crate) fn release(&self, now: Time, job: JobId) -> Result<Vec<Record>, Refusal> {
        let held = self.open_job(job)?.held;
        Ok(if held { vec![Record::JobReleased { job, at: now }] } else { Vec::new() })
    }

    pub(crate) fn kill(&self, now: Time, job: JobId) -> Result<Vec<Record>, Refusal> {
        self.open_job(job)?;
        Ok(vec![Record::JobKilled { job, at: now }])
    }

    fn open_job(&self, id: JobId) -> Result<&Job, Refusal> {
        let job = self.kept.jobs.get(&id).ok_or(Refusal::UnknownJob(id))?;
        match job.state() {
            state if state.is_final() => Err(Refusal::JobEnded { job: id, state }),
            _ => Ok(job),
        }
    }
}
