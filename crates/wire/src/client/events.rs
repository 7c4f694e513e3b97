//! The one stream of changes, followed for as long as one likes: a connection that breaks is made anew and
//! goes on where it was.

use std::collections::VecDeque;

use model::{
    EventId, FarmCounts, GridNews, Hello, HostView, HostsNews, JobView, JobsNews, JoinsNews, Reset, Topic,
};
use reqwest::Response;
use reqwest::header::HeaderValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::sse::{Parser, Said};
use super::{Client, ClientError, FarmView};
use crate::Backoff;

/// The farm in numbers: `farm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarmNews {
    /// What it says of itself.
    #[serde(flatten)]
    pub farm: FarmView,
    /// What is going on.
    #[serde(flatten)]
    pub counts: FarmCounts,
}

/// Something that the stream tells.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A connection stands. Where it does not go on from what was told before, lists are to be fetched now.
    Hello(Hello),
    /// These are to be fetched anew.
    Reset(Reset),
    /// Jobs of the list changed.
    Jobs(JobsNews),
    /// A job that is followed is so now.
    Job(Box<JobView>),
    /// Chunks of a job changed.
    Grid(GridNews),
    /// Hosts of the list changed.
    Hosts(HostsNews),
    /// A host that is followed is so now.
    Host(Box<HostView>),
    /// The farm is so now.
    Farm(Box<FarmNews>),
    /// These ask to join now.
    Joins(JoinsNews),
    /// Something that a newer server tells.
    Other {
        /// What it calls it.
        name: String,
        /// What it says, JSON.
        data: String,
    },
}

/// A stream of changes.
#[derive(Debug)]
pub struct Events {
    client: Client,
    topics: Vec<Topic>,
    /// The last id that was told.
    last: Option<String>,
    connection: Option<Connection>,
    backoff: Backoff,
    /// The last connection was no success, and the next try waits.
    failed: bool,
}

#[derive(Debug)]
struct Connection {
    response: Response,
    parser: Parser,
    ready: VecDeque<Said>,
}

impl Events {
    pub(super) fn new(client: &Client, topics: Vec<Topic>, after: Option<&EventId>) -> Self {
        let last = after.map(EventId::to_string);
        let (client, backoff) = (client.clone(), Backoff::default());
        Self { client, topics, last, connection: None, backoff, failed: false }
    }

    /// How far it is: a stream of other topics can go on from there.
    #[must_use]
    pub fn last(&self) -> Option<EventId> {
        self.last.as_ref()?.parse().ok()
    }

    /// What comes next. May be given up and called again without losing anything.
    ///
    /// # Errors
    /// Where the server cannot be reached, refuses, or the connection is lost. Called again, it tries anew
    /// after a while, each time a longer one, and goes on where it was.
    pub async fn next(&mut self) -> Result<News, ClientError> {
        loop {
            let told = self.advance().await;
            if told.is_err() {
                (self.connection, self.failed) = (None, true);
            }
            if let Some(news) = told? {
                return Ok(news);
            }
        }
    }

    async fn advance(&mut self) -> Result<Option<News>, ClientError> {
        let Some(connection) = &mut self.connection else {
            if self.failed {
                tokio::time::sleep(self.backoff.wait()).await;
            }
            // Given up from here on it is tried at once.
            self.failed = false;
            self.connection = Some(self.connect().await?);
            return Ok(None);
        };
        if let Some(Said { name, data, id }) = connection.ready.pop_front() {
            let news = self.client.read(name, data)?;
            if id.is_some() {
                self.last = id;
            }
            self.backoff = Backoff::default();
            return Ok(Some(news));
        }
        if let Some(piece) = self.client.piece(&mut connection.response).await? {
            let said = connection.parser.push(&piece);
            connection.ready.extend(said.map_err(|error| self.client.garbled(&error.to_string()))?);
            return Ok(None);
        }
        // It was ended in order: the server stops, or the right to it has gone.
        (self.connection, self.failed) = (None, true);
        Ok(None)
    }

    async fn connect(&self) -> Result<Connection, ClientError> {
        let mut url = self.client.resource(&["events"]);
        let topics: Vec<String> = self.topics.iter().map(Topic::to_string).collect();
        url.query_pairs_mut().append_pair("topics", &topics.join(","));
        let mut request = self.client.http.get(url);
        if let Some(last) = self.last.as_ref().and_then(|last| HeaderValue::from_str(last).ok()) {
            request = request.header("last-event-id", last);
        }
        let response = self.client.sent(request).await?;
        let response = self.client.checked(response).await?;
        Ok(Connection { response, parser: Parser::default(), ready: VecDeque::new() })
    }
}

impl Client {
    /// Follows changes of `topics` from now on, or from what was told with the id `after`. It connects with
    /// the first call of `next`.
    #[must_use]
    pub fn events(&self, topics: Vec<Topic>, after: Option<&EventId>) -> Events {
        Events::new(self, topics, after)
    }

    fn read(&self, name: String, data: String) -> Result<News, ClientError> {
        Ok(match name.as_str() {
            "hello" => News::Hello(self.told(&data)?),
            "reset" => News::Reset(self.told(&data)?),
            "jobs" => News::Jobs(self.told(&data)?),
            "job" => News::Job(self.told(&data)?),
            "grid" => News::Grid(self.told(&data)?),
            "hosts" => News::Hosts(self.told(&data)?),
            "host" => News::Host(self.told(&data)?),
            "farm" => News::Farm(self.told(&data)?),
            "joins" => News::Joins(self.told(&data)?),
            _ => News::Other { name, data },
        })
    }

    fn told<T: DeserializeOwned>(&self, data: &str) -> Result<T, ClientError> {
        self.parsed(data.as_bytes())
    }

    fn garbled(&self, why: &str) -> ClientError {
        ClientError::Protocol { url: self.url.to_string(), why: why.to_owned() }
    }
}
