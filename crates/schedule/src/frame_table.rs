//! The frames of one step: a byte of state for each, and more only for those that were touched.
//!
//! Frames from `fresh` on were never tried and are taken in order, so a million queued frames are a million
//! bytes and a cursor. Nothing that a pass calls walks over the frames.

use std::collections::{BTreeMap, BTreeSet};

use model::{AttemptNumber, FrameState, HostId, LeaseId, Output, SlotIndex, Time, Usage};
use serde::{Deserialize, Serialize};

use crate::Ending;

/// The frames of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FrameTable {
    #[serde(with = "runs")]
    states: Vec<FrameState>,
    counts: Counts,
    /// The first frame that was never tried; all after it were not tried either.
    fresh: u32,
    /// Frames that wait for another try, by when they may have it.
    again: BTreeSet<(Time, u32)>,
    touched: BTreeMap<u32, Touched>,
}

/// How many frames are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) waiting: u32,
    pub(crate) running: u32,
    pub(crate) done: u32,
    pub(crate) failed: u32,
    pub(crate) killed: u32,
}

/// What there is to know of a frame that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Touched {
    /// Tries that began, first to last; a refused one did not begin.
    pub(crate) attempts: Vec<Attempt>,
    /// How many of them failed and counted.
    pub(crate) failures: u32,
    /// When it may be tried again, while it waits.
    pub(crate) again_at: Option<Time>,
    /// Its files, once it is done.
    pub(crate) outputs: Vec<Output>,
}

/// One try of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) lease: LeaseId,
    pub(crate) number: AttemptNumber,
    pub(crate) host: HostId,
    pub(crate) slot: SlotIndex,
    pub(crate) started_at: Time,
    pub(crate) end: Option<AttemptEnd>,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AttemptEnd {
    pub(crate) at: Time,
    /// Absent where the frame was finished.
    pub(crate) ending: Option<Ending>,
    pub(crate) message: String,
    pub(crate) usage: Option<Usage>,
}

impl Counts {
    pub(crate) const fn total(self) -> u32 {
        self.waiting + self.running + self.done + self.failed + self.killed
    }

    /// Frames that have not ended.
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

impl FrameTable {
    /// `count` frames that were never tried.
    pub(crate) fn new(count: u32) -> Self {
        Self {
            states: vec![FrameState::Waiting; place(count)],
            counts: Counts { waiting: count, ..Counts::default() },
            fresh: 0,
            again: BTreeSet::new(),
            touched: BTreeMap::new(),
        }
    }

    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn state(&self, index: u32) -> Option<FrameState> {
        self.states.get(place(index)).copied()
    }

    pub(crate) fn touched(&self, index: u32) -> Option<&Touched> {
        self.touched.get(&index)
    }

    /// Every frame that was tried, in order.
    pub(crate) fn all_touched(&self) -> impl Iterator<Item = (u32, &Touched)> {
        self.touched.iter().map(|(index, touched)| (*index, touched))
    }

    /// Frames that failed, with the reason of their last try.
    pub(crate) fn failed(&self) -> impl Iterator<Item = (u32, &str)> {
        let failed = self.all_touched().filter(|(index, _)| self.state(*index) == Some(FrameState::Failed));
        failed.map(|(index, touched)| {
            let end = touched.attempts.last().and_then(|attempt| attempt.end.as_ref());
            (index, end.map_or("", |end| end.message.as_str()))
        })
    }

    /// Frames that were never tried, as a range of indices.
    pub(crate) fn fresh(&self) -> std::ops::Range<u32> {
        let end = if self.counts.killed > 0 { self.fresh } else { self.len() };
        self.fresh..end
    }

    /// Frames that wait for another try, by when they may have it.
    pub(crate) fn again(&self) -> impl Iterator<Item = (Time, u32)> {
        self.again.iter().copied()
    }

    /// When the first of the waiting frames may be tried again that may not yet.
    pub(crate) fn next_again(&self, now: Time) -> Option<Time> {
        self.again.range((now.plus_ms(1), 0)..).next().map(|(at, _)| *at)
    }

