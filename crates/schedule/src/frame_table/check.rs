//! Asserts every invariant of a table, for the simulator and for tests.

use model::{FrameId, FrameState};

use crate::frame_table::{Counts, FrameTable};

impl FrameTable {
    /// Walks over all of it. `first` is the first chunk of its step.
    pub(crate) fn check(&self, first: FrameId) {
        let mut counts = Counts::default();
        for (index, state) in (0..).zip(&self.states) {
            *counts.of(*state) += 1;
            self.check_chunk(FrameId { index, ..first }, *state);
        }
        assert_eq!(self.counts, counts, "step {} of job {} counts its chunks", first.step, first.job);
        for (at, index) in self.again() {
            let again_at = self.touched(index).and_then(|touched| touched.again_at);
            let frame = FrameId { index, ..first };
            assert_eq!(again_at, Some(at), "frame {frame} waits for another try");
            assert_eq!(self.state(index), Some(FrameState::Waiting), "frame {frame} is waiting");
        }
        for index in self.fresh() {
            let frame = FrameId { index, ..first };
            assert_eq!(self.state(index), Some(FrameState::Waiting), "frame {frame} may start");
            assert!(self.touched(index).is_none(), "frame {frame} was never tried");
        }
        if self.released.is_none() && self.is_open() {
            let waiting = self.again.len() + self.fresh().left();
            assert_eq!(u32::try_from(waiting), Ok(counts.waiting), "all that waits is found");
        }
        if counts.done > 0 || counts.running > 0 {
            assert_eq!(self.gates, 0, "nothing starts before what has to be done as a whole");
        }
    }

    fn check_chunk(&self, frame: FrameId, state: FrameState) {
        let struck = self.struck(frame.index).is_some();
        assert!(
            !struck || state == FrameState::Failed,
            "frame {frame} is {state:?} though a person killed it"
        );
        let position = self.position(frame.index);
        let Some(touched) = self.touched(frame.index) else {
            assert!(
                !matches!(state, FrameState::Running | FrameState::Done),
                "frame {frame} is {state:?} and was never tried"
            );
            let failed = state == FrameState::Failed;
            let why = self.cause(frame.index).is_some() || self.struck(frame.index).is_some();
            assert_eq!(why, failed, "frame {frame} knows why it failed");
            return;
        };
        match &self.released {
            Some(released) => assert!(!released.holds(position), "frame {frame} was tried and is to start"),
            None => assert!(position < self.fresh, "frame {frame} was tried and counts as never tried"),
        }
        assert_eq!(
            touched.again_at.is_some(),
            state == FrameState::Waiting,
            "frame {frame} waits with a time"
        );
        let done = state == FrameState::Done;
        assert!(touched.outputs.is_empty() || done, "frame {frame} is done when it has its files");
        let running = touched.attempts().filter(|attempt| attempt.end.is_none()).count();
        let runs = usize::from(state == FrameState::Running);
        assert_eq!(running, runs, "frame {frame} has one running attempt while it runs");
    }
}
