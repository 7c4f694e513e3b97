//! Hearing of servers that come up, or go on being there.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::datagram::{self, Body};
use super::sockets::Sockets;
use super::{Answer, DiscoveryConfig, DiscoveryError};

/// Interfaces are looked up so often.
const LOOKED_UP_EVERY: Duration = Duration::from_secs(2);

/// What a server says unasked.
pub type Announcement = Answer;

/// Servers of the farm that announce themselves while one listens.
#[derive(Debug)]
pub struct Announcements {
    ears: Sockets,
    farm: String,
    looked_up: Interval,
}

/// Starts to listen for servers.
///
/// # Errors
/// Where no socket can be opened.
pub fn listen_for_announcements(config: &DiscoveryConfig) -> Result<Announcements, DiscoveryError> {
    let ears = Sockets::ears(config.reach, config.port)?;
    let mut looked_up = interval(LOOKED_UP_EVERY);
    looked_up.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok(Announcements { ears, farm: config.farm.clone(), looked_up })
}

impl Announcements {
    /// The next server that says it is there. It says so more than once. May be given up and called again.
    pub async fn next(&mut self) -> Announcement {
        loop {
            tokio::select! {
                heard = self.ears.hear() => {
                    if let Some(Body::Announcement { answer }) = datagram::decode(&heard.bytes)
                        && answer.is_of(&self.farm)
                    {
                        return answer;
                    }
                }
                _ = self.looked_up.tick() => {
                    if let Err(error) = self.ears.refresh() {
                        tracing::debug!(%error, "announcements are not heard");
                    }
                }
            }
        }
    }
}
