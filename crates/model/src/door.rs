//! Whether a render server takes frames, and what people tell it to do about that.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a render server takes frames. Closing it ends nothing: what runs goes on, and a closed host with
/// busy slots is *draining*.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Door {
    /// It takes what it is given.
    #[default]
    Open,
    /// It takes nothing more.
    Closed {
        /// What closed it.
        by: ClosedBy,
        /// The same as people read it: `stopped by ada`, `its owner is back`, `only from 19:00 to 07:00`.
        why: String,
    },
}

/// What closes a render server.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// A person stopped it; it stays so through restarts, until a person starts it.
    Person,
    /// Whoever works at the machine needs it.
    Desk,
    /// It is not its time of the day.
    Hours,
    /// The process is ending.
    Ending,
}

/// What people tell a render server to do (figure 7, the resource manager).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HostOrder {
    /// What to do.
    pub verb: HostVerb,
    /// Give back what runs instead of finishing it.
    #[serde(default)]
    pub now: bool,
    /// Who said so.
    pub by: String,
}

/// What a render server can be told.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HostVerb {
    /// Take frames again.
    Start,
    /// Take none, and stay linked, so that it can be started again from afar.
    Stop,
    /// End the process and begin it anew.
    Restart,
    /// End the process; only something on that machine begins it again.
    Quit,
}

impl Door {
    /// Whether it takes frames.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

impl fmt::Display for HostVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Quit => "quit",
        })
    }
}
