//! What the shell has to do once the records behind it are durable.

use std::collections::BTreeMap;

use model::{Digest, FrameId, JobId, JobState, LeaseId, NoticeKind, Output, Profile, ScheduleToRender, Time};

use crate::{Ending, LinkId, NoticeId};

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Say something to a render server; nothing, where the link is gone.
    ToHost {
        /// On which link.
        link: LinkId,
        /// What.
        message: ScheduleToRender,
    },
    /// Close a link, after what was said on it.
    CloseLink {
        /// Which.
        link: LinkId,
    },
    /// Ask the resource server which hosts match.
    Ask {
        /// Comes back with the list.
        ask: u64,
        /// What is wanted.
        profile: Profile,
    },
    /// Hand in `Event::Pass` soon; many wishes make one pass.
    PassWanted,
    /// Move outputs from a lease's intake to the job's folder, durably; answer `Published`, `PublishFailed`
    /// or `OutputsMissing`. Asked again after a restart, when some of them may have been moved already.
    Publish {
        /// The lease.
        lease: LeaseId,
        /// The job's folder in the storage, or that of parts of pictures in it.
        folder: String,
        /// The files.
        outputs: Vec<Output>,
    },
    /// Drop the intake of a lease that is over; nothing, where there is none.
    Discard {
        /// The lease.
        lease: LeaseId,
    },
    /// A job ended: write `B3SUMS` beside its frames; answer `Sealed` or `SealFailed`.
    SealResults {
        /// The job.
        job: JobId,
        /// Its folder in the storage.
        folder: String,
        /// Every file of it, parts of pictures aside.
        outputs: Vec<Output>,
        /// Whether the parts of pictures in it are to go.
        clear_parts: bool,
    },
    /// Send a mail about a job; answer `NoticeSent` or `NoticeFailed`.
    Mail {
        /// Which.
        notice: NoticeId,
        /// To whom.
        to: String,
        /// About what.
        summary: Box<JobSummary>,
    },
    /// A render server reported on a lease that was never given, which no honest one does. It is thanked all
    /// the same, so that it is forgotten there.
    NeverGiven {
        /// On which link.
        link: LinkId,
        /// The lease.
        lease: LeaseId,
    },
    /// Something that people see of the job has changed.
    JobChanged(JobId),
    /// What people see of a chunk has changed, in a job whose grid is watched.
    ChunkChanged(FrameId),
    /// What they see of many chunks of such a job has.
    GridChanged(JobId),
}

/// What there is to say of a job that ended, or that waits for what will not come by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSummary {
    /// Its number.
    pub job: JobId,
    /// What people call it.
    pub name: String,
    /// Who submitted it.
    pub user: String,
    /// How it ended.
    pub state: JobState,
    /// Frames in all.
    pub frames_total: u32,
    /// Frames done.
    pub frames_done: u32,
    /// Frames failed.
    pub frames_failed: u32,
    /// Attempts that failed and counted.
    pub attempts_failed: u32,
    /// The same by whose fault they were.
    pub failures: BTreeMap<Ending, u32>,
    /// When it was submitted.
    pub submitted_at: Time,
    /// When its first frame started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// Its folder in the storage.
    pub folder: String,
    /// The first few failed frames.
    pub failed: Vec<FailedFrame>,
    /// What it waits for, as a sentence, where the mail is about that and not about its end.
    pub waiting: Option<String>,
    /// What the notice is about, where that is neither a wait nor the end.
    pub about: Option<NoticeKind>,
    /// Names of the first frames with their small pictures, where it is about those.
    pub pictures: Vec<(String, Digest)>,
}

impl JobSummary {
    /// What the notice is about.
    #[must_use]
    pub const fn kind(&self) -> NoticeKind {
        match (self.about, &self.waiting, self.state) {
            (Some(about), _, _) => about,
            (None, Some(_), _) => NoticeKind::Waiting,
            (None, None, JobState::Done) => NoticeKind::Done,
            _ => NoticeKind::Failed,
        }
    }
}

/// A failed frame, for the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedFrame {
    /// Name of its step.
    pub step: String,
    /// Frame number.
    pub number: i64,
    /// Whose fault that was; absent where it could not be tried.
    pub class: Option<Ending>,
    /// Why its last attempt failed.
    pub problem: String,
}
