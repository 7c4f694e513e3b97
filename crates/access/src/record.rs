//! What is true for an access role. Records are written to a journal and stay readable for years.

use std::collections::BTreeSet;

use model::{AddressInfo, Digest, Rank, Time};
use serde::{Deserialize, Serialize};

use crate::Subnet;

/// Something that has become true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The account that runs the farm has this token and no other.
    OwnerTokenSet {
        /// Its number.
        id: u64,
        /// The digest of its secret.
        secret: Digest,
        /// When.
        at: Time,
    },
    /// This link lets the owner in once, and no other.
    OwnerLinkSet {
        /// The digest of its secret.
        secret: Digest,
        /// When it ends.
        expires: Time,
        /// When.
        at: Time,
    },
    /// It has been used.
    OwnerLinkSpent {
        /// When.
        at: Time,
    },
    /// There is a new user.
    UserAdded {
        /// His name.
        name: String,
        /// What he may do.
        rank: Rank,
        /// His password, as it is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<String>,
        /// When.
        at: Time,
    },
    /// A user has a rank, and is disabled or not.
    UserChanged {
        /// His name.
        name: String,
        /// What he may do.
        rank: Rank,
        /// Whether he may do nothing.
        disabled: bool,
        /// When.
        at: Time,
    },
    /// A user has a new password; his logins have ended.
    PasswordSet {
        /// His name.
        name: String,
        /// His password, as it is kept.
        password: String,
        /// When.
        at: Time,
    },
    /// A user has gone, and all his tokens.
    UserRemoved {
        /// His name.
        name: String,
        /// When.
        at: Time,
    },
    /// There is a new token.
    TokenMade(TokenMade),
    /// A token has ended.
    TokenRevoked {
        /// Its number.
        id: u64,
        /// When.
        at: Time,
    },
    /// A token was used, about then.
    TokenUsed {
        /// Its number.
        id: u64,
        /// When.
        at: Time,
    },
    /// There is a new join token.
    JoinTokenMade {
        /// Its id.
        id: String,
        /// The digest of its secret.
        secret: Digest,
        /// What who joins with it may do.
        services: BTreeSet<String>,
        /// How many may join with it.
        uses: u32,
        /// When it ends.
        expires: Time,
        /// Who made it.
        by: String,
        /// When.
        at: Time,
    },
    /// Somebody has joined with a join token.
    JoinTokenUsed {
        /// Its id.
        id: String,
        /// When.
        at: Time,
    },
    /// A join token has ended.
    JoinTokenRevoked {
        /// Its id.
        id: String,
        /// When.
        at: Time,
    },
    /// An enrolment window is open.
    WindowOpened {
        /// Its number.
        id: u64,
        /// The subnet.
        subnet: Subnet,
        /// What who joins through it may do.
        services: BTreeSet<String>,
        /// When it closes.
        until: Time,
        /// Who opened it.
        by: String,
        /// When.
        at: Time,
    },
    /// An enrolment window is closed.
    WindowClosed {
        /// Its number.
        id: u64,
        /// When.
        at: Time,
    },
    /// A server has asked to be a member.
    JoinAsked {
        /// The digest of its ticket.
        ticket: Digest,
        /// What it said.
        asker: Asker,
        /// When.
        at: Time,
    },
    /// It is not wanted.
    JoinDenied {
        /// The digest of its ticket.
        ticket: Digest,
        /// Why, as a sentence.
        why: String,
        /// When.
        at: Time,
    },
    /// A server is a member.
    MemberAdmitted {
        /// The digest of its ticket.
        ticket: Digest,
        /// What it said.
        asker: Asker,
        /// Who approved it.
        by: String,
        /// When.
        at: Time,
    },
    /// A member has a certificate more.
    CertificateIssued {
        /// Its name.
        name: String,
        /// The fingerprint of the key in it.
        key: String,
        /// Its serial number, in hexadecimal.
        serial: String,
        /// When it ends.
        expires: Time,
        /// When.
        at: Time,
    },
    /// A membership has ended, and none of its certificates is good any more.
    MemberRevoked {
        /// Its name.
        name: String,
        /// When.
        at: Time,
    },
    /// The addresses of a host, by which it can be woken.
    HardwareSeen {
        /// Its name.
        host: String,
        /// Those with a hardware address.
        addresses: Vec<AddressInfo>,
        /// When.
        at: Time,
    },
    /// Somebody did something, or was refused.
    Acted {
        /// What.
        deed: Deed,
        /// When.
        at: Time,
    },
    /// It is later than this, and what ended before it is gone.
    TimePassed {
        /// When.
        at: Time,
    },
}

/// A token that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMade {
    /// Its number.
    pub id: u64,
    /// Whose.
    pub of: String,
    /// Whether it is a login.
    #[serde(default)]
    pub login: bool,
    /// What it is called.
    pub name: String,
    /// The most that may be done with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<Rank>,
    /// The digest of its secret.
    pub secret: Digest,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// When it was made.
    pub at: Time,
}

/// A server that asks, or asked, to be a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Its name.
    pub name: String,
    /// What it does.
    pub services: BTreeSet<String>,
    /// The fingerprint of its key.
    pub key: String,
    /// Its short code.
    pub code: String,
    /// Its request for a certificate, PEM.
    pub request: String,
    /// Where it asked from.
    pub address: String,
}

/// What somebody did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Who; empty where nobody could be told.
    pub who: String,
    /// What he did.
    pub verb: String,
    /// To what.
    pub object: String,
    /// From which address.
    pub from: String,
    /// What came of it: `done`, or why not.
    pub outcome: String,
}
