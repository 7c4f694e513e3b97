//! Chunks that a person killed: they have failed without using up their tries, and start no more unless
//! somebody lets them be tried again.

use std::collections::BTreeMap;

use model::{FrameState, Time};
use serde::{Deserialize, Serialize};

use crate::frame_table::FrameTable;
use crate::frame_table::dependent::Causes;
use crate::frame_table::fresh::Released;

/// Why a chunk was struck, and what to know where it is let off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Blow {
    why: String,
    /// It was never tried and has all that it needs of other steps.
    #[serde(default)]
    pub(super) ready: bool,
}

/// The chunks of a step that a person killed.
pub(super) type Struck = BTreeMap<u32, Blow>;

impl FrameTable {
    /// Why a person killed a chunk, where one did.
    pub(crate) fn struck(&self, index: u32) -> Option<&str> {
        self.struck.get(&index).map(|blow| blow.why.as_str())
    }

    /// A waiting chunk fails by a person's word.
    pub(crate) fn strike(&mut self, index: u32, why: &str) {
        if self.state(index) != Some(FrameState::Waiting) {
            return;
        }
        let ready = match self.touched.get_mut(index) {
            Some(touched) => {
                if let Some(at) = touched.again_at.take() {
                    self.again.remove(&(at, index));
                }
                false
            }
            None => self.leave_line(index),
        };
        self.struck.insert(index, Blow { why: why.to_owned(), ready });
        self.set(index, FrameState::Failed);
    }

    /// A chunk that was never tried is not to start any more; whether it could have.
    fn leave_line(&mut self, index: u32) -> bool {
        let (position, all) = (self.position(index), self.fresh..self.len());
        let released = self.released.get_or_insert_with(|| {
            // One of many goes: the others stand one by one from now on.
            let mut released = Released::default();
            all.for_each(|position| released.release(position));
            released
        });
        let ready = released.holds(position);
        released.take(position);
        ready
    }

    /// These of the chunks that failed wait again, as if they never had but for what is remembered of them.
    pub(crate) fn let_off(&mut self, indices: impl IntoIterator<Item = u32>, at: Time) {
        for index in indices {
            if self.state(index) != Some(FrameState::Failed) {
                continue;
            }
            let ready = self.struck.remove(&index).is_some_and(|blow| blow.ready);
            let position = self.position(index);
            if let Some(touched) = self.touched.get_mut(index) {
                touched.forgive();
                touched.again_at = Some(at);
                self.again.insert((at, index));
            } else if let Some(released) = self.released.as_mut().filter(|_| ready) {
                released.release(position);
            }
            self.set(index, FrameState::Waiting);
        }
    }

    /// Those that failed with others wait again.
    pub(crate) fn forget_causes(&mut self) {
        let failed: Vec<u32> = self.all_in(FrameState::Failed).collect();
        let with_others = failed.into_iter().filter(|index| self.cause(*index).is_some());
        for index in with_others.collect::<Vec<_>>() {
            self.set(index, FrameState::Waiting);
        }
        self.causes = Causes::default();
    }

    /// Whether a chunk failed by itself or by a person, and not with another.
    pub(crate) fn failed_itself(&self, index: u32) -> bool {
        self.state(index) == Some(FrameState::Failed) && self.cause(index).is_none()
    }
}
