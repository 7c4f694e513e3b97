//! The network interfaces of this machine, as discovery asks and answers on them. They come and go, so they
//! are looked up anew each time.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::{InterfaceFlags, if_nametoindex};

use super::Reach;

/// An interface that is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) name: String,
    /// Its number, by which IPv6 tells the same link-local address of two links apart.
    pub(super) index: u32,
    pub(super) is_loopback: bool,
    pub(super) multicasts: bool,
    pub(super) v4: Vec<Net4>,
    pub(super) v6: Vec<Ipv6Addr>,
}

/// An IPv4 address with the network that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Net4 {
    pub(super) address: Ipv4Addr,
    pub(super) mask: Ipv4Addr,
    /// Whether the link can broadcast: a tunnel cannot.
    pub(super) broadcasts: bool,
}

impl Net4 {
    /// Where everybody on this network hears; `None` where there is no such address.
    ///
    /// It is computed, since many tools set an address without its broadcast address, and the system knows it
    /// all the same.
    pub(super) fn broadcast(&self) -> Option<Ipv4Addr> {
        let mask = u32::from(self.mask);
        let has_one = self.broadcasts && mask.leading_ones() < 31;
        has_one.then(|| Ipv4Addr::from(u32::from(self.address) | !mask))
    }

    fn holds(&self, other: Ipv4Addr) -> bool {
        let mask = u32::from(self.mask);
        u32::from(self.address) & mask == u32::from(other) & mask
    }
}

impl Interface {
    /// Its link-local address, from which and to which a link speaks before it has any other.
    pub(super) fn link_local(&self) -> Option<Ipv6Addr> {
        self.v6.iter().copied().find(Ipv6Addr::is_unicast_link_local)
    }

    /// Addresses at which others reach it, best first for `asker`. Link-local ones of IPv6 are left out: they
    /// mean something only together with the name that the asker gives the link, and no URL holds that.
    pub(super) fn addresses(&self, asker: Option<IpAddr>) -> Vec<IpAddr> {
        let v4 = self.v4.iter().map(|net| (!asker.is_some_and(|asker| near(net, asker)), net.address.into()));
        let v6 = self.v6.iter().filter(|address| !address.is_unicast_link_local());
        let v6 = v6.map(|address| (true, IpAddr::from(*address)));
        let mut addresses: Vec<(bool, IpAddr)> = v4.chain(v6).collect();
        // Who asks by IPv6 has it, and may have nothing else.
        let wants_v6 = asker.is_some_and(|asker| asker.is_ipv6());
        addresses.sort_by_key(|(far, address)| (*far, address.is_ipv6() != wants_v6));
        addresses.into_iter().map(|(_, address)| address).collect()
    }
}

fn near(net: &Net4, asker: IpAddr) -> bool {
    matches!(asker, IpAddr::V4(asker) if net.holds(asker))
}

/// The interfaces within `reach` that are up, by index.
pub(super) fn interfaces(reach: Reach) -> io::Result<Vec<Interface>> {
    let mut found: BTreeMap<u32, Interface> = BTreeMap::new();
    for entry in getifaddrs().map_err(io::Error::from)? {
        let is_loopback = entry.flags.contains(InterfaceFlags::IFF_LOOPBACK);
        let is_up = entry.flags.contains(InterfaceFlags::IFF_UP);
        if !is_up || (reach == Reach::Loopback && !is_loopback) {
            continue;
        }
        // A second address of old tools has a name of its own, `eth0:1`.
        let name = entry.interface_name.split(':').next().unwrap_or_default();
        // It may be gone since it was listed.
        let Ok(index) = if_nametoindex(name) else { continue };
        let interface = found.entry(index).or_insert_with(|| Interface {
            name: name.to_owned(),
            index,
            is_loopback,
            multicasts: entry.flags.contains(InterfaceFlags::IFF_MULTICAST) && !is_loopback,
            v4: Vec::new(),
            v6: Vec::new(),
        });
        note_address(interface, &entry);
    }
    found.retain(|_, interface| !interface.v4.is_empty() || !interface.v6.is_empty());
    Ok(found.into_values().collect())
}

fn note_address(interface: &mut Interface, entry: &InterfaceAddress) {
    let Some(address) = &entry.address else { return };
    if let Some(address) = address.as_sockaddr_in() {
        let mask = entry.netmask.as_ref().and_then(|mask| mask.as_sockaddr_in());
        interface.v4.push(Net4 {
            address: address.ip(),
            mask: mask.map_or(Ipv4Addr::BROADCAST, |mask| mask.ip()),
            broadcasts: interface.is_loopback || entry.flags.contains(InterfaceFlags::IFF_BROADCAST),
        });
    } else if let Some(address) = address.as_sockaddr_in6() {
        interface.v6.push(address.ip());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(address: [u8; 4], bits: u32) -> Net4 {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        Net4 { address: address.into(), mask: mask.into(), broadcasts: true }
    }

    #[test]
    fn a_network_has_one_broadcast_address_or_none() {
        let table = [
            (net([10, 1, 2, 3], 24), Some([10, 1, 2, 255])),
            (net([10, 1, 2, 3], 16), Some([10, 1, 255, 255])),
            (net([127, 0, 0, 1], 8), Some([127, 255, 255, 255])),
            (net([10, 1, 2, 3], 30), Some([10, 1, 2, 3])),
            (net([10, 1, 2, 3], 31), None),
            (net([10, 1, 2, 3], 32), None),
            (Net4 { broadcasts: false, ..net([10, 1, 2, 3], 24) }, None),
        ];
        for (net, wanted) in table {
            assert_eq!(net.broadcast(), wanted.map(Ipv4Addr::from), "{net:?}");
        }
    }

    #[test]
    fn addresses_are_best_first_for_whoever_asks() {
        let interface = Interface {
            name: "eth0".to_owned(),
            index: 2,
            is_loopback: false,
            multicasts: true,
            v4: vec![net([10, 0, 0, 1], 24), net([192, 168, 7, 1], 24)],
            v6: vec!["fe80::1".parse().unwrap(), "fd00::1".parse().unwrap()],
        };
        let shown = |asker: Option<&str>| {
            let addresses = interface.addresses(asker.map(|asker| asker.parse().unwrap()));
            addresses.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(shown(None), ["10.0.0.1", "192.168.7.1", "fd00::1"]);
        assert_eq!(shown(Some("192.168.7.9")), ["192.168.7.1", "10.0.0.1", "fd00::1"]);
        assert_eq!(shown(Some("fe80::9")), ["fd00::1", "10.0.0.1", "192.168.7.1"]);
        assert_eq!(interface.link_local(), Some("fe80::1".parse().unwrap()));
    }

    #[test]
    fn this_machine_has_a_loopback_and_it_can_be_had_alone() {
        let alone = interfaces(Reach::Loopback).unwrap();
        assert!(alone.iter().all(|interface| interface.is_loopback), "{alone:#?}");
        let nets: Vec<Net4> = alone.iter().flat_map(|interface| interface.v4.clone()).collect();
        assert!(nets.iter().any(|net| net.address == Ipv4Addr::LOCALHOST), "{alone:#?}");
        assert!(interfaces(Reach::Everywhere).unwrap().len() >= alone.len());
    }
}
