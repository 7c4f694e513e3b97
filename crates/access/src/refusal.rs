//! Why an access role refuses.

use model::{Rank, Time};

/// Why an event changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A name that cannot be one.
    #[error("{name:?} is no name: use 1 to 63 letters, digits, `-`, `_` and `.`, a letter or digit first")]
    Name {
        /// It.
        name: String,
    },
    /// The owner's name.
    #[error("owner is the name of the account that runs the farm")]
    OwnersName,
    /// Somebody has it.
    #[error("there is a user {name} already")]
    UserThere {
        /// The name.
        name: String,
    },
    /// There is no such user.
    #[error("there is no user {name}")]
    NoUser {
        /// The name.
        name: String,
    },
    /// The user may do nothing.
    #[error("user {name} is disabled")]
    Disabled {
        /// The name.
        name: String,
    },
    /// Name or password is wrong; which of them is not told.
    #[error("no user has that name and password")]
    WrongPassword,
    /// The link is not the owner's, or was used, or has ended.
    #[error("this owner link is not good any more")]
    WrongLink,
    /// More than the user may.
    #[error("user {name} has the role {has}, so a token of his cannot have {wanted}")]
    TooMuch {
        /// The user.
        name: String,
        /// What he may do.
        has: Rank,
        /// What was wanted.
        wanted: Rank,
    },
    /// There is no such token.
    #[error("there is no token {id}")]
    NoToken {
        /// Its number.
        id: u64,
    },
    /// There is no such join token.
    #[error("there is no join token {id}")]
    NoJoinToken {
        /// Its id.
        id: String,
    },
    /// There is no such window.
    #[error("there is no enrolment window {id}")]
    NoWindow {
        /// Its number.
        id: u64,
    },
    /// It would end before it begins, or nobody could use it.
    #[error("it would never be good for anything")]
    Useless,
    /// Services that nobody can join for.
    #[error("servers join as render or resource, not as {service:?}")]
    Service {
        /// What was wanted; empty where nothing was.
        service: String,
    },
    /// The join token is unknown, used up or over; which of them is not told.
    #[error("the join token is not good")]
    BadJoinToken,
    /// The join token is for other services.
    #[error("the join token is not for {service}")]
    NotForService {
        /// Which.
        service: String,
    },
    /// There is a member of that name on another machine.
    #[error("{name} is a member already, with the key of another machine")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Too many ask to join.
    #[error("too many servers ask to join")]
    Crowded,
    /// Nobody who asks has that name or code.
    #[error("nobody asks to join as {who}")]
    NobodyAsks {
        /// What was given.
        who: String,
    },
    /// Several who ask have that name.
    #[error("several servers ask to join as {who}: name one by its code")]
    Ambiguous {
        /// What was given.
        who: String,
    },
    /// There is no such member.
    #[error("there is no member {name}")]
    NoMember {
        /// Its name.
        name: String,
    },
    /// A member has as many certificates as anybody can use.
    #[error("member {name} has too many certificates that are still good; one of them ends at {until:?}")]
    TooManyCertificates {
        /// Its name.
        name: String,
        /// When the first of them ends.
        until: Time,
    },
    /// No more of them can be kept.
    #[error("the farm keeps at most {most} {what}")]
    Full {
        /// Of what.
        what: &'static str,
        /// So many.
        most: usize,
    },
}

impl Refusal {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoUser { .. } => "`framefarm user list` shows all",
            Self::NoToken { .. } => "`framefarm token list` shows yours, with --all everybody's",
            Self::NoJoinToken { .. } | Self::NoWindow { .. } | Self::NoMember { .. } => {
                "`framefarm member list` shows members, join tokens and windows"
            }
            Self::NobodyAsks { .. } | Self::Ambiguous { .. } => {
                "`framefarm member list` shows who asks to join, with their codes"
            }
            Self::NameTaken { name } => {
                return Some(format!(
                    "if that machine is gone or was installed anew, `framefarm member revoke {name}` first"
                ));
            }
            Self::WrongLink => "`framefarm up` and `framefarm serve` print a new one until one was used",
            Self::Crowded => "wait until some of them have been approved or denied",
            Self::BadJoinToken => "`framefarm member token` makes another",
            Self::Full { .. } => "remove some that nobody needs",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
