//! The vocabulary, as people and packages write it.

mod check;
mod frames;
mod version;
