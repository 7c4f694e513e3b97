//! What happens to the schedule server, as far as it decides anything: commands of people, words of the
//! other roles, answers of the shell to earlier effects, deadlines.

use std::collections::BTreeSet;

use model::{
    FramesOrder, HostId, HostOrder, JobId, LeaseId, Notices, PathRule, RenderToSchedule, ResourceToSchedule,
    SubmitRequest,
};

use crate::NoticeId;

/// A link of a render server, numbered by the shell; a later link has a larger number.
pub type LinkId = u64;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A client hands over a job. The job's number is found by `Schedule::job_with_key` afterwards.
    Submit(Box<SubmitRequest>),
    /// A person puts a job on hold.
    Hold(JobId),
    /// A person ends the hold.
    Release(JobId),
    /// A person kills a job.
    Kill(JobId),
    /// A person has failed frames of a job tried again, as often as if they were new.
    Retry(JobId),
    /// A person kills frames of a job, sends them back to the queue, or has them tried again.
    OrderFrames {
        /// Of which job.
        job: JobId,
        /// Which, and what is done to them.
        order: Box<FramesOrder>,
        /// Who says so.
        by: String,
    },
    /// A person does something to each of several jobs. What is refused of it is left out.
    Each(Vec<Event>),
    /// A person moves a job in the queue.
    SetPriority {
        /// Which.
        job: JobId,
        /// Lower goes first.
        priority: i32,
    },
    /// A person sets a limit of the farm; without any amount it is removed.
    SetLimit {
        /// Its name, as steps ask for it.
        name: String,
        /// How much may be in use on the whole farm; not limited where absent.
        amount: Option<u32>,
        /// How much may be in use on each host; not limited where absent.
        per_host: Option<u32>,
    },
    /// A person sets what a user or group gets beside others of the same priority.
    SetShare {
        /// The user or the group.
        name: String,
        /// Twice the weight is twice the slots; 1 is usual.
        weight: u32,
    },
    /// A person says where a folder stands on each platform; without a rule, that nothing is said any more.
    SetPathRule {
        /// The name of the rule.
        name: String,
        /// What it says.
        rule: Option<PathRule>,
    },
    /// A user says what he wants to be told of.
    SetNotices {
        /// The user.
        user: String,
        /// What he wants; nothing special where absent.
        notices: Option<Notices>,
    },
    /// A person holds nothing against a host any more.
    Forgive(HostId),
    /// A person starts, stops, restarts or ends a render server. It is told, and says itself what comes of
    /// it.
    OrderHost {
        /// Which.
        host: HostId,
        /// What, and who says so.
        order: HostOrder,
    },
    /// A render server said something; `Hello` comes first on each link.
    HostSpoke {
        /// On which link.
        link: LinkId,
        /// What.
        message: RenderToSchedule,
    },
    /// A render server's link is gone, whoever closed it.
    HostLinkClosed {
        /// Which.
        link: LinkId,
    },
    /// The link to the resource server stands.
    ResourceLinked,
    /// The link to the resource server is gone.
    ResourceUnlinked,
    /// The resource server said something.
    ResourceSpoke(ResourceToSchedule),
    /// The outputs of a lease are in the job's folder, durably.
    Published {
        /// Which lease.
        lease: LeaseId,
    },
    /// They could not be moved there; it will be tried again.
    PublishFailed {
        /// Which lease.
        lease: LeaseId,
        /// What the storage said.
        why: String,
    },
    /// The storage does not take in what a live lease has made; its render server goes on trying.
    IntakeFailed {
        /// Which lease.
        lease: LeaseId,
        /// What the storage said.
        why: String,
    },
    /// The intake does not hold what the report names, so that publishing can never succeed: the attempt
    /// is worth nothing.
    OutputsMissing {
        /// Which lease.
        lease: LeaseId,
        /// What is missing.
        why: String,
    },
    /// The sums of an ended job are written.
    Sealed {
        /// Which job.
        job: JobId,
    },
    /// They could not be written; it will be tried again.
    SealFailed {
        /// Which job.
        job: JobId,
        /// What the storage said.
        why: String,
    },
    /// A mail is with the mail server.
    NoticeSent {
        /// Which.
        notice: NoticeId,
    },
    /// A mail could not be handed over; it will be tried again for a while.
    NoticeFailed {
        /// Which.
        notice: NoticeId,
        /// What the mail server said.
        why: String,
    },
    /// People watch the grids of these jobs and of no others.
    WatchGrids(BTreeSet<JobId>),
    /// The scheduling pass that `Effect::PassWanted` asked for; several wishes make one pass.
    Pass,
    /// The moment of `next_deadline` has come.
    DeadlinePassed,
}
