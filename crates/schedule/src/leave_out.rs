//! Going on without a job one of whose records makes no sense: it is killed, in the one way that there is,
//! so that its slots, limits and shares are given back; the others never notice.

use model::{JobId, LeaseId, LeftOut};

use crate::{Record, Schedule};

impl Schedule {
    pub(crate) fn without(&mut self, job: Option<JobId>, lease: Option<LeaseId>) -> Option<LeftOut> {
        self.kept.last_lease = self.kept.last_lease.max(lease.unwrap_or_default());
        let live = lease.and_then(|lease| self.kept.leases.get(lease));
        let Some(job) = job.or(live.map(|lease| lease.frame.job)) else {
            return lease.map(|lease| LeftOut { what: format!("lease {lease}, which is over"), job: None });
        };
        self.kept.last_job = self.kept.last_job.max(job);
        let known = self.kept.jobs.get(&job);
        let what = known.map(|known| format!("job {job} \"{}\"", known.description.name));
        if let Some(known) = known.filter(|known| known.ended_at.is_none()) {
            let at = known.started_at.unwrap_or(known.submitted_at);
            self.apply_record(&Record::JobKilled { job, at }, &mut Vec::new());
        }
        Some(LeftOut { what: what.unwrap_or_else(|| format!("job {job}")), job: Some(job) })
    }
}
