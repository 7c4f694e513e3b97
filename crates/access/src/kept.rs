//! What an access role keeps. All of it is in its journal.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{AddressInfo, Digest, Rank, Time};
use serde::{Deserialize, Serialize};

use crate::Subnet;
use crate::record::{Asker, Deed};

/// Users that are kept at most.
pub(crate) const USERS_MAX: usize = 10_000;
/// Tokens for programs that a user has at most.
pub(crate) const API_TOKENS_MAX: usize = 200;
/// Logins that a user has at most; a further one ends the oldest.
pub(crate) const LOGINS_MAX: usize = 50;
/// Join tokens and enrolment windows that are kept at most, of each.
pub(crate) const JOIN_TOKENS_MAX: usize = 1_000;
/// Servers that may ask to join at once: more than anybody would approve one by one.
pub(crate) const ASKERS_MAX: usize = 200;
/// The same from one address.
pub(crate) const ASKERS_OF_ADDRESS_MAX: usize = 20;
/// A server that asks to join is forgotten after this long; it asks again by itself.
pub(crate) const ASK_LAPSES_MS: u64 = 60 * 60 * 1000;
/// Members, and hosts that can be woken, that are kept at most.
pub(crate) const MEMBERS_MAX: usize = 200_000;
/// Certificates of one member that are good at once: it asks for a new one when a third is left, and more
/// often only where its data folder was lost.
pub(crate) const CERTIFICATES_MAX: usize = 32;
/// Hardware addresses that are kept of a host.
pub(crate) const HARDWARE_MAX: usize = 16;
/// Deeds of the trail that are at hand.
pub(crate) const TRAIL_MAX: usize = 10_000;

/// The access role's state. `Access::default()` is a new farm; a serialised one is a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    pub(crate) owner: Option<OwnerToken>,
    pub(crate) owner_link: OwnerLink,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) tokens: BTreeMap<u64, Token>,
    /// The last number given to a token, the owner's among them.
    pub(crate) last_token: u64,
    pub(crate) join_tokens: BTreeMap<String, JoinToken>,
    pub(crate) windows: BTreeMap<u64, Window>,
    pub(crate) last_window: u64,
    /// Servers that ask to be members, by the digest of their ticket.
    pub(crate) asking: BTreeMap<Digest, Asking>,
    pub(crate) members: BTreeMap<String, Member>,
    /// Certificates of former members that would still be good, by serial number, and until when.
    pub(crate) revoked: BTreeMap<String, Time>,
    /// By which addresses hosts can be woken.
    pub(crate) hardware: BTreeMap<String, Vec<AddressInfo>>,
    /// The newest deeds, the oldest of them first.
    pub(crate) trail: VecDeque<Trace>,
    /// How many deeds there ever were.
    pub(crate) deeds: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnerToken {
    pub(crate) id: u64,
    pub(crate) secret: Digest,
    pub(crate) made: Time,
    #[serde(default)]
    pub(crate) used: Option<Time>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnerLink {
    /// The digest of its secret and when it ends, while it is good.
    pub(crate) good: Option<(Digest, Time)>,
    /// Whether any ever was used: then the owner is in, and no more are needed.
    pub(crate) used: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) rank: Rank,
    pub(crate) password: Option<String>,
    pub(crate) disabled: bool,
    pub(crate) since: Time,
}

/// A login, or a token for a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) of: String,
    pub(crate) login: bool,
    pub(crate) name: String,
    /// The most that may be done with it, where that is less than what its user may.
    pub(crate) rank: Option<Rank>,
    pub(crate) secret: Digest,
    pub(crate) made: Time,
    pub(crate) expires: Option<Time>,
    pub(crate) used: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JoinToken {
    pub(crate) secret: Digest,
    pub(crate) services: BTreeSet<String>,
    pub(crate) uses_left: u32,
    pub(crate) expires: Time,
    pub(crate) by: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) subnet: Subnet,
    pub(crate) services: BTreeSet<String>,
    pub(crate) until: Time,
    pub(crate) by: String,
}

/// A server that asks, or asked a while ago, to be a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asking {
    pub(crate) asker: Asker,
    pub(crate) fate: Fate,
    pub(crate) since: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    Pending,
    Admitted,
    Denied(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) services: BTreeSet<String>,
    pub(crate) key: String,
    /// The key before: a member may have missed the answer that renewed it.
    #[serde(default)]
    pub(crate) key_before: Option<String>,
    /// Its certificates that are still good, by serial number, and until when.
    pub(crate) certificates: BTreeMap<String, Time>,
    pub(crate) address: String,
    pub(crate) since: Time,
    pub(crate) by: String,
}

/// A deed in the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trace {
    pub(crate) deed: Deed,
    pub(crate) at: Time,
}

impl Member {
    /// Whether it is the machine that has this key.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.key == key || self.key_before.as_deref() == Some(key)
    }
}

impl Asking {
    pub(crate) const fn lapses(&self) -> Time {
        self.since.plus_ms(ASK_LAPSES_MS)
    }
}

impl Access {
    /// What `name` may do, where he is a user who may do anything now, or the owner.
    pub(crate) fn rank_of(&self, name: &str) -> Option<Rank> {
        if name == crate::OWNER {
            return Some(Rank::Admin);
        }
        self.users.get(name).filter(|user| !user.disabled).map(|user| user.rank)
    }

    /// What may be done with `token`, where anything may.
    pub(crate) fn rank_with(&self, token: &Token) -> Option<Rank> {
        let rank = self.rank_of(&token.of)?;
        Some(token.rank.map_or(rank, |most| most.min(rank)))
    }
}
