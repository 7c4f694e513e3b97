//! UDP sockets as discovery needs them.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// A socket at `address` that every process of the machine may open as well; each of them gets what is
/// broadcast to it.
pub(super) fn shared(address: SocketAddr) -> io::Result<UdpSocket> {
    open(address, true)
}

/// A socket at `address` that is nobody else's and may broadcast.
pub(super) fn own(address: SocketAddr) -> io::Result<UdpSocket> {
    open(address, false)
}

fn open(address: SocketAddr, shared: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if shared {
        socket.set_reuse_address(true)?;
        // Linux hands a broadcast to every socket that reuses the address, whoever opened it; the BSDs
        // and macOS want this as well. On Linux it would shut out the processes of other users.
        #[cfg(all(unix, not(target_os = "linux")))]
        socket.set_reuse_port(true)?;
    }
    socket.set_broadcast(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}
