//! The servers of a farm that are not render servers, as people see and order them (figure 7).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A resource server or schedule server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServerView {
    /// `schedule` or `resource`.
    pub server: String,
    /// What it does.
    pub state: ServerState,
    /// Where it is; empty where nobody knows.
    #[serde(default)]
    pub url: String,
    /// How often it was started since its process began.
    #[serde(default)]
    pub starts: u32,
    /// Its version; empty where it cannot be asked.
    #[serde(default)]
    pub version: String,
    /// More to say of it: why it cannot be reached.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    /// It serves.
    Running,
    /// People stopped it; its process is there and can be told to start it again.
    Stopped,
    /// Its process cannot be reached.
    Away,
}

/// What a server is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServerOrder {
    /// What to do.
    pub verb: ServerVerb,
}

/// What a server can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerVerb {
    /// Serve again.
    Start,
    /// Serve no more, until somebody starts it or its process is started anew.
    Stop,
    /// Stop and start.
    Restart,
}

/// What was sent to wake a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WakeView {
    /// The hardware addresses that were called.
    pub hardware: Vec<String>,
    /// The interfaces of the schedule server from which they were.
    pub interfaces: Vec<String>,
}

impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Away => "away",
        })
    }
}

impl fmt::Display for ServerVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        })
    }
}
