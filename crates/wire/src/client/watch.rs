//! A job, followed.

use std::collections::VecDeque;

use model::JobView;
use reqwest::Response;

use super::sse::Parser;
use super::{Client, ClientError};

/// A stream of the states of a job. Coming back after an error is the caller's.
#[derive(Debug)]
pub struct Watch {
    client: Client,
    response: Response,
    parser: Parser,
    ready: VecDeque<String>,
}

impl Watch {
    pub(super) async fn start(client: &Client, parts: &[&str]) -> Result<Self, ClientError> {
        let response = client.opened(client.resource(parts)).await?;
        let response = client.checked(response).await?;
        Ok(Self { client: client.clone(), response, parser: Parser::default(), ready: VecDeque::new() })
    }

    /// The next state; `None` when the server has ended the stream, which it does after a final state.
    /// May be given up and called again without losing one.
    ///
    /// # Errors
    /// Where the connection is lost, nothing arrives for 30 s (a server says at least a comment in that
    /// time) or what arrives is no job.
    pub async fn next(&mut self) -> Result<Option<JobView>, ClientError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return self.client.parsed(event.as_bytes()).map(Some);
            }
            let Some(piece) = self.client.piece(&mut self.response).await? else { return Ok(None) };
            let events = self.parser.push(&piece).map_err(|error| ClientError::Protocol {
                url: self.client.url.to_string(),
                why: error.to_string(),
            })?;
            self.ready.extend(events.into_iter().map(|said| said.data));
        }
    }
}
