//! Finding a server by a name in DNS: for networks that broadcasts do not cross.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{SERVER_PORT, Service};
use crate::ServerUrl;

/// A resolver that says nothing for so long says nothing.
const LOOK_UP_TIME: Duration = Duration::from_secs(5);
/// Whoever listens takes a connection within this time.
const CONNECT_TIME: Duration = Duration::from_secs(2);
/// The next address is tried beside the last after this long.
const NEXT_AFTER: Duration = Duration::from_millis(200);

/// What came of looking a name up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NameTried {
    /// No name was looked up.
    #[default]
    Off,
    /// The resolver has not answered yet.
    Waiting(String),
    /// There is no such name, as far as the resolver tells.
    Unknown(String),
    /// There is, and nobody listens at its addresses.
    Nobody(String, Vec<SocketAddr>),
    /// Somebody listens there.
    Found(ServerUrl),
}

impl fmt::Display for NameTried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("not asked"),
            Self::Waiting(name) => write!(f, "no answer about {name:?}"),
            Self::Unknown(name) => write!(f, "the name {name:?} is unknown"),
            Self::Nobody(name, addresses) => {
                let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                write!(f, "{name:?} is {}, where nobody listens", addresses.join(" and "))
            }
            Self::Found(url) => write!(f, "found {url}"),
        }
    }
}

/// The name that servers of `service` have, where that of the farm is `name`.
fn name_of(name: &str, service: Service) -> Option<String> {
    match service {
        Service::Schedule => Some(name.to_owned()),
        Service::Resource => {
            let (host, rest) = name.split_once('.').map_or((name, None), |(host, rest)| (host, Some(rest)));
            let rest = rest.map(|rest| format!(".{rest}")).unwrap_or_default();
            Some(format!("{host}-resource{rest}"))
        }
        // Nobody dials a render server.
        Service::Render => None,
    }
}

/// Looks for the server of `service` by the name of the farm, in the search domains of this machine.
///
/// Addresses of this machine itself count for nothing: many call themselves whatever they like, and what runs
/// here answers by itself.
pub(super) async fn look_up(name: String, service: Service) -> NameTried {
    let Some(name) = name_of(&name, service) else { return NameTried::Off };
    let addresses = match timeout(LOOK_UP_TIME, addresses_of(&name)).await {
        Err(_) => return NameTried::Waiting(name),
        Ok(Err(_)) => return NameTried::Unknown(name),
        Ok(Ok(addresses)) => addresses,
    };
    let urls: Vec<_> = addresses.iter().map(|address| ServerUrl::secure_at(*address)).collect();
    match reachable(&urls).await {
        Some(url) => NameTried::Found(url),
        None if addresses.is_empty() => NameTried::Unknown(name),
        None => NameTried::Nobody(name, addresses),
    }
}

async fn addresses_of(name: &str) -> io::Result<Vec<SocketAddr>> {
    let found = lookup_host((name, SERVER_PORT)).await?;
    let mut addresses: Vec<SocketAddr> = found.filter(|address| !address.ip().is_loopback()).collect();
    addresses.dedup();
    Ok(addresses)
}

/// The first of `urls` that takes a connection, the earlier ones with a head start.
pub(super) async fn reachable(urls: &[ServerUrl]) -> Option<ServerUrl> {
    let mut tries = JoinSet::new();
    for (wait, url) in (0u32..).zip(urls.iter().cloned()) {
        tries.spawn(async move {
            tokio::time::sleep(NEXT_AFTER * wait).await;
            match timeout(CONNECT_TIME, TcpStream::connect(url.authority())).await {
                Ok(Ok(_)) => Some(url),
                Ok(Err(_)) | Err(_) => None,
            }
        });
    }
    while let Some(tried) = tries.join_next().await {
        if let Ok(Some(url)) = tried {
            return Some(url);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn each_service_has_its_name() {
        let table = [
            ("framefarm", Service::Schedule, Some("framefarm")),
            ("framefarm", Service::Resource, Some("framefarm-resource")),
            ("farm.example.com", Service::Resource, Some("farm-resource.example.com")),
            ("framefarm", Service::Render, None),
        ];
        for (name, service, wanted) in table {
            assert_eq!(name_of(name, service).as_deref(), wanted, "{name} {service}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_or_of_nobody_is_unknown() {
        // RFC 6761 keeps `invalid` free for ever.
        for name in ["localhost", "nothing.invalid"] {
            let tried = look_up(name.to_owned(), Service::Schedule).await;
            assert!(matches!(tried, NameTried::Unknown(_) | NameTried::Waiting(_)), "{name}: {tried:?}");
        }
        assert_eq!(look_up("localhost".to_owned(), Service::Render).await, NameTried::Off);
    }

    #[tokio::test]
    async fn of_several_addresses_the_first_that_listens_is_taken() {
        let listening = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (one, two, gone) = (listening().await, listening().await, listening().await);
        let [one_at, two_at, gone_at] =
            [&one, &two, &gone].map(|listener| ServerUrl::at(listener.local_addr().unwrap()));
        drop(gone);
        let found = |urls: Vec<ServerUrl>| async move { reachable(&urls).await };
        assert_eq!(found(vec![one_at.clone(), two_at.clone()]).await, Some(one_at));
        assert_eq!(found(vec![gone_at.clone(), two_at.clone()]).await, Some(two_at));
        assert_eq!(found(vec![gone_at]).await, None);
        assert_eq!(found(Vec::new()).await, None);
    }
}
