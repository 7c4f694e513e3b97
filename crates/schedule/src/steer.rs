//! Hold, release, kill, retry and priority: what a person does to a job. Doing it twice does nothing more.

use model::{Fault, Faults, JobDescription, JobId, JobState, Time};

use crate::kept::Job;
use crate::{Record, Refusal, Schedule};

impl Schedule {
    pub(crate) fn hold(&self, now: Time, job: JobId) -> Result<Vec<Record>, Refusal> {
        if self.open_job(job)?.held {
            return Ok(Vec::new());
        }
        let mut records = vec![Record::JobHeld { job, at: now }];
        records.extend(self.withdraw_job(job));
        Ok(records)
    }

    pub(crate) fn release(&self, now: Time, job: JobId) -> Result<Vec<Record>, Refusal> {
        let held = self.open_job(job)?.held;
        Ok(if held { vec![Record::JobReleased { job, at: now }] } else { Vec::new() })
    }

    pub(crate) fn kill(&self, now: Time, job: JobId) -> Result<Vec<Record>, Refusal> {
        self.open_job(job)?;
        Ok(vec![Record::JobKilled { job, at: now }])
    }

    /// Failed frames of a job that was killed stay as they are: it has none that could run.
    pub(crate) fn retry(&self, now: Time, id: JobId) -> Result<Vec<Record>, Refusal> {
        let job = self.kept.jobs.get(&id).ok_or(Refusal::UnknownJob(id))?;
        match job.state() {
            state @ (JobState::Killed | JobState::Done) => Err(Refusal::JobEnded { job: id, state }),
            _ if job.counts().failed == 0 => Ok(Vec::new()),
            _ => Ok(vec![Record::JobRetried { job: id, at: now }]),
        }
    }

    pub(crate) fn set_priority(&self, now: Time, id: JobId, priority: i32) -> Result<Vec<Record>, Refusal> {
        if self.open_job(id)?.priority == priority {
            return Ok(Vec::new());
        }
        let bare = JobDescription { priority, ..JobDescription::new("job", "somebody", Vec::new()) };
        let faults = bare.check().err().map(|faults| faults.0).unwrap_or_default();
        let faults: Vec<Fault> = faults.into_iter().filter(|fault| fault.place == "priority").collect();
        if !faults.is_empty() {
            return Err(Refusal::Faults(Faults(faults)));
        }
        Ok(vec![Record::JobPriority { job: id, priority, at: now }])
    }

    fn open_job(&self, id: JobId) -> Result<&Job, Refusal> {
        let job = self.kept.jobs.get(&id).ok_or(Refusal::UnknownJob(id))?;
        match job.state() {
            state if state.is_final() => Err(Refusal::JobEnded { job: id, state }),
            _ => Ok(job),
        }
    }
}
