//! Subnets, and which addresses are in them.

use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// The addresses that begin with the same bits: `10.0.0.0/24`, `fd00::/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    address: IpAddr,
    prefix: u8,
}

/// Text that is no subnet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no subnet: write an address and how many of its bits count, as 10.0.0.0/24 or fd00::/8")]
pub struct SubnetError(String);

impl Subnet {
    /// Whether `address` is in it. An IPv4 address that came over an IPv6 socket counts as what it is.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let (own, other) = (self.address, address.to_canonical());
        if own.is_ipv4() != other.is_ipv4() {
            return false;
        }
        let mask = mask(self.prefix + if own.is_ipv4() { 96 } else { 0 });
        bits(own) & mask == bits(other) & mask
    }
}

/// The bits of an address in a row of 128.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The first `prefix` of 128 bits.
fn mask(prefix: u8) -> u128 {
    match prefix {
        0 => 0,
        _ => u128::MAX << (128 - u32::from(prefix.min(128))),
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Subnet {
    type Err = SubnetError;

    fn from_str(text: &str) -> Result<Self, SubnetError> {
        let wrong = || SubnetError(text.chars().take(64).collect());
        let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let digits = !prefix.is_empty() && prefix.len() <= 3 && prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|prefix| digits && *prefix <= most).ok_or_else(wrong)?;
        let kept = bits(address) & mask(prefix + (128 - most));
        // What people wrote beyond the bits that count says nothing.
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4(u32::try_from(kept & u128::from(u32::MAX)).unwrap_or(0).into()),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(kept)),
        };
        Ok(Self { address, prefix })
    }
}

impl TryFrom<String> for Subnet {
    type Error = SubnetError;

    fn try_from(text: String) -> Result<Self, SubnetError> {
        text.parse()
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_the_subnets_they_look_like() {
        let cases = [
            ("10.0.0.0/24", "10.0.0.255", true),
            ("10.0.0.7/24", "10.0.0.255", true),
            ("10.0.0.0/24", "10.0.1.0", false),
            ("10.0.0.0/24", "::ffff:10.0.0.9", true),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "fe80::1", false),
            ("10.1.2.3/32", "10.1.2.3", true),
            ("10.1.2.3/32", "10.1.2.4", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false),
            ("::/0", "fe80::1", true),
            ("::/0", "1.2.3.4", false),
            ("::1/128", "::1", true),
            ("::1/128", "::2", false),
        ];
        for (subnet, address, is) in cases {
            let found: Subnet = subnet.parse().unwrap();
            assert_eq!(found.contains(address.parse().unwrap()), is, "{address} in {subnet}");
        }
    }

    #[test]
    fn what_is_no_subnet_is_told_so() {
        for text in
            ["", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "x/8", "10.0.0/8", "::/+8", "::/0008"]
        {
            assert!(text.parse::<Subnet>().is_err(), "{text}");
        }
        assert_eq!("10.9.8.7/8".parse::<Subnet>().unwrap().to_string(), "10.0.0.0/8");
    }
}
