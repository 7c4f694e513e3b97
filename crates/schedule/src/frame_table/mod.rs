//! The chunks of frames of one step: a byte of state for each, and more only for those that were touched.
//!
//! A chunk is what is leased, tried and delivered together; usually it is one frame. Those that were never
//! tried are a cursor over the order of the step, so a million of them are a million bytes. Nothing that a
//! pass calls walks over the chunks.

mod check;
mod counts;
mod dependent;
mod fresh;
mod order;
mod ready;
mod runs;
mod struck;

use std::collections::BTreeSet;

use model::{AttemptNumber, FrameOrder, FrameState, Output, Step, Time};
use serde::{Deserialize, Serialize};

use crate::Ending;
use crate::frame_table::dependent::Causes;
use crate::frame_table::fresh::{Fresh, Positions, Released};
use crate::frame_table::order::position_of;
use crate::frame_table::ready::AGAIN_MAX;
use crate::frame_table::struck::Struck;
use crate::host_table::HostIndex;
use crate::touched::{Attempt, AttemptEnd, Touched, TouchedFrames};

pub(crate) use counts::Counts;
pub(crate) use dependent::{Cause, Feed};
pub(crate) use ready::Ready;

/// The chunks of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FrameTable {
    #[serde(with = "runs")]
    states: Vec<FrameState>,
    counts: Counts,
    /// In which order they start.
    #[serde(default)]
    order: FrameOrder,
    /// The first position in that order that was never tried; all after it were not tried either. Means
    /// nothing where chunks are released one by one.
    fresh: u32,
    /// Those that wait for another try, by when they may have it.
    again: BTreeSet<(Time, u32)>,
    touched: TouchedFrames,
    /// Milliseconds that the attempts which finished a chunk took together, from which it is known how long
    /// one takes.
    #[serde(default)]
    done_wall_ms: u64,
    /// The sum of the squares of the same.
    #[serde(default)]
    done_wall_squares: u64,
    /// Chunks that are done and of which there were warnings.
    #[serde(default)]
    warned: u32,
    /// Steps that have to be done as a whole before any chunk starts, and are not.
    #[serde(default)]
    gates: u32,
    /// Which chunks have the frames of other steps that they need, where they need some.
    #[serde(default)]
    released: Option<Released>,
    /// Why chunks failed that were not tried.
    #[serde(default)]
    causes: Causes,
    /// Those that a person killed.
    #[serde(default, skip_serializing_if = "Struck::is_empty")]
    struck: Struck,
    /// The steps that wait for this one.
    #[serde(default)]
    feeds: Vec<Feed>,
}

impl FrameTable {
    /// The chunks of `step`, none of which was tried and which wait for nothing.
    pub(crate) fn new(step: &Step) -> Self {
        let count = step.chunks();
        Self {
            states: vec![FrameState::Waiting; place(count)],
            counts: Counts { waiting: count, ..Counts::default() },
            order: step.order,
            fresh: 0,
            again: BTreeSet::new(),
            touched: TouchedFrames::default(),
            done_wall_ms: 0,
            done_wall_squares: 0,
            warned: 0,
            gates: 0,
            released: None,
            causes: Causes::default(),
            struck: Struck::new(),
            feeds: Vec::new(),
        }
    }

    /// How many chunks are in which state.
    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    /// How many frames are in which state, of the step that this is the table of.
    pub(crate) fn frames(&self, step: &Step) -> Counts {
        let chunk = step.chunk.max(1);
        let mut frames = self.counts.times(chunk);
        if let Some(last) = self.states.last() {
            *frames.of(*last) -= self.len() * chunk - step.frames.count();
        }
        frames
    }

    /// How many are done with warnings.
    pub(crate) const fn warned(&self) -> u32 {
        self.warned
    }

    pub(crate) fn state(&self, index: u32) -> Option<FrameState> {
        self.states.get(place(index)).copied()
    }

    pub(crate) fn touched(&self, index: u32) -> Option<&Touched> {
        self.touched.get(index)
    }

    /// Every chunk that was tried, in order.
    pub(crate) fn all_touched(&self) -> impl Iterator<Item = (u32, &Touched)> {
        self.touched.iter()
    }

    /// Those that are in `state`, in order.
    pub(crate) fn all_in(&self, state: FrameState) -> impl Iterator<Item = u32> {
        let mut counts = self.counts;
        let some = if *counts.of(state) > 0 { self.states.as_slice() } else { &[] };
        (0..).zip(some).filter(move |(_, held)| **held == state).map(|(index, _)| index)
    }

