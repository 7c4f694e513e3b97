//! Who may do what, given a journal, doors and a guard before them: the access role's server.
//!
//! It stands in the process of the schedule server and goes on while that role is stopped: people must be
//! able to start it again. What decides who gets in is published after each change, so that a request costs
//! no question.

mod answers;
mod attempts;
mod cookie;
mod doors;
#[cfg(test)]
pub(crate) mod doors_page;
mod guard;
mod hands;
mod joining;
mod members;
mod passwords;
mod peer;
mod people;
mod proof;
mod refusals;
mod repeats;
#[cfg(test)]
mod tests;
mod tokens;
mod trail;
mod waking;

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::access::{Access, Book, Event, Refusal, Verb};
use model::{Digest, FarmIdentity, Time};
use store::{DataFolder, LogError, Quarantine};
use tokio::sync::watch;
use trust::{Authority, Secret};

use crate::clock;
use crate::owner::{self, AskError, Handle};
use attempts::Attempts;
use hands::{AccessHands, Cut};
use passwords::Passwords;

pub(crate) use doors::Doors;
pub(crate) use guard::{Done, Guard, Pass, Undone};
pub(crate) use peer::Peer;
pub(crate) use repeats::KEY;

/// Who gets in, as it is now and becomes.
pub(crate) type Published = watch::Receiver<Arc<Book>>;

type AccessHandle = Handle<Access, AccessHands>;

/// The largest body at these doors: a request for a certificate.
const BODY_MAX: usize = 64 << 10;
/// Failures that cost nothing yet: people mistype.
const FAILURES_FREE: u32 = 3;
const FAILURES_OF_ADDRESS_FREE: u32 = 30;
/// How long the owner's link is good.
const LINK_MS: u64 = 24 * 60 * 60 * 1000;

