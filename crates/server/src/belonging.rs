//! How this process belongs to its farm: with the schedule server it keeps the farm's authority and decides
//! who gets in; without, it looks for a proof of its own and lets in who can show one of the same farm.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::Digest;
use store::DataFolder;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use trust::{Accounts, Identity, Keyring, Secret};
use wire::ServerUrl;

use crate::access::{AccessServer, Doors, Guard};
use crate::cutting::Cutter;
use crate::home::{Home, HomeError};
use crate::joining::{JoinError, Joining};
use crate::listening::Secured;
use crate::proof::{OwnProof, Proof, Proofs};
use crate::renewing::Renewal;
use crate::whereabouts::Whereabouts;
use crate::{News, ServeError, Settings};

/// Where key and certificate of a member are, in its data folder.
const MEMBER: &str = "member";
/// The environment may give a token in the place of the credential file's.
const TOKEN: &str = "FRAMEFARM_TOKEN";

/// How this process belongs to its farm.
pub(crate) struct Belonging {
    pub(crate) proofs: Proofs,
    pub(crate) guard: Guard,
    pub(crate) cutter: Cutter,
    /// Certificates that are not good any more, as far as a resource server here was told.
    pub(crate) revoked: watch::Sender<BTreeSet<String>>,
    /// How TLS is spoken at its port.
    pub(crate) secured: Secured,
    /// Who may do what, where the schedule server runs.
    pub(crate) access: Option<AccessServer>,
    /// Ends where this process cannot belong to the farm.
    pub(crate) hopeless: Option<JoinHandle<JoinError>>,
    _tasks: JoinSet<()>,
}

/// What a process without a schedule server needs to join.
pub(crate) struct Outside {
    pub(crate) schedule: Whereabouts,
    /// The name that it asks for.
    pub(crate) name: String,
    pub(crate) news: News,
}

impl Belonging {
    /// The process of the schedule server, which is reached at `own`.
    pub(crate) async fn at_home(
        data: &DataFolder,
        settings: &Settings,
        own: ServerUrl,
        name: &str,
    ) -> Result<Self, ServeError> {
        let farm = settings.discovery.farm.clone();
        let services: Vec<String> =
            settings.services.iter().map(|service| service.name().to_owned()).collect();
        // Nobody dials it by that name, so that any will do where the machine's is odd.
        let identity = Identity::new(name, &services).or_else(|_| Identity::new("schedule", &services));
        let here = [name, "localhost", "127.0.0.1", "::1", own.host()].map(str::to_owned);
        let identity = identity.map_err(HomeError::from)?.reached_at(here);
        let home = Home::open(data.path(), &farm, &identity, settings.certificate_life)?;
        let process = Secret::new().map_err(HomeError::from)?;
        let cutter = Cutter::default();
        let cut = {
            let cutter = cutter.clone();
            move |serial: &str| {
                let connections = cutter.cut(serial);
                tracing::info!(serial, connections, "a certificate is no longer good");
            }
        };
        let signer = (home.authority.clone(), home.life);
        let access = AccessServer::start(data, farm.clone(), signer, process.hash(), Box::new(cut))?;
        let token = home.owner_token(&access, &farm, &own).await;
        let (found, proofs) = Proofs::new();
        let account = watch::channel(token).1;
        let keyring = home.keyring.clone();
        found.send_replace(Some(Proof::Own(Arc::new(OwnProof { process, own, account, keyring }))));
        let secured = watch::channel(Some(secured(&home.keyring)?)).1;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // The proof stays as long as the process renews its certificate.
            let _found = found;
            Renewal::Own { home, identity }.keep().await;
        });
        let guard = access.guard();
        let access = Some(access);
        let revoked = watch::channel(BTreeSet::new()).0;
        Ok(Self { proofs, guard, cutter, revoked, secured, access, hopeless: None, _tasks: tasks })
    }

    /// A process without a schedule server.
    pub(crate) fn outside(
        data: &DataFolder,
        settings: &Settings,
        outside: Outside,
    ) -> Result<Self, ServeError> {
        let Outside { schedule, name, news } = outside;
        let joining = Joining {
            schedule,
            folder: data.path().join(MEMBER),
            accounts: Accounts::own(),
            token: std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
            join: settings.join.clone(),
            name,
            services: settings.services.iter().map(|service| service.name().to_owned()).collect(),
            news,
        };
        let kept = joining.kept()?;
        let (found, proofs) = Proofs::new();
        let (token, account) = watch::channel(likely_token(settings));
        let (held, secured) = watch::channel(None);
        let revoked = watch::channel(BTreeSet::new()).0;
        let cutter = Cutter::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(follow(proofs.watch(), token, held));
        tasks.spawn(cut_revoked(revoked.subscribe(), cutter.clone()));
        let hopeless = tokio::spawn(joining.keep(kept, found, proofs.clone()));
        Ok(Self {
            proofs,
            guard: Guard::of_account(account, revoked.subscribe()),
            cutter,
            revoked,
            secured,
            access: None,
            hopeless: Some(hopeless),
            _tasks: tasks,
        })
    }

    /// The doors of who may do what; none where that is decided elsewhere.
    pub(crate) fn doors(&self) -> Doors {
        self.access.as_ref().map_or_else(Doors::new, AccessServer::doors)
    }
}

