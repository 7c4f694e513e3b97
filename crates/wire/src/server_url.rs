//! Where a server is reached: an `http` or `https` URL that holds a host and a port and nothing else.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Serialize};

/// The address of a server, `http://127.0.0.1:7117`. Written `127.0.0.1:7117` it is understood as well:
/// `http` is meant where it cannot leave the machine, and `https` everywhere else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerUrl(Url);

/// Text that is not the address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not the address of a server: {why}; write for example http://127.0.0.1:7117")]
pub struct ServerUrlError {
    text: String,
    why: String,
}

impl ServerUrl {
    /// The address of a server that listens on `address` and speaks plain HTTP.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self::with("http", address)
    }

    /// The address of a server that listens on `address` and speaks TLS.
    #[must_use]
    pub fn secure_at(address: SocketAddr) -> Self {
        Self::with("https", address)
    }

    fn with(scheme: &str, address: SocketAddr) -> Self {
        // A zone says which way leads there, and only this machine knows it by that name.
        let address = SocketAddr::new(address.ip(), address.port());
        // An address is always a valid authority, so the parser has nothing to refuse.
        Self(Url::parse(&format!("{scheme}://{address}/")).expect("an address and a port are a valid URL"))
    }

    /// Whether TLS is spoken there.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is an address of loopback, which leads to this machine alone.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host().parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The host: a name, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// Host and port as a resolver takes them.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        format!("{host}:{}", self.0.port_or_known_default().unwrap_or(80))
    }

    /// The URL of a resource of the server; each part is escaped, so that a name may hold anything.
    pub(crate) fn join(&self, parts: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(parts);
        }
        url
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, ServerUrlError> {
        let wrong = |why: String| ServerUrlError { text: text.to_owned(), why };
        let full = if text.contains("://") { text.to_owned() } else { format!("{}://{text}", usual(text)) };
        let url = Url::parse(&full).map_err(|error| wrong(error.to_string()))?;
        match url.scheme() {
            "http" | "https" => (),
            other => {
                return Err(wrong(format!("it starts with {other}:// and not with https:// or http://")));
            }
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("something follows host and port".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user name".to_owned()));
        }
        Ok(Self(url))
    }
}

/// What a server is expected to speak where nobody says: a farm that can be reached from elsewhere speaks
/// TLS.
fn usual(authority: &str) -> &'static str {
    let Ok(url) = Url::parse(&format!("http://{authority}")) else { return "https" };
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let here = host.parse::<IpAddr>().map_or(host == "localhost", |address| address.is_loopback());
    if here { "http" } else { "https" }
}

impl TryFrom<String> for ServerUrl {
    type Error = ServerUrlError;

    fn try_from(text: String) -> Result<Self, ServerUrlError> {
        text.parse()
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_url_is_a_host_and_a_port() {
        let table = [
            ("http://127.0.0.1:7117", "http://127.0.0.1:7117"),
            ("http://127.0.0.1:7117/", "http://127.0.0.1:7117"),
            ("127.0.0.1:7117", "http://127.0.0.1:7117"),
            ("localhost:80", "http://localhost"),
            ("http://[::1]:7117", "http://[::1]:7117"),
            ("[::1]:7117", "http://[::1]:7117"),
            ("https://farm.example:7117/", "https://farm.example:7117"),
            ("farm.example:7117", "https://farm.example:7117"),
            ("10.0.0.5:7117", "https://10.0.0.5:7117"),
        ];
        for (text, shown) in table {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "ws://x:1", "ftp://x", "http://x:1/api", "http://x:1/?q", "x:99999", "a@b:1"] {
            assert!(text.parse::<ServerUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn parts_of_a_path_are_escaped() {
        let url = ServerUrl::at(([127, 0, 0, 1], 1).into()).join(&["a", "b/c d?#%", "ü"]);
        assert_eq!(url.as_str(), "http://127.0.0.1:1/a/b%2Fc%20d%3F%23%25/%C3%BC");
    }
}
