//! The way to the farm: given by address, or found.

use std::time::Duration;

use model::FarmIdentity;
use trust::{Accounts, AuthorityCertificate};
use wire::client::ClientError;
use wire::{Backoff, Client, Credential, DiscoveryConfig, ServerUrl};

use crate::cli::Global;
use crate::output::Talk;

/// The environment may give a token in the place of the credential file's.
const TOKEN: &str = "FRAMEFARM_TOKEN";
/// How often something is tried that may succeed later, before the error is told.
const TRIES: u32 = 8;
/// At least this long between two tries, so that a server has time to come back.
const BETWEEN: Duration = Duration::from_millis(500);

/// A farm as it presents itself to somebody who proves nothing.
#[derive(Debug)]
pub(crate) struct Stranger {
    pub(crate) url: ServerUrl,
    pub(crate) identity: FarmIdentity,
    /// Its authority, which the farm's id vouches for.
    pub(crate) authority: AuthorityCertificate,
}

/// A client of the farm that `global` means, with what this account has to show to it.
pub(crate) async fn client(global: &Global) -> Result<Client, ClientError> {
    let stranger = meet(global).await?;
    let credential = credential(&stranger)?;
    Ok(Client::new(stranger.url, &credential))
}

/// Finds the farm that `global` means and asks who it is. Nothing secret is said meanwhile.
pub(crate) async fn meet(global: &Global) -> Result<Stranger, ClientError> {
    let discovery = global.discovery();
    let met = meet_by(global.server.clone(), &discovery).await;
    let is_meant = match &met {
        Ok(Stranger { identity, .. }) => [&identity.farm, &identity.farm_id].contains(&&global.farm),
        Err(error) => matches!(error, ClientError::NotFound(_)),
    };
    if is_meant || global.server.is_some() || discovery.dns.is_none() {
        return met;
    }
    // A name in DNS leads to one farm at most, and others may be on the network.
    meet_by(None, &DiscoveryConfig { dns: None, ..discovery }).await
}

async fn meet_by(server: Option<ServerUrl>, discovery: &DiscoveryConfig) -> Result<Stranger, ClientError> {
    let nobody = Credential { tls: trust::stranger_config().ok(), ..Credential::default() };
    let client = Client::locate(server, discovery, &nobody).await?;
    let (url, identity) = (client.url().clone(), client.identity().await?);
    let untrusted = |why: String| ClientError::Untrusted {
        url: url.to_string(),
        why,
        hint: "is it another program, or somebody who wants to be taken for the farm?",
    };
    let authority =
        AuthorityCertificate::read(&identity.authority).map_err(|error| untrusted(error.to_string()))?;
    if authority.farm_id() != identity.farm_id {
        return Err(untrusted(format!(
            "it says that it is {}, and its authority is another's",
            identity.farm_id
        )));
    }
    Ok(Stranger { url, identity, authority })
}

/// What this account has to show to a farm: the token of the environment or of its credential file. Over TLS
/// nothing is shown to a farm whose authority this account does not know.
fn credential(stranger: &Stranger) -> Result<Credential, ClientError> {
    let Stranger { url, identity: FarmIdentity { farm, farm_id, .. }, authority } = stranger;
    let untrusted = |why: String, hint| ClientError::Untrusted { url: url.to_string(), why, hint };
    let account = Accounts::own().map_or(Ok(None), |accounts| accounts.read(farm_id));
    let account = account.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        untrusted(
            format!("{error}{cause}"),
            "make it private with chmod 600, or log in again: framefarm login",
        )
    })?;
    let is_known = account.as_ref().is_some_and(|account| account.authority.trim() == authority.pem().trim());
    if url.is_secure() && !is_known {
        let why = format!("this account does not know the authority of the farm {farm:?} ({farm_id}) yet");
        return Err(untrusted(why, "get to know it: framefarm login URL"));
    }
    if !url.is_secure() && !url.is_loopback() {
        let why = "it speaks without TLS and is not this machine, so that others could read along".to_owned();
        return Err(untrusted(why, "a farm that others reach speaks TLS: begin its address with https"));
    }
    let tls = url.is_secure().then(|| trust::client_config(authority, "schedule", None)).transpose();
    let tls = tls.map_err(|error| untrusted(error.to_string(), "it has to be set up anew"))?;
    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    let bearer = token.or_else(|| account.and_then(|account| account.token));
    Ok(Credential { tls, farm_id: Some(farm_id.clone()), bearer })
}

/// Does `call` again while its error may pass by itself, for several seconds; it must be safe to repeat.
pub(crate) async fn patiently<T>(
    talk: Talk,
    call: impl AsyncFn() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let mut backoff = Backoff::default();
    for _ in 1..TRIES {
        match call().await {
            Err(error) if is_away(&error) => {
                talk.warn(format_args!("{error}; trying again"));
                tokio::time::sleep(BETWEEN + backoff.wait()).await;
            }
            other => return other,
        }
    }
    call().await
}

/// Whether the server is away for the moment, as while it is started again. A server that says no for a
/// while, for instance since its disk is full, is not away: people should hear it at once.
pub(crate) fn is_away(error: &ClientError) -> bool {
    error.is_passing() && !matches!(error, ClientError::Refused(_))
}