/// Why nobody can be let in.
#[derive(Debug, thiserror::Error)]
pub enum AccessStartError {
    /// Its journal.
    #[error("the journal of users, tokens and members cannot be used")]
    Journal(#[from] LogError),
    /// The file of its journal.
    #[error("{} cannot be kept from other accounts", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A thread.
    #[error("no thread can be started")]
    Thread(#[from] std::io::Error),
    /// The system gives no random number.
    #[error("cannot make a secret")]
    Random(#[from] getrandom::Error),
    /// It does not take what the server has to tell it.
    #[error("what this server needs cannot be written down: {0}")]
    Refused(String),
}

/// Makes the journal at `path` this account's alone: it holds names, hashes and the trail.
fn keep_to_oneself(path: &Path) -> std::io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}

impl From<AskError<Refusal>> for AccessStartError {
    fn from(error: AskError<Refusal>) -> Self {
        match error {
            AskError::Refused(refusal) => Self::Refused(refusal.to_string()),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// What is behind the doors. Cheap to clone.
#[derive(Clone)]
struct Desk {
    handle: AccessHandle,
    authority: Arc<Authority>,
    identity: Arc<FarmIdentity>,
    /// How long a certificate is good.
    life: Duration,
    /// Who failed to log in or to join, by what he tried and where from.
    attempts: Attempts,
    /// The same by address alone: behind one there may be many people.
    crowds: Attempts,
    passwords: Passwords,
}

/// The running access role.
pub(crate) struct AccessServer {
    desk: Desk,
    book: Published,
    guard: Guard,
}

impl AccessServer {
    /// Replays the journal in `data` and goes on from there, for the farm called `farm`, whose members get
    /// certificates by `authority` that are good for `life`. The servers of this process prove themselves by
    /// the secret with the digest `process`; connections of members that are revoked are ended by `cut`.
    pub(crate) fn start(
        data: &DataFolder,
        farm: String,
        (authority, life): (Arc<Authority>, Duration),
        process: Digest,
        cut: Cut,
    ) -> Result<Self, AccessStartError> {
        let quarantine = Quarantine::of(data.path());
        let journal = data.path().join("access.journal");
        keep_to_oneself(&journal)
            .map_err(|source| AccessStartError::File { path: journal.clone(), source })?;
        let (role, ledger) = owner::restore(&journal, &quarantine, Access::default)?;
        // Who comes before the owner has begun must not be turned away.
        let (published, book) = watch::channel(Arc::new(role.book()));
        let handle = owner::start("access", role, ledger, |_| AccessHands::new(published, cut))?;
        let identity = FarmIdentity {
            farm,
            farm_id: authority.farm_id().to_owned(),
            authority: authority.certificate().pem(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let guard = Guard::of_role(book.clone(), process, handle.clone());
        let desk = Desk {
            handle,
            authority,
            identity: Arc::new(identity),
            life,
            attempts: Attempts::after(FAILURES_FREE),
            crowds: Attempts::after(FAILURES_OF_ADDRESS_FREE),
            passwords: Passwords::default(),
        };
        Ok(Self { desk, book, guard })
    }

    /// The guard for all doors of this process.
    pub(crate) fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// Who gets in, as it is now and becomes.
    pub(crate) fn book(&self) -> Published {
        self.book.clone()
    }

    /// Whether `token` is the owner's.
    pub(crate) async fn is_owner_token(&self, token: &str) -> Result<bool, AccessStartError> {
        let secret = trust::secret_hash(token);
        Ok(self.desk.handle.read(move |role| role.is_owner_token(secret)).await?)
    }

    /// Makes `token` the owner's, in place of the one before.
    pub(crate) async fn set_owner_token(&self, token: &str) -> Result<(), AccessStartError> {
        let secret = trust::secret_hash(token);
        Ok(self.desk.handle.ask(Event::OwnerTokenMade { secret }, |_| ()).await?)
    }

    /// A link that lets the owner in once, at the server that is reached at `url`; none where one was used
    /// before.
    pub(crate) async fn owner_link(&self, url: &str) -> Result<Option<String>, AccessStartError> {
        if self.desk.handle.read(Access::owner_is_in).await? {
            return Ok(None);
        }
        let secret = Secret::new()?;
        let expires = clock::now().plus_ms(LINK_MS);
        self.desk.handle.ask(Event::OwnerLinkMade { secret: secret.hash(), expires }, |_| ()).await?;
        Ok(Some(format!("{}/#owner={}", url.trim_end_matches('/'), secret.reveal())))
    }

    /// Its doors: who the farm is, joining, logging in, and who may do what.
    pub(crate) fn doors(&self) -> Doors {
        let user = "/api/v1/users/{user}";
        let member = "/api/v1/members/{member}";
        Doors::new()
            .get("/api/v1/identity", Verb::Identify, joining::identity)
            .post("/api/v1/join", Verb::Join, joining::join)
            .get("/api/v1/join/{ticket}", Verb::Join, joining::asked)
            .post("/api/v1/renew", Verb::Renew, joining::renew)
            .post("/api/v1/login", Verb::LogIn, people::log_in)
            .post("/api/v1/logout", Verb::LogOut, people::log_out)
            .get("/api/v1/openapi.json", Verb::ReadApi, crate::openapi::told)
            .get("/api/v1/whoami", Verb::WhoAmI, people::who_am_i)
            .get("/api/v1/users", Verb::SeeUsers, people::users)
            .post("/api/v1/users", Verb::AddUser, people::add)
            .get(user, Verb::SeeUsers, people::user)
            .put(user, Verb::ChangeUser, people::change)
            .delete(user, Verb::RemoveUser, people::remove)
            .put(&format!("{user}/password"), Verb::SetPassword, people::set_password)
            .get("/api/v1/tokens", Verb::SeeTokens, tokens::list)
            .post("/api/v1/tokens", Verb::MakeToken, tokens::make)
            .delete("/api/v1/tokens/{token}", Verb::RevokeToken, tokens::revoke)
            .get("/api/v1/members", Verb::SeeMembers, members::list)
            .delete(member, Verb::RevokeMember, members::revoke)
            .post(&format!("{member}/approve"), Verb::ApproveMember, members::approve)
            .post(&format!("{member}/deny"), Verb::DenyMember, members::deny)
            .get("/api/v1/join-tokens", Verb::SeeJoining, members::join_tokens)
            .post("/api/v1/join-tokens", Verb::MakeJoinToken, members::make_join_token)
            .delete("/api/v1/join-tokens/{token}", Verb::RevokeJoinToken, members::revoke_join_token)
            .get("/api/v1/windows", Verb::SeeJoining, members::windows)
            .post("/api/v1/windows", Verb::OpenWindow, members::open_window)
            .delete("/api/v1/windows/{window}", Verb::CloseWindow, members::close_window)
            .post("/api/v1/hosts/{host}/wake", Verb::WakeHost, waking::wake_host)
            .get("/api/v1/audit", Verb::SeeTrail, trail::list)
            .bodies_up_to(BODY_MAX)
            .with_state(self.desk.clone())
    }

    /// Waits until the journal is lost, and says why.
    pub(crate) async fn journal_lost(&self) -> String {
        self.desk.handle.ended().await;
        self.desk.handle.trouble().unwrap_or_default()
    }

    /// Stops.
    pub(crate) async fn stop(&self) {
        self.desk.handle.stop().await;
    }
}

/// The moment `seconds` from now.
fn in_seconds(seconds: u64) -> Time {
    clock::now().plus_ms(seconds.saturating_mul(1000))
}
