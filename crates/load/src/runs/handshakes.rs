//! What it costs to let somebody in over TLS: connections that each ask one question, as commands do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use model::{JoinRequest, JoinState};
use tokio::task::JoinSet;
use trust::{AuthorityCertificate, Keyring, NewKey};
use wire::{Client, Credential, ServerUrl};

use crate::error::LoadError;
use crate::farm::{self, Place, Server};
use crate::figure::{figure, rate};
use crate::process;

/// Connections with mutual certificates, each with one request, against the same without TLS.
#[derive(Debug, Args)]
pub(crate) struct Handshakes {
    /// Connections at the same time
    #[arg(long, default_value_t = 8)]
    at_once: usize,
    /// How long to go on, in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// A server and how to get into it.
struct Door {
    server: Server,
    url: ServerUrl,
    credential: Credential,
}

impl Handshakes {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        let plain = self.knock(&Door::open(place, "plain", false).await?).await?;
        let tls = self.knock(&Door::open(place, "tls", true).await?).await?;
        figure("tls_connections", tls.0, "connections/s", Some(plain.0));
        figure("tls_connection_server_cpu", tls.1, "us", Some(plain.1));
        Ok(())
    }

    /// Connections in a second, and the processor time of the server for each, in microseconds.
    async fn knock(&self, door: &Door) -> Result<(f64, f64), LoadError> {
        let (begun, used) = (Instant::now(), process::processor_time(door.server.pid()));
        let until = begun + Duration::from_secs(self.seconds);
        let shared = Arc::new((door.url.clone(), door.credential.clone()));
        let mut visitors = JoinSet::new();
        for _ in 0..self.at_once {
            let shared = shared.clone();
            visitors.spawn(async move {
                let mut visits = 0_u64;
                while Instant::now() < until {
                    // A client of its own has a connection of its own.
                    Client::new(shared.0.clone(), &shared.1).identity().await?;
                    visits += 1;
                }
                Ok::<_, LoadError>(visits)
            });
        }
        let mut visits = 0;
        while let Some(ended) = visitors.join_next().await {
            visits += ended.map_err(|error| LoadError::Odd(error.to_string()))??;
        }
        let used = process::processor_time(door.server.pid()).saturating_sub(used);
        Ok((rate(visits, begun.elapsed()), used.as_secs_f64() * 1e6 / visits.max(1) as f64))
    }
}

impl Door {
    async fn open(place: &Place, name: &str, lan: bool) -> Result<Self, LoadError> {
        let folder = place.data().join(name);
        let data = folder.join("data").display().to_string();
        let farm = format!("load-{name}-{}", std::process::id());
        let words = ["serve", "schedule", "resource", "--port", "0", "--data", &data, "--farm", &farm];
        let mut arguments = words.map(str::to_owned).to_vec();
        arguments.extend(lan.then(|| "--lan".to_owned()));
        let server = Server::start("main", place.framefarm(), &arguments, &folder).await?;
        let odd = |what: &str| LoadError::Odd(format!("the farm {name} {what}"));
        let account = farm::account(&folder).ok_or_else(|| odd("has written no credential file"))?;
        let url: ServerUrl =
            account.url.iter().find_map(|url| url.parse().ok()).ok_or_else(|| odd("is nowhere"))?;
        let bearer = Credential { bearer: account.token, ..Credential::default() };
        if !lan {
            return Ok(Self { server, url, credential: bearer });
        }
        let made = |error: &dyn std::error::Error| odd(&format!("cannot be joined: {error}"));
        let authority = AuthorityCertificate::read(&account.authority).map_err(|error| made(&error))?;
        let tls = trust::client_config(&authority, "schedule", None).map_err(|error| made(&error))?;
        let key = NewKey::new().map_err(|error| made(&error))?;
        let asked = JoinRequest {
            name: "visitor".to_owned(),
            services: vec!["render".to_owned()],
            request: key.request("visitor").map_err(|error| made(&error))?,
            token: None,
        };
        let client = Client::new(url.clone(), &Credential { tls: Some(tls), ..bearer });
        let JoinState::Approved { certificate } = client.join(&asked).await?.state else {
            return Err(odd("lets nobody in"));
        };
        let keyring =
            Keyring::new(None, authority.clone(), &key, &certificate).map_err(|error| made(&error))?;
        let tls =
            trust::client_config(&authority, "schedule", Some(&keyring)).map_err(|error| made(&error))?;
        Ok(Self { server, url, credential: Credential { tls: Some(tls), ..Credential::default() } })
    }
}
