//! UDP sockets as discovery needs them, one for each way into or out of an interface.
//!
//! Each is bound to an address that only its own interface has, so that nobody needs the right to bind a
//! socket to a device, and what is heard is known to have come in there.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::interfaces::Interface;

/// The group of discovery in IPv4: of those that an organisation uses as it likes (RFC 2365), named by the
/// port.
pub(super) const GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 71, 18);
/// The group in IPv6: on the link alone, given out by nobody (RFC 4291).
pub(super) const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0, 0x7118);
/// So many routers may hand a question on, where they hand on questions to a group at all.
const HOPS: u32 = 4;

/// A way into or out of an interface, which is known by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// Hears what is sent to this broadcast address.
    Broadcast(u32, Ipv4Addr),
    /// Hears the group of IPv4.
    Group4(u32),
    /// Hears the group of IPv6.
    Group6(u32),
    /// Speaks from this address, and hears what is answered.
    From4(u32, Ipv4Addr),
    /// Speaks from this link-local address, and hears what is answered.
    From6(u32, Ipv6Addr),
}

impl Way {
    /// The ways by which `interface` hears questions and announcements.
    pub(super) fn into(interface: &Interface) -> Vec<Self> {
        let index = interface.index;
        let broadcasts = interface.v4.iter().filter_map(|net| net.broadcast());
        let mut ways: Vec<Self> = broadcasts.map(|address| Self::Broadcast(index, address)).collect();
        if interface.multicasts && !interface.v4.is_empty() {
            ways.push(Self::Group4(index));
        }
        if interface.multicasts && interface.link_local().is_some() {
            ways.push(Self::Group6(index));
        }
        ways
    }

    /// The ways by which questions and announcements leave `interface`, each with where they go.
    pub(super) fn out_of(interface: &Interface, port: u16) -> Vec<(Self, Vec<SocketAddr>)> {
        let mut ways: Vec<(Self, Vec<SocketAddr>)> = Vec::new();
        let (mut nets, mut group) = (Vec::new(), interface.multicasts);
        for net in &interface.v4 {
            let broadcast = net.broadcast().filter(|address| !nets.contains(address));
            nets.extend(broadcast);
            let group = std::mem::take(&mut group).then_some(GROUP_V4);
            let targets = broadcast.into_iter().chain(group);
            let targets: Vec<_> = targets.map(|address| SocketAddr::from((address, port))).collect();
            if !targets.is_empty() {
                ways.push((Self::From4(interface.index, net.address), targets));
            }
        }
        if let Some(address) = interface.link_local().filter(|_| interface.multicasts) {
            let group = SocketAddrV6::new(GROUP_V6, port, 0, interface.index);
            ways.push((Self::From6(interface.index, address), vec![group.into()]));
        }
        ways
    }

    /// Opens it; `port` is that of discovery.
    pub(super) fn open(self, port: u16) -> io::Result<UdpSocket> {
        match self {
            Self::Broadcast(_, address) => shared(SocketAddrV4::new(address, port).into(), |_| Ok(())),
            Self::Group4(index) => shared(SocketAddrV4::new(GROUP_V4, port).into(), |socket| {
                // Without this it would hear what others of this machine join on other interfaces.
                #[cfg(target_os = "linux")]
                socket.set_multicast_all_v4(false)?;
                socket.join_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(index))
            }),
            Self::Group6(index) => shared(SocketAddrV6::new(GROUP_V6, port, 0, index).into(), |socket| {
                #[cfg(target_os = "linux")]
                socket.set_multicast_all_v6(false)?;
                socket.join_multicast_v6(&GROUP_V6, index)
            }),
            Self::From4(_, address) => own(SocketAddrV4::new(address, 0).into(), |socket| {
                socket.set_broadcast(true)?;
                socket.set_multicast_ttl_v4(HOPS)?;
                socket.set_multicast_if_v4(&address)
            }),
            Self::From6(index, address) => own(SocketAddrV6::new(address, 0, 0, index).into(), |socket| {
                socket.set_multicast_if_v6(index)
            }),
        }
    }
}

/// A socket that every process of the machine may open as well; each of them gets what is sent to all.
fn shared(address: SocketAddr, more: impl Fn(&Socket) -> io::Result<()>) -> io::Result<UdpSocket> {
    let socket = new(address)?;
    socket.set_reuse_address(true)?;
    // Linux hands a broadcast to every socket that reuses the address, whoever opened it; the BSDs and macOS
    // want this as well. On Linux it would shut out the processes of other users.
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    bound(socket, address, more)
}

/// A socket that is nobody else's.
fn own(address: SocketAddr, more: impl Fn(&Socket) -> io::Result<()>) -> io::Result<UdpSocket> {
    bound(new(address)?, address, more)
}

fn new(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

fn bound(
    socket: Socket,
    address: SocketAddr,
    more: impl Fn(&Socket) -> io::Result<()>,
) -> io::Result<UdpSocket> {
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    more(&socket)?;
    UdpSocket::from_std(socket.into())
}