    /// The number of the next try of a frame.
    pub(crate) fn next_attempt(&self, index: u32) -> AttemptNumber {
        let last = self.touched(index).and_then(|touched| touched.attempts.last());
        AttemptNumber(last.map_or(1, |attempt| attempt.number.0 + 1))
    }

    /// Hosts where the frame failed and it counted.
    pub(crate) fn failed_on(&self, index: u32) -> BTreeSet<&HostId> {
        let counted =
            |attempt: &&Attempt| attempt.end.as_ref().and_then(|end| end.ending).is_some_and(Ending::counted);
        self.touched(index)
            .map(|touched| touched.attempts.iter().filter(counted).map(|attempt| &attempt.host).collect())
            .unwrap_or_default()
    }

    /// A waiting frame begins a try.
    pub(crate) fn begin(&mut self, index: u32, attempt: Attempt) {
        let touched = self.touched.entry(index).or_default();
        match touched.again_at.take() {
            Some(at) => {
                self.again.remove(&(at, index));
            }
            None => self.fresh = self.fresh.max(index + 1),
        }
        touched.attempts.push(attempt);
        self.set(index, FrameState::Running);
    }

    /// A running frame's try ended without it; it waits until `again_at`, or has failed.
    pub(crate) fn end(&mut self, index: u32, end: AttemptEnd, again_at: Option<Time>) {
        let touched = self.touched.entry(index).or_default();
        if end.ending == Some(Ending::Refused) {
            touched.attempts.pop();
        } else if let Some(attempt) = touched.attempts.last_mut() {
            touched.failures += u32::from(end.ending.is_some_and(Ending::counted));
            attempt.end = Some(end);
        }
        touched.again_at = again_at;
        match again_at {
            Some(at) => {
                self.again.insert((at, index));
                self.set(index, FrameState::Waiting);
            }
            None => self.set(index, FrameState::Failed),
        }
    }

    /// A running frame is done.
    pub(crate) fn finish(&mut self, index: u32, end: AttemptEnd, outputs: Vec<Output>) {
        let touched = self.touched.entry(index).or_default();
        if let Some(attempt) = touched.attempts.last_mut() {
            attempt.end = Some(end);
        }
        touched.outputs = outputs;
        self.set(index, FrameState::Done);
    }

    /// Every frame that has not ended is killed.
    pub(crate) fn kill(&mut self, at: Time) {
        for state in &mut self.states {
            if matches!(state, FrameState::Waiting | FrameState::Running) {
                *state = FrameState::Killed;
            }
        }
        self.counts.killed += self.counts.left();
        self.counts.waiting = 0;
        self.counts.running = 0;
        self.again.clear();
        for touched in self.touched.values_mut() {
            touched.again_at = None;
            if let Some(attempt) = touched.attempts.last_mut().filter(|attempt| attempt.end.is_none()) {
                let message = "the job was killed".to_owned();
                attempt.end = Some(AttemptEnd { at, ending: Some(Ending::Killed), message, usage: None });
            }
        }
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn states(&self) -> &[FrameState] {
        &self.states
    }

    fn set(&mut self, index: u32, state: FrameState) {
        if let Some(held) = self.states.get_mut(place(index)) {
            *self.counts.of(*held) -= 1;
            *self.counts.of(state) += 1;
            *held = state;
        }
    }
}

/// Frame indices fit an address on every machine this runs on.
const fn place(index: u32) -> usize {
    index as usize
}

/// States in a snapshot: runs of equal ones, since most neighbours are equal.
mod runs {
    use model::FrameState;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Run {
        state: FrameState,
        frames: usize,
    }

    pub(super) fn serialize<S: Serializer>(states: &[FrameState], to: S) -> Result<S::Ok, S::Error> {
        let runs = states.chunk_by(|one, next| one == next);
        to.collect_seq(runs.map(|run| Run { state: run[0], frames: run.len() }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<FrameState>, D::Error> {
        let runs = Vec::<Run>::deserialize(from)?;
        Ok(runs.iter().flat_map(|run| std::iter::repeat_n(run.state, run.frames)).collect())
    }
}
