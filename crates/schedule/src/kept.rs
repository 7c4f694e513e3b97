//! The state that the journal holds: jobs, leases, mails. A replay of the journal makes exactly this.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AttemptNumber, FrameId, HostId, JobDescription, JobId, JobState, LeaseId, NoticeKind, Notices, Output,
    PathRules, SlotIndex, Step, StepIndex, Time,
};
use serde::{Deserialize, Serialize};

use crate::NoticeId;
use crate::amounts::{AmountsTaken, Taken};
use crate::frame_table::{Counts, FrameTable};
use crate::host_table::{HostIndex, HostTable};
use crate::id_map::IdMap;
use crate::limits::Limits;
use crate::queue::Queue;
use crate::set_aside::SetAsides;
use crate::shares::Who;
use crate::spent::Spent;

/// What the journal holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) jobs: BTreeMap<JobId, Job>,
    pub(crate) keys: BTreeMap<String, JobId>,
    pub(crate) queue: Queue,
    /// Every host ever heard of, with the lines of leases on its slots.
    pub(crate) hosts: HostTable,
    /// Limits of the farm and what is in use of them.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Where folders stand on each platform.
    #[serde(default, skip_serializing_if = "PathRules::is_empty")]
    pub(crate) paths: PathRules,
    /// What users want to be told of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) wishes: BTreeMap<String, Notices>,
    /// What leases hold of hosts besides slots.
    #[serde(default)]
    pub(crate) amounts: AmountsTaken,
    /// What is told against hosts.
    #[serde(default)]
    pub(crate) set_asides: SetAsides,
    /// Live leases.
    pub(crate) leases: IdMap<LeaseId, Lease>,
    /// How many of them wait behind another one of their slot.
    pub(crate) ahead: u32,
    /// Open jobs with a step whose frames take several slots, in the order of the queue.
    pub(crate) wides: BTreeSet<(i32, JobId)>,
    /// Mails that are neither sent nor given up.
    pub(crate) outbox: BTreeMap<NoticeId, JobId>,
    /// Jobs that wait for a job to be done, by that one.
    #[serde(default)]
    pub(crate) followers: BTreeMap<JobId, BTreeSet<JobId>>,
    /// Jobs of which no frame runs though some wait, and whose people were not told of it.
    #[serde(default)]
    pub(crate) still: BTreeSet<JobId>,
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
    /// Where it stands in the queue; the description keeps what was asked for.
    pub(crate) priority: i32,
    pub(crate) submitted_at: Time,
    pub(crate) started_at: Option<Time>,
    pub(crate) ended_at: Option<Time>,
    pub(crate) held: bool,
    pub(crate) killed: bool,
    pub(crate) attempts_failed: u32,
    /// One for each step.
    pub(crate) tables: Vec<FrameTable>,
    /// Jobs that have to be done first and are not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) awaits: BTreeSet<JobId>,
    /// What the queue knows of it.
    pub(crate) filed: Option<Filed>,
    /// How many live leases it has.
    pub(crate) live: u32,
    /// How many frames are leased that wait behind another lease of the same slot.
    pub(crate) ahead: u32,
    /// How many slots it holds; leases that are ahead hold none.
    pub(crate) slots: u32,
    /// The hosts it holds slots on, with how many, where it may not hold some on all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) on_hosts: BTreeMap<HostIndex, u32>,
    pub(crate) notices: Vec<Notice>,
    /// What its attempts came to, which follows from them.
    #[serde(skip)]
    pub(crate) spent: Spent,
}

/// What the queue knows of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filed {
    pub(crate) priority: i32,
    pub(crate) open: bool,
    pub(crate) wanting: bool,
    pub(crate) still: bool,
}

/// A live lease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) frame: FrameId,
    pub(crate) attempt: AttemptNumber,
    pub(crate) host: HostIndex,
    pub(crate) slot: SlotIndex,
    /// When it was given.
    pub(crate) at: Time,
    /// It waits behind another lease of its slot, as far as the journal knows.
    #[serde(default)]
    pub(crate) ahead: bool,
    /// Further slots that it holds.
    #[serde(default, skip_serializing_if = "<[SlotIndex]>::is_empty")]
    pub(crate) also: Box<[SlotIndex]>,
    /// What else it holds of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) taken: Option<Box<Taken>>,
}

