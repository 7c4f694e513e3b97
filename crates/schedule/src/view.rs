//! What the faces see of jobs, frames and leases.

use model::{AttemptNumber, FrameId, FrameView, HostId, JobDescription, JobId, JobView, LeaseId, SlotIndex};

use crate::Schedule;

/// An attempt, as intake and logs name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseView {
    /// Its lease.
    pub lease: LeaseId,
    /// Its job.
    pub job: JobId,
    /// Its frame.
    pub frame: FrameId,
    /// The frame's number.
    pub number: i64,
    /// Which try it is.
    pub attempt: AttemptNumber,
    /// Where.
    pub host: HostId,
    /// On which slot.
    pub slot: SlotIndex,
}

impl Schedule {
    /// The job that was submitted under `key`.
    #[must_use]
    pub fn job_with_key(&self, _key: &str) -> Option<JobId> {
        None
    }

    /// Every job: those under way in the order of the queue, then those that ended, by number.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobView> {
        Vec::new()
    }

    /// A job.
    #[must_use]
    pub fn job(&self, _job: JobId) -> Option<JobView> {
        None
    }

    /// Its frames, step by step in the order written.
    #[must_use]
    pub fn frames(&self, _job: JobId) -> Option<Vec<FrameView>> {
        None
    }

    /// What was submitted.
    #[must_use]
    pub fn description(&self, _job: JobId) -> Option<&JobDescription> {
        None
    }

    /// A live lease; none once it is over.
    #[must_use]
    pub fn lease(&self, _lease: LeaseId) -> Option<LeaseView> {
        None
    }

    /// The job's folder in the storage.
    #[must_use]
    pub fn folder(&self, _job: JobId) -> Option<String> {
        None
    }

    /// An attempt of frame `number`, running or ended: the latest where `attempt` is absent; of the first
    /// step that has such a frame where `step` is absent.
    #[must_use]
    pub fn attempt_of(
        &self,
        _job: JobId,
        _step: Option<&str>,
        _number: i64,
        _attempt: Option<AttemptNumber>,
    ) -> Option<LeaseView> {
        None
    }
}
