//! Chunks that were never tried: which of them may start, in which order.
//!
//! A step that waits for no single frames of others is a cursor over its order. One that does has a set of
//! the chunks that have all they need, and counts what is missing only for those that have some of it.

use std::collections::{BTreeMap, BTreeSet, btree_set};
use std::ops::Range;

use model::FrameOrder;
use serde::{Deserialize, Serialize};

use crate::frame_table::order::index_at;

/// Chunks of a step that waits for frames of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Released {
    /// Positions of those that have all they need and were never tried.
    ready: BTreeSet<u32>,
    /// How many frames are missing, for chunks that have some of what they need.
    missing: BTreeMap<u32, u32>,
}

impl Released {
    /// So many frames that the chunk at `index` waits for are done, of `all` that it does; whether it has
    /// all of them now.
    pub(super) fn hear(&mut self, index: u32, frames: u32, all: impl FnOnce() -> u32) -> bool {
        let missing = self.missing.remove(&index).unwrap_or_else(all).saturating_sub(frames);
        if missing > 0 {
            self.missing.insert(index, missing);
        }
        missing == 0
    }

    pub(super) fn release(&mut self, position: u32) {
        self.ready.insert(position);
    }

    pub(super) fn take(&mut self, position: u32) {
        self.ready.remove(&position);
    }

    pub(super) fn holds(&self, position: u32) -> bool {
        self.ready.contains(&position)
    }

    pub(super) fn ready(&self) -> &BTreeSet<u32> {
        &self.ready
    }

    pub(super) fn clear(&mut self) {
        self.ready.clear();
        self.missing.clear();
    }
}

/// Chunks that may start and were never tried, in their order.
#[derive(Clone, Debug)]
pub(super) struct Fresh<'a> {
    pub(super) order: FrameOrder,
    /// Chunks of the step.
    pub(super) count: u32,
    pub(super) positions: Positions<'a>,
}

/// Where in the order they stand.
#[derive(Clone, Debug)]
pub(super) enum Positions<'a> {
    From(Range<u32>),
    Of(btree_set::Iter<'a, u32>),
}

impl Fresh<'_> {
    /// How many are left.
    pub(super) fn left(&self) -> usize {
        match &self.positions {
            Positions::From(range) => range.len(),
            Positions::Of(ready) => ready.len(),
        }
    }
}

impl Iterator for Fresh<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let position = match &mut self.positions {
            Positions::From(range) => range.next(),
            Positions::Of(ready) => ready.next().copied(),
        }?;
        Some(index_at(self.order, position, self.count))
    }
}
