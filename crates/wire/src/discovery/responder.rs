//! The answering side of discovery: what a server runs as long as it lives, and how others hear of it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::datagram::{self, BYTES_MAX, Body};
use super::{Answer, DiscoveryConfig, socket};

/// When after its start a server announces itself. More than once, since datagrams get lost and others may
/// be about to listen.
const ANNOUNCED_AFTER: [Duration; 2] = [Duration::ZERO, Duration::from_secs(1)];

/// Why discovery cannot run.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// No socket.
    #[error("cannot use {address} (UDP) for discovery; choose another port for all of the farm")]
    Open {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A name or too many URLs for a datagram.
    #[error("name and addresses of the farm {farm:?} are too long for discovery; choose a shorter name")]
    TooLong {
        /// The farm.
        farm: String,
    },
}

/// A server that came up.
pub type Announcement = Answer;

/// Answers questions in the background until it is dropped.
#[derive(Debug)]
pub struct Responder {
    tasks: [JoinHandle<()>; 2],
}

impl Responder {
    /// Announces `answer` and gives it to everyone who asks for one of its services.
    ///
    /// # Errors
    /// Where the addresses cannot be opened or the answer is too long.
    pub fn start(config: &DiscoveryConfig, answer: Answer) -> Result<Self, DiscoveryError> {
        let announcement = datagram::encode(&config.farm, Body::Announcement { answer: answer.clone() });
        let longest = Body::Answer { nonce: u64::MAX, answer: answer.clone() };
        let (Some(announcement), Some(_)) = (announcement, datagram::encode(&config.farm, longest)) else {
            return Err(DiscoveryError::TooLong { farm: config.farm.clone() });
        };
        let ears = open(config.listen, socket::shared)?;
        let mouth = open(config.speak, socket::own)?;
        let announcer = open(config.speak, socket::own)?;
        let targets = config.targets.clone();
        Ok(Self {
            tasks: [
                tokio::spawn(respond(ears, mouth, config.farm.clone(), answer)),
                tokio::spawn(async move {
                    for after in ANNOUNCED_AFTER {
                        tokio::time::sleep(after).await;
                        send_to_all(&announcer, &announcement, &targets).await;
                    }
                }),
            ],
        })
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Servers of the farm that come up while one listens.
#[derive(Debug)]
pub struct Announcements {
    ears: UdpSocket,
    farm: String,
}

/// Starts to listen for servers that come up.
///
/// # Errors
/// Where the address cannot be opened.
pub fn listen_for_announcements(config: &DiscoveryConfig) -> Result<Announcements, DiscoveryError> {
    Ok(Announcements { ears: open(config.listen, socket::shared)?, farm: config.farm.clone() })
}

impl Announcements {
    /// The next server that comes up. It may be told of twice. May be given up and called again.
    pub async fn next(&mut self) -> Announcement {
        loop {
            let (bytes, _) = hear(&self.ears).await;
            if let Some(Body::Announcement { answer }) = datagram::decode(&self.farm, &bytes) {
                return answer;
            }
        }
    }
}

async fn respond(ears: UdpSocket, mouth: UdpSocket, farm: String, answer: Answer) {
    loop {
        let (bytes, asker) = hear(&ears).await;
        let Some(Body::Question { service, nonce }) = datagram::decode(&farm, &bytes) else { continue };
        if !answer.services.contains(&service) {
            continue;
        }
        let body = Body::Answer { nonce, answer: answer.clone() };
        if let Some(bytes) = datagram::encode(&farm, body)
            && let Err(error) = mouth.send_to(&bytes, asker).await
        {
            tracing::debug!(%asker, %error, "an answer of discovery could not be sent");
        }
    }
}

/// The next datagram, whatever it holds.
pub(super) async fn hear(ears: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    // One byte more than allowed, so that a datagram that was cut is seen to be too large.
    let mut bytes = [0; BYTES_MAX + 1];
    loop {
        match ears.recv_from(&mut bytes).await {
            Ok((length, from)) => return (bytes[..length].to_vec(), from),
            // An answer to someone who has gone comes back as an error of the next read. It says nothing
            // about this socket, but a socket that only fails must not keep a processor busy.
            Err(error) => {
                tracing::debug!(%error, "a datagram of discovery could not be read");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Sends to every target; the error of the last that failed where none took it.
pub(super) async fn send_to_all(
    mouth: &UdpSocket,
    bytes: &[u8],
    targets: &[SocketAddr],
) -> Option<io::Error> {
    let mut failed = None;
    let mut sent = false;
    for target in targets {
        match mouth.send_to(bytes, target).await {
            Ok(_) => sent = true,
            Err(error) => {
                tracing::debug!(%target, %error, "a datagram of discovery could not be sent");
                failed = Some(error);
            }
        }
    }
    failed.filter(|_| !sent)
}

pub(super) fn open(
    address: SocketAddr,
    how: fn(SocketAddr) -> io::Result<UdpSocket>,
) -> Result<UdpSocket, DiscoveryError> {
    how(address).map_err(|source| DiscoveryError::Open { address, source })
}
