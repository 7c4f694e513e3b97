//! The vocabulary, as people and packages write it.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod check;
mod frames;
mod parts;
mod paths;
mod profile;
mod version;
