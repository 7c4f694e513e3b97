//! Taking a job: checked as a whole, and taken once however often it is sent.

use model::{JobId, SubmitRequest, Time};

use crate::{Record, Refusal, Schedule};

impl Schedule {
    pub(crate) fn submit(&self, now: Time, request: &SubmitRequest) -> Result<Vec<Record>, Refusal> {
        let description = &request.description;
        if let Some(job) = self.kept.keys.get(&request.key) {
            let same = self.kept.jobs.get(job).is_some_and(|held| held.description == *description);
            let key = request.key.clone();
            return if same { Ok(Vec::new()) } else { Err(Refusal::KeyTaken { key, job: *job }) };
        }
        description.check().map_err(Refusal::Faults)?;
        let mut records = vec![Record::JobSubmitted {
            job: JobId(self.kept.last_job.0 + 1),
            key: request.key.clone(),
            at: now,
            description: Box::new(description.clone()),
        }];
        records.extend(self.ask_unknown(now, description.steps.iter().map(|step| &step.profile)));
        Ok(records)
    }
}
