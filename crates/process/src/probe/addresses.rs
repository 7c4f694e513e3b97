//! The addresses of this host, with the interfaces that have them and their hardware addresses.
//!
//! The system's own list is asked for by a call that neither std nor rustix has.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr;

use model::AddressInfo;

/// Interfaces that lead to guests and containers of this very host begin with these.
const INWARD: [&str; 8] = ["docker", "veth", "virbr", "br-", "cni", "lxcbr", "podman", "vnet"];

/// Of an interface: its name, and one of the addresses it has.
enum Entry {
    Address(String, IpAddr),
    Hardware(String, String),
}

/// Addresses by interface, without those that nobody else can use.
pub(super) fn all() -> Vec<AddressInfo> {
    let (mut addresses, mut hardware) = (Vec::new(), BTreeMap::new());
    for entry in entries() {
        match entry {
            Entry::Address(interface, address) => addresses.push((interface, address)),
            Entry::Hardware(interface, address) => {
                hardware.insert(interface, address);
            }
        }
    }
    let useful = addresses.into_iter().filter(|(interface, address)| is_useful(interface, address));
    let mut all: Vec<AddressInfo> = useful
        .map(|(interface, address)| AddressInfo {
            hardware: hardware.get(&interface).cloned().unwrap_or_default(),
            address: address.to_string(),
            interface,
        })
        .collect();
    all.sort();
    all
}

fn is_useful(interface: &str, address: &IpAddr) -> bool {
    let local = match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local(),
    };
    !local && !INWARD.iter().any(|start| interface.starts_with(start))
}

/// What the system lists; nothing where it does not.
fn entries() -> Vec<Entry> {
    let mut list: *mut libc::ifaddrs = ptr::null_mut();
    // SAFETY: the pointer is valid for a write, and the list is freed below, once, if one was made.
    if unsafe { libc::getifaddrs(&raw mut list) } != 0 {
        return Vec::new();
    }
    let mut entries = Vec::new();
    let mut next = list;
    // SAFETY: the system links its entries by `ifa_next` and ends them with a null pointer. All of them live
    // until the list is freed, which nobody else does.
    while let Some(entry) = unsafe { next.as_ref() } {
        entries.extend(read(entry));
        next = entry.ifa_next;
    }
    // SAFETY: it is the list that the system made, and nothing of it is used any more.
    unsafe { libc::freeifaddrs(list) };
    entries
}

fn read(entry: &libc::ifaddrs) -> Option<Entry> {
    // SAFETY: the name of an entry is a text that ends with a zero and lives as long as the entry; its
    // address is absent or points to as much as its family has.
    unsafe {
        let name = CStr::from_ptr(entry.ifa_name).to_string_lossy().into_owned();
        let family = i32::from(entry.ifa_addr.as_ref()?.sa_family);
        match family {
            libc::AF_INET => {
                let address = entry.ifa_addr.cast::<libc::sockaddr_in>().read_unaligned();
                let address = Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr));
                Some(Entry::Address(name, address.into()))
            }
            libc::AF_INET6 => {
                let address = entry.ifa_addr.cast::<libc::sockaddr_in6>().read_unaligned();
                Some(Entry::Address(name, Ipv6Addr::from(address.sin6_addr.s6_addr).into()))
            }
            libc::AF_PACKET => {
                let address = entry.ifa_addr.cast::<libc::sockaddr_ll>().read_unaligned();
                Some(Entry::Hardware(name, hardware(address.sll_addr.get(..address.sll_halen.into())?)?))
            }
            _ => None,
        }
    }
}

/// `52:54:00:12:34:56`; nothing for interfaces without one, such as tunnels.
fn hardware(bytes: &[u8]) -> Option<String> {
    let real = bytes.len() == 6 && bytes.iter().any(|byte| *byte != 0);
    real.then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_can_reach_is_told() {
        for (interface, address, expected) in [
            ("eth0", "10.0.0.7", true),
            ("eth0", "2001:db8::7", true),
            ("eth0", "fe80::1", false),
            ("eth0", "169.254.1.1", false),
            ("lo", "127.0.0.1", false),
            ("lo", "::1", false),
            ("docker0", "172.17.0.1", false),
            ("br-1a2b3c", "172.18.0.1", false),
            ("br0", "10.0.0.7", true),
        ] {
            assert_eq!(is_useful(interface, &address.parse().unwrap()), expected, "{interface} {address}");
        }
    }

    #[test]
    fn hardware_addresses_are_six_bytes() {
        assert_eq!(hardware(&[0x52, 0x54, 0, 0x12, 0x34, 0xff]).as_deref(), Some("52:54:00:12:34:ff"));
        assert_eq!(hardware(&[0; 6]), None);
        assert_eq!(hardware(&[1; 4]), None);
    }

    #[test]
    fn the_loopback_is_listed_by_the_system() {
        let loopback = |entry: &Entry| matches!(entry, Entry::Address(_, it) if it.is_loopback());
        assert!(entries().iter().any(loopback));
    }
}
