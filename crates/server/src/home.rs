//! What the process of the schedule server keeps of its farm's trust: the authority, its own certificate, and
//! the credential file of the account that runs it, so that this account's commands work without a word.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use trust::{
    Account, AccountError, Accounts, Authority, AuthorityError, Identity, IdentityError, IssueError, Keyring,
    KeyringError, NewKey, PrivateFileError, Request, RequestError, Secret,
};
use wire::ServerUrl;

use crate::access::AccessServer;
use crate::{clock, error_chain};

/// Where the authority is, in the data folder.
const FOLDER: &str = "authority";

/// Why the schedule server has nothing to be trusted by.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The name of this machine.
    #[error("this machine's name cannot stand in a certificate; choose another with --name")]
    Name(#[from] IdentityError),
    /// Its own key.
    #[error("this server can have no certificate of its own")]
    Key(#[from] KeyringError),
    /// Its own certificate.
    #[error("this server can have no certificate of its own")]
    Request(#[from] RequestError),
    /// Its own certificate.
    #[error("this server can have no certificate of its own")]
    Issue(#[from] IssueError),
    /// The system gives no random number.
    #[error("no secret can be made")]
    Random(#[from] getrandom::Error),
}

impl HomeError {
    /// What a person can do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Authority(error) => error.hint(),
            _ => None,
        }
    }
}

/// The trust of a farm, where its schedule server runs.
pub(crate) struct Home {
    pub(crate) authority: Arc<Authority>,
    /// Of this process; made anew at each start.
    pub(crate) keyring: Keyring,
    /// How long certificates hold.
    pub(crate) life: Duration,
}

impl Home {
    /// Opens the authority in `data`, or makes it, and gives this process a certificate.
    pub(crate) fn open(
        data: &Path,
        farm: &str,
        identity: &Identity,
        life: Duration,
    ) -> Result<Self, HomeError> {
        let now = clock::now();
        let authority = Arc::new(Authority::open_or_make(&data.join(FOLDER), farm, now)?);
        let key = NewKey::new()?;
        let request = Request::read(&key.request(identity.name())?)?;
        let issued = authority.issue(&request, identity, now, life)?;
        let keyring = Keyring::new(None, authority.certificate().clone(), &key, &issued.certificate)?;
        Ok(Self { authority, keyring, life })
    }

    /// The token of the account that runs this process, from its credential file; made, made known to the
    /// farm and written where there is none that the farm knows. `None` where it cannot be kept: the farm
    /// runs all the same, and its commands need a token then.
    pub(crate) async fn owner_token(
        &self,
        access: &AccessServer,
        farm: &str,
        url: &ServerUrl,
    ) -> Option<String> {
        let Some(accounts) = Accounts::own() else {
            tracing::warn!("this account has no home folder, so its commands need a token: FRAMEFARM_TOKEN");
            return None;
        };
        match self.kept_token(&accounts, access, farm, url).await {
            Ok(token) => Some(token),
            Err(error) => {
                tracing::warn!("this account gets no credential file, so its commands need a token: {error}");
                None
            }
        }
    }

    async fn kept_token(
        &self,
        accounts: &Accounts,
        access: &AccessServer,
        farm: &str,
        url: &ServerUrl,
    ) -> Result<String, String> {
        let account = |token: &str| Account {
            name: farm.to_owned(),
            farm_id: self.authority.farm_id().to_owned(),
            authority: self.authority.certificate().pem(),
            url: Some(url.to_string()),
            token: Some(token.to_owned()),
        };
        let told = |error: AccountError| error_chain(&error);
        match accounts.read(self.authority.farm_id()) {
            Ok(Some(Account { token: Some(token), .. })) => {
                if access.is_owner_token(&token).await.map_err(|error| error_chain(&error))? {
                    accounts.write(&account(&token)).map_err(told)?;
                    return Ok(token);
                }
            }
            Ok(_) => {}
            // What others have seen, or nobody can read, is replaced; the farm forgets the old one.
            Err(
                error @ (AccountError::File(PrivateFileError::Exposed { .. }) | AccountError::Garbled { .. }),
            ) => {
                tracing::warn!("a new credential file is made: {}", error_chain(&error));
            }
            Err(error) => return Err(told(error)),
        }
        let secret = Secret::new().map_err(|error| error.to_string())?;
        access.set_owner_token(secret.reveal()).await.map_err(|error| error_chain(&error))?;
        accounts.write(&account(secret.reveal())).map_err(told)?;
        Ok(secret.reveal().to_owned())
    }
}
