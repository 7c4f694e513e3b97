//! How a process on a render host is named and how it ended.
//!
//! The role render remembers these through a restart, and the shell that runs processes fills them in; both
//! need the same words, so they stand here.

use serde::{Deserialize, Serialize};

/// A process, named so that a later one with the same pid is not mistaken for it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
pub struct ProcessMark {
    /// Its process id.
    pub pid: u32,
    /// When it started, in the system's own count since boot (clock ticks on Linux).
    pub started: u64,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It ended by itself with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// It is gone and nobody saw how: it was adopted after a restart of the render server.
    Unknown,
}
