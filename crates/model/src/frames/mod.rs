//! Frame lists as the field writes them: `1-10`, `1-100x5`, `1,3,7-9`, `10-1x-1`, `-5--1`.
//!
//! A list stays a few ranges however many frames it names; nothing here expands it.

mod error;
mod range;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use error::FRAMES_MAX;

pub use error::FrameListError;
pub use range::FrameRange;

/// An ordered list of frame numbers without repetition, never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FrameSet {
    ranges: Vec<FrameRange>,
}

impl FrameSet {
    /// The frame `number` alone.
    #[must_use]
    pub fn single(number: i64) -> Self {
        Self { ranges: vec![FrameRange { first: number, last: number, step: 1 }] }
    }

    /// How many frames it holds; at least 1.
    #[must_use]
    pub fn count(&self) -> u32 {
        let count: u64 = self.ranges.iter().map(|range| range.len()).sum();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The frame number at `index`, in the order written.
    #[must_use]
    pub fn number(&self, index: u32) -> Option<i64> {
        let mut rest = u64::from(index);
        for range in &self.ranges {
            if rest < range.len() {
                return Some(range.get(rest));
            }
            rest -= range.len();
        }
        None
    }

    /// The index of frame `number`.
    #[must_use]
    pub fn index_of(&self, number: i64) -> Option<u32> {
        let mut before = 0;
        for range in &self.ranges {
            if let Some(position) = range.position(number) {
                return u32::try_from(before + position).ok();
            }
            before += range.len();
        }
        None
    }

    /// The frames at `indices` alone; none where there are none.
    #[must_use]
    pub fn part(&self, indices: Range<u32>) -> Option<Self> {
        let (mut skip, mut take) =
            (u64::from(indices.start), u64::from(indices.end.checked_sub(indices.start)?));
        let mut ranges = Vec::new();
        for range in &self.ranges {
            let held = range.len().saturating_sub(skip).min(take);
            if held > 0 {
                ranges.push(range.part(skip, held));
            }
            skip = skip.saturating_sub(range.len());
            take -= held;
        }
        (!ranges.is_empty()).then_some(Self { ranges })
    }

    /// Whether the numbers ascend by 1 within each chunk of so many frames.
    #[must_use]
    pub fn is_consecutive_in(&self, chunk: u32) -> bool {
        if chunk <= 1 {
            return true;
        }
        let mut before = 0;
        let mut last = None;
        self.ranges.iter().all(|range| {
            let begins_chunk = before % u64::from(chunk) == 0;
            let follows = last.is_none_or(|last: i64| last + 1 == range.first);
            // Two that lie apart may still be in two chunks; of three, two are in one.
            let ascends = match range.len() {
                1 => true,
                2 => range.step == 1 || (before + 1) % u64::from(chunk) == 0,
                _ => range.step == 1,
            };
            before += range.len();
            last = Some(range.get(range.len() - 1));
            (begins_chunk || follows) && ascends
        })
    }

    /// The smallest frame number.
    #[must_use]
    pub fn lowest(&self) -> i64 {
        self.ranges.iter().map(|r| r.first.min(r.get(r.len() - 1))).min().unwrap_or(0)
    }

    /// The largest frame number.
    #[must_use]
    pub fn highest(&self) -> i64 {
        self.ranges.iter().map(|r| r.first.max(r.get(r.len() - 1))).max().unwrap_or(0)
    }
}

impl FromStr for FrameSet {
    type Err = FrameListError;

    fn from_str(list: &str) -> Result<Self, FrameListError> {
        let mut ranges: Vec<FrameRange> = Vec::new();
        for part in list.split(',').map(str::trim) {
            if part.is_empty() {
                return Err(FrameListError::Empty { list: list.to_owned() });
            }
            ranges.push(FrameRange::parse(part)?);
        }
        let count = ranges.iter().map(|range| range.len()).sum();
        if count > FRAMES_MAX {
            return Err(FrameListError::TooMany { list: list.to_owned(), count });
        }
        for (i, one) in ranges.iter().enumerate() {
            for other in &ranges[i + 1..] {
                if let Some(number) = one.shared_with(*other) {
                    return Err(FrameListError::Repeated { number, one: *one, other: *other });
                }
            }
        }
        Ok(Self { ranges })
    }
}

impl TryFrom<String> for FrameSet {
    type Error = FrameListError;

    fn try_from(text: String) -> Result<Self, FrameListError> {
        text.parse()
    }
}

impl From<FrameSet> for String {
    fn from(set: FrameSet) -> Self {
        set.to_string()
    }
}

impl fmt::Display for FrameSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, range) in self.ranges.iter().enumerate() {
            write!(f, "{}{range}", if i > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}
