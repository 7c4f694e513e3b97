//! The job queue (requirement L5): jobs that have not ended, the lower priority number first, equal numbers
//! by arrival. Those that want slots get them by the shares of whose they are, inside each priority.

use std::collections::BTreeSet;

use model::JobId;
use serde::{Deserialize, Serialize};

use crate::shares::{Shares, Who};

/// The job queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// Job numbers grow with arrival, so the pair of priority and number is the order.
    open: BTreeSet<(i32, JobId)>,
    /// Those of them that have a frame waiting and are not on hold: all that a pass looks at.
    #[serde(default)]
    pub(crate) shares: Shares,
}

impl Queue {
    /// Files a job by what it is now.
    pub(crate) fn file(&mut self, job: JobId, who: Who<'_>, open: bool, wanting: bool) {
        let place = (self.shares.priority(job).unwrap_or(who.priority), job);
        if place.0 != who.priority || !open {
            self.open.remove(&place);
        }
        if open {
            self.open.insert((who.priority, job));
        }
        self.shares.file(job, who, open, wanting);
    }

    /// Jobs that have not ended, first to last.
    pub(crate) fn open(&self) -> impl Iterator<Item = JobId> {
        self.open.iter().map(|(_, job)| *job)
    }

    /// Jobs that want slots, by number.
    pub(crate) fn wanting(&self) -> impl Iterator<Item = JobId> {
        self.shares.wanting()
    }

    /// Whether any job wants a slot.
    pub(crate) fn is_wanting(&self) -> bool {
        self.shares.is_wanting()
    }
}
