//! The line of leases on a slot: the first runs, the others are ahead and run after it without a word.

use model::LeaseId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Leases of one slot, in the order granted. Most lines hold one, which costs no memory of its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Number 0 is no lease.
    first: LeaseId,
    more: Vec<LeaseId>,
}

const NONE: LeaseId = LeaseId(0);

impl Default for Line {
    fn default() -> Self {
        Self { first: NONE, more: Vec::new() }
    }
}

impl Line {
    pub(crate) fn first(&self) -> Option<LeaseId> {
        (self.first != NONE).then_some(self.first)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first == NONE
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = LeaseId> {
        self.first().into_iter().chain(self.more.iter().copied())
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(!self.is_empty()) + self.more.len()
    }

    /// Leases behind the first.
    pub(crate) fn behind(&self) -> &[LeaseId] {
        &self.more
    }

    pub(crate) fn push(&mut self, lease: LeaseId) {
        if self.is_empty() {
            self.first = lease;
        } else {
            self.more.push(lease);
        }
    }

    pub(crate) fn remove(&mut self, lease: LeaseId) {
        if self.first == lease {
            self.first = if self.more.is_empty() { NONE } else { self.more.remove(0) };
        } else {
            self.more.retain(|one| *one != lease);
        }
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut line = Self::default();
        Vec::<LeaseId>::deserialize(from)?.into_iter().for_each(|lease| line.push(lease));
        Ok(line)
    }
}
