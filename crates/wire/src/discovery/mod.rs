//! How servers and clients of a farm find each other without being told an address (requirement D1).
//!
//! After flag and environment, which are not looked at here, comes a name in DNS, and beside it a question by
//! broadcast and multicast on every interface that is up: who offers the wanted service for the same farm
//! answers it to the asker alone. A server announces itself when it starts and now and then, so that those
//! who look for it need not wait. Nothing here is trusted with more than an address: who is dialled says who
//! it is.

mod announcements;
mod answer;
mod datagram;
mod find;
mod interfaces;
mod limiter;
mod names;
mod not_found;
mod responder;
mod service;
mod socket;
mod sockets;
mod wake;

use std::collections::BTreeSet;
use std::time::Duration;

pub use announcements::{Announcement, Announcements, listen_for_announcements};
pub use answer::{Answer, Offer};
pub use find::{Found, Patience, find, survey};
pub use names::NameTried;
pub use not_found::{DiscoveryError, NotFound, Tried};
pub use responder::Responder;
pub use service::{Service, ServiceError};
pub use wake::{Hardware, HardwareError, WakeError, wake};

/// The UDP port of discovery, where nobody chose another.
pub const DISCOVERY_PORT: u16 = 7118;
/// The TCP port at which a server that is found by name is dialled: that of the schedule server, where nobody
/// chose another.
pub const SERVER_PORT: u16 = 7117;
/// The name in DNS under which the schedule server is looked for, where nobody chose another.
pub const DNS_NAME: &str = "framefarm";

/// After the first answer others are waited for so long.
const SETTLE: Duration = Duration::from_millis(40);

/// Where and for which farm to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryConfig {
    /// Name of the farm, or its id where two have one name. Other farms on the same network do not answer.
    pub farm: String,
    /// The UDP port on which all servers of the farm hear. Several processes of a machine share it.
    pub port: u16,
    /// On which interfaces to ask and to hear.
    pub reach: Reach,
    /// Name in DNS of the schedule server; that of the resource server has `-resource` after its first part.
    /// Not looked up where absent.
    pub dns: Option<String>,
    /// Ids of farms that the asker belongs to: of several farms of one name it means the one of these.
    pub known: BTreeSet<String>,
    /// How long to go on listening after the first answer, so that a second server of the same kind is
    /// seen and the choice between them does not depend on who was quicker.
    pub settle: Duration,
}

/// On which interfaces discovery speaks and hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Among the processes of one machine: nothing outside of it can be reached.
    Loopback,
    /// On every interface that is up, loopback included.
    Everywhere,
}

impl DiscoveryConfig {
    /// Discovery among the processes of this machine.
    #[must_use]
    pub fn loopback(farm: impl Into<String>, port: u16) -> Self {
        let (reach, known) = (Reach::Loopback, BTreeSet::new());
        Self { farm: farm.into(), port, reach, dns: None, known, settle: SETTLE }
    }

    /// Discovery on every interface that is up, and by the name `dns`.
    #[must_use]
    pub fn everywhere(farm: impl Into<String>, port: u16, dns: Option<String>) -> Self {
        Self { reach: Reach::Everywhere, dns, ..Self::loopback(farm, port) }
    }
}
