//! Certificates are renewed by themselves, with a new key each time, when a third of their life is left.

use std::time::Duration;

use model::{RenewRequest, Time};
use trust::{Identity, Keyring, KeyringError, NewKey, Request};
use wire::{Backoff, Client, ClientError, Service};

use crate::home::Home;
use crate::proof::Proofs;
use crate::whereabouts::Whereabouts;
use crate::{clock, error_chain};

/// The clock may be set and the machine may sleep, so that it is looked at now and then.
const LOOK: Duration = Duration::from_secs(60);
const HOUR_MS: u64 = 60 * 60 * 1000;

/// Why a certificate is not renewed now.
#[derive(Debug, thiserror::Error)]
enum RenewError {
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Find(#[from] wire::discovery::NotFound),
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    #[error(transparent)]
    Request(#[from] trust::RequestError),
    #[error(transparent)]
    Issue(#[from] trust::IssueError),
}

/// A certificate that is kept good.
pub(crate) enum Renewal {
    /// That of a member, which asks the schedule server.
    Member { keyring: Keyring, schedule: Whereabouts, proofs: Proofs },
    /// That of the schedule server's own process.
    Own { home: Home, identity: Identity },
}

impl Renewal {
    /// Renews the certificate for ever.
    pub(crate) async fn keep(self) {
        let (mut told, mut backoff) = (false, Backoff::default());
        loop {
            let keyring = self.keyring();
            wait_until(keyring.renew_at().0.saturating_sub(jitter(keyring))).await;
            match self.renew().await {
                Ok(()) => {
                    let left = keyring.certificate().expires.since_ms(clock::now());
                    tracing::info!(
                        "the certificate of this server was renewed; it holds for {} h",
                        left / HOUR_MS
                    );
                    told = false;
                    backoff.reset();
                    continue;
                }
                Err(error) if keyring.certificate().expires <= clock::now() => {
                    tracing::error!(
                        "the certificate of this server has expired; compare the clocks, or remove the folder \
                         `member` from its data folder and start it again, and it joins anew: {}",
                        error_chain(&error)
                    );
                    tokio::time::sleep(LOOK).await;
                }
                Err(error) if !told => {
                    tracing::warn!("the certificate cannot be renewed yet: {}", error_chain(&error));
                    told = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(backoff.wait()).await;
        }
    }

    fn keyring(&self) -> &Keyring {
        match self {
            Self::Member { keyring, .. } | Self::Own { home: Home { keyring, .. }, .. } => keyring,
        }
    }

    async fn renew(&self) -> Result<(), RenewError> {
        let key = NewKey::new()?;
        let request = key.request(&self.keyring().certificate().name)?;
        let certificate = match self {
            Self::Member { schedule, proofs, .. } => {
                let url = schedule.find().await?;
                let credential = proofs.credential(Service::Schedule, &url).await?;
                Client::new(url, &credential).renew(&RenewRequest { request }).await?.certificate
            }
            Self::Own { home, identity } => {
                let request = Request::read(&request)?;
                home.authority.issue(&request, identity, clock::now(), home.life)?.certificate
            }
        };
        Ok(self.keyring().renew(&key, &certificate)?)
    }
}

async fn wait_until(ms: u64) {
    loop {
        let left = Time(ms).since_ms(clock::now());
        if left == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(left).min(LOOK)).await;
    }
}

/// Members that joined together should not come back together: up to a twentieth of a life earlier.
fn jitter(keyring: &Keyring) -> u64 {
    let certificate = keyring.certificate();
    let most = certificate.expires.since_ms(keyring.renew_at()) / 7;
    getrandom::u64().map_or(0, |chance| chance % most.max(1))
}
