//! One part of a frame list: `7`, `1-10`, `1-100x5`, `10-1x-1`.

use std::fmt;

use crate::frames::error::{FrameListError, NUMBER_MAX};

/// Frames `first`, `first + step`, … as far as `last`, which need not be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRange {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) step: i64,
}

impl FrameRange {
    /// How many frames it holds; at least 1.
    pub(super) fn len(self) -> u64 {
        (self.last - self.first).unsigned_abs() / self.step.unsigned_abs() + 1
    }

    pub(super) fn get(self, index: u64) -> i64 {
        self.first + i64::try_from(index).unwrap_or(i64::MAX) * self.step
    }

    /// `held` frames of it, at least 1, from the one at `skip`.
    pub(super) fn part(self, skip: u64, held: u64) -> Self {
        let step = if held == 1 { 1 } else { self.step };
        Self { first: self.get(skip), last: self.get(skip + held - 1), step }
    }

    pub(super) fn position(self, number: i64) -> Option<u64> {
        let offset = number - self.first;
        let within = self.first.min(self.last) <= number && number <= self.first.max(self.last);
        (within && offset % self.step == 0).then(|| (offset / self.step).unsigned_abs())
    }

    pub(super) fn parse(part: &str) -> Result<Self, FrameListError> {
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
        // One frame has no step, so that a list is the same after it was written and read.
        Ok(Self { first, last, step: if first == last { 1 } else { step } })
    }

    pub(super) fn shared_with(self, other: Self) -> Option<i64> {
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

impl fmt::Display for FrameRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first == self.last, self.step) {
            (true, _) => write!(f, "{}", self.first),
            (false, 1) => write!(f, "{}-{}", self.first, self.last),
            (false, step) => write!(f, "{}-{}x{step}", self.first, self.last),
        }
    }
}
