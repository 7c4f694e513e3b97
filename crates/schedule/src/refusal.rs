//! Why an event changes nothing.

use model::{Faults, HostId, JobId, JobState, LeaseId};

use crate::{LinkId, NoticeId};

/// Why an event changes nothing. The first seven are for the person who asked, the others for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The description has faults.
    #[error("the job description has faults")]
    Faults(#[source] Faults),
    /// The key stands for another job.
    #[error("the key {key:?} was used for job {job}, which is another job; make a new key for each job")]
    KeyTaken {
        /// The key.
        key: String,
        /// The job it stands for.
        job: JobId,
    },
    /// There is no such job.
    #[error("there is no job {0}; the jobs there are can be listed with `framefarm jobs`")]
    UnknownJob(JobId),
    /// The job has ended.
    #[error("job {job} has ended ({}), so nothing about it can be changed", word(*.state))]
    JobEnded {
        /// The job.
        job: JobId,
        /// How.
        state: JobState,
    },
    /// There is no such limit.
    #[error("there is no limit {name:?}; {known}")]
    UnknownLimit {
        /// The name.
        name: String,
        /// Those there are, as a sentence.
        known: String,
    },
    /// There is no such host.
    #[error("no render host {0} was ever here; the hosts there are can be listed with `framefarm hosts`")]
    UnknownHost(HostId),
    /// The host is not linked, so that nothing can be said to it.
    #[error(
        "render host {0} is not linked, so it cannot be told anything; if it sleeps, wake it with \
         `framefarm host wake {0}`"
    )]
    HostNotLinked(HostId),
    /// The lease is over, or not one that this could be said of.
    #[error("lease {0} is over or not in this state")]
    StaleLease(LeaseId),
    /// No hello was taken on the link.
    #[error("link {0} has said no hello that was taken")]
    UnknownLink(LinkId),
    /// Nothing waits for this list.
    #[error("no list is waited for under ask {0}")]
    UnknownAsk(u64),
    /// There is no such mail to be sent.
    #[error("no mail {} is waiting to be sent", .0.0)]
    UnknownNotice(NoticeId),
    /// The job's sums are not being written.
    #[error("the sums of job {0} are not being written")]
    NotSealing(JobId),
}

const fn word(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "queued",
        JobState::Active => "active",
        JobState::Held => "held",
        JobState::Done => "done",
        JobState::Failed => "failed",
        JobState::Killed => "killed",
    }
}
