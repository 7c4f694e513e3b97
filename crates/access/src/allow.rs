//! Who may do what: one function, asked for everything that anybody does.

use std::collections::BTreeSet;

use model::Rank;

use crate::{Verb, Who};

/// What the owner of the farm is called in the trail and as the user of jobs. Nobody else can have the name.
pub const OWNER: &str = "owner";

/// Somebody who wants something, as far as he has proven who he is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody knows.
    Stranger,
    /// The account that runs the farm, and the servers that it runs.
    Owner {
        /// The number of the token that proves it.
        token: u64,
    },
    /// A user, or a program with a token of his.
    Person {
        /// His name.
        name: String,
        /// What he may do with this token.
        rank: Rank,
        /// The number of the token that proves it.
        token: u64,
    },
    /// A server that is a member.
    Member {
        /// Its name.
        name: String,
        /// What it does.
        services: BTreeSet<String>,
    },
}

/// What something is done to, as far as that decides who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object<'a> {
    /// The farm, or something that is nobody's own.
    Farm,
    /// Something of this user or member.
    Of(&'a str),
}

/// Why something is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody knows who asks.
    #[error("this needs a proof of who you are")]
    Unproven,
    /// It takes a higher rank.
    #[error("to {} needs the role {needed}; yours is {has}", verb.phrase())]
    Rank {
        /// What was wanted.
        verb: Verb,
        /// What it takes.
        needed: Rank,
        /// What is there.
        has: Rank,
    },
    /// It is somebody else's.
    #[error("to {} of others needs the role {needed}; yours is {has}", verb.phrase())]
    NotOwn {
        /// What was wanted.
        verb: Verb,
        /// What it takes.
        needed: Rank,
        /// What is there.
        has: Rank,
    },
    /// Only people may.
    #[error("to {} is for people, not for servers", verb.phrase())]
    PeopleOnly {
        /// What was wanted.
        verb: Verb,
    },
    /// Only servers may.
    #[error("to {} is for the servers of the farm", verb.phrase())]
    MembersOnly {
        /// What was wanted.
        verb: Verb,
    },
    /// Only another server may.
    #[error("to {} is not for {name}", verb.phrase())]
    NotThisMember {
        /// What was wanted.
        verb: Verb,
        /// Who wanted it.
        name: String,
    },
}

impl Actor {
    /// The user whose deeds these are: the job of a submit is his.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Owner { .. } => Some(OWNER),
            Self::Person { name, .. } => Some(name),
            Self::Member { .. } | Self::Stranger => None,
        }
    }

    /// What he may do; nothing for those that are no people.
    #[must_use]
    pub const fn rank(&self) -> Option<Rank> {
        match self {
            Self::Owner { .. } => Some(Rank::Admin),
            Self::Person { rank, .. } => Some(*rank),
            Self::Member { .. } | Self::Stranger => None,
        }
    }

    /// How the trail names him.
    #[must_use]
    pub fn trail_name(&self) -> String {
        match self {
            Self::Member { name, .. } => format!("member {name}"),
            other => other.user().unwrap_or_default().to_owned(),
        }
    }
}

/// Whether `actor` may do `verb` to `object`.
///
/// The owner may do all that people and servers may: the servers that his account runs on the machine of the
/// farm prove themselves by his token.
///
/// # Errors
/// Why not.
pub fn allow(actor: &Actor, verb: Verb, object: Object<'_>) -> Result<(), Denied> {
    match (verb.who(), actor) {
        (Who::Anybody, _) => Ok(()),
        (_, Actor::Stranger) => Err(Denied::Unproven),
        (Who::Known, _) | (_, Actor::Owner { .. }) => Ok(()),
        (Who::PeopleAndMembers(_), Actor::Member { .. }) => Ok(()),
        (Who::People(needed) | Who::PeopleAndMembers(needed), Actor::Person { rank, .. }) => {
            if *rank >= needed { Ok(()) } else { Err(Denied::Rank { verb, needed, has: *rank }) }
        }
        (Who::Own(own, others), Actor::Person { name, rank, .. }) => match object {
            _ if *rank >= others => Ok(()),
            _ if *rank < own => Err(Denied::Rank { verb, needed: own, has: *rank }),
            Object::Of(whose) if whose == name => Ok(()),
            _ => Err(Denied::NotOwn { verb, needed: others, has: *rank }),
        },
        (Who::Members(service), Actor::Member { name, services }) => {
            let own = match object {
                Object::Of(whose) => whose == name,
                Object::Farm => true,
            };
            if own && services.contains(service) {
                Ok(())
            } else {
                Err(Denied::NotThisMember { verb, name: name.clone() })
            }
        }
        (Who::AnyMember, Actor::Member { .. }) => Ok(()),
        (Who::Members(_) | Who::AnyMember, Actor::Person { .. }) => Err(Denied::MembersOnly { verb }),
        (Who::People(_) | Who::Own(..), Actor::Member { .. }) => Err(Denied::PeopleOnly { verb }),
    }
}
