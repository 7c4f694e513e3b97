//! The frames of one step: a byte of state for each, and more only for those that were touched.
//!
//! Frames from `fresh` on were never tried and are taken in order, so a million queued frames are a million
//! bytes and a cursor. Nothing that a pass calls walks over the frames.

use std::collections::BTreeSet;

use model::{AttemptNumber, FrameState, Output, Time};
use serde::{Deserialize, Serialize};

use crate::Ending;
use crate::host_table::HostIndex;
use crate::touched::{Attempt, AttemptEnd, Touched, TouchedFrames};

/// So many frames that wait for another try are looked at in each pass.
const AGAIN_MAX: usize = 256;

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
    touched: TouchedFrames,
    /// Milliseconds that the attempts which finished a frame took together, from which it is known how long
    /// one takes.
    #[serde(default)]
    done_wall_ms: u64,
}

/// The frames of a step that may start now, as a pass takes them one by one.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    again: Vec<u32>,
    fresh: std::ops::Range<u32>,
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
            touched: TouchedFrames::default(),
            done_wall_ms: 0,
        }
    }

    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn state(&self, index: u32) -> Option<FrameState> {
        self.states.get(place(index)).copied()
    }

    pub(crate) fn touched(&self, index: u32) -> Option<&Touched> {
        self.touched.get(index)
    }

    /// Every frame that was tried, in order.
    pub(crate) fn all_touched(&self) -> impl Iterator<Item = (u32, &Touched)> {
        self.touched.iter()
    }

    /// Frames that failed, with the reason of their last try.
    pub(crate) fn failed(&self) -> impl Iterator<Item = (u32, &str)> {
        let failed = self.all_touched().filter(|(index, _)| self.state(*index) == Some(FrameState::Failed));
        failed.map(|(index, touched)| {
            let end = touched.last().and_then(|attempt| attempt.end.as_ref());
            (index, end.map_or("", AttemptEnd::message))
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
        let last = self.touched(index).and_then(Touched::last);
        AttemptNumber(last.map_or(1, |attempt| attempt.number.0 + 1))
    }

    /// Hosts where the frame failed and it counted, one for each such try.
    pub(crate) fn failed_on(&self, index: u32) -> impl Iterator<Item = HostIndex> {
        let counted =
            |attempt: &&Attempt| attempt.end.as_ref().and_then(|end| end.ending).is_some_and(Ending::counted);
        let attempts = self.touched(index).into_iter().flat_map(Touched::attempts);
        attempts.filter(counted).map(|attempt| attempt.host)
    }

    /// Milliseconds that an attempt takes which finishes a frame, as far as some have.
    pub(crate) fn typical_ms(&self) -> Option<u64> {
        self.done_wall_ms.checked_div(u64::from(self.counts.done))
    }

    /// Indices of the frames that are leased.
    pub(crate) fn running(&self) -> impl Iterator<Item = u32> {
        let some = if self.counts.running > 0 { self.states.as_slice() } else { &[] };
        (0..).zip(some).filter(|(_, state)| **state == FrameState::Running).map(|(index, _)| index)
    }

    /// The frames that may start at `now`.
    pub(crate) fn ready(&self, now: Time) -> Ready {
        let again = self.again.iter().take_while(|(at, _)| *at <= now).take(AGAIN_MAX);
        Ready { again: again.map(|(_, index)| *index).collect(), fresh: self.fresh() }
    }

    /// A waiting frame begins a try.
    pub(crate) fn begin(&mut self, index: u32, attempt: Attempt) {
        let frames = self.len();
        let Some(touched) = self.touched.touch(index, frames) else { return };
        match touched.again_at.take() {
            Some(at) => {
                self.again.remove(&(at, index));
            }
            None => self.fresh = self.fresh.max(index + 1),
        }
        touched.begin(attempt);
        self.set(index, FrameState::Running);
    }

    /// A running frame's try ended without it; it waits until `again_at`, or has failed.
    pub(crate) fn end(&mut self, index: u32, end: AttemptEnd, again_at: Option<Time>) {
        let Some(touched) = self.touched.get_mut(index) else { return };
        if end.ending == Some(Ending::Refused) {
            touched.unbegin();
        } else if let Some(attempt) = touched.last_mut() {
            let failed = u32::from(end.ending.is_some_and(Ending::counted));
            attempt.end = Some(end);
            touched.failures += failed;
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
    pub(crate) fn finish(&mut self, index: u32, end: AttemptEnd, outputs: &[Output]) {
        let Some(touched) = self.touched.get_mut(index) else { return };
        self.done_wall_ms += end.usage.map_or(0, |usage| usage.wall_ms);
        touched.outputs = outputs.into();
        if let Some(attempt) = touched.last_mut() {
            attempt.end = Some(end);
        }
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
            if let Some(attempt) = touched.last_mut().filter(|attempt| attempt.end.is_none()) {
                let message = Some("the job was killed".into());
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

impl Ready {
    /// The next frame that `may` start: one that waits for another try before one that was never tried.
    pub(crate) fn next(&mut self, may: impl Fn(u32) -> bool) -> Option<u32> {
        match self.again.iter().position(|index| may(*index)) {
            Some(at) => Some(self.again.remove(at)),
            None => self.fresh.next(),
        }
    }

    /// How many there are at most.
    pub(crate) fn left(&self) -> usize {
        self.again.len() + self.fresh.len()
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
