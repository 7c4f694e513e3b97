//! What happens to users, their logins and their tokens.

use model::{Digest, Rank, Time};

use crate::allow::OWNER;
use crate::kept::{API_TOKENS_MAX, Access, LOGINS_MAX, USERS_MAX};
use crate::names::{check_name, check_user};
use crate::record::{Record, TokenMade};
use crate::refusal::Refusal;

/// When a token was used last is kept to so much: each keeping of it is a write.
const USED_MS: u64 = 60 * 60 * 1000;
/// What a login is called.
const LOGIN: &str = "login";

type Decided = Result<Vec<Record>, Refusal>;

impl Access {
    pub(crate) fn owner_token_made(&self, at: Time, secret: Digest) -> Vec<Record> {
        if self.owner.as_ref().is_some_and(|owner| owner.secret == secret) {
            return Vec::new();
        }
        vec![Record::OwnerTokenSet { id: self.last_token + 1, secret, at }]
    }

    pub(crate) fn owner_link_made(&self, at: Time, secret: Digest, expires: Time) -> Decided {
        if expires <= at {
            return Err(Refusal::Useless);
        }
        Ok(vec![Record::OwnerLinkSet { secret, expires, at }])
    }

    pub(crate) fn owner_link_used(&self, at: Time, link: Digest, secret: Digest, expires: Time) -> Decided {
        match self.owner_link.good {
            Some((good, until)) if good == link && at < until => {}
            _ => return Err(Refusal::WrongLink),
        }
        let mut records = vec![Record::OwnerLinkSpent { at }];
        records.extend(self.login(at, OWNER, secret, expires)?);
        Ok(records)
    }

    pub(crate) fn add_user(&self, at: Time, name: &str, rank: Rank, password: Option<&String>) -> Decided {
        check_user(name)?;
        if self.users.contains_key(name) {
            return Err(Refusal::UserThere { name: name.to_owned() });
        }
        if self.users.len() >= USERS_MAX {
            return Err(Refusal::Full { what: "users", most: USERS_MAX });
        }
        Ok(vec![Record::UserAdded { name: name.to_owned(), rank, password: password.cloned(), at }])
    }

    pub(crate) fn change_user(
        &self,
        at: Time,
        name: &str,
        rank: Option<Rank>,
        disabled: Option<bool>,
    ) -> Decided {
        let user = self.users.get(name).ok_or_else(|| no_user(name))?;
        let (rank, disabled) = (rank.unwrap_or(user.rank), disabled.unwrap_or(user.disabled));
        if (rank, disabled) == (user.rank, user.disabled) {
            return Ok(Vec::new());
        }
        Ok(vec![Record::UserChanged { name: name.to_owned(), rank, disabled, at }])
    }

    pub(crate) fn set_password(&self, at: Time, name: &str, password: &str) -> Decided {
        if !self.users.contains_key(name) {
            return Err(no_user(name));
        }
        Ok(vec![Record::PasswordSet { name: name.to_owned(), password: password.to_owned(), at }])
    }

    pub(crate) fn remove_user(&self, at: Time, name: &str) -> Decided {
        if !self.users.contains_key(name) {
            return Err(no_user(name));
        }
        Ok(vec![Record::UserRemoved { name: name.to_owned(), at }])
    }

    pub(crate) fn log_in(
        &self,
        at: Time,
        name: &str,
        password: &str,
        (secret, expires): (Digest, Time),
    ) -> Decided {
        // He may have been given another password since he was compared with this one.
        match self.users.get(name) {
            Some(user) if user.password.as_deref() == Some(password) && !user.disabled => {}
            _ => return Err(Refusal::WrongPassword),
        }
        self.login(at, name, secret, expires)
    }

    fn login(&self, at: Time, of: &str, secret: Digest, expires: Time) -> Decided {
        if expires <= at {
            return Err(Refusal::Useless);
        }
        let logins = self.tokens.iter().filter(|(_, token)| token.login && token.of == of);
        let logins: Vec<u64> = logins.map(|(id, _)| *id).collect();
        let over = (logins.len() + 1).saturating_sub(LOGINS_MAX);
        let mut records: Vec<_> =
            logins.into_iter().take(over).map(|id| Record::TokenRevoked { id, at }).collect();
        records.push(Record::TokenMade(TokenMade {
            id: self.last_token + 1,
            of: of.to_owned(),
            login: true,
            name: LOGIN.to_owned(),
            rank: None,
            secret,
            expires: Some(expires),
            at,
        }));
        Ok(records)
    }

    pub(crate) fn make_token(&self, at: Time, of: &str, name: &str, made: NewSecret) -> Decided {
        let NewSecret { rank, secret, expires } = made;
        check_name(name)?;
        if of != OWNER {
            let user = self.users.get(of).ok_or_else(|| no_user(of))?;
            if user.disabled {
                return Err(Refusal::Disabled { name: of.to_owned() });
            }
            if let Some(wanted) = rank.filter(|rank| *rank > user.rank) {
                return Err(Refusal::TooMuch { name: of.to_owned(), has: user.rank, wanted });
            }
        }
        if expires.is_some_and(|expires| expires <= at) {
            return Err(Refusal::Useless);
        }
        let have = self.tokens.values().filter(|token| !token.login && token.of == of).count();
        if have >= API_TOKENS_MAX {
            return Err(Refusal::Full { what: "tokens of a user", most: API_TOKENS_MAX });
        }
        Ok(vec![Record::TokenMade(TokenMade {
            id: self.last_token + 1,
            of: of.to_owned(),
            login: false,
            name: name.to_owned(),
            rank,
            secret,
            expires,
            at,
        })])
    }

    pub(crate) fn revoke_token(&self, at: Time, id: u64) -> Decided {
        // The owner's is replaced, not ended: his servers would lose each other.
        if self.tokens.contains_key(&id) {
            Ok(vec![Record::TokenRevoked { id, at }])
        } else {
            Err(Refusal::NoToken { id })
        }
    }

    pub(crate) fn token_used(&self, at: Time, id: u64) -> Vec<Record> {
        let owner = self.owner.as_ref().filter(|owner| owner.id == id).map(|owner| owner.used);
        let Some(used) = owner.or_else(|| self.tokens.get(&id).map(|token| token.used)) else {
            return Vec::new();
        };
        let lately = used.is_some_and(|used| at.since_ms(used) < USED_MS);
        if lately { Vec::new() } else { vec![Record::TokenUsed { id, at }] }
    }
}

/// What is known of a token for a program besides its name.
pub(crate) struct NewSecret {
    pub(crate) rank: Option<Rank>,
    pub(crate) secret: Digest,
    pub(crate) expires: Option<Time>,
}

fn no_user(name: &str) -> Refusal {
    Refusal::NoUser { name: name.to_owned() }
}
