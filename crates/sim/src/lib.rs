//! A simulated farm: one schedule server, one resource server and some render servers as they are shipped,
//! with virtual time, links that lose things, servers that are killed, and renderers that fail.
//!
//! One seed makes one farm and one history. Things go wrong for a while (safety: no promise is broken), then
//! nothing does any more (liveness: every job that is not on hold ends, and nothing is left behind). The
//! same seed gives the same history, so a failure can be looked at again. Never shipped.

mod chance;
mod happening;
mod ledger;
mod links;
mod machine;
mod mischief;
mod network;
mod node;
mod people;
mod plan;
mod render_server;
mod resource_server;
mod schedule_server;
mod servers;
mod settled;
mod storage;
mod world;

pub use world::{Summary, World};
