//! The store against a real disk: what survives, what is refused, and what is said then.

#![allow(clippy::unwrap_used, reason = "a failed helper is a failed test")]

mod attempt_logs;
mod bodies;
mod cache;
mod conformance;
mod content;
mod data_folder;
mod journal;
mod record_log;
mod results;
