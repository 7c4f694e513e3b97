//! How a process without a schedule server comes to belong to a farm: by the credential file of its account,
//! where it shares a machine with the schedule server, and over TLS by asking to become a member.
//!
//! Nothing secret is said before the farm's authority is known: by the fingerprint in a join token, by the
//! credential file, or by the short code that a person compares.

use std::path::PathBuf;
use std::time::Duration;

use model::{FarmIdentity, JoinReply, JoinRequest, JoinState};
use tokio::sync::watch;
use trust::{
    Account, Accounts, AuthorityCertificate, CertificateError, JoinToken, Keyring, KeyringError, NewKey,
};
use wire::{Backoff, Client, ClientError, Credential, ServerUrl};

use crate::proof::{Proof, Proofs};
use crate::renewing::Renewal;
use crate::whereabouts::Whereabouts;
use crate::{News, Said, error_chain};

/// Between two looks at what became of a request.
const POLL: Duration = Duration::from_secs(2);
/// The credential file is looked at again after this long, and when somebody was not content with it.
const FILE_LOOK: Duration = Duration::from_secs(300);

/// Why this server cannot join a farm, and will not be able to by trying again.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// Somebody decided so, or its token is no good.
    #[error("the farm does not take this server: {why}")]
    Denied {
        /// Why, in the farm's words.
        why: String,
        /// What can be done about it, in its words.
        hint: Option<String>,
    },
    /// Another authority than that of the token.
    #[error(
        "what answers at {url} is not the farm of the join token: its authority is {found}; the token's secret was \
         not sent"
    )]
    OtherFarm {
        /// The server.
        url: String,
        /// The fingerprint of its authority.
        found: String,
    },
    /// The two sides do not show the same code.
    #[error(
        "somebody stands between this server and {url}: the code of the farm is {theirs}, and here it is {ours}"
    )]
    Between {
        /// The server.
        url: String,
        /// What it says.
        theirs: String,
        /// What was computed here.
        ours: String,
    },
    /// The key and certificate of this server.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// TLS.
    #[error("TLS cannot be used")]
    Tls(#[from] rustls::Error),
    /// The system.
    #[error("the system does not let it run")]
    System(#[from] tokio::task::JoinError),
}

impl JoinError {
    /// What a person can do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Denied { hint, .. } => hint.clone(),
            Self::OtherFarm { .. } => Some(
                "if it is the right farm and was set up anew, make a new join token; otherwise name the right server: \
                 --server URL"
                    .to_owned(),
            ),
            Self::Between { .. } => Some("do not approve it; look at who answers at that address".to_owned()),
            Self::Keyring(error) => error.hint(),
            Self::Tls(_) | Self::System(_) => None,
        }
    }
}

