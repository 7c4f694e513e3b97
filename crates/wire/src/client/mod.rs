//! The client of the API: the one way in which commands, programs and render hosts reach a schedule server.
//!
//! Every call is one request and says in its error what a person needs. A server that has too much to do is
//! asked again when it said; otherwise trying again is left to the caller, who knows whether that is wanted.

mod access;
mod calls;
mod error;
mod events;
mod joining;
mod lists;
mod orders;
mod sse;
mod steering;
mod thumbnails;
mod transfer;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::discovery::{self, DiscoveryConfig, Patience, Service};
use crate::{Backoff, Credential, ServerUrl};

pub use access::DeedsWanted;
pub use calls::{LogOf, LogReceipt};
pub use error::ClientError;
pub use events::{Events, FarmNews, News};
pub use watch::Watch;

/// A server is reached after this long or not at all.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// A connection that nothing moves on is given up before the server does that.
const POOL_TIME: Duration = Duration::from_secs(10);
/// A request and its answer, where neither is of unknown length.
const REQUEST_TIME: Duration = Duration::from_secs(60);
/// Transfers of unknown length end when nothing has moved for this long.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// A server that has too much to do is asked again for this long.
const BUSY_TIME: Duration = Duration::from_secs(30);
/// How long to look for a server whose address nobody gave.
const LOCATE_TIME: Duration = Duration::from_secs(3);

/// What a farm says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarmView {
    /// Its name.
    pub farm: String,
    /// Version of its schedule server.
    pub version: String,
    /// Folder of the results, absolute at the schedule server.
    pub storage: String,
    /// The name of that storage, by which render hosts know whether they mount the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_id: Option<String>,
    /// Whether its schedule server is linked to a resource server.
    #[serde(default)]
    pub resource_linked: bool,
    /// What the process that answers does for the farm.
    pub roles: Vec<Service>,
    /// How often its schedule server refused bad input since it started, by kind: `garbled`, `too_large`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, u64>,
}

/// A schedule server, as clients and render hosts speak to it. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    url: ServerUrl,
    http: reqwest::Client,
}

impl Client {
    /// A client of the server at `url` that shows and trusts what `credential` says. Nothing is sent yet.
    #[must_use]
    pub fn new(url: ServerUrl, credential: &Credential) -> Self {
        let headers: HeaderMap =
            credential.authorization().map(|value| (AUTHORIZATION, value)).into_iter().collect();
        let tls = credential.tls.as_deref().cloned().unwrap_or_else(trust_nobody);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .default_headers(headers)
            // A farm is in the house: whatever proxy the environment names leads out of it.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIME)
            .pool_idle_timeout(POOL_TIME)
            .user_agent(concat!("framefarm/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("a client with a ready TLS configuration and a fixed name can be built");
        Self { url, http }
    }

    /// A client of the server at `server`, or of the one that discovery finds.
    ///
    /// # Errors
    /// Where none is given and none is found.
    pub async fn locate(
        server: Option<ServerUrl>,
        config: &DiscoveryConfig,
        credential: &Credential,
    ) -> Result<Self, ClientError> {
        let url = match server {
            Some(url) => url,
            None => discovery::find(config, Service::Schedule, Patience::AtMost(LOCATE_TIME)).await?.url,
        };
        Ok(Self::new(url, credential))
    }

    /// The server that this is a client of.
    #[must_use]
    pub const fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// The URL of a resource of the API; every part is escaped.
    fn resource(&self, parts: &[&str]) -> Url {
        self.url.join(&[&["api", "v1"], parts].concat())
    }

    fn request(&self, method: Method, parts: &[&str]) -> RequestBuilder {
        self.http.request(method, self.resource(parts)).timeout(REQUEST_TIME)
    }

    /// The answer, where it is one of success. A server that says when to come back is asked again then,
    /// for a while: what it says that of it has not done, and every call of the API may be repeated.
    async fn answer(&self, mut request: RequestBuilder) -> Result<Response, ClientError> {
        let (begun, mut backoff) = (Instant::now(), Backoff::default());
        loop {
            let again = request.try_clone();
            let response = request.send().await.map_err(|error| ClientError::of(error, &self.url))?;
            let wait = come_back(&response).map(|wait| wait + backoff.wait());
            match again.zip(wait) {
                Some((again, wait)) if begun.elapsed() + wait < BUSY_TIME => {
                    tokio::time::sleep(wait).await;
                    request = again;
                }
                _ => return self.checked(response).await,
            }
        }
    }

    /// `response`, where it is one of success.
    async fn checked(&self, response: Response) -> Result<Response, ClientError> {
        if response.status().is_success() {
            return Ok(response);
        }
        Err(ClientError::refusal(response, &self.url).await)
    }

    /// What the answer holds.
    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let response = self.answer(request).await?;
        let bytes = response.bytes().await.map_err(|error| ClientError::of(error, &self.url))?;
        self.parsed(&bytes)
    }

    fn parsed<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(bytes).map_err(|error| ClientError::Protocol {
            url: self.url.to_string(),
            why: format!("its answer cannot be understood: {error}"),
        })
    }
}

/// For those who were told of no authority: every certificate is a stranger's.
fn trust_nobody() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .expect("the provider knows TLS 1.3")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

/// How long a server that cannot answer now wants to be left alone.
fn come_back(response: &Response) -> Option<Duration> {
    let busy = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&response.status());
    let seconds = response.headers().get(RETRY_AFTER).filter(|_| busy)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
