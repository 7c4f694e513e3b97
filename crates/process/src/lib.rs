//! Starts, adopts, measures and stops process trees, and probes the host. Linux.
//!
//! Owns everything the farm asks of the operating system about processes, so that nothing else has to know
//! what a pid, a process group or `/proc` is. It decides nothing: when to start, how long to wait and when to
//! kill are the caller's, and so are the threads to wait in. It must not know of leases, slots or packages.
//!
//! The processes of an attempt are known by an environment variable, [`MARK_VARIABLE`], which holds the path
//! of the attempt's mark file. Unlike a process group it survives `setsid` and the death of parents, and
//! unlike a pid it cannot come to mean somebody else's process.

mod capture;
mod file_watch;
mod launch;
mod mark;
mod memory_kills;
mod meter;
mod orphans;
mod procfs;
mod program;
mod reap;
mod running;
mod settling;
mod tree;
mod user;

pub mod probe;

pub use capture::{CaptureError, Captured, capture};
pub use file_watch::FileWatch;
pub use launch::{Launch, LaunchError, launch, launch_to_feed};
pub use mark::{MARK_VARIABLE, MarkError};
pub use memory_kills::MemoryKills;
pub use meter::{ProcessUsage, TreeUsage};
pub use program::ProgramError;
pub use running::{Running, adopt, usage_of_self};
pub use settling::settle;
pub use tree::{KillError, kill_leftover};
pub use user::User;
