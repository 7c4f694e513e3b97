//! What the shell and people see of a render server.

use model::{Grant, HeldLease, HostId, LeaseId, ProcessMark, SlotIndex, SlotState, Time};

use crate::passing::Link;
use crate::{Attempt, Render};

/// How far an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Its slot is busy, or has another session.
    Waiting,
    /// Its session is being set up.
    Preparing,
    /// Its process is being started, or will be as soon as its slot is clear.
    Starting,
    /// Its process runs.
    Running,
    /// Its process has ended, and its outputs are looked for.
    Collecting,
    /// Its lease was taken away, and its process is being killed.
    Ending,
}

/// What a slot works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptNow {
    /// What was granted.
    pub grant: Grant,
    /// When its slot took it up; of one that waits, when it was granted.
    pub taken_at: Time,
    /// How far it is.
    pub phase: Phase,
    /// Its process, once started.
    pub process: Option<ProcessMark>,
    /// Thousandths done, as the package says.
    pub permille: u16,
}

impl Render {
    /// The name it goes by.
    #[must_use]
    pub const fn host(&self) -> &HostId {
        &self.host
    }

    /// Each slot, by index, as the resource server is told.
    #[must_use]
    pub fn slots(&self) -> Vec<SlotState> {
        let slot = |index| match self.holder(SlotIndex(index)) {
            Some(attempt) => SlotState::Busy { frame: attempt.grant.frame, since: attempt.taken_at },
            None => SlotState::Free,
        };
        (0..self.slots).map(slot).collect()
    }

    /// Every lease that keeps a slot busy, waits for one, or whose report is not acknowledged, as a hello
    /// says. A dropped one is among them until its process is gone.
    #[must_use]
    pub fn held(&self) -> Vec<HeldLease> {
        let working = self.all().map(|attempt| (attempt.grant.lease, attempt.grant.slot));
        let kept = self.outbox.iter().map(|(lease, kept)| (*lease, kept.slot));
        working.chain(kept).map(|(lease, slot)| HeldLease { lease, slot }).collect()
    }

    /// What its slots work on, by slot, what waits for them, and what is collected. After a start, whatever
    /// else is found running or lying in its scratch was left by an earlier run before it could be recorded,
    /// and may go.
    pub fn attempts(&self) -> impl Iterator<Item = AttemptNow> {
        self.all().map(|attempt| AttemptNow {
            grant: attempt.grant.clone(),
            taken_at: attempt.taken_at,
            phase: self.phase_of(attempt),
            process: attempt.process,
            permille: self.passing.progress.get(&attempt.grant.lease).copied().unwrap_or(0),
        })
    }

    /// The leases whose reports wait to be acknowledged.
    pub fn unacknowledged(&self) -> impl Iterator<Item = LeaseId> {
        self.outbox.keys().copied()
    }

    /// Whether the schedule server has taken this render server in.
    #[must_use]
    pub const fn is_welcome(&self) -> bool {
        matches!(self.passing.link, Link::Up { welcomed: true, .. })
    }

    /// Why the schedule server did not take the last hello, where it did not.
    #[must_use]
    pub fn turned_away_because(&self) -> Option<&str> {
        match &self.passing.link {
            Link::TurnedAway(why) => Some(why),
            Link::Down | Link::Up { .. } => None,
        }
    }

    pub(crate) fn phase_of(&self, attempt: &Attempt) -> Phase {
        if attempt.dropped {
            Phase::Ending
        } else if attempt.ended.is_some() {
            Phase::Collecting
        } else if attempt.process.is_some() {
            Phase::Running
        } else if self.passing.starting.contains(&attempt.grant.lease) {
            Phase::Starting
        } else if self
            .attempts
            .get(&attempt.grant.slot)
            .is_some_and(|it| it.grant.lease == attempt.grant.lease)
        {
            Phase::Preparing
        } else {
            Phase::Waiting
        }
    }
}
