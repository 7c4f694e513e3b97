//! Who is at the other end of a connection, as far as the connection itself tells.

use std::net::{IpAddr, SocketAddr};

use trust::MemberCertificate;

/// The other end of the connection that a request came over. Whoever accepts connections gives one to each
/// request.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Its address.
    pub(crate) address: SocketAddr,
    /// The certificate that it showed, signed by the authority of the farm.
    pub(crate) member: Option<MemberCertificate>,
    /// Whether nobody between can read or change what is said.
    pub(crate) tls: bool,
}

/// Where a request came from; nothing where that cannot be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin(pub(crate) Option<IpAddr>);

impl Origin {
    pub(crate) fn of(peer: Option<&Peer>) -> Self {
        Self(peer.map(|peer| peer.address.ip().to_canonical()))
    }

    /// For the trail of deeds.
    pub(crate) fn text(self) -> String {
        self.0.map(|address| address.to_string()).unwrap_or_default()
    }
}
