//! What happens to an access role.
//!
//! Secrets never come here, only their digests: what the journal holds lets nobody in.

use core::net::IpAddr;
use std::collections::BTreeSet;

use model::{AddressInfo, Digest, Rank, Time};

use crate::Subnet;
use crate::record::Deed;

/// What happened, or is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The account that runs the farm has a new token, in place of the one before.
    OwnerTokenMade {
        /// The digest of its secret.
        secret: Digest,
    },
    /// There is a new link that lets the owner in once, in place of the one before.
    OwnerLinkMade {
        /// The digest of its secret.
        secret: Digest,
        /// When it ends.
        expires: Time,
    },
    /// Somebody wants in by the owner's link.
    OwnerLinkUsed {
        /// The digest of what he has.
        link: Digest,
        /// The digest of the token that he is to get.
        secret: Digest,
        /// When that ends.
        expires: Time,
    },
    /// A new user.
    AddUser {
        /// His name.
        name: String,
        /// What he may do.
        rank: Rank,
        /// His password, as it is kept.
        password: Option<String>,
    },
    /// A user is to have another rank, be disabled or be let in again.
    ChangeUser {
        /// His name.
        name: String,
        /// What he may do.
        rank: Option<Rank>,
        /// Whether he may do nothing.
        disabled: Option<bool>,
    },
    /// A user has a new password; his logins end.
    SetPassword {
        /// His name.
        name: String,
        /// His password, as it is kept.
        password: String,
    },
    /// A user goes.
    RemoveUser {
        /// His name.
        name: String,
    },
    /// A user has shown his password.
    LogIn {
        /// His name.
        name: String,
        /// The password that he was compared with, as it was kept then.
        password: String,
        /// The digest of the token that he is to get.
        secret: Digest,
        /// When that ends.
        expires: Time,
    },
    /// A token for a program is wanted.
    MakeToken {
        /// Whose.
        of: String,
        /// What to call it.
        name: String,
        /// The most that may be done with it.
        rank: Option<Rank>,
        /// The digest of its secret.
        secret: Digest,
        /// When it ends.
        expires: Option<Time>,
    },
    /// A token is to end.
    RevokeToken {
        /// Its number.
        id: u64,
    },
    /// A token was used.
    TokenUsed {
        /// Its number.
        id: u64,
    },
    /// A join token is wanted.
    MakeJoinToken {
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
        /// Who wants it.
        by: String,
    },
    /// A join token is to end.
    RevokeJoinToken {
        /// Its id.
        id: String,
    },
    /// Servers of a subnet are to be let in for a while.
    OpenWindow {
        /// The subnet.
        subnet: Subnet,
        /// What who joins through it may do.
        services: BTreeSet<String>,
        /// When it closes.
        until: Time,
        /// Who wants it.
        by: String,
    },
    /// No longer.
    CloseWindow {
        /// The number of the window.
        id: u64,
    },
    /// A server asks to be a member.
    AskToJoin(Box<JoinAsk>),
    /// A person wants a server that asks to be a member.
    Approve {
        /// Its name or its code.
        who: String,
        /// The person.
        by: String,
    },
    /// A person does not.
    Deny {
        /// Its name or its code.
        who: String,
        /// The person.
        by: String,
    },
    /// A member was given a certificate.
    CertificateIssued {
        /// Its name.
        name: String,
        /// The fingerprint of the key in it.
        key: String,
        /// Its serial number, in hexadecimal.
        serial: String,
        /// When it ends.
        expires: Time,
    },
    /// A membership is to end.
    Revoke {
        /// The name of the member.
        name: String,
    },
    /// The addresses of a host have become known, by which it can be woken.
    HardwareSeen {
        /// Its name.
        host: String,
        /// Those with a hardware address.
        addresses: Vec<AddressInfo>,
    },
    /// Somebody did something.
    Acted(Deed),
    /// The next deadline has passed.
    DeadlinePassed,
}

/// What a server says that asks to be a member, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinAsk {
    /// The digest of the ticket under which it will ask again.
    pub ticket: Digest,
    /// The name it wants.
    pub name: String,
    /// What it does.
    pub services: BTreeSet<String>,
    /// The fingerprint of its key.
    pub key: String,
    /// The short code made of the farm's authority and its key.
    pub code: String,
    /// Its request for a certificate, PEM.
    pub request: String,
    /// Where it asks from.
    pub address: IpAddr,
    /// The id of a join token and the digest of its secret, where it has one.
    pub token: Option<(String, Digest)>,
    /// Who vouches for it: a person who may.
    pub voucher: Option<String>,
}
