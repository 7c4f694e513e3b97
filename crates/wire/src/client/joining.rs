//! Calls by which a server becomes and stays a member of a farm, and by which anybody gets to know a farm.

use model::{FarmIdentity, JoinReply, JoinRequest, RenewReply, RenewRequest};
use reqwest::Method;

use super::{Client, ClientError};

impl Client {
    /// Who the farm is. What it says is worth as much as the way it came: its id has to be that of its
    /// authority, and whoever means one farm compares it.
    ///
    /// # Errors
    /// As for every call.
    pub async fn identity(&self) -> Result<FarmIdentity, ClientError> {
        self.json(self.request(Method::GET, &["identity"])).await
    }

    /// Asks to become a member.
    ///
    /// # Errors
    /// As for every call; a request that waits for a person, or is denied, is no error.
    pub async fn join(&self, request: &JoinRequest) -> Result<JoinReply, ClientError> {
        self.json(self.request(Method::POST, &["join"]).json(request)).await
    }

    /// What became of a request to become a member.
    ///
    /// # Errors
    /// As for every call.
    pub async fn join_state(&self, ticket: &str) -> Result<JoinReply, ClientError> {
        self.json(self.request(Method::GET, &["join", ticket])).await
    }

    /// For members: a new certificate for a new key.
    ///
    /// # Errors
    /// As for every call.
    pub async fn renew(&self, request: &RenewRequest) -> Result<RenewReply, ClientError> {
        self.json(self.request(Method::POST, &["renew"]).json(request)).await
    }
}
