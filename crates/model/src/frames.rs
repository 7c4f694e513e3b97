//! Frame lists as the field writes them: `1-10`, `1-100x5`, `1,3,7-9`, `10-1x-1`, `-5--1`.
//!
//! A list stays a few ranges however many frames it names; nothing here expands it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// More frames than this in one step are refused: no film is that long, and a typing error is likelier.
const FRAMES_MAX: u64 = 10_000_000;
/// Frame numbers beyond this are refused; renderers keep them in 32 bits.
const NUMBER_MAX: i64 = 1_000_000_000;

/// Frames `first`, `first + step`, … as far as `last`, which need not be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRange {
    first: i64,
    last: i64,
    step: i64,
}

/// An ordered list of frame numbers without repetition, never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FrameSet {
    ranges: Vec<FrameRange>,
}

/// Why a text is no frame list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameListError {
    /// Nothing where a range is wanted.
    #[error("the frame list {list:?} has an empty part; write for example 1-10 or 1,3,7-9")]
    Empty {
        /// The whole list.
        list: String,
    },
    /// A part that is neither a number nor a range.
    #[error("{part:?} is not a frame or a range; write for example 7, 1-10, 1-100x5 or 10-1x-1")]
    NotARange {
        /// The part as written.
        part: String,
    },
    /// A number too large for any renderer.
    #[error("{part:?} holds a frame number beyond {NUMBER_MAX}")]
    TooLarge {
        /// The part as written.
        part: String,
    },
    /// A step of 0.
    #[error("{part:?} steps by 0, so it never ends; write the range without the step for every frame")]
    ZeroStep {
        /// The part as written.
        part: String,
    },
    /// A range that runs against its step.
    #[error("{part:?} holds no frame: it runs from {first} to {last} in steps of {step}; write {mended}")]
    Reversed {
        /// The part as written.
        part: String,
        /// First frame.
        first: i64,
        /// Last frame.
        last: i64,
        /// Step.
        step: i64,
        /// What was probably meant.
        mended: String,
    },
    /// A frame named twice.
    #[error("frame {number} is named twice, in {one} and in {other}; a frame is rendered once")]
    Repeated {
        /// The frame.
        number: i64,
        /// One range that holds it.
        one: FrameRange,
        /// Another.
        other: FrameRange,
    },
    /// More frames than a step may have.
    #[error("the list {list:?} names {count} frames; {FRAMES_MAX} is the most for one step")]
    TooMany {
        /// The whole list.
        list: String,
        /// How many it names.
        count: u64,
    },
}

impl FrameRange {
    /// How many frames it holds; at least 1.
    fn len(self) -> u64 {
        (self.last - self.first).unsigned_abs() / self.step.unsigned_abs() + 1
    }

    fn get(self, index: u64) -> i64 {
        self.first + i64::try_from(index).unwrap_or(i64::MAX) * self.step
    }

    fn position(self, number: i64) -> Option<u64> {
        let offset = number - self.first;
        let within = self.first.min(self.last) <= number && number <= self.first.max(self.last);
        (within && offset % self.step == 0).then(|| (offset / self.step).unsigned_abs())
    }

    fn parse(part: &str) -> Result<Self, FrameListError> {
        let not_a_range = || FrameListError::NotARange { part: part.to_owned() };
        let (span, step) = match part.split_once(['x', ':']) {
            Some((span, step)) => (span, Some(parse_number(step, part)?)),
            None => (part, None),
        };
        // The dash that separates is the first one which is not the sign of the first number.
        let (first, last) = match span.char_indices().skip(1).find(|(_, c)| *c == '-') {
            Some((at, _)) => (parse_number(&span[..at], part)?, parse_number(&span[at + 1..], part)?),
            None if step.is_some() => return Err(not_a_range()),
            None => {
                let number = parse_number(span, part)?;
                (number, number)
            }
        };
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(FrameListError::ZeroStep { part: part.to_owned() });
        }
        if (last - first).signum() * step.signum() < 0 {
            let mended = format!("{first}-{last}x{} or {last}-{first}x{step}", -step);
            return Err(FrameListError::Reversed { part: part.to_owned(), first, last, step, mended });
        }
        Ok(Self { first, last, step })
    }

    fn shared_with(self, other: Self) -> Option<i64> {
        let (few, many) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        if few.first.max(few.last) < many.first.min(many.last)
            || many.first.max(many.last) < few.first.min(few.last)
        {
            return None;
        }
        (0..few.len()).map(|i| few.get(i)).find(|number| many.position(*number).is_some())
    }
}

fn parse_number(text: &str, part: &str) -> Result<i64, FrameListError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FrameListError::NotARange { part: part.to_owned() });
    }
    match text.parse::<i64>() {
        Ok(number) if number.abs() <= NUMBER_MAX => Ok(number),
        _ => Err(FrameListError::TooLarge { part: part.to_owned() }),
    }
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

impl fmt::Display for FrameRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first == self.last, self.step) {
            (true, _) => write!(f, "{}", self.first),
            (false, 1) => write!(f, "{}-{}", self.first, self.last),
            (false, step) => write!(f, "{}-{}x{step}", self.first, self.last),
        }
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
