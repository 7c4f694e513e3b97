//! What a server says of itself when asked, and what of it can be said on which interface.

use std::net::{IpAddr, SocketAddr};

use model::InstanceId;
use serde::{Deserialize, Serialize};

use super::Service;
use super::interfaces::Interface;
use crate::ServerUrl;

/// More addresses than this help nobody.
const URLS_MAX: usize = 8;

/// All that a server can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Name of its farm.
    pub farm: String,
    /// Id of its farm, once it is known: two farms may have one name.
    pub farm_id: Option<String>,
    /// Fingerprint of the farm's authority, once it is known: SHA-256 of its certificate, hexadecimal.
    pub authority: Option<String>,
    /// Its installation.
    pub instance: InstanceId,
    /// All that it does.
    pub services: Vec<Service>,
    /// Its version of framefarm.
    pub version: String,
    /// Where it listens; empty where it only dials. A server that listens on loopback alone answers on
    /// loopback alone.
    pub listening: Vec<SocketAddr>,
    /// Whether TLS is spoken there.
    pub secure: bool,
}

/// What a server says of itself when asked. None of it is proof: whoever is dialled has to give that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Answer {
    /// Its installation.
    pub instance: InstanceId,
    /// Name of its farm.
    pub farm: String,
    /// Id of its farm; absent where it does not know it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub farm_id: Option<String>,
    /// Fingerprint of the farm's authority, as in `Offer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// All that it does.
    pub services: Vec<Service>,
    /// Its version of framefarm.
    #[serde(default)]
    pub version: String,
    /// Where it is reached from where the question came from, best first; empty where it only dials.
    pub urls: Vec<ServerUrl>,
}

impl Answer {
    /// Whether it is of the farm that is called `farm`, by name or id.
    #[must_use]
    pub fn is_of(&self, farm: &str) -> bool {
        self.farm == farm || self.farm_id.as_deref() == Some(farm)
    }
}

impl Offer {
    /// Whether nothing outside of this machine can reach it.
    pub(super) fn is_local(&self) -> bool {
        !self.listening.is_empty() && self.listening.iter().all(|address| address.ip().is_loopback())
    }

    /// Whether a question about `farm` is about this one.
    pub(super) fn is_of(&self, farm: &str) -> bool {
        self.farm == farm || self.farm_id.as_deref() == Some(farm)
    }

    /// What `asker`, or everybody, is told on `interface`; `None` where it cannot be reached from there.
    pub(super) fn on(&self, interface: &Interface, asker: Option<IpAddr>) -> Option<Answer> {
        let urls = self.urls(interface, asker);
        (self.listening.is_empty() || !urls.is_empty()).then(|| Answer {
            instance: self.instance.clone(),
            farm: self.farm.clone(),
            farm_id: self.farm_id.clone(),
            authority: self.authority.clone(),
            services: self.services.clone(),
            version: self.version.clone(),
            urls,
        })
    }

    fn urls(&self, interface: &Interface, asker: Option<IpAddr>) -> Vec<ServerUrl> {
        let mut urls = Vec::new();
        for address in interface.addresses(asker) {
            for listening in self.listening.iter().filter(|listening| takes(listening.ip(), address)) {
                let at = SocketAddr::new(address, listening.port());
                let url = if self.secure { ServerUrl::secure_at(at) } else { ServerUrl::at(at) };
                if !urls.contains(&url) {
                    urls.push(url);
                }
            }
        }
        urls.truncate(URLS_MAX);
        urls
    }
}

/// Whether who listens at `listening` is reached at `address`.
fn takes(listening: IpAddr, address: IpAddr) -> bool {
    match listening {
        IpAddr::V4(any) if any.is_unspecified() => address.is_ipv4(),
        // It takes IPv4 as well, unless told not to; who is given a dead address tries the next.
        IpAddr::V6(any) if any.is_unspecified() => true,
        one => one == address,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::interfaces::Net4;
    use super::*;

    fn offer(listening: &[&str]) -> Offer {
        Offer {
            farm: "main".to_owned(),
            farm_id: Some("00112233aabbccdd".to_owned()),
            authority: None,
            instance: "i1".into(),
            services: vec![Service::Schedule],
            version: "0.1.0".to_owned(),
            listening: listening.iter().map(|text| text.parse().unwrap()).collect(),
            secure: true,
        }
    }

    fn interface(address: [u8; 4], v6: &[&str]) -> Interface {
        let is_loopback = address[0] == 127;
        let mask = Ipv4Addr::new(255, if is_loopback { 0 } else { 255 }, 0, 0);
        Interface {
            name: "any".to_owned(),
            index: 1,
            is_loopback,
            multicasts: !is_loopback,
            v4: vec![Net4 { address: address.into(), mask, broadcasts: true }],
            v6: v6.iter().map(|text| text.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn an_interface_is_told_what_is_reached_from_there() {
        let (lo, cable) =
            (interface([127, 0, 0, 1], &["::1"]), interface([10, 0, 0, 1], &["fe80::1", "fd00::1"]));
        let shown = |listening: &[&str], interface: &Interface| {
            let answer = offer(listening).on(interface, None);
            answer.map(|answer| answer.urls.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let table = [
            (&["127.0.0.1:7117"][..], Some(vec!["https://127.0.0.1:7117"]), None),
            (&["0.0.0.0:1"], Some(vec!["https://127.0.0.1:1"]), Some(vec!["https://10.0.0.1:1"])),
            (
                &["0.0.0.0:1", "[::]:1"],
                Some(vec!["https://127.0.0.1:1", "https://[::1]:1"]),
                Some(vec!["https://10.0.0.1:1", "https://[fd00::1]:1"]),
            ),
            (&["[fd00::1]:1"], None, Some(vec!["https://[fd00::1]:1"])),
            (&["10.9.9.9:1"], None, None),
            (&[], Some(vec![]), Some(vec![])),
        ];
        for (listening, on_lo, on_cable) in table {
            let owned =
                |urls: Option<Vec<&str>>| urls.map(|urls| urls.into_iter().map(str::to_owned).collect());
            assert_eq!(shown(listening, &lo), owned(on_lo), "{listening:?}");
            assert_eq!(shown(listening, &cable), owned(on_cable), "{listening:?}");
        }
    }

    #[test]
    fn a_farm_is_called_by_name_or_id() {
        let answer = offer(&[]).on(&interface([10, 0, 0, 1], &[]), None).unwrap();
        for (farm, wanted) in [("main", true), ("00112233aabbccdd", true), ("other", false), ("", false)] {
            assert_eq!((answer.is_of(farm), offer(&[]).is_of(farm)), (wanted, wanted), "{farm}");
        }
    }

    #[test]
    fn only_who_listens_on_loopback_alone_is_local() {
        let table = [
            (&["127.0.0.1:1"][..], true),
            (&["127.0.0.1:1", "[::1]:1"], true),
            (&["127.0.0.1:1", "10.0.0.1:1"], false),
            (&["0.0.0.0:1"], false),
            (&[], false),
        ];
        for (listening, wanted) in table {
            assert_eq!(offer(listening).is_local(), wanted, "{listening:?}");
        }
    }
}
