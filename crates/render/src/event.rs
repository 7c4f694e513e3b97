//! What happens to the render server.

use std::fmt;

use model::{Amounts, Exit, FailureClass, LeaseId, Outcome, Output, ProcessMark, ScheduleToRender, Usage};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A link to the schedule server stands; it takes the place of an earlier one.
    ScheduleLinked,
    /// The schedule server said something.
    ScheduleSpoke(ScheduleToRender),
    /// The link to the schedule server is gone.
    ScheduleUnlinked,
    /// The session that `Effect::OpenSession` asked for stands.
    SessionReady {
        /// The lease it was opened for.
        lease: LeaseId,
        /// Whether its slot is in environments of its own, which end with a frame that ends badly.
        tied: bool,
    },
    /// The session that `Effect::OpenSession` asked for cannot be made.
    SessionFailed {
        /// The lease it was to be opened for.
        lease: LeaseId,
        /// Whose fault that is.
        class: FailureClass,
        /// Why, as a sentence.
        why: String,
    },
    /// The process that `Effect::Start` asked for runs, or the one of `Effect::Adopt` was found. Of one that
    /// ends within moments it need not be told.
    Started {
        /// Its lease.
        lease: LeaseId,
        /// How it is found again after a restart.
        process: ProcessMark,
    },
    /// The process that `Effect::Start` asked for cannot be started. What waits behind it on its slot is then
    /// not begun either: the session is doubtful.
    StartFailed {
        /// Its lease.
        lease: LeaseId,
        /// Whose fault that is.
        class: FailureClass,
        /// Why, as a sentence.
        why: String,
    },
    /// The package says how far it is.
    Progress {
        /// Its lease.
        lease: LeaseId,
        /// Thousandths done, 0 to 1000.
        permille: u16,
    },
    /// A process and all it started are gone. Also the answer to `Effect::Kill` where nothing was left to
    /// kill.
    Exited {
        /// Its lease.
        lease: LeaseId,
        /// How it ended.
        exit: Exit,
        /// What it used.
        usage: Usage,
    },
    /// Whole attempts: their processes were started and have ended, and what they made is in the intake,
    /// unless there was nothing to bring. Takes the place of `Started`, `Exited` and `Collected`.
    Ended {
        /// Each, in the order in which they ended.
        ended: Vec<Ended>,
    },
    /// The answer to `Effect::TakeBack`: the process has not been started and will not be.
    NotBegun {
        /// The lease.
        lease: LeaseId,
    },
    /// The outputs of an attempt are verified and stand in the storage's intake.
    Collected {
        /// Its lease.
        lease: LeaseId,
        /// The outputs; none only where the step may be silent.
        outputs: Vec<Output>,
        /// What a person should look at all the same, a sentence each.
        warnings: Vec<String>,
    },
    /// An attempt has made nothing that counts.
    NotCollected {
        /// Its lease.
        lease: LeaseId,
        /// Whose fault that is.
        class: FailureClass,
        /// What happened, as one or two sentences.
        message: String,
        /// What a person should look at besides, a sentence each.
        warnings: Vec<String>,
    },
    /// What the host has besides slots.
    Amounts(Amounts),
    /// What keeps a desktop from rendering, all of it: whoever works at it, and the time of the day. What
    /// runs makes room for the former at once; at the end of its hours it may finish.
    Desk {
        /// What shows that somebody works at it, as a reason: `its owner is back`.
        owner: Option<String>,
        /// Why it is not its time: `only from 19:00 to 07:00`.
        hours: Option<String>,
    },
    /// The render server is to end: leases are given back.
    Stop,
    /// The moment that `next_deadline` named has passed.
    DeadlinePassed,
}

/// How an attempt went, told in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its lease.
    pub lease: LeaseId,
    /// What it used.
    pub usage: Usage,
    /// What came of it.
    pub outcome: Outcome,
}

/// Why an event changes nothing. None of these is a fault: links and processes are slower than decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No attempt and no unacknowledged report has this lease (any more).
    UnknownLease(LeaseId),
    /// The attempt is not where the event could come from: it has moved on, or starts over after a restart.
    OutOfTurn(LeaseId),
    /// The schedule server spoke over a link that is gone.
    NotLinked,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLease(lease) => write!(f, "lease {lease} is not held here"),
            Self::OutOfTurn(lease) => write!(f, "the attempt under lease {lease} is elsewhere by now"),
            Self::NotLinked => write!(f, "the link to the schedule server is gone"),
        }
    }
}

impl std::error::Error for Refusal {}
