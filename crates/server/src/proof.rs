//! What this process shows to other servers of its farm. It may become known only while servers run already,
//! and be found wanting later, so those who dial look at it each time.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use trust::{Keyring, Secret};
use wire::{Credential, ServerUrl, Service};

/// How this process proves that it belongs to its farm.
#[derive(Clone)]
pub(crate) enum Proof {
    /// It runs the schedule server, and with it the farm's authority.
    Own(Arc<OwnProof>),
    /// It runs under an account that the farm knows, on the machine of the schedule server.
    Account {
        /// The id of the farm.
        farm_id: String,
        /// The token of the account.
        token: String,
    },
    /// It has a certificate.
    Member(Keyring),
}

/// What the process of the schedule server shows.
pub(crate) struct OwnProof {
    /// For what runs in this process: made at its start, and known to nobody else.
    pub(crate) process: Secret,
    /// Where this process listens.
    pub(crate) own: ServerUrl,
    /// The token of the account, for servers of the same account in other processes.
    pub(crate) account: watch::Receiver<Option<String>>,
    /// Its own certificate.
    pub(crate) keyring: Keyring,
}

/// The proof of this process, once there is one. Clones see the same.
#[derive(Clone)]
pub(crate) struct Proofs {
    current: watch::Receiver<Option<Proof>>,
    doubt: Arc<Notify>,
}

impl Proof {
    /// Id of the farm, and the fingerprint of its authority where that is known.
    pub(crate) fn farm(&self) -> (String, Option<String>) {
        let of = |keyring: &Keyring| {
            let authority = keyring.authority();
            (authority.farm_id().to_owned(), Some(authority.fingerprint().to_owned()))
        };
        match self {
            Self::Own(own) => of(&own.keyring),
            Self::Member(keyring) => of(keyring),
            Self::Account { farm_id, .. } => (farm_id.clone(), None),
        }
    }

    /// What is shown to whoever does `service` at `url`.
    fn credential(&self, service: Service, url: &ServerUrl) -> Result<Credential, rustls::Error> {
        let over_tls =
            |keyring: &Keyring| trust::client_config(keyring.authority(), service.name(), Some(keyring));
        Ok(match self {
            Self::Own(own) => {
                let bearer = if *url == own.own {
                    Some(own.process.reveal().to_owned())
                } else {
                    // Over TLS the certificate is enough, and no token leaves the machine.
                    own.account.borrow().clone().filter(|_| is_shown_at(url))
                };
                let farm_id = Some(own.keyring.authority().farm_id().to_owned());
                Credential { tls: Some(over_tls(&own.keyring)?), farm_id, bearer }
            }
            Self::Account { farm_id, token } => {
                let bearer = Some(token.clone()).filter(|_| is_shown_at(url));
                Credential { tls: None, farm_id: Some(farm_id.clone()), bearer }
            }
            Self::Member(keyring) => Credential {
                tls: Some(over_tls(keyring)?),
                farm_id: Some(keyring.authority().farm_id().to_owned()),
                bearer: None,
            },
        })
    }
}

/// Whether a token is shown there: plainly, and to this machine alone. Somebody else's answer to a question
/// of discovery may lead anywhere.
fn is_shown_at(url: &ServerUrl) -> bool {
    !url.is_secure() && url.is_loopback()
}

impl Proofs {
    /// A place for the proof of this process.
    pub(crate) fn new() -> (watch::Sender<Option<Proof>>, Self) {
        let (sender, current) = watch::channel(None);
        (sender, Self { current, doubt: Arc::default() })
    }

    /// What is shown to whoever does `service` at `url`; waits until there is something to show.
    pub(crate) async fn credential(
        &self,
        service: Service,
        url: &ServerUrl,
    ) -> Result<Credential, rustls::Error> {
        self.found().await.credential(service, url)
    }

    /// The proof as it is; waits until there is one.
    pub(crate) async fn found(&self) -> Proof {
        let mut current = self.current.clone();
        loop {
            let proof = current.borrow_and_update().clone();
            match proof {
                Some(proof) => return proof,
                None if current.changed().await.is_ok() => {}
                // Nobody is left who could find one.
                None => std::future::pending().await,
            }
        }
    }

    /// Of which farm this process is, as far as that is known now.
    pub(crate) fn farm(&self) -> Option<(String, Option<String>)> {
        self.current.borrow().as_ref().map(Proof::farm)
    }

    /// Another server was not content with the proof.
    pub(crate) fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Waits until another server was not content.
    pub(crate) async fn doubted(&self) {
        self.doubt.notified().await;
    }

    /// The proof as it is, and each that takes its place.
    pub(crate) fn watch(&self) -> watch::Receiver<Option<Proof>> {
        self.current.clone()
    }
}
