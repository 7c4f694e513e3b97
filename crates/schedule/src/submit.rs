//! Taking a job: checked as a whole, and taken once however often it is sent.

use model::{Fault, Faults, JobDescription, JobId, SubmitRequest, Time};

use crate::{Record, Refusal, Schedule};

impl Schedule {
    pub(crate) fn submit(&self, now: Time, request: &SubmitRequest) -> Result<Vec<Record>, Refusal> {
        let description = &request.description;
        if let Some(job) = self.kept.keys.get(&request.key) {
            let same = self.kept.jobs.get(job).is_some_and(|held| held.description == *description);
            let key = request.key.clone();
            return if same { Ok(Vec::new()) } else { Err(Refusal::KeyTaken { key, job: *job }) };
        }
        let mut faults = description.check().err().unwrap_or_default();
        self.check_after(description, &mut faults);
        self.check_limits(description, &mut faults);
        faults.or(()).map_err(Refusal::Faults)?;
        let mut records = vec![Record::JobSubmitted {
            job: JobId(self.kept.last_job.0 + 1),
            key: request.key.clone(),
            at: now,
            description: Box::new(description.clone()),
        }];
        records.extend(self.ask_unknown(now, description.steps.iter().map(|step| &step.profile)));
        Ok(records)
    }

    /// A job can only be after jobs that there are, so that none ever waits for itself.
    fn check_after(&self, description: &JobDescription, faults: &mut Faults) {
        for job in description.after.iter().filter(|job| !self.kept.jobs.contains_key(job)) {
            let fault = Fault::new("after", format!("there is no job {job} to wait for"));
            faults.push(fault.hint("the jobs there are can be listed with `framefarm jobs`"));
        }
    }
}
