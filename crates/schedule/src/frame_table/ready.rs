//! What a pass takes from a step, one by one.

use crate::frame_table::fresh::Fresh;

/// So many chunks that wait for another try are looked at in each pass.
pub(super) const AGAIN_MAX: usize = 256;

/// The chunks of a step that may start now.
#[derive(Clone, Debug)]
pub(crate) struct Ready<'a> {
    pub(super) again: Vec<u32>,
    pub(super) fresh: Fresh<'a>,
}

impl Ready<'_> {
    /// The next chunk that `may` start: one that waits for another try before one that was never tried.
    pub(crate) fn next(&mut self, may: impl Fn(u32) -> bool) -> Option<u32> {
        match self.again.iter().position(|index| may(*index)) {
            Some(at) => Some(self.again.remove(at)),
            None => self.fresh.next(),
        }
    }

    /// How many there are at most.
    pub(crate) fn left(&self) -> usize {
        self.again.len() + self.fresh.left()
    }
}
