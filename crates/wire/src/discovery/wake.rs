//! Waking hosts that sleep: the magic packet of Wake-on-LAN, which a network card listens for while the
//! machine is off.

use std::fmt;
use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::str::FromStr;

use super::Reach;
use super::interfaces::{Interface, interfaces};
use super::socket::Way;

/// Discard and echo: cards look at the bytes and not at the port, and these two are what networks let pass.
const PORTS: [u16; 2] = [9, 7];
/// How often the hardware address stands in the packet.
const REPEATED: usize = 16;

/// The hardware address of a network card: `52:54:00:12:34:56`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hardware(pub [u8; 6]);

/// Text that is no hardware address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no hardware address; write six pairs of hexadecimal digits: 52:54:00:12:34:56")]
pub struct HardwareError(String);

impl FromStr for Hardware {
    type Err = HardwareError;

    fn from_str(text: &str) -> Result<Self, HardwareError> {
        let pairs: Option<Vec<u8>> = text
            .split([':', '-'])
            .map(|pair| (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok()).flatten())
            .collect();
        let bytes = pairs.and_then(|pairs| pairs.try_into().ok()).map(Self);
        bytes.filter(|_| !text.contains('+')).ok_or_else(|| HardwareError(text.to_owned()))
    }
}

impl fmt::Display for Hardware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.map(|byte| format!("{byte:02x}")).join(":"))
    }
}

/// The packet could not be sent anywhere.
#[derive(Debug, thiserror::Error)]
#[error("cannot send the packet that wakes {hardware} on any interface")]
pub struct WakeError {
    /// Whom to wake.
    pub hardware: Hardware,
    /// What the system says.
    #[source]
    pub source: io::Error,
}

/// Sends the packet that wakes `hardware` on every interface but loopback, and says on which it went. Whether
/// it woke anybody shows when the host links.
///
/// # Errors
/// Where no interface could send it.
pub async fn wake(hardware: Hardware) -> Result<Vec<String>, WakeError> {
    let fault = |source| WakeError { hardware, source };
    let packet = packet(hardware);
    let (mut went, mut failed) = (Vec::new(), None);
    for interface in interfaces(Reach::Everywhere).map_err(fault)? {
        if interface.is_loopback {
            continue;
        }
        match send(&interface, &packet).await {
            Ok(true) => went.push(interface.name),
            Ok(false) => {}
            Err(error) => failed = Some(error),
        }
    }
    if went.is_empty() {
        let nobody = || io::Error::new(io::ErrorKind::NetworkUnreachable, "no interface can broadcast");
        return Err(fault(failed.unwrap_or_else(nobody)));
    }
    Ok(went)
}

/// Sends `packet` to all on the link of `interface`; whether there was a way to.
async fn send(interface: &Interface, packet: &[u8]) -> io::Result<bool> {
    let mut sent = false;
    for net in &interface.v4 {
        let Some(broadcast) = net.broadcast() else { continue };
        let socket = Way::From4(interface.index, net.address).open(0)?;
        for port in PORTS {
            socket.send_to(packet, SocketAddr::from((broadcast, port))).await?;
        }
        sent = true;
    }
    if let Some(address) = interface.link_local().filter(|_| interface.multicasts && !sent) {
        let socket = Way::From6(interface.index, address).open(0)?;
        let all = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
        for port in PORTS {
            socket
                .send_to(packet, SocketAddr::from(SocketAddrV6::new(all, port, 0, interface.index)))
                .await?;
        }
        sent = true;
    }
    Ok(sent)
}

/// Six bytes of ones, and then the address over and over.
fn packet(hardware: Hardware) -> Vec<u8> {
    [&[0xff; 6][..], &hardware.0.repeat(REPEATED)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_addresses_are_read_as_people_write_them() {
        let bytes = Hardware([0x52, 0x54, 0, 0x12, 0xab, 0xff]);
        for text in ["52:54:00:12:ab:ff", "52-54-00-12-AB-FF"] {
            assert_eq!(text.parse(), Ok(bytes), "{text}");
        }
        assert_eq!(bytes.to_string(), "52:54:00:12:ab:ff");
        for text in
            ["", "52", "52:54:00:12:ab", "52:54:00:12:ab:ff:00", "5:54:00:12:ab:ff", "+2:54:00:12:ab:ff"]
        {
            assert!(text.parse::<Hardware>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_packet_is_as_cards_want_it() {
        let packet = packet(Hardware([1, 2, 3, 4, 5, 6]));
        assert_eq!(packet.len(), 102);
        assert_eq!(packet[..6], [0xff; 6]);
        assert!(packet[6..].chunks(6).all(|chunk| chunk == [1, 2, 3, 4, 5, 6]));
    }
}
