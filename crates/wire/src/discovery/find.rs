//! The asking side of discovery: a name in DNS first, and questions on the network beside it.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::announcements::{Announcements, listen_for_announcements};
use super::datagram::{self, Body};
use super::names::{look_up, reachable};
use super::sockets::Sockets;
use super::{Answer, DiscoveryConfig, DiscoveryError, NameTried, NotFound, Service, Tried};
use crate::{Backoff, ServerUrl};

/// Questions are at most this far apart. A server announces itself, so nobody has to ask more often.
const ASKED_AGAIN_AT_MOST: Duration = Duration::from_secs(30);
/// DNS comes first: who answers on the network waits so long for it.
const NAME_FIRST: Duration = Duration::from_millis(150);
/// A name is looked up again after this long.
const NAME_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How long to look for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until one is found or this much time has passed.
    AtMost(Duration),
    /// Until one is found.
    Endless,
}

/// A server that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is reached.
    pub url: ServerUrl,
    /// All it says of itself; absent where its name led there.
    pub answer: Option<Answer>,
    /// Others of the same farm that answered as well, though one is all there should be.
    pub others: Vec<Answer>,
}

/// Finds the server of `service`, asking again and again, less and less often.
///
/// Where several of one farm answer, the one with the smallest instance is taken, whoever was quicker, and
/// the others are reported with it and in the log. Servers that say no address are passed over, and so are
/// those that cannot be reached at any.
///
/// # Errors
/// Where nobody was found in time, several farms have the name, or nothing can be sent.
pub async fn find(config: &DiscoveryConfig, service: Service, patience: Patience) -> Result<Found, NotFound> {
    let mut search = Search::start(config, service)?;
    // Who comes up meanwhile says so; where that cannot be heard, the next question finds him.
    search.announcements = listen_for_announcements(config).ok();
    let until = match patience {
        Patience::AtMost(time) => Some(search.began + time),
        Patience::Endless => None,
    };
    loop {
        let first = match search.next(until).await {
            Some(News::Named(url)) => return Ok(Found { url, answer: None, others: Vec::new() }),
            Some(News::Answered(answer)) => answer,
            None => return Err(search.failed()),
        };
        let found = search.settle(first).await?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
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
    let mut search = Search::start(&DiscoveryConfig { dns: None, ..config.clone() }, service)?;
    let until = Some(search.began + time);
    let mut answers = Answers::default();
    while let Some(News::Answered(answer)) = search.next(until).await {
        answers.add(answer);
    }
    if answers.0.is_empty() && search.unsent.is_some() {
        return Err(search.failed());
    }
    Ok(answers.0)
}

/// Answers, by farm and instance. One that came by several ways is one, with the addresses of all.
#[derive(Default)]
struct Answers(Vec<Answer>);

impl Answers {
    fn add(&mut self, answer: Answer) {
        let same = |known: &&mut Answer| known.instance == answer.instance && known.farm_id == answer.farm_id;
        match self.0.iter_mut().find(same) {
            Some(known) => {
                for url in answer.urls {
                    if !known.urls.contains(&url) {
                        known.urls.push(url);
                    }
                }
                // What runs on this machine is reached best without leaving it.
                known.urls.sort_by_key(|url| !url.is_loopback());
            }
            None => self.0.push(answer),
        }
        self.0.sort();
    }

    /// The farms that answered, by id, each with an address.
    fn farms(&self) -> BTreeMap<String, ServerUrl> {
        let farms = self.0.iter().rev().filter_map(|answer| {
            let id = answer.farm_id.clone().unwrap_or_else(|| "an unknown id".to_owned());
            Some((id, answer.urls.first()?.clone()))
        });
        farms.collect()
    }
}

/// What a search heard.
enum News {
    /// Somebody listens at the address of the name.
    Named(ServerUrl),
    /// A server answered, or announced itself.
    Answered(Answer),
}

/// A search under way.
struct Search {
    config: DiscoveryConfig,
    service: Service,
    mouths: Sockets,
    announcements: Option<Announcements>,
    question: Vec<u8>,
    nonce: u64,
    name: Option<JoinHandle<NameTried>>,
    name_again_at: Instant,
    began: Instant,
    backoff: Backoff,
    ask_at: Instant,
    tried: Tried,
    unsent: Option<io::Error>,
}

impl Search {
    fn start(config: &DiscoveryConfig, service: Service) -> Result<Self, DiscoveryError> {
        // Where the system has no chance to give, the port alone tells our answers from others'.
        let nonce = getrandom::u64().unwrap_or_default();
        let question = datagram::question(&config.farm, service, nonce)
            .ok_or_else(|| DiscoveryError::TooLong { farm: config.farm.clone() })?;
        let mouths = Sockets::mouths(config.reach, config.port)?;
        let began = Instant::now();
        Ok(Self {
            config: config.clone(),
            service,
            mouths,
            announcements: None,
            question,
            nonce,
            name: None,
            name_again_at: began,
            began,
            backoff: Backoff::up_to(ASKED_AGAIN_AT_MOST),
            ask_at: began,
            tried: Tried::default(),
            unsent: None,
        })
    }

    /// The next that is heard, asking again when it is time to; `None` when time is up.
    async fn next(&mut self, until: Option<Instant>) -> Option<News> {
        loop {
            let stop = until.map_or(self.ask_at, |until| until.min(self.ask_at));
            tokio::select! {
                heard = self.mouths.hear() => {
                    if let Some(Body::Answer { nonce, answer }) = datagram::decode(&heard.bytes)
                        && nonce == self.nonce
                        && self.wants(&answer)
                    {
                        return Some(News::Answered(answer));
                    }
                }
                answer = announced(&mut self.announcements) => {
                    if self.wants(&answer) {
                        return Some(News::Answered(answer));
                    }
                }
                tried = looked_up(&mut self.name) => {
                    self.name = None;
                    self.tried.name = tried.clone();
                    if let NameTried::Found(url) = tried {
                        return Some(News::Named(url));
                    }
                }
                () = tokio::time::sleep_until(stop) => {
                    if until.is_some_and(|until| Instant::now() >= until) {
                        return None;
                    }
                    self.ask().await;
                }
            }
        }
    }

    fn wants(&self, answer: &Answer) -> bool {
        answer.is_of(&self.config.farm) && answer.services.contains(&self.service)
    }

    async fn ask(&mut self) {
        let now = Instant::now();
        if let Some(name) = &self.config.dns
            && self.name.is_none()
            && now >= self.name_again_at
        {
            self.name_again_at = now + NAME_AGAIN_AFTER;
            if self.tried.name == NameTried::Off {
                self.tried.name = NameTried::Waiting(name.clone());
            }
            self.name = Some(tokio::spawn(look_up(name.clone(), self.service)));
        }
        // Interfaces that came since the last question are asked on, too.
        let refreshed = self.mouths.refresh();
        let shouted = self.mouths.shout(|_| Some(self.question.clone())).await;
        self.unsent = match refreshed {
            Ok(_) => shouted.failed.filter(|_| shouted.went.is_empty()),
            Err(error) => Some(io::Error::other(error)),
        };
        self.tried.note(shouted.went);
        self.tried.asked = self.tried.asked.saturating_add(1);
        self.ask_at = now + self.backoff.wait();
    }

    /// Listens on for a moment after the `first` answer, and chooses; `None` where nobody can be reached.
    async fn settle(&mut self, first: Answer) -> Result<Option<Found>, NotFound> {
        let mut answers = Answers::default();
        answers.add(first);
        let mut until = Instant::now() + self.config.settle;
        let name_until = self.began + NAME_FIRST;
        loop {
            match self.next(Some(until)).await {
                Some(News::Named(url)) => return Ok(Some(Found { url, answer: None, others: Vec::new() })),
                Some(News::Answered(answer)) => answers.add(answer),
                None if self.name.is_some() && until < name_until => until = name_until,
                None => break,
            }
        }
        answers.0.retain(|answer| !answer.urls.is_empty());
        let mut farms = answers.farms();
        if farms.len() > 1 {
            answers
                .0
                .retain(|answer| answer.farm_id.as_ref().is_some_and(|id| self.config.known.contains(id)));
            let known = answers.farms();
            farms = if known.is_empty() { farms } else { known };
        }
        if farms.len() > 1 {
            return Err(NotFound::SeveralFarms { farm: self.config.farm.clone(), farms });
        }
        Ok(self.choose(answers.0).await)
    }

    /// The first of `answers` that can be reached, with the others.
    async fn choose(&mut self, answers: Vec<Answer>) -> Option<Found> {
        let mut found = None;
        for (n, answer) in answers.iter().enumerate() {
            let url = match answer.urls.first() {
                Some(url) if url.is_loopback() => Some(url.clone()),
                _ => reachable(&answer.urls).await,
            };
            match url {
                Some(url) => {
                    found = Some((n, url));
                    break;
                }
                None => self.tried.unreachable.extend(answer.urls.iter().cloned()),
            }
        }
        let (n, url) = found?;
        let mut others = answers;
        let answer = others.remove(n);
        for other in &others {
            let (service, farm) = (self.service, &self.config.farm);
            let other = other.urls.first().map(ToString::to_string);
            tracing::warn!(%service, farm, %url, other, "more than one server of this kind answers");
        }
        Some(Found { url, answer: Some(answer), others })
    }

    fn failed(mut self) -> NotFound {
        let (service, farm) = (self.service, self.config.farm.clone());
        match self.unsent.take() {
            Some(source) => NotFound::CannotAsk { service, farm, source },
            None => {
                let tried = Box::new(std::mem::take(&mut self.tried));
                NotFound::NoAnswer { service, farm, waited: self.began.elapsed(), tried }
            }
        }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            name.abort();
        }
    }
}

async fn announced(announcements: &mut Option<Announcements>) -> Answer {
    match announcements {
        Some(announcements) => announcements.next().await,
        None => std::future::pending().await,
    }
}

async fn looked_up(name: &mut Option<JoinHandle<NameTried>>) -> NameTried {
    match name {
        Some(task) => task.await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}
