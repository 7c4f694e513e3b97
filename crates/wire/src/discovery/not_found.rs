//! Why no server was found, with everything that was tried, in words for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::{NameTried, Service};
use crate::ServerUrl;

/// Why discovery cannot run.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// No socket.
    #[error(
        "cannot use the UDP port {port} for discovery on any interface; choose another for all of the farm"
    )]
    Open {
        /// The port.
        port: u16,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The interfaces are not known.
    #[error("cannot list the network interfaces of this machine")]
    Interfaces {
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A name that no datagram can hold.
    #[error("the name of the farm is too long for discovery: {farm:?}")]
    TooLong {
        /// The farm.
        farm: String,
    },
}

/// Nobody was found, or too many.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    /// Nobody answered.
    #[error("no {service} of the farm {farm:?} was found in {:.1} s{tried}", waited.as_secs_f32())]
    NoAnswer {
        /// What was looked for.
        service: Service,
        /// In which farm.
        farm: String,
        /// For how long.
        waited: Duration,
        /// What was tried.
        tried: Box<Tried>,
    },
    /// Farms of one name answer, and chance must not choose between them.
    #[error("{} farms on this network are called {farm:?}{}", farms.len(), lines(farms))]
    SeveralFarms {
        /// The name.
        farm: String,
        /// Their ids, and where each is.
        farms: BTreeMap<String, ServerUrl>,
    },
    /// The question could not even be asked.
    #[error("cannot look for the {service} of the farm {farm:?}: nothing can be sent on any interface")]
    CannotAsk {
        /// What was looked for.
        service: Service,
        /// In which farm.
        farm: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// No socket to ask from.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
}

fn lines(farms: &BTreeMap<String, ServerUrl>) -> String {
    farms.iter().map(|(id, url)| format!("\n  {id} at {url}")).collect()
}

/// What was tried on each rung of the ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// The name in DNS.
    pub name: NameTried,
    /// How often it was asked on the network.
    pub asked: u32,
    /// Where: by interface, the addresses that it was asked at.
    pub places: BTreeMap<String, Vec<SocketAddr>>,
    /// Who answered, and cannot be reached.
    pub unreachable: BTreeSet<ServerUrl>,
}

impl Tried {
    /// Notes where a question went.
    pub(super) fn note(&mut self, went: Vec<(String, SocketAddr)>) {
        for (interface, target) in went {
            let targets = self.places.entry(interface).or_default();
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
    }
}

/// A line for each rung, each after a line end.
impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name != NameTried::Off {
            write!(f, "\n  DNS: {}", self.name)?;
        }
        let times = if self.asked == 1 { "once" } else { "times" };
        match self.asked {
            1 => write!(f, "\n  network: asked {times}")?,
            asked => write!(f, "\n  network: asked {asked} {times}")?,
        }
        for (n, (interface, targets)) in self.places.iter().enumerate() {
            let targets: Vec<_> = targets.iter().map(|target| target.ip().to_string()).collect();
            write!(f, "{} {interface} ({})", if n == 0 { " on" } else { "," }, targets.join(", "))?;
        }
        if let Some(target) = self.places.values().flatten().next() {
            write!(f, ", UDP port {}", target.port())?;
        }
        for url in &self.unreachable {
            write!(f, "\n  a server answered that cannot be reached: nobody takes a connection at {url}")?;
        }
        Ok(())
    }
}

impl NotFound {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let named = "--server URL, or FRAMEFARM_SERVER=URL in the environment";
        match self {
            Self::NoAnswer { tried, .. } if !tried.unreachable.is_empty() => {
                "does a firewall on the way, or on the machine of the server, keep its TCP port shut?"
                    .to_owned()
            }
            Self::NoAnswer { farm, .. } => format!(
                "is one running (`framefarm up` starts a farm), and is {farm:?} the name of the farm? \
                 a server that cannot be found can be named: {named}"
            ),
            Self::SeveralFarms { farms, .. } => {
                let id = farms.keys().next().map_or("ID", String::as_str);
                format!("say which by its id: --farm {id}, or FRAMEFARM_FARM={id} in the environment")
            }
            Self::CannotAsk { .. } | Self::Discovery(_) => format!("name the server: {named}"),
        }
    }

    /// Whether the same may succeed later though nobody says more.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        !matches!(self, Self::SeveralFarms { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_was_tried_is_told() {
        let mut tried =
            Tried { name: NameTried::Unknown("framefarm".to_owned()), asked: 5, ..Tried::default() };
        let lo = ("lo".to_owned(), "127.255.255.255:7118".parse().unwrap());
        let eth = |target: &str| ("eth0".to_owned(), target.parse().unwrap());
        tried.note(vec![lo.clone(), eth("10.0.0.255:7118"), eth("[ff12::7118%3]:7118")]);
        tried.note(vec![lo]);
        let (service, waited) = (Service::Schedule, Duration::from_millis(3040));
        let error =
            NotFound::NoAnswer { service, farm: "main".to_owned(), waited, tried: tried.clone().into() };
        assert_eq!(
            error.to_string(),
            "no schedule server of the farm \"main\" was found in 3.0 s\
             \n  DNS: the name \"framefarm\" is unknown\
             \n  network: asked 5 times on eth0 (10.0.0.255, ff12::7118), lo (127.255.255.255), UDP port 7118"
        );
        assert!(error.hint().contains("--server") && error.hint().contains("FRAMEFARM_SERVER"));
        tried.unreachable.insert("https://10.0.0.1:7117".parse().unwrap());
        assert!(tried.to_string().ends_with("nobody takes a connection at https://10.0.0.1:7117"), "{tried}");
        let error = NotFound::NoAnswer { service, farm: "main".to_owned(), waited, tried: tried.into() };
        assert!(error.hint().contains("firewall"));
    }

    #[test]
    fn farms_of_one_name_are_listed_by_id() {
        let farms = [("aa11", "https://10.0.0.1:7117"), ("bb22", "https://10.0.0.2:7117")];
        let farms = farms.map(|(id, url)| (id.to_owned(), url.parse().unwrap())).into();
        let error = NotFound::SeveralFarms { farm: "main".to_owned(), farms };
        assert_eq!(
            error.to_string(),
            "2 farms on this network are called \"main\"\
             \n  aa11 at https://10.0.0.1:7117\n  bb22 at https://10.0.0.2:7117"
        );
        assert!(error.hint().contains("--farm aa11"), "{}", error.hint());
        assert!(!error.is_passing());
    }
}
