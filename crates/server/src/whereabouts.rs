//! Finding another server and staying linked to it.

use std::future::Future;
use std::time::Duration;

use model::InstanceId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::discovery::{self, NotFound, Patience};
use wire::link::Limits;
use wire::{Backoff, DiscoveryConfig, Link, ServerUrl, Service};

use crate::error_chain;

/// A server that is not found within this time is told of.
const SOON: Duration = Duration::from_secs(10);

/// Where another server is.
#[derive(Clone, Debug)]
pub(crate) enum Whereabouts {
    /// Where a person said.
    At(ServerUrl),
    /// Wherever discovery finds it each time.
    Discover(DiscoveryConfig, Service),
}

impl Whereabouts {
    async fn find(&self) -> Result<ServerUrl, discovery::NotFound> {
        let (config, service) = match self {
            Self::At(url) => return Ok(url.clone()),
            Self::Discover(config, service) => (config, *service),
        };
        match discovery::find(config, service, Patience::AtMost(SOON)).await {
            Err(error @ NotFound::NoAnswer { .. }) => {
                // Once for each time that it is away, and with everything that was tried.
                tracing::warn!("{error}\n  it is looked for until it is found");
                Ok(discovery::find(config, service, Patience::Endless).await?.url)
            }
            found => Ok(found?.url),
        }
    }

    /// Waits for the time to try again, or for the news that such a server has come up.
    async fn wait(&self, backoff: &mut Backoff) {
        let pause = tokio::time::sleep(backoff.wait());
        match self {
            Self::At(_) => pause.await,
            Self::Discover(config, service) => tokio::select! {
                () = pause => {}
                () = announced(config, *service) => {}
            },
        }
    }
}

async fn announced(config: &DiscoveryConfig, service: Service) {
    match discovery::listen_for_announcements(config) {
        Ok(mut announcements) => while !announcements.next().await.services.contains(&service) {},
        Err(_) => std::future::pending().await,
    }
}

/// Keeps a link to the server at `whereabouts` for ever: `linked` has it while it lasts.
pub(crate) async fn stay_linked<Out, In, Linked>(
    whereabouts: Whereabouts,
    path: &'static str,
    limits: Limits,
    mut linked: impl FnMut(ServerUrl, Link<Out, In>) -> Linked,
) where
    Out: Serialize,
    In: DeserializeOwned,
    Linked: Future<Output = ()>,
{
    let mut backoff = Backoff::default();
    let mut told = false;
    loop {
        match whereabouts.find().await {
            Ok(url) => match wire::link::dial(&url, path, limits, &wire::Credential::default()).await {
                Ok(link) => {
                    backoff.reset();
                    told = false;
                    tracing::info!(%url, path, "linked");
                    linked(url, link).await;
                }
                // A server that is away for a night must not fill a log.
                Err(error) if told => tracing::debug!(path, "cannot link: {}", error_chain(&error)),
                Err(error) => {
                    tracing::warn!(path, "cannot link, will go on trying: {}", error_chain(&error));
                    told = true;
                }
            },
            Err(error) => tracing::warn!(path, "cannot look for a server: {}", error_chain(&error)),
        }
        whereabouts.wait(&mut backoff).await;
    }
}

/// A name for an installation that nobody else has.
pub(crate) fn new_instance() -> Result<InstanceId, getrandom::Error> {
    Ok(InstanceId(format!("{:016x}", getrandom::u64()?)))
}