    /// Those that were never tried and may start, in their order.
    fn fresh(&self) -> Fresh<'_> {
        let positions = match &self.released {
            _ if !self.is_open() => Positions::From(0..0),
            Some(released) => Positions::Of(released.ready().iter()),
            None => Positions::From(self.fresh..self.len()),
        };
        Fresh { order: self.order, count: self.len(), positions }
    }

    /// Whether some may start that were never tried.
    pub(crate) fn has_fresh(&self) -> bool {
        self.fresh().left() > 0
    }

    /// Whether some may start, now or after their back-off.
    pub(crate) fn is_ready(&self) -> bool {
        !self.again.is_empty() || self.has_fresh()
    }

    /// Whether chunks may start at all.
    const fn is_open(&self) -> bool {
        self.gates == 0 && self.counts.killed == 0
    }

    /// Chunks that wait for another try, by when they may have it.
    pub(crate) fn again(&self) -> impl Iterator<Item = (Time, u32)> {
        self.again.iter().copied()
    }

    /// When the first of the waiting chunks may be tried again that may not yet.
    pub(crate) fn next_again(&self, now: Time) -> Option<Time> {
        self.again.range((now.plus_ms(1), 0)..).next().map(|(at, _)| *at)
    }

    /// The number of the next try of a chunk.
    pub(crate) fn next_attempt(&self, index: u32) -> AttemptNumber {
        let last = self.touched(index).and_then(Touched::last);
        AttemptNumber(last.map_or(1, |attempt| attempt.number.0 + 1))
    }

    /// Hosts where the chunk failed and it counted, one for each such try since a person last let it be
    /// retried.
    pub(crate) fn failed_on(&self, index: u32) -> impl Iterator<Item = HostIndex> {
        let counted =
            |attempt: &&Attempt| attempt.end.as_ref().and_then(|end| end.ending).is_some_and(Ending::counted);
        let attempts = self.touched(index).into_iter().flat_map(Touched::unforgiven);
        attempts.filter(counted).map(|attempt| attempt.host)
    }

    /// Hosts that the chunk had better not go to again: where it failed, and where a person took it away
    /// from.
    pub(crate) fn shuns(&self, index: u32) -> impl Iterator<Item = HostIndex> {
        let ending = |attempt: &Attempt| attempt.end.as_ref().and_then(|end| end.ending);
        let bad = move |attempt: &&Attempt| {
            ending(attempt).is_some_and(|ending| ending.counted() || ending == Ending::Killed)
        };
        let attempts = self.touched(index).into_iter().flat_map(Touched::unforgiven);
        attempts.filter(bad).map(|attempt| attempt.host)
    }

    /// Milliseconds that an attempt takes which finishes a chunk, as far as some have.
    pub(crate) fn typical_ms(&self) -> Option<u64> {
        self.done_wall_ms.checked_div(u64::from(self.counts.done))
    }

    /// The square of how far attempts that finish a chunk are from what they take.
    pub(crate) fn variance_ms(&self) -> u128 {
        let done = u128::from(self.counts.done);
        let square = u128::from(self.done_wall_squares).checked_div(done).unwrap_or(0);
        let typical = u128::from(self.typical_ms().unwrap_or(0));
        square.saturating_sub(typical * typical)
    }

    /// Indices of the chunks that are leased.
    pub(crate) fn running(&self) -> impl Iterator<Item = u32> {
        self.all_in(FrameState::Running)
    }

    /// The chunks that may start at `now`.
    pub(crate) fn ready(&self, now: Time) -> Ready<'_> {
        let again = self.again.iter().take_while(|(at, _)| *at <= now).take(AGAIN_MAX);
        Ready { again: again.map(|(_, index)| *index).collect(), fresh: self.fresh() }
    }

    /// A waiting chunk begins a try.
    pub(crate) fn begin(&mut self, index: u32, attempt: Attempt) {
        let (chunks, position) = (self.len(), self.position(index));
        let Some(touched) = self.touched.touch(index, chunks) else { return };
        match (touched.again_at.take(), &mut self.released) {
            (Some(at), _) => {
                self.again.remove(&(at, index));
            }
            (None, Some(released)) => released.take(position),
            (None, None) => self.fresh = self.fresh.max(position + 1),
        }
        touched.begin(attempt);
        self.set(index, FrameState::Running);
    }

    /// A running chunk's try ended without it; it waits until `again_at`, or has failed.
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

    /// A running chunk is done.
    pub(crate) fn finish(&mut self, index: u32, end: AttemptEnd, outputs: &[Output]) {
        let Some(touched) = self.touched.get_mut(index) else { return };
        let wall_ms = end.usage.map_or(0, |usage| usage.wall_ms);
        self.done_wall_ms += wall_ms;
        self.done_wall_squares = self.done_wall_squares.saturating_add(wall_ms.saturating_mul(wall_ms));
        self.warned += u32::from(end.message.is_some());
        touched.outputs = outputs.into();
        if let Some(attempt) = touched.last_mut() {
            attempt.end = Some(end);
        }
        self.set(index, FrameState::Done);
    }

    /// Every chunk that has not ended is killed.
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
        if let Some(released) = &mut self.released {
            released.clear();
        }
        let under_way = |attempt: &Attempt| attempt.end.is_none();
        let meant = |touched: &Touched| touched.again_at.is_some() || touched.last().is_some_and(under_way);
        self.touched.change(meant, |touched| {
            touched.again_at = None;
            if let Some(attempt) = touched.last_mut().filter(|attempt| under_way(attempt)) {
                let message = Some("the job was killed".into());
                attempt.end = Some(AttemptEnd { at, ending: Some(Ending::Killed), message, usage: None });
            }
        });
    }

    /// How many chunks there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    /// Where in the order a chunk stands.
    fn position(&self, index: u32) -> u32 {
        position_of(self.order, index, self.len())
    }

    fn set(&mut self, index: u32, state: FrameState) {
        if let Some(held) = self.states.get_mut(place(index)) {
            *self.counts.of(*held) -= 1;
            *self.counts.of(state) += 1;
            *held = state;
        }
    }
}

/// Indices fit an address on every machine this runs on.
const fn place(index: u32) -> usize {
    index as usize
}
