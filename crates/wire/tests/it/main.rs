//! The wire from outside: links over in-memory streams, discovery over the real loopback network, the
//! client against a small server.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without, it demands")]

mod calls;
mod discovery;
mod link;
mod link_bounds;
mod ring;
mod steering;
mod traffic;
mod transfers;
