//! The job queue (requirement L5): jobs that have not ended, the lower priority number first, equal numbers
//! by arrival. Job numbers grow with arrival, so the pair of both is the order.

use std::collections::BTreeSet;

use model::JobId;
use serde::{Deserialize, Serialize};

/// A job's place in the queue: its priority and its number.
pub(crate) type Place = (i32, JobId);

/// The job queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Queue {
    open: BTreeSet<Place>,
    /// Those of them that have a frame waiting and are not on hold: all that a pass looks at.
    wanting: BTreeSet<Place>,
}

impl Queue {
    /// Files a job by what it is now.
    pub(crate) fn file(&mut self, place: Place, open: bool, wanting: bool) {
        put(&mut self.open, place, open);
        put(&mut self.wanting, place, open && wanting);
    }

    /// Jobs that have not ended, first to last.
    pub(crate) fn open(&self) -> impl Iterator<Item = JobId> {
        self.open.iter().map(|(_, job)| *job)
    }

    /// Jobs that want slots, first to last.
    pub(crate) fn wanting(&self) -> impl Iterator<Item = JobId> {
        self.wanting.iter().map(|(_, job)| *job)
    }

    /// Whether any job wants a slot.
    pub(crate) fn is_wanting(&self) -> bool {
        !self.wanting.is_empty()
    }
}

fn put(set: &mut BTreeSet<Place>, place: Place, belongs: bool) {
    if belongs {
        set.insert(place);
    } else {
        set.remove(&place);
    }
}
