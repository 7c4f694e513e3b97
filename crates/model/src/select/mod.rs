//! Which of many people want to see or to change, in which order, and how many at once: the queries of the
//! API's lists and the orders over a selection.

mod frames;
mod hosts;
mod jobs;
mod orders;
mod page;
mod words;

pub use frames::{FrameQuery, FrameSelect};
pub use hosts::{HostQuery, HostSelect, HostSort};
pub use jobs::{JobQuery, JobQueue, JobSelect, JobSort};
pub use orders::{FrameVerb, FramesOrder, FramesOrdered, JobVerb, JobsOrder, JobsOrdered, RefusedJob};
pub use page::{Page, PageWish, Place, Sorted};

#[cfg(test)]
mod tests;
