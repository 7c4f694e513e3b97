//! The resource server's decisions, told as stories and as laws.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod database;
mod laws;
mod membership;
mod watching;
mod words;
