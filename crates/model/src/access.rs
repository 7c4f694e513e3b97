//! Who may do what, as people and programs see it: ranks, users, tokens, members and the trail of deeds.
//!
//! What these words decide is the access role's; here is only how they are said.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Time;

/// What a person may do; each rank may do what those before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Looks.
    Viewer,
    /// Submits jobs and changes his own.
    Artist,
    /// Changes every job, limits, shares and hosts.
    Operator,
    /// Says who may do what, and which servers are members.
    Admin,
}

impl Rank {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Artist, Self::Operator, Self::Admin];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Artist => "artist",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Text that is no rank.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role: viewer, artist, operator and admin are")]
pub struct RankError(String);

impl FromStr for Rank {
    type Err = RankError;

    fn from_str(text: &str) -> Result<Self, RankError> {
        Self::ALL.into_iter().find(|rank| rank.name() == text).ok_or_else(|| RankError(text.to_owned()))
    }
}

/// A password or a token's text. It is written where it has to be sent, and never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Whom the farm takes somebody for: `GET /api/v1/whoami`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WhoView {
    /// The name of the user or member.
    pub name: String,
    /// What he may do; nothing for members, which do what servers do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Rank>,
    /// Whether it is the account that runs the farm.
    #[serde(default)]
    pub owner: bool,
    /// What a member does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserView {
    /// His name.
    pub name: String,
    /// What he may do.
    pub role: Rank,
    /// Whether he may do nothing for now.
    pub disabled: bool,
    /// Whether he has a password to log in with.
    pub password: bool,
    /// Tokens that are good, logins among them.
    pub tokens: usize,
    /// Since when he is known.
    pub since: Time,
}

/// `POST /api/v1/users`: a new user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// His name.
    pub name: String,
    /// What he may do.
    pub role: Rank,
    /// His password; without one he has no way in but tokens that others make for him.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// `PUT /api/v1/users/{name}`: what is to change of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// What he may do from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Rank>,
    /// Whether he may do nothing for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// `PUT /api/v1/users/{name}/password`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The new one.
    pub password: Secret,
    /// The present one; an admin need not know that of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<Secret>,
}

/// `POST /api/v1/login`: with a name and a password, or with the secret of the owner's link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// His password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// What stands behind `#owner=` in the owner's link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Secret>,
    /// For browsers: a cookie is wanted, and no token to be seen.
    #[serde(default)]
    pub cookie: bool,
}

/// The answer to a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LoginReply {
    /// The user.
    pub user: String,
    /// What he may do.
    pub role: Rank,
    /// The token to prove it with; absent where a cookie was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// When it ends.
    pub expires: Time,
}

/// What a token is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Of the account that runs the farm.
    Owner,
    /// A login.
    Login,
    /// Made for a program.
    Api,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Its number.
    pub id: u64,
    /// Whose it is.
    pub of: String,
    /// What it is for.
    pub kind: TokenKind,
    /// What it is called.
    pub name: String,
    /// The most that may be done with it.
    pub role: Rank,
    /// When it was made.
    pub made: Time,
    /// When it ends; it does not where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// When it was used last, to an hour; never where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Time>,
}

/// `POST /api/v1/tokens`: a token for a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What to call it.
    pub name: String,
    /// Whose it is to be; of whoever asks where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The most that may be done with it; what its user may where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Rank>,
    /// How long it is good, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// A token that was just made. Its secret is never told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MadeToken {
    /// The token.
    #[serde(flatten)]
    pub token: TokenView,
    /// Its secret.
    pub secret: Secret,
}

/// Whether a server is a member.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// It asks to be one.
    Pending,
    /// It is one.
    Member,
}

/// A member, or a server that asks to be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberView {
    /// Its name.
    pub name: String,
    /// Whether it is one.
    pub state: MemberState,
    /// What it does: `render`, `resource`.
    pub services: Vec<String>,
    /// The short code that it shows, while it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether there is a member of that name already, on another machine.
    #[serde(default)]
    pub taken: bool,
    /// The address it was last let in or asked from.
    pub address: String,
    /// Since when it is a member, or asks.
    pub since: Time,
    /// Who approved it: a user, `token 5f3c21ab` or `window 3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When its newest certificate ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
}

/// A join token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JoinTokenView {
    /// Its id.
    pub id: String,
    /// What who joins with it may do.
    pub services: Vec<String>,
    /// How many may still join with it.
    pub uses_left: u32,
    /// When it ends.
    pub expires: Time,
    /// Who made it.
    pub by: String,
}

/// `POST /api/v1/join-tokens`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJoinToken {
    /// What who joins with it may do.
    pub services: Vec<String>,
    /// How many may join with it.
    pub uses: u32,
    /// How long it is good, in seconds.
    pub seconds: u64,
}

/// A join token that was just made. Its text is never told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MadeJoinToken {
    /// The token.
    #[serde(flatten)]
    pub token: JoinTokenView,
    /// Its text, for `--join`.
    pub text: Secret,
}

/// An enrolment window: servers of a subnet join without being asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WindowView {
    /// Its number.
    pub id: u64,
    /// The subnet: `10.0.0.0/24`.
    pub subnet: String,
    /// What who joins through it may do.
    pub services: Vec<String>,
    /// When it closes.
    pub until: Time,
    /// Who opened it.
    pub by: String,
}

/// `POST /api/v1/windows`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWindow {
    /// The subnet: `10.0.0.0/24`.
    pub subnet: String,
    /// What who joins through it may do.
    pub services: Vec<String>,
    /// How long it is open, in seconds.
    pub seconds: u64,
}

/// What somebody did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeedView {
    /// Its number; later ones have larger ones.
    pub number: u64,
    /// When.
    pub at: Time,
    /// Who: a user, or a member as `member r1`; empty where nobody could be told.
    pub who: String,
    /// What he did: `hold`, `login`.
    pub verb: String,
    /// To what: `job 7`.
    pub object: String,
    /// From which address.
    pub from: String,
    /// What came of it: `done`, or why not.
    pub outcome: String,
}
