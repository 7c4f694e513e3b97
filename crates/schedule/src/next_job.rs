//! Which job a host will work on next: it is told while its slots are busy, so that it can fetch the job's
//! files.
//!
//! Only a hint. It costs nothing where it is wrong but the fetching, so no more hosts are told of a job than
//! it has frames that wait.

use model::{JobId, LeaseId, ScheduleToRender, Time};

use crate::host_table::HostIndex;
use crate::pass::Pass;
use crate::{Passing, Record, Schedule};

/// Frames that take less time are over before files have come.
const SHORT_MS: u64 = 1_000;
/// So many jobs are looked at.
const JOBS_MAX: usize = 8;

/// What was found when it was looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NextJob {
    /// What the host worked on.
    pub(crate) lease: LeaseId,
    /// How far that was, in quarters.
    pub(crate) quarter: u16,
    /// The job whose files it was told to fetch.
    pub(crate) job: Option<JobId>,
}

impl Schedule {
    /// Looks what a host will work on next, when it has begun a frame and after each quarter of it.
    pub(crate) fn next_job(&self, now: Time, host: HostIndex, lease: LeaseId, permille: u16) -> Vec<Record> {
        let quarter = permille / 250;
        let before = self.passing.next.get(&host);
        if before.is_some_and(|next| next.lease == lease && (next.quarter >= quarter || next.job.is_some())) {
            return Vec::new();
        }
        let Some(frame) = self.kept.leases.get(lease).map(|lease| lease.frame) else { return Vec::new() };
        let table = self.kept.jobs.get(&frame.job).and_then(|job| job.tables.get(usize::from(frame.step.0)));
        if table.and_then(|table| table.typical_ms()).is_some_and(|ms| ms < SHORT_MS) {
            return Vec::new();
        }
        let next = Pass::new(self, now).next_on(host, JOBS_MAX);
        // What it works on already is there, and so is what it was told before.
        let told = before.and_then(|next| next.job);
        let next = next.filter(|(job, _)| *job != frame.job);
        let job = next.filter(|(job, waiting)| told == Some(*job) || self.may_tell(*job, *waiting));
        let job = job.map(|(job, _)| job);
        let mut records = vec![Record::Passing(Passing::NextSought { host, lease, quarter, job })];
        let link = self.passing.host(host).map(|linked| linked.link);
        if let (Some(job), Some(link)) = (job.filter(|job| told != Some(*job)), link) {
            let message = Box::new(ScheduleToRender::Prefetch { job });
            records.push(Record::Passing(Passing::HostTold { link, message }));
        }
        records
    }

    pub(crate) fn next_sought(&mut self, host: HostIndex, passing: &Passing) {
        if let &Passing::NextSought { lease, quarter, job, .. } = passing {
            self.passing.next.insert(host, NextJob { lease, quarter, job });
        }
    }

    /// Whether one more host may be told of a job with files, of which so many frames wait.
    fn may_tell(&self, job: JobId, waiting: usize) -> bool {
        let told = self.passing.next.values().filter(|next| next.job == Some(job)).count();
        told < waiting && self.kept.jobs.get(&job).is_some_and(|job| !job.description.files.is_empty())
    }
}
