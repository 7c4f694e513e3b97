//! What a render server knows only as long as it runs.
//!
//! It stands in one field of [`Render`](crate::Render) and outside its equality, so that a state replayed
//! from the journal can be compared with the live one.

use std::collections::{BTreeMap, BTreeSet};

use model::{Amounts, JobId, LeaseId, SlotIndex, StepIndex, Time};

use crate::End;

#[derive(Clone, Debug, Default)]
pub(crate) struct Passing {
    pub(crate) link: Link,
    /// Sessions that stand. One that is being opened belongs to the attempt that waits for it.
    pub(crate) sessions: BTreeMap<SlotIndex, Session>,
    /// Attempts whose process was asked for; begun or not, the shell has them.
    pub(crate) starting: BTreeSet<LeaseId>,
    /// Attempts whose process is killed to give the lease back, and why.
    pub(crate) giving_back: BTreeMap<LeaseId, String>,
    /// Thousandths done, as the packages said last.
    pub(crate) progress: BTreeMap<LeaseId, u16>,
    /// When each process was first watched, or last made progress.
    pub(crate) moved_at: BTreeMap<LeaseId, Time>,
    /// Attempts that took longer than they may, and what is reported of them.
    pub(crate) exceeded: BTreeMap<LeaseId, String>,
    pub(crate) stop: Option<Stop>,
    /// What the host has besides slots.
    pub(crate) amounts: Amounts,
    pub(crate) desk: Desk,
    /// The end that a person ordered.
    pub(crate) end: Option<EndWanted>,
}

/// The link to the schedule server.
#[derive(Clone, Debug, Default)]
pub(crate) enum Link {
    #[default]
    Down,
    Up {
        welcomed: bool,
        alive_said_at: Time,
    },
    /// Up, but of no use: the hello was not taken.
    TurnedAway(String),
}

/// What a slot is set up for.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) job: JobId,
    pub(crate) step: StepIndex,
    /// Whether it ends with a frame that ends badly.
    pub(crate) tied: bool,
    /// Since when no attempt uses it.
    pub(crate) idle_since: Option<Time>,
    /// What its last frame had reserved of the host, which a package that stays holds on to.
    pub(crate) memory_bytes: u64,
    pub(crate) gpus: Vec<u16>,
}

/// The end of the render server.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) begun_at: Time,
    pub(crate) ended: bool,
}

/// What keeps a desktop from rendering, as its watch said last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Desk {
    /// Its owner, who wants it now.
    pub(crate) owner: Option<String>,
    /// The time of the day.
    pub(crate) hours: Option<String>,
}

/// An end that a person ordered: it comes when the last frame is home.
#[derive(Clone, Debug)]
pub(crate) struct EndWanted {
    pub(crate) end: End,
    pub(crate) by: String,
    pub(crate) at: Time,
}

impl EndWanted {
    pub(crate) fn why(&self) -> String {
        let doing = match self.end {
            End::Restart => "restarting",
            End::Quit => "quitting",
        };
        format!("{doing}, ordered by {}", self.by)
    }
}

/// Always equal: what passes is no part of the state that is compared.
impl PartialEq for Passing {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Passing {
    pub(crate) const fn is_linked(&self) -> bool {
        matches!(self.link, Link::Up { .. })
    }

    /// Drops what was known of an attempt that has left its slot.
    pub(crate) fn attempt_left(&mut self, lease: LeaseId) {
        self.starting.remove(&lease);
        self.giving_back.remove(&lease);
        self.progress.remove(&lease);
        self.moved_at.remove(&lease);
        self.exceeded.remove(&lease);
    }
}
