//! What other steps mean for a table: chunks that wait for them, and chunks that fail with them.

use std::collections::BTreeMap;

use model::{DependencyKind, FrameState, StepIndex, Time};
use serde::{Deserialize, Serialize};

use crate::frame_table::FrameTable;
use crate::frame_table::fresh::Released;

/// A step that waits for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Feed {
    pub(crate) step: StepIndex,
    pub(crate) by: DependencyKind,
}

/// The chunk of another step whose failure failed a chunk that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cause {
    pub(crate) step: StepIndex,
    pub(crate) index: u32,
}

/// Why chunks failed that were not tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Causes {
    /// Of every one that has no cause of its own.
    all: Option<Cause>,
    some: BTreeMap<u32, Cause>,
}

impl FrameTable {
    /// The steps that wait for this one.
    pub(crate) fn feeds(&self) -> &[Feed] {
        &self.feeds
    }

    pub(crate) fn feed(&mut self, feed: Feed) {
        self.feeds.push(feed);
    }

    /// No chunk starts before so many steps are done.
    pub(crate) const fn set_gates(&mut self, steps: u32) {
        self.gates = steps;
    }

    /// Steps that have to be done as a whole and are not.
    pub(crate) const fn gates(&self) -> u32 {
        self.gates
    }

    /// Whether a chunk has all single frames of other steps that it needs, for `check`.
    pub(crate) fn has_needs(&self, index: u32) -> bool {
        let position = self.position(index);
        let has = |released: &Released| match self.struck.get(&index) {
            Some(blow) if self.touched(index).is_none() => blow.ready,
            _ => released.holds(position) || self.touched(index).is_some(),
        };
        self.released.as_ref().is_none_or(has)
    }

    /// A step is done that had to be as a whole.
    pub(crate) const fn open_gate(&mut self) {
        self.gates = self.gates.saturating_sub(1);
    }

    /// Chunks wait for frames of other steps from now on, but for `free` ones, which need none.
    pub(crate) fn release_singly(&mut self, free: impl Iterator<Item = u32>) {
        let mut released = Released::default();
        free.for_each(|index| released.release(self.position(index)));
        self.released = Some(released);
    }

    /// So many frames that a chunk waits for are done, of `all` that it waits for.
    pub(crate) fn hear(&mut self, index: u32, frames: u32, all: impl FnOnce() -> u32) {
        let position = self.position(index);
        if let Some(released) = &mut self.released
            && released.hear(index, frames, all)
        {
            match self.struck.get_mut(&index) {
                Some(blow) => blow.ready = true,
                None => released.release(position),
            }
        }
    }

    /// A waiting chunk fails, for it will never have what it needs.
    pub(crate) fn fail(&mut self, index: u32, cause: Cause) {
        self.causes.some.insert(index, cause);
        self.set(index, FrameState::Failed);
    }

    /// Every waiting chunk fails likewise. None was tried: they wait for a whole step.
    pub(crate) fn fail_all(&mut self, cause: Cause) {
        for state in self.states.iter_mut().filter(|state| **state == FrameState::Waiting) {
            *state = FrameState::Failed;
        }
        self.causes.all = Some(cause);
        self.counts.failed += std::mem::take(&mut self.counts.waiting);
    }

    /// Why a chunk failed that was not tried.
    pub(crate) fn cause(&self, index: u32) -> Option<Cause> {
        let untried = self.touched(index).is_none() && self.struck(index).is_none();
        let failed = self.state(index) == Some(FrameState::Failed) && untried;
        let cause = self.causes.some.get(&index).copied().or(self.causes.all);
        cause.filter(|_| failed)
    }

    /// Every chunk that failed waits again, as if it never had but for what is remembered of it.
    pub(crate) fn retry(&mut self, at: Time) {
        let failed: Vec<u32> = self.all_in(FrameState::Failed).collect();
        self.let_off(failed, at);
        self.causes = Causes::default();
    }
}
