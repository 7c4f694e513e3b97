//! What can be wrong with a frame list, and the bounds that it keeps.

use crate::frames::range::FrameRange;

/// More frames than this in one step are refused: no film is that long, and a typing error is likelier.
pub(super) const FRAMES_MAX: u64 = 10_000_000;
/// Frame numbers beyond this are refused; renderers keep them in 32 bits.
pub(super) const NUMBER_MAX: i64 = 1_000_000_000;

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
