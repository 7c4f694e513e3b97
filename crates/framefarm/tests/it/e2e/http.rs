//! Doors of a farm, knocked at as a page or a script does.

use std::time::Duration;

use reqwest::{Client, Method};
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use super::farm::Farm;

/// A client with a token of the owner's.
pub(super) struct Http {
    runtime: Runtime,
    client: Client,
    url: String,
    token: String,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(super) fn json<T: DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, 200, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

impl Http {
    /// To a server of the farm, which is on loopback.
    pub(super) fn to(farm: &Farm, server: &str) -> Self {
        let tls = trust::stranger_config().unwrap();
        let client = Client::builder().tls_backend_preconfigured((*tls).clone()).no_proxy();
        let client = client.timeout(Duration::from_secs(60)).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let token = farm.run(&["token", "create", "test", "--quiet"]).ends_with(0).stdout.trim().to_owned();
        Self { runtime, client, url: farm.url(server).to_owned(), token }
    }

    /// With another proof.
    pub(super) fn with_token(self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self }
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None)
    }

    /// The data of the first event called `name` in a stream.
    #[track_caller]
    pub(super) fn event(&self, path: &str, name: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        let start = format!("event: {name}\ndata: ");
        self.runtime.block_on(async {
            let mut response = request.send().await.unwrap();
            let mut text = String::new();
            while let Some(piece) = response.chunk().await.unwrap() {
                text.push_str(&String::from_utf8_lossy(&piece));
                if let Some((data, _)) = text.split_once(&start).and_then(|(_, rest)| rest.split_once('\n')) {
                    return data.to_owned();
                }
            }
            panic!("no {name} in {text}")
        })
    }

    pub(super) fn send(&self, method: Method, path: &str, body: Option<&serde_json::Value>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
        })
    }
}
