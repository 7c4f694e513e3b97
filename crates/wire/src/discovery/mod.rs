//! How servers and clients of a farm find each other without being told an address (requirement D1).
//!
//! A question goes to every target address as one datagram; who offers the wanted service for the same farm
//! answers it to the asker alone. A server that starts announces itself, so that those who look for it need
//! not wait. Nothing here is trusted with more than an address: who is dialled says who it is.
//!
//! Where to listen, where to ask from and whom to ask are parameters, so that loopback is a choice of
//! `DiscoveryConfig` and not of this module.

mod datagram;
mod find;
mod responder;
mod socket;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use model::InstanceId;
use serde::{Deserialize, Serialize};

use crate::ServerUrl;

pub use find::{Found, NotFound, Patience, find, survey};
pub use responder::{Announcement, Announcements, DiscoveryError, Responder, listen_for_announcements};

/// The UDP port of discovery, where nobody chose another.
pub const DISCOVERY_PORT: u16 = 7118;

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

/// Where and for which farm to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryConfig {
    /// Name of the farm. Farms of other names on the same network neither hear nor answer.
    pub farm: String,
    /// Where questions and announcements are heard. Several processes share it.
    pub listen: SocketAddr,
    /// Where questions are asked and answered from; port 0 takes any.
    pub speak: SocketAddr,
    /// Where questions and announcements go.
    pub targets: Vec<SocketAddr>,
    /// How long to go on listening after the first answer, so that a second server of the same kind is
    /// seen and the choice between them does not depend on who was quicker.
    pub settle: Duration,
}

impl DiscoveryConfig {
    /// Discovery among the processes of one machine: the broadcast address of the loopback network, which
    /// nothing outside of the machine can reach.
    #[must_use]
    pub fn loopback(farm: impl Into<String>, port: u16) -> Self {
        let broadcast = SocketAddr::from((Ipv4Addr::new(127, 255, 255, 255), port));
        Self {
            farm: farm.into(),
            listen: broadcast,
            speak: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            targets: vec![broadcast],
            settle: Duration::from_millis(40),
        }
    }
}

/// What a server says of itself when asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Answer {
    /// Its installation.
    pub instance: InstanceId,
    /// All that it does.
    pub services: Vec<Service>,
    /// Where it is reached, best first; empty where it only dials.
    pub urls: Vec<ServerUrl>,
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
