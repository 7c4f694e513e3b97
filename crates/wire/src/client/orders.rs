//! Calls that start, stop, restart and wake: render hosts, and the servers of the farm.

use model::{HostVerb, ServerOrder, ServerVerb, ServerView, WakeView};
use reqwest::Method;
use serde_json::json;

use super::{Client, ClientError};

impl Client {
    /// Tells the render server of `host` what to do; `now` gives back what runs instead of finishing it. What
    /// comes of it shows among the hosts.
    ///
    /// # Errors
    /// As for every call; a host that is not linked cannot be told.
    pub async fn order_host(&self, host: &str, verb: HostVerb, now: bool) -> Result<(), ClientError> {
        let body = json!({ "verb": verb, "now": now });
        self.answer(self.request(Method::POST, &["hosts", host, "order"]).json(&body)).await.map(|_| ())
    }

    /// Wakes `host` over the network, where it has told by which addresses.
    ///
    /// # Errors
    /// As for every call; of a host that nobody saw no address is known.
    pub async fn wake_host(&self, host: &str) -> Result<WakeView, ClientError> {
        self.json(self.request(Method::POST, &["hosts", host, "wake"])).await
    }

    /// The schedule server and the resource server.
    ///
    /// # Errors
    /// As for every call.
    pub async fn servers(&self) -> Result<Vec<ServerView>, ClientError> {
        self.json(self.request(Method::GET, &["servers"])).await
    }

    /// Tells the server called `server`, `schedule` or `resource`, what to do; answers when it has.
    ///
    /// # Errors
    /// As for every call.
    pub async fn order_server(&self, server: &str, verb: ServerVerb) -> Result<ServerView, ClientError> {
        let order = ServerOrder { verb };
        self.json(self.request(Method::POST, &["servers", server, "order"]).json(&order)).await
    }
}
