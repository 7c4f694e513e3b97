//! The render server's decisions, told as stories and as laws.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod attempts;
mod collecting;
mod desk;
mod doors;
mod laws;
mod lines;
mod restarts;
mod revocations;
mod stops;
mod times;
