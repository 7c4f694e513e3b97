//! What becomes true. The durable records are the journal's format: a field or a record is only ever added
//! (with a default), never renamed, removed or given another meaning, so that old journals stay readable.
//!
//! A record holds what was decided, not what it was decided from: a retry carries its time, so that another
//! back-off in a later version replays the same history.

use model::{
    AttemptNumber, FailureClass, FrameId, HostId, JobDescription, JobId, LeaseId, NoticeKind, Notices,
    Output, PathRule, SlotIndex, StepIndex, Time, Usage,
};
use serde::{Deserialize, Serialize};

use crate::passing::Passing;

/// A mail about a job, counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub u64);

/// Something that is now true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A job was taken.
    JobSubmitted {
        /// Its number.
        job: JobId,
        /// The client's key for it.
        key: String,
        /// When.
        at: Time,
        /// The job.
        description: Box<JobDescription>,
    },
    /// A job was put on hold.
    JobHeld {
        /// Which.
        job: JobId,
        /// When.
        at: Time,
    },
    /// A job's hold ended.
    JobReleased {
        /// Which.
        job: JobId,
        /// When.
        at: Time,
    },
    /// A job was killed, and with it every frame that had not ended and every lease it held.
    JobKilled {
        /// Which.
        job: JobId,
        /// When.
        at: Time,
    },
    /// The failed frames of a job wait again, as if they had never been tried.
    JobRetried {
        /// Which.
        job: JobId,
        /// When.
        at: Time,
    },
    /// Waiting frames of a step were killed by a person: they have failed. Those that ran were taken from
    /// their hosts before.
    FramesKilled {
        /// Of which job.
        job: JobId,
        /// Of which step.
        step: StepIndex,
        /// Which: the first and the last of each run, by their places in the step.
        frames: Vec<(u32, u32)>,
        /// Who did it, as a sentence.
        why: String,
        /// When.
        at: Time,
    },
    /// Failed frames of a step wait again, as if they had never been tried, and with them those that failed
    /// for want of them.
    FramesRetried {
        /// Of which job.
        job: JobId,
        /// Of which step.
        step: StepIndex,
        /// Which: the first and the last of each run, by their places in the step.
        frames: Vec<(u32, u32)>,
        /// When.
        at: Time,
    },
    /// A job was moved in the queue.
    JobPriority {
        /// Which.
        job: JobId,
        /// Its priority from now on.
        priority: i32,
        /// When.
        at: Time,
    },
    /// A render host was heard of for the first time.
    HostSeen {
        /// Its name.
        host: HostId,
        /// When.
        at: Time,
    },
    /// A frame was leased to a slot.
    FrameLeased {
        /// The lease.
        lease: LeaseId,
        /// The frame.
        frame: FrameId,
        /// Which try of it.
        attempt: AttemptNumber,
        /// The host.
        host: HostId,
        /// The slot there.
        slot: SlotIndex,
        /// Further slots that it holds.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<SlotIndex>,
        /// RAM in bytes that it holds.
        #[serde(default, skip_serializing_if = "is_zero")]
        memory_bytes: u64,
        /// GPUs that it holds, by their place in the host's list.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gpus: Vec<u16>,
        /// It waits for its turn behind another lease that the slot works on.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ahead: bool,
        /// When.
        at: Time,
    },
    /// A lease ended without a finished frame.
    LeaseEnded {
        /// The lease.
        lease: LeaseId,
        /// When.
        at: Time,
        /// In which way.
        ending: Ending,
        /// What happened, as a sentence.
        message: String,
        /// What the attempt used, where it said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
        /// When the frame may be tried again; absent where its tries are used up, which fails it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again_at: Option<Time>,
    },
    /// A lease ended with its frame's outputs in the job's folder.
    FrameFinished {
        /// The lease.
        lease: LeaseId,
        /// When.
        at: Time,
        /// The files.
        outputs: Vec<Output>,
        /// What the attempt used.
        usage: Usage,
        /// What a person should look at all the same, a sentence each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
    /// A limit of the farm was set; without any amount it was removed.
    LimitSet {
        /// Its name.
        name: String,
        /// How much may be in use on the whole farm.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<u32>,
        /// How much may be in use on each host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_host: Option<u32>,
        /// When.
        at: Time,
    },
    /// A user or group has a weight; 1 is none of its own.
    ShareSet {
        /// The user or group.
        name: String,
        /// Its weight.
        weight: u32,
        /// When.
        at: Time,
    },
    /// A rule says where a folder stands on each platform; without one it was removed.
    PathRuleSet {
        /// Its name.
        name: String,
        /// What it says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<PathRule>,
        /// When.
        at: Time,
    },
    /// A host failed what others render and is given no frames of a job, or of any job where absent.
    HostSetAside {
        /// Its name.
        host: HostId,
        /// The job.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
        /// Until when.
        until: Time,
        /// What it did, as a sentence.
        why: String,
        /// When.
        at: Time,
    },
    /// The time is over that a host was set aside for.
    SetAsideEnded {
        /// Its name.
        host: HostId,
        /// The job it was set aside for; for every job where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
        /// When.
        at: Time,
    },
    /// A person holds nothing against a host any more.
    HostForgiven {
        /// Its name.
        host: HostId,
        /// When.
        at: Time,
    },
    /// The sums of an ended job stand beside its frames.
    ResultsSealed {
        /// Which job.
        job: JobId,
    },
    /// A mail about a job is to be sent.
    NoticeQueued {
        /// Which.
        notice: NoticeId,
        /// About which job.
        job: JobId,
        /// To which address.
        to: String,
        /// When.
        at: Time,
        /// What the job waits for, where the mail is about that and not about its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waiting: Option<String>,
        /// What it is about, where that is neither a wait nor the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<NoticeKind>,
    },
    /// A user wants to be told of this.
    NoticesSet {
        /// The user.
        user: String,
        /// What he wants; nothing special where absent.
        notices: Option<Notices>,
        /// When.
        at: Time,
    },
    /// A mail is with the mail server.
    NoticeSent {
        /// Which.
        notice: NoticeId,
        /// When.
        at: Time,
    },
    /// A mail could not be handed over and is tried again.
    NoticePostponed {
        /// Which.
        notice: NoticeId,
        /// Not before.
        until: Time,
        /// What the mail server said.
        why: String,
    },
    /// A mail could not be handed over often enough to stop trying.
    NoticeGivenUp {
        /// Which.
        notice: NoticeId,
        /// When.
        at: Time,
        /// What the mail server said last.
        why: String,
    },
    /// The farm goes on from a backup: numbers that may have been given after it was made are not given
    /// again.
    NumbersSkipped {
        /// So many of jobs.
        jobs: u64,
        /// So many of leases.
        leases: u64,
        /// So many of mails.
        notices: u64,
        /// When.
        at: Time,
    },
    /// Soft knowledge that a restart may forget; never in the journal.
    #[serde(skip)]
    Passing(Passing),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// How a lease ended that did not finish its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The frame failed. Counted.
    Frame,
    /// The frame failed, and no other try would do better. Counted, and the last.
    Fatal,
    /// The host could not do its part. Counted.
    Host,
    /// The render server did not take the lease. Not counted, and no try of the frame.
    Refused,
    /// A licence was not to be had. Not counted.
    Licence,
    /// Memory ran out. Counted.
    Memory,
    /// The host was not heard of for too long. Not counted.
    HostLost,
    /// The render server gave the lease back. Not counted.
    GivenBack,
    /// The attempt was killed, though not its job. Not counted.
    Killed,
}

impl Ending {
    /// Whether it counts against the frame's tries.
    #[must_use]
    pub const fn counted(self) -> bool {
        matches!(self, Self::Frame | Self::Fatal | Self::Host | Self::Memory)
    }

    /// The word that the public API has for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Frame => "failed",
            Self::Fatal => "fatal",
            Self::Host => "host_failed",
            Self::Refused => "refused",
            Self::Licence => "licence",
            Self::Memory => "memory",
            Self::HostLost => "host_lost",
            Self::GivenBack => "given_back",
            Self::Killed => "killed",
        }
    }
}

impl From<FailureClass> for Ending {
    fn from(class: FailureClass) -> Self {
        match class {
            FailureClass::Frame => Self::Frame,
            FailureClass::Fatal => Self::Fatal,
            FailureClass::Host => Self::Host,
            FailureClass::Licence => Self::Licence,
            FailureClass::Memory => Self::Memory,
            FailureClass::HostLost => Self::HostLost,
            FailureClass::GivenBack => Self::GivenBack,
            FailureClass::Killed => Self::Killed,
        }
    }
}
