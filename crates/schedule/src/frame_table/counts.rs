//! How many chunks, or how many frames, are in which state.

use model::FrameState;
use serde::{Deserialize, Serialize};

/// How many are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) waiting: u32,
    pub(crate) running: u32,
    pub(crate) done: u32,
    pub(crate) failed: u32,
    pub(crate) killed: u32,
}

impl Counts {
    pub(crate) const fn total(self) -> u32 {
        self.waiting + self.running + self.done + self.failed + self.killed
    }

    /// Those that have not ended.
    pub(crate) const fn left(self) -> u32 {
        self.waiting + self.running
    }

    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            waiting: self.waiting + other.waiting,
            running: self.running + other.running,
            done: self.done + other.done,
            failed: self.failed + other.failed,
            killed: self.killed + other.killed,
        }
    }

    /// So many frames in each of these chunks.
    pub(super) const fn times(self, frames: u32) -> Self {
        Self {
            waiting: self.waiting * frames,
            running: self.running * frames,
            done: self.done * frames,
            failed: self.failed * frames,
            killed: self.killed * frames,
        }
    }

    pub(crate) const fn of(&mut self, state: FrameState) -> &mut u32 {
        match state {
            FrameState::Waiting => &mut self.waiting,
            FrameState::Running => &mut self.running,
            FrameState::Done => &mut self.done,
            FrameState::Failed => &mut self.failed,
            FrameState::Killed => &mut self.killed,
        }
    }
}
