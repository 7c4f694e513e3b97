//! Finding another server and staying linked to it.

use std::future::Future;
use std::time::Duration;

use model::InstanceId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::discovery::{self, NotFound, Patience};
use wire::link::{DialError, Limits};
use wire::{Backoff, Credential, DiscoveryConfig, Link, ServerUrl, Service};

use crate::error_chain;
use crate::proof::Proofs;

/// A server that is not found within this time is told of.
const SOON: Duration = Duration::from_secs(10);

/// So long is looked for another farm of the same name.
const NAMESAKE: Duration = Duration::from_secs(1);

/// Where another server is.
#[derive(Clone, Debug)]
pub(crate) enum Whereabouts {
    /// Where a person said.
    At(ServerUrl),
    /// Wherever discovery finds it each time; the name of its farm, where the farm is looked for by its id.
    Discover(DiscoveryConfig, Service, String),
}

impl Whereabouts {
    pub(crate) async fn find(&self) -> Result<ServerUrl, discovery::NotFound> {
        let (config, service, name) = match self {
            Self::At(url) => return Ok(url.clone()),
            Self::Discover(config, service, name) => (config, *service, name),
        };
        match discovery::find(config, service, Patience::AtMost(SOON)).await {
            Err(error @ NotFound::NoAnswer { .. }) => {
                // Once for each time that it is away, and with everything that was tried.
                tracing::warn!("{error}\n  it is looked for until it is found");
                tell_of_namesake(config, service, name).await;
                Ok(discovery::find(config, service, Patience::Endless).await?.url)
            }
            found => Ok(found?.url),
        }
    }

    /// As `find`, where the name in DNS may have led to somebody else: who answers on the network goes first.
    pub(crate) async fn find_past_name(&self) -> Result<ServerUrl, NotFound> {
        if let Self::Discover(config, service, _) = self
            && config.dns.is_some()
        {
            let config = DiscoveryConfig { dns: None, ..config.clone() };
            if let Ok(found) = discovery::find(&config, *service, Patience::AtMost(SOON)).await {
                return Ok(found.url);
            }
        }
        self.find().await
    }

    /// Waits for the time to try again, or for the news that such a server has come up.
    async fn wait(&self, backoff: &mut Backoff) {
        let pause = tokio::time::sleep(backoff.wait());
        match self {
            Self::At(_) => pause.await,
            Self::Discover(config, service, _) => tokio::select! {
                () = pause => {}
                () = announced(config, *service) => {}
            },
        }
    }
}

/// Says where a farm of the same name answers in the place of the one that is looked for by its id.
async fn tell_of_namesake(config: &DiscoveryConfig, service: Service, name: &str) {
    if config.farm == name {
        return;
    }
    let by_name = DiscoveryConfig { farm: name.to_owned(), ..config.clone() };
    for answer in discovery::survey(&by_name, service, NAMESAKE).await.unwrap_or_default() {
        let (own, url) = (&config.farm, answer.urls.first().map(ToString::to_string).unwrap_or_default());
        let other = answer.farm_id.unwrap_or_default();
        tracing::warn!(
            "{url} is of the farm {name} too, and its id is {other}; this server belongs to {own}. Was the farm set \
             up anew? then remove the folder `member` from the data folder of this server and start it again"
        );
    }
}

async fn announced(config: &DiscoveryConfig, service: Service) {
    match discovery::listen_for_announcements(config) {
        Ok(mut announcements) => while !announcements.next().await.services.contains(&service) {},
        Err(_) => std::future::pending().await,
    }
}

/// A server that is to be linked with, and how.
pub(crate) struct Goal {
    pub(crate) at: Whereabouts,
    pub(crate) service: Service,
    pub(crate) path: &'static str,
    pub(crate) limits: Limits,
    /// What is shown to it.
    pub(crate) proofs: Proofs,
}

/// A server that is linked with.
pub(crate) struct Reached {
    pub(crate) url: ServerUrl,
    /// What was shown to it.
    pub(crate) credential: Credential,
}

/// Keeps a link to the server that is the goal, for ever: `linked` has it while it lasts.
pub(crate) async fn stay_linked<Out, In, Linked>(
    goal: Goal,
    mut linked: impl FnMut(Reached, Link<Out, In>) -> Linked,
) where
    Out: Serialize,
    In: DeserializeOwned,
    Linked: Future<Output = ()>,
{
    let mut backoff = Backoff::default();
    // What went wrong last.
    let mut told = String::new();
    let mut past_name = false;
    loop {
        match goal.link(past_name).await {
            Ok((reached, link)) => {
                past_name = false;
                backoff.reset();
                told.clear();
                tracing::info!(url = %reached.url, path = goal.path, "linked");
                linked(reached, link).await;
            }
            Err(error) => {
                past_name = !past_name;
                if matches!(error, LinkError::Dial(DialError::Refused { .. } | DialError::Untrusted { .. })) {
                    goal.proofs.doubt();
                }
                let text =
                    error_chain(&error) + &error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
                // A server that is away for a night must not fill a log.
                if told == text {
                    tracing::debug!(path = goal.path, "cannot link: {text}");
                } else {
                    tracing::warn!(path = goal.path, "cannot link, will go on trying: {text}");
                    told = text;
                }
            }
        }
        goal.at.wait(&mut backoff).await;
    }
}

/// Why there is no link now.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("no server can be looked for")]
    Find(#[from] NotFound),
    #[error("TLS cannot be used")]
    Tls(#[from] rustls::Error),
    #[error(transparent)]
    Dial(#[from] DialError),
}

impl LinkError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Dial(DialError::Refused { hint, .. }) => hint.clone(),
            Self::Dial(DialError::Untrusted { hint, .. }) => Some((*hint).to_owned()),
            _ => None,
        }
    }
}

impl Goal {
    async fn link<Out, In>(&self, past_name: bool) -> Result<(Reached, Link<Out, In>), LinkError>
    where
        Out: Serialize,
        In: DeserializeOwned,
    {
        let url = if past_name { self.at.find_past_name().await? } else { self.at.find().await? };
        let credential = self.proofs.credential(self.service, &url).await?;
        let link = wire::link::dial(&url, self.path, self.limits, &credential).await?;
        Ok((Reached { url, credential }, link))
    }
}

/// A name for an installation that nobody else has.
pub(crate) fn new_instance() -> Result<InstanceId, getrandom::Error> {
    Ok(InstanceId(format!("{:016x}", getrandom::u64()?)))
}
