//! Where frames are at work, and by which link a host is spoken to: for those who look at it now.

use model::{AttemptNumber, Digest, FrameId, HostId, JobId, SlotIndex, StepIndex, Usage};

use crate::{LinkId, Schedule};

impl Schedule {
    /// The link of a render server that is there.
    #[must_use]
    pub fn link_of(&self, host: &HostId) -> Option<LinkId> {
        Some(self.passing.host(self.kept.hosts.find(host)?)?.link)
    }

    /// How many slots a render server has that is there.
    #[must_use]
    pub fn slots_of(&self, host: &HostId) -> Option<u16> {
        Some(self.passing.host(self.kept.hosts.find(host)?)?.slots)
    }

    /// Where a frame is leased to.
    #[must_use]
    pub fn slot_of(&self, frame: FrameId) -> Option<(HostId, SlotIndex)> {
        let attempt = self.kept.step(frame)?.1.touched(frame.index)?.last()?;
        let lease = self.kept.leases.get(attempt.lease)?;
        Some((self.kept.host_name(lease.host), lease.slot))
    }

    /// What an attempt used; nothing while it runs.
    #[must_use]
    pub fn usage_of(&self, frame: FrameId, attempt: AttemptNumber) -> Option<Usage> {
        let touched = self.kept.step(frame)?.1.touched(frame.index)?;
        touched.attempts().find(|held| held.number == attempt)?.end.as_ref()?.usage
    }

    /// The content of a stored file of a job.
    #[must_use]
    pub fn result(&self, job: JobId, name: &str) -> Option<Digest> {
        let mut outputs = self.kept.jobs.get(&job)?.outputs();
        outputs.find(|output| output.name == name).map(|output| output.digest)
    }

    /// The chunk of a step that has the frame `number`, with the first of its numbers.
    #[must_use]
    pub fn chunk_with(&self, job: JobId, step: StepIndex, number: i64) -> Option<(FrameId, i64)> {
        let held = self.kept.jobs.get(&job)?.description.steps.get(usize::from(step.0))?;
        let frame = FrameId { job, step, index: held.chunk_of(number)? };
        Some((frame, self.kept.number(frame)?))
    }
}