/// What may pass by itself.
#[derive(Debug, thiserror::Error)]
enum Hitch {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Find(#[from] wire::discovery::NotFound),
    #[error("the farm at {0} shows something that is no authority")]
    NoAuthority(ServerUrl, #[source] CertificateError),
    #[error("the farm at {0} says that it is {1}, and its authority is another's")]
    NotItself(ServerUrl, String),
    #[error("this account has no credential for the farm {name} ({farm_id}) at {url}: {why}")]
    NoCredential { name: String, farm_id: String, url: ServerUrl, why: String },
    #[error(transparent)]
    Final(#[from] JoinError),
}

/// What it takes to join.
pub(crate) struct Joining {
    pub(crate) schedule: Whereabouts,
    /// Where key and certificate are kept.
    pub(crate) folder: PathBuf,
    pub(crate) accounts: Option<Accounts>,
    /// A token in the environment, in the place of that of the credential file.
    pub(crate) token: Option<String>,
    pub(crate) join: Option<JoinToken>,
    pub(crate) name: String,
    pub(crate) services: Vec<String>,
    pub(crate) news: News,
}

impl Joining {
    /// The keyring that was kept earlier.
    pub(crate) fn kept(&self) -> Result<Option<Keyring>, JoinError> {
        Ok(Keyring::open(&self.folder)?)
    }

    /// Finds a proof, keeps it good, and puts it into `found`. Ends only where there is no hope.
    pub(crate) async fn keep(
        self,
        kept: Option<Keyring>,
        found: watch::Sender<Option<Proof>>,
        proofs: Proofs,
    ) -> JoinError {
        let (mut backoff, mut told) = (Backoff::default(), String::new());
        let (mut member, mut past_name) = (kept, false);
        loop {
            if let Some(keyring) = member.take() {
                found.send_replace(Some(Proof::Member(keyring.clone())));
                let (schedule, proofs) = (self.schedule.clone(), proofs.clone());
                Renewal::Member { keyring, schedule, proofs }.keep().await;
            }
            match self.once(past_name).await {
                Ok(Proof::Member(keyring)) => member = Some(keyring),
                Ok(account) => {
                    backoff.reset();
                    found.send_replace(Some(account));
                    let _ = tokio::time::timeout(FILE_LOOK, proofs.doubted()).await;
                }
                Err(Hitch::Final(error)) => return error,
                Err(hitch) => {
                    past_name = !past_name;
                    let text = error_chain(&hitch);
                    // A server that is away for a night must not fill a log.
                    if text != told {
                        tracing::warn!(
                            "this server does not belong to its farm yet, will go on trying: {text}"
                        );
                        told = text;
                    }
                }
            }
            tokio::time::sleep(backoff.wait()).await;
        }
    }

    async fn once(&self, past_name: bool) -> Result<Proof, Hitch> {
        let url =
            if past_name { self.schedule.find_past_name().await? } else { self.schedule.find().await? };
        let credential = if url.is_secure() {
            Credential {
                tls: Some(trust::stranger_config().map_err(JoinError::from)?),
                ..Credential::default()
            }
        } else {
            Credential::default()
        };
        let identity = Client::new(url.clone(), &credential).identity().await?;
        let authority = AuthorityCertificate::read(&identity.authority);
        let authority = authority.map_err(|error| Hitch::NoAuthority(url.clone(), error))?;
        if authority.farm_id() != identity.farm_id {
            return Err(Hitch::NotItself(url, identity.farm_id));
        }
        let account = self.account(&identity);
        if url.is_secure() {
            let bearer = account.ok().and_then(|account| account.token);
            let bearer = bearer.filter(|_| self.knows(&authority));
            self.join(url, authority, bearer).await
        } else {
            let FarmIdentity { farm: name, farm_id, .. } = identity;
            match account {
                Ok(Account { token: Some(token), .. }) => Ok(Proof::Account { farm_id, token }),
                Ok(_) => {
                    Err(Hitch::NoCredential { name, farm_id, url, why: "the file holds no token".to_owned() })
                }
                Err(why) => Err(Hitch::NoCredential { name, farm_id, url, why }),
            }
        }
    }

    /// Whether the authority is known to be that of the farm that is meant, so that a token may be shown to
    /// it.
    fn knows(&self, authority: &AuthorityCertificate) -> bool {
        let by_token = self.join.as_ref().is_some_and(|token| token.authority == authority.fingerprint());
        let file =
            self.accounts.as_ref().and_then(|accounts| accounts.read(authority.farm_id()).ok().flatten());
        let in_file =
            |account: Account| AuthorityCertificate::read(&account.authority).as_ref() == Ok(authority);
        by_token || file.is_some_and(in_file)
    }

    /// What this account knows of the farm.
    fn account(&self, identity: &FarmIdentity) -> Result<Account, String> {
        let file = match &self.accounts {
            Some(accounts) => accounts.read(&identity.farm_id).map_err(|error| error_chain(&error)),
            None => Ok(None),
        };
        match (&self.token, file) {
            (Some(token), _) => Ok(Account {
                name: identity.farm.clone(),
                farm_id: identity.farm_id.clone(),
                authority: identity.authority.clone(),
                url: None,
                token: Some(token.clone()),
            }),
            (None, Ok(Some(account))) => Ok(account),
            (None, Ok(None)) => {
                Err("run it as the account that runs the schedule server, or log in to the farm: \
                                     framefarm login"
                    .to_owned())
            }
            (None, Err(why)) => Err(why),
        }
    }

    /// Becomes a member of the farm at `url`, however long that takes.
    async fn join(
        &self,
        url: ServerUrl,
        authority: AuthorityCertificate,
        bearer: Option<String>,
    ) -> Result<Proof, Hitch> {
        if let Some(token) = &self.join
            && token.authority != authority.fingerprint()
        {
            let found = authority.fingerprint().to_owned();
            return Err(JoinError::OtherFarm { url: url.to_string(), found }.into());
        }
        // From here on only whoever has the key of this authority is spoken to.
        let tls = trust::client_config(&authority, "schedule", None).map_err(JoinError::from)?;
        let farm_id = Some(authority.farm_id().to_owned());
        let client = Client::new(url, &Credential { tls: Some(tls), farm_id, bearer });
        let key = NewKey::pending(&self.folder, &authority).map_err(JoinError::from)?;
        let asked = JoinRequest {
            name: self.name.clone(),
            services: self.services.clone(),
            request: key.request(&self.name).map_err(JoinError::from)?,
            token: self.join.as_ref().map(|token| token.proof.clone()),
        };
        let certificate = self.ask(&client, &asked, &authority, &key).await?;
        let keyring =
            Keyring::new(Some(&self.folder), authority, &key, &certificate).map_err(JoinError::from)?;
        tracing::info!(name = self.name, "this server is a member of the farm now");
        Ok(Proof::Member(keyring))
    }

    /// Asks until it is decided, and gives the certificate.
    async fn ask(
        &self,
        client: &Client,
        asked: &JoinRequest,
        authority: &AuthorityCertificate,
        key: &NewKey,
    ) -> Result<String, Hitch> {
        let mut reply = client.join(asked).await.map_err(refused)?;
        let mut shown = false;
        loop {
            match reply.state {
                JoinState::Approved { certificate } => return Ok(certificate),
                JoinState::Denied { why } => return Err(JoinError::Denied { why, hint: None }.into()),
                JoinState::Pending { code } if !shown => {
                    self.show(client, code, authority, key).await?;
                    shown = true;
                }
                JoinState::Pending { .. } => {}
            }
            tokio::time::sleep(POLL).await;
            reply = match client.join_state(&reply.ticket).await {
                Ok(reply) => reply,
                // The farm was started again, or has forgotten it: it is asked anew, with the same key.
                Err(error) if is_forgotten(&error) => client.join(asked).await.map_err(refused)?,
                Err(error) if error.is_passing() => JoinReply { ticket: reply.ticket, state: pending() },
                Err(error) => return Err(refused(error)),
            };
        }
    }

    /// Shows the short code, once it is the same on both sides.
    async fn show(
        &self,
        client: &Client,
        theirs: String,
        authority: &AuthorityCertificate,
        key: &NewKey,
    ) -> Result<(), JoinError> {
        let (authority, fingerprint) = (authority.clone(), key.fingerprint());
        let ours = tokio::task::spawn_blocking(move || trust::short_code(&authority, &fingerprint)).await?;
        if ours != theirs {
            return Err(JoinError::Between { url: client.url().to_string(), theirs, ours });
        }
        tracing::info!(name = self.name, code = ours, "waiting until somebody approves this server");
        self.news.say(&Said::Pending { name: self.name.clone(), code: ours });
        Ok(())
    }
}

fn pending() -> JoinState {
    JoinState::Pending { code: String::new() }
}

fn is_forgotten(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused(problem) if problem.status == 404)
}

/// What a refusal of the farm means: trying again is of no use where it is about what was asked.
fn refused(error: ClientError) -> Hitch {
    match error {
        ClientError::Refused(problem) if (400..500).contains(&problem.status) && problem.status != 429 => {
            JoinError::Denied { why: problem.title, hint: problem.hint }.into()
        }
        other => Hitch::Client(other),
    }
}
