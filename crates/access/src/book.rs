//! Who gets in: what a server has at hand for each request, without asking the role.

use std::collections::{BTreeMap, BTreeSet};

use model::{Digest, Rank, Time};

use crate::allow::Actor;
use crate::kept::Access;

/// A copy of what decides who somebody is. It is made anew whenever that has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    tokens: BTreeMap<Digest, Entry>,
    /// Whose token it is, by its number.
    owners: BTreeMap<u64, String>,
    members: BTreeMap<String, MemberEntry>,
    /// Certificates that would be good and are not, by serial number.
    revoked: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    id: u64,
    /// Nothing for the owner's own.
    person: Option<(String, Rank)>,
    expires: Option<Time>,
    used: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct MemberEntry {
    services: BTreeSet<String>,
    certificates: BTreeMap<String, Time>,
}

impl Access {
    /// Who gets in now.
    #[must_use]
    pub fn book(&self) -> Book {
        let mut tokens: BTreeMap<Digest, Entry> = BTreeMap::new();
        for (id, token) in &self.tokens {
            let Some(rank) = self.rank_with(token) else { continue };
            let person = Some((token.of.clone(), rank));
            tokens.insert(token.secret, Entry { id: *id, person, expires: token.expires, used: token.used });
        }
        if let Some(owner) = &self.owner {
            tokens
                .insert(owner.secret, Entry { id: owner.id, person: None, expires: None, used: owner.used });
        }
        let member = |member: &crate::kept::Member| MemberEntry {
            services: member.services.clone(),
            certificates: member.certificates.clone(),
        };
        Book {
            tokens,
            owners: self.tokens.iter().map(|(id, token)| (*id, token.of.clone())).collect(),
            members: self.members.iter().map(|(name, one)| (name.clone(), member(one))).collect(),
            revoked: self.revoked.keys().cloned().collect(),
        }
    }

    /// The certificates of a member, by serial number.
    pub(crate) fn certificates_of(&self, name: &str) -> Vec<String> {
        let member = self.members.get(name);
        member.map(|member| member.certificates.keys().cloned().collect()).unwrap_or_default()
    }

    /// Whether the secret with this digest is that of the owner's token.
    #[must_use]
    pub fn is_owner_token(&self, secret: Digest) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.secret == secret)
    }

    /// Whether any owner link was ever used.
    #[must_use]
    pub const fn owner_is_in(&self) -> bool {
        self.owner_link.used
    }

    /// A user's password as it is kept, where he can log in.
    #[must_use]
    pub fn password(&self, name: &str) -> Option<&str> {
        let user = self.users.get(name).filter(|user| !user.disabled)?;
        user.password.as_deref()
    }
}

impl Book {
    /// Who has the secret with this digest; nobody where it is not good. With it whether a note is due that
    /// it was used.
    #[must_use]
    pub fn by_token(&self, secret: Digest, now: Time) -> Option<(Actor, Used)> {
        let entry = self.tokens.get(&secret)?;
        if entry.expires.is_some_and(|expires| now >= expires) {
            return None;
        }
        let token = entry.id;
        let actor = match &entry.person {
            None => Actor::Owner { token },
            Some((name, rank)) => Actor::Person { name: name.clone(), rank: *rank, token },
        };
        Some((actor, Used { token, before: entry.used }))
    }

    /// The member that has this certificate; nobody where it is not good, or no longer.
    #[must_use]
    pub fn by_certificate(&self, name: &str, serial: &str, now: Time) -> Option<Actor> {
        let member = self.members.get(name)?;
        let good = member.certificates.get(serial).is_some_and(|until| now < *until);
        if !good || self.revoked.contains(serial) {
            return None;
        }
        Some(Actor::Member { name: name.to_owned(), services: member.services.clone() })
    }

    /// Whether `actor` would still be let in.
    #[must_use]
    pub fn knows(&self, actor: &Actor) -> bool {
        match actor {
            Actor::Stranger => false,
            Actor::Owner { token } => {
                self.tokens.values().any(|entry| entry.id == *token && entry.person.is_none())
            }
            Actor::Person { token, .. } => self.tokens.values().any(|entry| entry.id == *token),
            Actor::Member { name, services } => {
                self.members.get(name).is_some_and(|member| services.is_subset(&member.services))
            }
        }
    }

    /// Whose the token of this number is.
    #[must_use]
    pub fn owner_of_token(&self, id: u64) -> Option<&str> {
        self.owners.get(&id).map(String::as_str)
    }

    /// Certificates that are no longer good, by serial number.
    pub fn revoked(&self) -> impl Iterator<Item = &str> {
        self.revoked.iter().map(String::as_str)
    }
}

/// When a token was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Its number.
    pub token: u64,
    /// When, roughly.
    pub before: Option<Time>,
}
