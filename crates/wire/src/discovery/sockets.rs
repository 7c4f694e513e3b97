//! All sockets of discovery that one asker or one server has open: one for each way into or out of each
//! interface, kept in step with the interfaces that there are.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use super::datagram::BYTES_MAX;
use super::interfaces::{Interface, interfaces};
use super::socket::Way;
use super::{DiscoveryError, Reach};

/// After an error of a socket nothing is read for so long: one that only fails must not keep a processor
/// busy.
const PAUSE: Duration = Duration::from_millis(50);

/// Which sockets to have open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Those that hear questions and announcements.
    Ears,
    /// Those that questions and announcements leave by, and that hear the answers.
    Mouths,
}

/// The open sockets of one side.
#[derive(Debug)]
pub(super) struct Sockets {
    side: Side,
    reach: Reach,
    port: u16,
    open: BTreeMap<Way, Open>,
    /// Ways that could not be opened, told once each.
    closed: BTreeMap<Way, String>,
    /// Where reading begins, so that one busy interface does not drown the others.
    turn: usize,
}

#[derive(Debug)]
struct Open {
    interface: Interface,
    socket: UdpSocket,
    targets: Vec<SocketAddr>,
}

/// A datagram, whatever it holds.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) bytes: Vec<u8>,
    pub(super) from: SocketAddr,
    /// By which way it came.
    pub(super) way: Way,
}

/// What became of a datagram that was to go everywhere.
#[derive(Debug, Default)]
pub(super) struct Shouted {
    /// Where it went: the interface and the address.
    pub(super) went: Vec<(String, SocketAddr)>,
    /// Why it did not go elsewhere.
    pub(super) failed: Option<io::Error>,
}

impl Sockets {
    /// The sockets that hear questions and announcements.
    pub(super) fn ears(reach: Reach, port: u16) -> Result<Self, DiscoveryError> {
        Self::open(Side::Ears, reach, port)
    }

    /// The sockets that questions and announcements leave by.
    pub(super) fn mouths(reach: Reach, port: u16) -> Result<Self, DiscoveryError> {
        Self::open(Side::Mouths, reach, port)
    }

    fn open(side: Side, reach: Reach, port: u16) -> Result<Self, DiscoveryError> {
        let (open, closed) = (BTreeMap::new(), BTreeMap::new());
        let mut sockets = Self { side, reach, port, open, closed, turn: 0 };
        sockets.refresh()?;
        Ok(sockets)
    }

    /// Brings the sockets in step with the interfaces; whether there is one more than before.
    pub(super) fn refresh(&mut self) -> Result<bool, DiscoveryError> {
        let fault = |source| DiscoveryError::Interfaces { source };
        let mut ways = BTreeMap::new();
        for interface in interfaces(self.reach).map_err(fault)? {
            let of = match self.side {
                Side::Ears => Way::into(&interface).into_iter().map(|way| (way, Vec::new())).collect(),
                Side::Mouths => Way::out_of(&interface, self.port),
            };
            ways.extend(of.into_iter().map(|(way, targets)| (way, (interface.clone(), targets))));
        }
        self.open.retain(|way, _| ways.contains_key(way));
        self.closed.retain(|way, _| ways.contains_key(way));
        let (mut more, mut failed) = (false, None);
        for (way, (interface, targets)) in ways {
            if let Some(open) = self.open.get_mut(&way) {
                open.interface = interface;
                continue;
            }
            match way.open(self.port) {
                Ok(socket) => {
                    more = true;
                    self.closed.remove(&way);
                    self.open.insert(way, Open { interface, socket, targets });
                }
                Err(error) => {
                    self.note_closed(way, &interface, &error);
                    failed = Some(error);
                }
            }
        }
        match failed {
            Some(source) if self.open.is_empty() => Err(DiscoveryError::Open { port: self.port, source }),
            _ => Ok(more),
        }
    }

    fn note_closed(&mut self, way: Way, interface: &Interface, error: &io::Error) {
        let why = error.to_string();
        if self.closed.get(&way) != Some(&why) {
            tracing::debug!(interface = interface.name, ?way, why, "discovery does without an interface");
            self.closed.insert(way, why);
        }
    }

    /// The interface that `way` belongs to, as it was last seen.
    pub(super) fn interface(&self, way: Way) -> Option<&Interface> {
        self.open.get(&way).map(|open| &open.interface)
    }

    /// The next datagram. May be given up and called again.
    pub(super) async fn hear(&mut self) -> Heard {
        // One byte more than allowed, so that a datagram that was cut is seen to be too large.
        let mut bytes = [0; BYTES_MAX + 1];
        loop {
            match self.read(&mut bytes).await {
                (way, Ok((length, from))) => return Heard { bytes: bytes[..length].to_vec(), from, way },
                // An answer to someone who has gone comes back as an error of the next read.
                (way, Err(error)) => {
                    tracing::debug!(?way, %error, "a datagram of discovery could not be read");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn read(&mut self, bytes: &mut [u8]) -> (Way, io::Result<(usize, SocketAddr)>) {
        self.turn = self.turn.wrapping_add(1);
        poll_fn(|cx| {
            let count = self.open.len().max(1);
            let (later, first) = (self.open.iter().take(self.turn % count), self.turn % count);
            for (way, open) in self.open.iter().skip(first).chain(later) {
                let mut buffer = ReadBuf::new(bytes);
                if let Poll::Ready(read) = open.socket.poll_recv_from(cx, &mut buffer) {
                    let length = buffer.filled().len();
                    return Poll::Ready((*way, read.map(|from| (length, from))));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Sends `bytes` to `to` alone, by the way on which he was heard.
    pub(super) async fn reply(&self, way: Way, bytes: &[u8], to: SocketAddr) {
        let Some(open) = self.open.get(&way) else { return };
        if let Err(error) = open.socket.send_to(bytes, to).await {
            tracing::debug!(asker = %to, %error, "an answer of discovery could not be sent");
        }
    }

    /// Sends everywhere what `say` says for each interface.
    pub(super) async fn shout(&self, say: impl Fn(&Interface) -> Option<Vec<u8>>) -> Shouted {
        let mut shouted = Shouted::default();
        for open in self.open.values() {
            let Some(bytes) = say(&open.interface) else { continue };
            for target in &open.targets {
                match open.socket.send_to(&bytes, target).await {
                    Ok(_) => shouted.went.push((open.interface.name.clone(), *target)),
                    Err(error) => {
                        tracing::debug!(%target, %error, "a datagram of discovery could not be sent");
                        shouted.failed = Some(error);
                    }
                }
            }
        }
        shouted
    }
}
