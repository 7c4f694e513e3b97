//! The state that the journal holds: jobs, leases, mails. A replay of the journal makes exactly this.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AttemptNumber, FrameId, HostId, JobDescription, JobId, JobState, LeaseId, Output, SlotIndex, Step, Time,
};
use serde::{Deserialize, Serialize};

use crate::NoticeId;
use crate::frame_table::{Counts, FrameTable};
use crate::queue::Queue;

/// What the journal holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) jobs: BTreeMap<JobId, Job>,
    pub(crate) keys: BTreeMap<String, JobId>,
    pub(crate) queue: Queue,
    /// Live leases.
    pub(crate) leases: BTreeMap<LeaseId, Lease>,
    /// The same by slot.
    pub(crate) busy: BTreeMap<HostId, BTreeMap<SlotIndex, LeaseId>>,
    /// Mails that are neither sent nor given up.
    pub(crate) outbox: BTreeMap<NoticeId, JobId>,
    /// Jobs that ended and whose sums are not written.
    pub(crate) unsealed: BTreeSet<JobId>,
    pub(crate) last_job: JobId,
    pub(crate) last_lease: LeaseId,
    pub(crate) last_notice: NoticeId,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) description: JobDescription,
    pub(crate) submitted_at: Time,
    pub(crate) started_at: Option<Time>,
    pub(crate) ended_at: Option<Time>,
    pub(crate) held: bool,
    pub(crate) killed: bool,
    pub(crate) attempts_failed: u32,
    /// One for each step.
    pub(crate) tables: Vec<FrameTable>,
    /// Its live leases.
    pub(crate) live: BTreeSet<LeaseId>,
    pub(crate) notices: Vec<Notice>,
}

/// A live lease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) frame: FrameId,
    pub(crate) attempt: AttemptNumber,
    pub(crate) host: HostId,
    pub(crate) slot: SlotIndex,
}

/// A mail about a job's end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) id: NoticeId,
    pub(crate) to: String,
    pub(crate) state: NoticeState,
    pub(crate) tries: u32,
    pub(crate) problem: Option<String>,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeState {
    Waiting { until: Time },
    Sent,
    GivenUp,
}

impl Kept {
    /// The step, with its table, that a frame belongs to.
    pub(crate) fn step(&self, frame: FrameId) -> Option<(&Step, &FrameTable)> {
        let job = self.jobs.get(&frame.job)?;
        let step = usize::from(frame.step.0);
        Some((job.description.steps.get(step)?, job.tables.get(step)?))
    }

    /// The number of a frame.
    pub(crate) fn number(&self, frame: FrameId) -> Option<i64> {
        self.step(frame)?.0.frames.number(frame.index)
    }

    pub(crate) fn notice(&self, notice: NoticeId) -> Option<&Notice> {
        let job = self.jobs.get(self.outbox.get(&notice)?)?;
        job.notices.iter().find(|one| one.id == notice)
    }
}

impl Job {
    pub(crate) fn counts(&self) -> Counts {
        self.tables.iter().fold(Counts::default(), |sum, table| sum.plus(table.counts()))
    }

    pub(crate) fn state(&self) -> JobState {
        let counts = self.counts();
        match () {
            () if self.killed => JobState::Killed,
            () if counts.left() == 0 && counts.failed > 0 => JobState::Failed,
            () if counts.left() == 0 => JobState::Done,
            () if self.held => JobState::Held,
            () if self.started_at.is_some() => JobState::Active,
            () => JobState::Queued,
        }
    }

    /// Every file of it that is in the storage.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = &Output> {
        let touched = self.tables.iter().flat_map(FrameTable::all_touched);
        touched.flat_map(|(_, touched)| &touched.outputs)
    }

    /// Its folder in the storage: the number makes it its own, the name tells people which.
    pub(crate) fn folder(&self, id: JobId) -> String {
        format!("{id}-{}", self.description.slug())
    }
}