impl Lease {
    /// Every slot that it holds.
    pub(crate) fn slots(&self) -> impl Iterator<Item = SlotIndex> {
        std::iter::once(self.slot).chain(self.also.iter().copied())
    }
}

/// A mail about a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) id: NoticeId,
    pub(crate) to: String,
    pub(crate) state: NoticeState,
    pub(crate) tries: u32,
    pub(crate) problem: Option<String>,
    /// What the job waited for, where the mail is about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waiting: Option<String>,
    /// What it is about, where that is neither a wait nor the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<NoticeKind>,
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

    /// The number of a frame; of a chunk, that of its first frame.
    pub(crate) fn number(&self, frame: FrameId) -> Option<i64> {
        self.step(frame)?.0.chunk_numbers(frame.index).next()
    }

    /// A live lease of the host called `host`.
    pub(crate) fn lease_on(&self, lease: LeaseId, host: HostIndex) -> Option<&Lease> {
        self.leases.get(lease).filter(|held| held.host == host)
    }

    /// What people call a host.
    pub(crate) fn host_name(&self, host: HostIndex) -> HostId {
        self.hosts.name(host)
    }

    pub(crate) fn notice(&self, notice: NoticeId) -> Option<&Notice> {
        let job = self.jobs.get(self.outbox.get(&notice)?)?;
        job.notices.iter().find(|one| one.id == notice)
    }
}

impl Job {
    /// Its steps with their tables, in the order written.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (StepIndex, &Step, &FrameTable)> {
        let steps = self.description.steps.iter().zip(&self.tables);
        (0..).map(StepIndex).zip(steps).map(|(at, (step, table))| (at, step, table))
    }

    /// Another text whenever people changed it.
    pub(crate) fn tag(&self) -> String {
        let held = if self.held { "-held" } else { "" };
        let ended = self.ended_at.map(|at| format!("-{}", at.0)).unwrap_or_default();
        format!("{}{held}{ended}", self.priority)
    }

    /// How many chunks of it are in which state.
    pub(crate) fn counts(&self) -> Counts {
        self.tables.iter().fold(Counts::default(), |sum, table| sum.plus(table.counts()))
    }

    /// How many frames of it are in which state.
    pub(crate) fn frames(&self) -> Counts {
        let steps = self.description.steps.iter().zip(&self.tables);
        steps.fold(Counts::default(), |sum, (step, table)| sum.plus(table.frames(step)))
    }

    /// Whose it is, and how urgent.
    pub(crate) fn who(&self) -> Who<'_> {
        let JobDescription { user, group, .. } = &self.description;
        Who { priority: self.priority, group: group.as_ref().unwrap_or(user), user }
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

    /// Whether every frame of it is.
    pub(crate) fn is_done(&self) -> bool {
        self.state() == JobState::Done
    }

    /// Its live leases, step by step.
    pub(crate) fn leases(&self) -> impl Iterator<Item = LeaseId> {
        let tables = self.tables.iter().filter(|_| self.live > 0);
        tables.flat_map(|table| {
            let touched = table.running().filter_map(|index| table.touched(index));
            touched.filter_map(|touched| touched.last().map(|attempt| attempt.lease))
        })
    }

    /// Every file of it that is in the storage, parts of pictures aside.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = &Output> {
        let steps = self.description.steps.iter().zip(&self.tables);
        let whole = steps.filter(|(step, _)| step.work.part.is_none());
        let touched = whole.flat_map(|(_, table)| table.all_touched());
        touched.flat_map(|(_, touched)| &touched.outputs)
    }

    /// Whether parts of pictures may lie in the storage that nobody needs any more.
    pub(crate) fn has_idle_parts(&self) -> bool {
        self.is_done() && self.description.steps.iter().any(|step| step.work.part.is_some())
    }

    /// Its folder in the storage.
    pub(crate) fn folder(&self, id: JobId) -> String {
        self.description.folder(id)
    }
}
