//! The asking side of discovery.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::datagram::{self, Body};
use super::responder::{DiscoveryError, hear, open, send_to_all};
use super::{Answer, DiscoveryConfig, Service, socket};
use crate::ServerUrl;

/// The first question is repeated after this long, then after twice as long each time.
const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Questions are at most this far apart.
const ASKED_AGAIN_AT_MOST: Duration = Duration::from_secs(2);

/// How long to look for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until one answers or this much time has passed.
    AtMost(Duration),
    /// Until one answers.
    Endless,
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is reached.
    pub url: ServerUrl,
    /// All it says of itself.
    pub answer: Answer,
    /// Others that answered as well, though one is all there should be.
    pub others: Vec<Answer>,
}

/// Nobody was found.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    /// Nobody answered.
    #[error(
        "no {service} of the farm {farm:?} answered within {:.1} s (asked {asked} times at {targets})",
        waited.as_secs_f32()
    )]
    NoAnswer {
        /// What was looked for.
        service: Service,
        /// In which farm.
        farm: String,
        /// For how long.
        waited: Duration,
        /// How often it was asked.
        asked: u32,
        /// Where, as text.
        targets: String,
    },
    /// The question could not even be asked.
    #[error("cannot look for the {service} of the farm {farm:?}: nothing can be sent to {targets}")]
    CannotAsk {
        /// What was looked for.
        service: Service,
        /// In which farm.
        farm: String,
        /// Where, as text.
        targets: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// No socket to ask from.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
}

impl NotFound {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let named = "--server URL, or FRAMEFARM_SERVER=URL in the environment";
        match self {
            Self::NoAnswer { farm, .. } => format!(
                "is one running (`framefarm up` starts a farm), and is {farm:?} the name of the farm? \
                 a server that cannot be found can be named: {named}"
            ),
            Self::CannotAsk { .. } | Self::Discovery(_) => format!("name the server: {named}"),
        }
    }
}

/// Finds the server of `service`, asking again and again, less and less often.
///
/// Where several answer, the one with the smallest instance is taken, whoever was quicker, and the others
/// are reported with it and in the log. Servers that say no address are passed over.
///
/// # Errors
/// Where nobody answered in time or nothing can be sent.
pub async fn find(config: &DiscoveryConfig, service: Service, patience: Patience) -> Result<Found, NotFound> {
    let mut search = Search::start(config, service)?;
    let until = match patience {
        Patience::AtMost(time) => Some(search.began + time),
        Patience::Endless => None,
    };
    let mut found = loop {
        let Some(answer) = search.next(until).await else { return Err(search.failed()) };
        if let Some(url) = answer.urls.first() {
            break Found { url: url.clone(), answer, others: Vec::new() };
        }
    };
    let settled = Some(Instant::now() + config.settle);
    while let Some(answer) = search.next(settled).await {
        found.add(answer);
    }
    for other in &found.others {
        let (farm, url, other) = (&config.farm, &found.url, other.urls.first().map(ToString::to_string));
        tracing::warn!(%service, farm, %url, other, "more than one server of this kind answers");
    }
    Ok(found)
}

/// All servers of `service` that answer within `time`, by instance; none is no error.
///
/// # Errors
/// Where nothing can be sent.
pub async fn survey(
    config: &DiscoveryConfig,
    service: Service,
    time: Duration,
) -> Result<Vec<Answer>, NotFound> {
    let mut search = Search::start(config, service)?;
    let until = Some(search.began + time);
    let mut answers = BTreeSet::new();
    while let Some(answer) = search.next(until).await {
        answers.insert(answer);
    }
    if answers.is_empty() && search.unsent.is_some() {
        return Err(search.failed());
    }
    Ok(answers.into_iter().collect())
}

impl Found {
    /// Keeps the smallest as the one that is found.
    fn add(&mut self, answer: Answer) {
        let Some(url) = answer.urls.first().cloned() else { return };
        if answer == self.answer || self.others.contains(&answer) {
            return;
        }
        if answer < self.answer {
            self.url = url;
            self.others.push(std::mem::replace(&mut self.answer, answer));
        } else {
            self.others.push(answer);
        }
        self.others.sort();
    }
}

/// A question under way.
struct Search<'a> {
    config: &'a DiscoveryConfig,
    service: Service,
    socket: UdpSocket,
    question: Vec<u8>,
    nonce: u64,
    began: Instant,
    asked: u32,
    ask_at: Instant,
    unsent: Option<io::Error>,
}

impl<'a> Search<'a> {
    fn start(config: &'a DiscoveryConfig, service: Service) -> Result<Self, DiscoveryError> {
        // Where the system has no chance to give, the port alone tells our answers from others'.
        let nonce = getrandom::u64().unwrap_or_default();
        let question = datagram::encode(&config.farm, Body::Question { service, nonce })
            .ok_or_else(|| DiscoveryError::TooLong { farm: config.farm.clone() })?;
        let socket = open(config.speak, socket::own)?;
        let began = Instant::now();
        Ok(Self { config, service, socket, question, nonce, began, asked: 0, ask_at: began, unsent: None })
    }

    /// The next answer, asking again when it is time to; `None` when time is up.
    async fn next(&mut self, until: Option<Instant>) -> Option<Answer> {
        loop {
            let stop = until.map_or(self.ask_at, |until| until.min(self.ask_at));
            match timeout_at(stop, hear(&self.socket)).await {
                Ok((bytes, _)) => {
                    if let Some(Body::Answer { nonce, answer }) = datagram::decode(&self.config.farm, &bytes)
                        && nonce == self.nonce
                        && answer.services.contains(&self.service)
                    {
                        return Some(answer);
                    }
                }
                Err(_) if until.is_some_and(|until| Instant::now() >= until) => return None,
                Err(_) => self.ask().await,
            }
        }
    }

    async fn ask(&mut self) {
        self.unsent = send_to_all(&self.socket, &self.question, &self.config.targets).await;
        let wait = ASKED_AGAIN_AFTER.saturating_mul(1 << self.asked.min(10)).min(ASKED_AGAIN_AT_MOST);
        self.asked = self.asked.saturating_add(1);
        self.ask_at = Instant::now() + wait;
    }

    fn failed(self) -> NotFound {
        let (service, farm, asked) = (self.service, self.config.farm.clone(), self.asked);
        let targets = self.config.targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self.unsent {
            Some(source) => NotFound::CannotAsk { service, farm, targets, source },
            None => NotFound::NoAnswer { service, farm, waited: self.began.elapsed(), asked, targets },
        }
    }
}
