//! What a server does for a farm, and the words for it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a server does for a farm. Not `model::Role`, which is how one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// The schedule server, which clients speak to as well.
    Schedule,
    /// The resource server.
    Resource,
    /// A render server.
    Render,
}

impl Service {
    /// The word that flags and datagrams use: `schedule`, `resource`, `render`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Resource => "resource",
            Self::Render => "render",
        }
    }
}

/// Shown as people say it: `schedule server`.
impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} server", self.name()))
    }
}

/// Text that names no service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role; the roles are schedule, resource and render")]
pub struct ServiceError(String);

impl FromStr for Service {
    type Err = ServiceError;

    fn from_str(text: &str) -> Result<Self, ServiceError> {
        [Self::Schedule, Self::Resource, Self::Render]
            .into_iter()
            .find(|service| service.name() == text)
            .ok_or_else(|| ServiceError(text.to_owned()))
    }
}
