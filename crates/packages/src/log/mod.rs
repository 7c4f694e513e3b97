//! What a package prints, read while it arrives: how far it is, which frames and files are done, what went
//! wrong.
//!
//! Bytes become clean text (`clean`), lines that no pattern can fit are skipped at once (`matcher`), the
//! others become events (`reader`), and at the end a judgement (`verdict`). It knows patterns and frame
//! numbers, and must not know of processes, files on disk or leases.

mod clean;
mod counting;
mod generic;
mod matcher;
mod numbers;
mod reader;
mod shape;
mod text;
mod verdict;

pub(crate) use matcher::Matcher;
pub use reader::{Event, LogReader};
pub use verdict::{Failure, Verdict, Warning};