/// The ids of the farms that a process without a schedule server belongs to, or has a join token of.
pub(crate) fn known(data: &DataFolder, settings: &Settings) -> Result<BTreeSet<String>, JoinError> {
    let member = Keyring::open(&data.path().join(MEMBER))?;
    let member = member.map(|keyring| keyring.authority().farm_id().to_owned());
    let token = settings.join.as_ref().map(|token| token.farm_id().to_owned());
    Ok(member.into_iter().chain(token).collect())
}

/// The token that others of this account will show, before the farm itself was asked who it is: a server
/// that is started again should not turn away those who come back to it at once.
fn likely_token(settings: &Settings) -> Option<Digest> {
    let known = Accounts::own()?.all();
    let mut of_farm = known.into_iter().filter(|account| account.name == settings.discovery.farm);
    let only = of_farm.next().filter(|_| of_farm.next().is_none())?;
    only.token.as_deref().map(trust::secret_hash)
}

/// Waits until it is certain that this process does not get into its farm, and says why.
pub(crate) async fn is_hopeless(hopeless: &mut Option<JoinHandle<JoinError>>) -> JoinError {
    match hopeless {
        Some(hopeless) => hopeless.await.unwrap_or_else(JoinError::from),
        None => std::future::pending().await,
    }
}

impl Drop for Belonging {
    fn drop(&mut self) {
        if let Some(hopeless) = &self.hopeless {
            hopeless.abort();
        }
    }
}

/// Tells the guard and the port of this process what it found to prove itself by.
async fn follow(
    mut proofs: watch::Receiver<Option<Proof>>,
    token: watch::Sender<Option<Digest>>,
    held: watch::Sender<Option<(Arc<rustls::ServerConfig>, String)>>,
) {
    while proofs.changed().await.is_ok() {
        let proof = proofs.borrow_and_update().clone();
        match proof {
            Some(Proof::Account { token: found, .. }) => {
                token.send_replace(Some(trust::secret_hash(&found)));
            }
            Some(Proof::Member(keyring)) => match secured(&keyring) {
                Ok(secured) => drop(held.send_replace(Some(secured))),
                Err(error) => tracing::error!("TLS cannot be spoken: {error}"),
            },
            Some(Proof::Own(_)) | None => {}
        }
    }
}

/// Ends the connections of members that are revoked, as the schedule server says.
async fn cut_revoked(mut revoked: watch::Receiver<BTreeSet<String>>, cutter: Cutter) {
    while revoked.changed().await.is_ok() {
        let serials = revoked.borrow_and_update().clone();
        for serial in &serials {
            cutter.cut(serial);
        }
    }
}

fn secured(keyring: &Keyring) -> Result<(Arc<rustls::ServerConfig>, String), rustls::Error> {
    Ok((trust::server_config(keyring)?, keyring.authority().farm_id().to_owned()))
}
