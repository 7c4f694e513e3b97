//! What there is to know of frames that were tried. Nearly all of them have one attempt that went well, so
//! that is what costs little: a million of them are looked at while others run.

use std::sync::Arc;

use model::{AttemptNumber, LeaseId, Output, SlotIndex, Time, Usage};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Ending;
use crate::host_table::HostIndex;

/// Touched frames that stand together in memory, so that a table never has to be moved as a whole.
const PAGE: usize = 1_024;

/// What there is to know of a frame that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Touched {
    /// Tries before the last.
    #[serde(default, skip_serializing_if = "<[Attempt]>::is_empty")]
    earlier: Box<[Attempt]>,
    /// The last try that began; a refused one did not begin.
    last: Option<Attempt>,
    /// How many of them failed and counted, since a person last let it be retried.
    pub(crate) failures: u32,
    /// Tries before that.
    #[serde(default, skip_serializing_if = "is_none")]
    forgiven: u32,
    /// When it may be tried again, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) again_at: Option<Time>,
    /// Its files, once it is done.
    #[serde(default, skip_serializing_if = "<[Output]>::is_empty")]
    pub(crate) outputs: Box<[Output]>,
}

/// One try of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) lease: LeaseId,
    pub(crate) number: AttemptNumber,
    pub(crate) host: HostIndex,
    pub(crate) slot: SlotIndex,
    pub(crate) started_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<AttemptEnd>,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AttemptEnd {
    pub(crate) at: Time,
    /// Absent where the frame was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ending: Option<Ending>,
    /// Why it failed; of one that went well its warnings, a line each. Absent where there is nothing to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<Usage>,
}

impl AttemptEnd {
    /// Why the attempt failed; empty where it did not.
    pub(crate) fn message(&self) -> &str {
        self.message.as_deref().filter(|_| self.ending.is_some()).unwrap_or("")
    }

    /// What a person should look at though the attempt went well.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &str> {
        let said = self.message.as_deref().filter(|_| self.ending.is_none());
        said.into_iter().flat_map(str::lines)
    }
}

impl Touched {
    /// Tries that began, first to last.
    pub(crate) fn attempts(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.earlier.iter().chain(&self.last)
    }

    /// Those since a person last let it be retried.
    pub(crate) fn unforgiven(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts().skip(self.forgiven as usize)
    }

    /// A person lets it be retried: it has all its tries again.
    pub(crate) fn forgive(&mut self) {
        self.failures = 0;
        self.forgiven = self.tries();
    }

    pub(crate) const fn last(&self) -> Option<&Attempt> {
        self.last.as_ref()
    }

    pub(crate) const fn last_mut(&mut self) -> Option<&mut Attempt> {
        self.last.as_mut()
    }

    /// How many tries began.
    pub(crate) fn tries(&self) -> u32 {
        u32::try_from(self.earlier.len()).unwrap_or(u32::MAX) + u32::from(self.last.is_some())
    }

    /// How the last try ended that was not good.
    pub(crate) fn last_failure(&self) -> Option<Ending> {
        self.attempts().rev().find_map(|attempt| attempt.end.as_ref()?.ending)
    }

    /// How many of the last tries that ended found no licence, in a row.
    pub(crate) fn without_licence(&self) -> u32 {
        let ends = self.attempts().rev().filter_map(|attempt| attempt.end.as_ref());
        let found_none = ends.take_while(|end| end.ending == Some(Ending::Licence));
        u32::try_from(found_none.count()).unwrap_or(u32::MAX)
    }

    pub(crate) fn begin(&mut self, attempt: Attempt) {
        if let Some(before) = self.last.replace(attempt) {
            let mut earlier = std::mem::take(&mut self.earlier).into_vec();
            earlier.push(before);
            self.earlier = earlier.into_boxed_slice();
        }
    }

    /// The last try did not begin after all.
    pub(crate) fn unbegin(&mut self) {
        let mut earlier = std::mem::take(&mut self.earlier).into_vec();
        self.last = earlier.pop();
        self.earlier = earlier.into_boxed_slice();
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_none(tries: &u32) -> bool {
    *tries == 0
}

/// The touched frames of a step, by index. They stand in the order of their first tries, so that what runs
/// together is found together. Copies share what neither of them changes: while a snapshot is written the
/// farm goes on, and what was done long ago is not there twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct TouchedFrames {
    /// One more than the place of each frame, 0 for frames that were never tried; empty before the first.
    places: Vec<u32>,
    /// Full ones.
    pages: Vec<Arc<[Touched]>>,
    /// The last one, which is not full.
    filling: Vec<Touched>,
}

impl TouchedFrames {
    pub(crate) fn get(&self, index: u32) -> Option<&Touched> {
        let place = self.place(index)?;
        let page = self.pages.get(place / PAGE).map_or(self.filling.as_slice(), |page| page);
        page.get(place % PAGE)
    }

    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut Touched> {
        let place = self.place(index)?;
        let page = self.pages.get_mut(place / PAGE).map_or(self.filling.as_mut_slice(), Arc::make_mut);
        page.get_mut(place % PAGE)
    }

    /// The frame at `index` of `frames`, touched from now on.
    pub(crate) fn touch(&mut self, index: u32, frames: u32) -> Option<&mut Touched> {
        if self.place(index).is_none() {
            self.places.resize(frames as usize, 0);
            let place = self.places.get_mut(index as usize)?;
            if self.filling.len() == PAGE {
                self.pages.push(std::mem::take(&mut self.filling).into());
            }
            self.filling.push(Touched::default());
            *place = u32::try_from(self.pages.len() * PAGE + self.filling.len()).ok()?;
        }
        self.get_mut(index)
    }

    /// Every touched frame, by index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Touched)> {
        (0..).zip(&self.places).filter(|(_, place)| **place > 0).filter_map(|(index, _)| {
            let index: u32 = index;
            Some((index, self.get(index)?))
        })
    }

    /// Has `change` done to every touched frame that is `meant`, in no order that means anything.
    pub(crate) fn change(&mut self, meant: impl Fn(&Touched) -> bool, mut change: impl FnMut(&mut Touched)) {
        for page in self.pages.iter_mut().filter(|page| page.iter().any(&meant)) {
            Arc::make_mut(page).iter_mut().filter(|touched| meant(touched)).for_each(&mut change);
        }
        self.filling.iter_mut().filter(|touched| meant(touched)).for_each(change);
    }

    fn place(&self, index: u32) -> Option<usize> {
        let place = *self.places.get(index as usize)?;
        place.checked_sub(1).map(|place| place as usize)
    }
}

impl PartialEq for TouchedFrames {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Serialize for TouchedFrames {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for TouchedFrames {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let held = std::collections::BTreeMap::<u32, Touched>::deserialize(from)?;
        let frames = held.last_key_value().map_or(0, |(index, _)| index.saturating_add(1));
        let mut touched = Self::default();
        for (index, frame) in held {
            if let Some(place) = touched.touch(index, frames) {
                *place = frame;
            }
        }
        Ok(touched)
    }
}
