//! What is now true. Durable records are what a render server must know after a restart to keep every
//! process and every report it has; the rest is passing.

use model::{Amounts, Exit, Grant, JobId, LeaseId, ProcessMark, Report, SlotIndex, StepIndex, Time, Usage};
use serde::{Deserialize, Serialize};

use crate::End;

/// What is now true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// Durable: a slot has taken a frame, to begin it or, where it is busy, to let it wait.
    GrantTaken {
        /// What was granted.
        grant: Grant,
        /// When.
        at: Time,
    },
    /// Durable: the package runs.
    ProcessStarted {
        /// Its lease.
        lease: LeaseId,
        /// How it is found again.
        process: ProcessMark,
        /// When that was told; older journals do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    },
    /// Durable: the package has ended; its outputs are looked for.
    ProcessExited {
        /// Its lease.
        lease: LeaseId,
        /// How it ended.
        exit: Exit,
        /// What it used.
        usage: Usage,
        /// When that was told, and its slot was free for the next one unless too many are collected. In older
        /// journals, which do not say, it kept its slot until it was reported.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    },
    /// Durable: an attempt has ended, and its report waits in the outbox. Its slot is free now at the latest.
    AttemptEnded {
        /// How it ended.
        report: Report,
        /// When.
        at: Time,
    },
    /// Durable: the schedule server has dealt with a report.
    ReportAcknowledged {
        /// Its lease.
        lease: LeaseId,
    },
    /// Durable: a lease is worth nothing any more, and its process is on its way out.
    GrantDropped {
        /// The lease.
        lease: LeaseId,
    },
    /// Durable: nothing is left of a lease, and nothing is to be reported of it.
    GrantForgotten {
        /// The lease.
        lease: LeaseId,
        /// Since when.
        at: Time,
    },
    /// Durable: a person has stopped the host; it takes no frames until a person starts it.
    HostStopped {
        /// Who.
        by: String,
        /// When.
        at: Time,
    },
    /// Durable: a person has started the host again, or called an ordered end off.
    HostStarted {
        /// Who.
        by: String,
        /// When.
        at: Time,
    },

    /// Passing: a link to the schedule server stands.
    Linked {
        /// Since when.
        at: Time,
    },
    /// Passing: the schedule server has taken the hello.
    Welcomed,
    /// Passing: the schedule server has not taken the hello.
    TurnedAway {
        /// Why and what to do.
        why: String,
    },
    /// Passing: the link to the schedule server is gone.
    Unlinked,
    /// Passing: the schedule server is told that this render server lives.
    AliveSaid {
        /// When.
        at: Time,
    },
    /// Passing: a grant is not taken.
    GrantRefused {
        /// Its lease.
        lease: LeaseId,
        /// Why, as a sentence.
        why: String,
    },
    /// Passing: a report is sent once more.
    ReportRepeated {
        /// Its lease.
        lease: LeaseId,
    },
    /// Passing: a slot's session is no longer wanted.
    SessionClosed {
        /// The slot.
        slot: SlotIndex,
    },
    /// Passing: a slot has the session of its attempt.
    SessionOpened {
        /// The slot.
        slot: SlotIndex,
        /// The job it is set up for.
        job: JobId,
        /// The step within the job.
        step: StepIndex,
        /// Whether it ends with a frame that ends badly.
        tied: bool,
    },
    /// Passing: a process is watched, just started or found again.
    ProcessWatched {
        /// Its lease.
        lease: LeaseId,
        /// Since when.
        at: Time,
    },
    /// Passing: how far an attempt is.
    ProgressMade {
        /// Its lease.
        lease: LeaseId,
        /// Thousandths done.
        permille: u16,
        /// When that was told.
        at: Time,
    },
    /// Passing: an attempt has taken longer than it may, and its process is ended.
    TimeExceeded {
        /// Its lease.
        lease: LeaseId,
        /// What is reported of it.
        why: String,
    },
    /// Passing: a lease is to be given back unless its process has been started.
    TakeBackWanted {
        /// The lease.
        lease: LeaseId,
    },
    /// Passing: the process of an attempt is to be killed and the lease given back.
    GiveBackWanted {
        /// Its lease.
        lease: LeaseId,
        /// What is reported of it.
        why: String,
    },
    /// Passing: what the host has besides slots.
    AmountsSaid {
        /// That.
        amounts: Amounts,
    },
    /// Passing: what keeps a desktop from rendering.
    DeskSaid {
        /// Whoever works at it.
        owner: Option<String>,
        /// The time of the day.
        hours: Option<String>,
    },
    /// Passing: a person wants the render server to end when the last frame is home.
    EndWanted {
        /// How.
        end: End,
        /// Who.
        by: String,
        /// Since when.
        at: Time,
    },
    /// Passing: the render server ends as soon as nothing is left to do, and at the latest after a while.
    StopBegun {
        /// When.
        at: Time,
    },
    /// Passing: the render server ends with something left to do, which it finds again at its next start.
    StopForced,
}

impl Record {
    /// Whether a restart must know it.
    pub(crate) const fn is_durable(&self) -> bool {
        matches!(
            self,
            Self::GrantTaken { .. }
                | Self::ProcessStarted { .. }
                | Self::ProcessExited { .. }
                | Self::AttemptEnded { .. }
                | Self::ReportAcknowledged { .. }
                | Self::GrantDropped { .. }
                | Self::GrantForgotten { .. }
                | Self::HostStopped { .. }
                | Self::HostStarted { .. }
        )
    }
}
