//! Makes records true: the only place where the state changes.

use model::{Digest, Time};

use crate::kept::{
    Access, Asking, Fate, JoinToken, Member, OwnerLink, OwnerToken, TRAIL_MAX, Token, Trace, User, Window,
};
use crate::record::{Asker, Record, TokenMade};

impl Access {
    /// Makes `record` true and says whether who gets in has changed by it.
    pub(crate) fn apply_record(&mut self, record: &Record) -> bool {
        match record {
            Record::Acted { deed, at } => {
                self.deeds += 1;
                self.trail.push_back(Trace { deed: deed.clone(), at: *at });
                if self.trail.len() > TRAIL_MAX {
                    self.trail.pop_front();
                }
                false
            }
            Record::HardwareSeen { host, addresses, .. } => {
                self.hardware.insert(host.clone(), addresses.clone());
                false
            }
            Record::JoinTokenMade { .. }
            | Record::JoinTokenUsed { .. }
            | Record::JoinTokenRevoked { .. }
            | Record::WindowOpened { .. }
            | Record::WindowClosed { .. } => {
                self.apply_of_joining(record);
                false
            }
            Record::JoinAsked { .. }
            | Record::JoinDenied { .. }
            | Record::MemberAdmitted { .. }
            | Record::CertificateIssued { .. }
            | Record::MemberRevoked { .. } => {
                self.apply_of_members(record);
                true
            }
            Record::TimePassed { at } => {
                self.forget(*at);
                true
            }
            _ => {
                self.apply_of_people(record);
                true
            }
        }
    }

    fn apply_of_people(&mut self, record: &Record) {
        match record {
            Record::OwnerTokenSet { id, secret, at } => {
                self.last_token = self.last_token.max(*id);
                self.owner = Some(OwnerToken { id: *id, secret: *secret, made: *at, used: None });
            }
            Record::OwnerLinkSet { secret, expires, .. } => {
                self.owner_link.good = Some((*secret, *expires));
            }
            Record::OwnerLinkSpent { .. } => self.owner_link = OwnerLink { good: None, used: true },
            Record::UserAdded { name, rank, password, at } => {
                let user = User { rank: *rank, password: password.clone(), disabled: false, since: *at };
                self.users.insert(name.clone(), user);
            }
            Record::UserChanged { name, rank, disabled, .. } => {
                if let Some(user) = self.users.get_mut(name) {
                    (user.rank, user.disabled) = (*rank, *disabled);
                }
                if *disabled {
                    self.tokens.retain(|_, token| !(token.login && token.of == *name));
                }
            }
            Record::PasswordSet { name, password, .. } => {
                if let Some(user) = self.users.get_mut(name) {
                    user.password = Some(password.clone());
                }
                self.tokens.retain(|_, token| !(token.login && token.of == *name));
            }
            Record::UserRemoved { name, .. } => {
                self.users.remove(name);
                self.tokens.retain(|_, token| token.of != *name);
            }
            Record::TokenMade(made) => self.token_made(made),
            Record::TokenRevoked { id, .. } => {
                self.tokens.remove(id);
            }
            Record::TokenUsed { id, at } => {
                if let Some(token) = self.tokens.get_mut(id) {
                    token.used = Some(*at);
                } else if let Some(owner) = self.owner.as_mut().filter(|owner| owner.id == *id) {
                    owner.used = Some(*at);
                }
            }
            _ => {}
        }
    }

    fn token_made(&mut self, made: &TokenMade) {
        self.last_token = self.last_token.max(made.id);
        let token = Token {
            of: made.of.clone(),
            login: made.login,
            name: made.name.clone(),
            rank: made.rank,
            secret: made.secret,
            made: made.at,
            expires: made.expires,
            used: None,
        };
        self.tokens.insert(made.id, token);
    }

    fn apply_of_joining(&mut self, record: &Record) {
        match record {
            Record::JoinTokenMade { id, secret, services, uses, expires, by, .. } => {
                let token = JoinToken {
                    secret: *secret,
                    services: services.clone(),
                    uses_left: *uses,
                    expires: *expires,
                    by: by.clone(),
                };
                self.join_tokens.insert(id.clone(), token);
            }
            Record::JoinTokenUsed { id, .. } => {
                let left = self.join_tokens.get_mut(id).map_or(0, |token| {
                    token.uses_left = token.uses_left.saturating_sub(1);
                    token.uses_left
                });
                if left == 0 {
                    self.join_tokens.remove(id);
                }
            }
            Record::JoinTokenRevoked { id, .. } => {
                self.join_tokens.remove(id);
            }
            Record::WindowOpened { id, subnet, services, until, by, .. } => {
                self.last_window = self.last_window.max(*id);
                let (services, by) = (services.clone(), by.clone());
                self.windows.insert(*id, Window { subnet: *subnet, services, until: *until, by });
            }
            Record::WindowClosed { id, .. } => {
                self.windows.remove(id);
            }
            _ => {}
        }
    }

    fn apply_of_members(&mut self, record: &Record) {
        match record {
            Record::JoinAsked { ticket, asker, at } => {
                self.asks_under(*ticket, asker, Fate::Pending, *at);
            }
            Record::JoinDenied { ticket, why, .. } => {
                if let Some(asking) = self.asking.get_mut(ticket) {
                    asking.fate = Fate::Denied(why.clone());
                }
            }
            Record::MemberAdmitted { ticket, asker, by, at } => {
                self.asks_under(*ticket, asker, Fate::Admitted, *at);
                self.admit(asker, by, *at);
            }
            Record::CertificateIssued { name, key, serial, expires, .. } => {
                if let Some(member) = self.members.get_mut(name) {
                    if member.key != *key {
                        member.key_before = Some(std::mem::replace(&mut member.key, key.clone()));
                    }
                    member.certificates.insert(serial.clone(), *expires);
                }
            }
            Record::MemberRevoked { name, at } => {
                if let Some(member) = self.members.remove(name) {
                    let good = member.certificates.into_iter().filter(|(_, until)| until > at);
                    self.revoked.extend(good);
                }
                self.asking.retain(|_, asking| asking.asker.name != *name || asking.fate == Fate::Pending);
            }
            _ => {}
        }
    }

    /// A machine asks under its newest ticket alone.
    fn asks_under(&mut self, ticket: Digest, asker: &Asker, fate: Fate, at: Time) {
        let same = |other: &Asker| other.key == asker.key && other.name == asker.name;
        self.asking.retain(|_, asking| !same(&asking.asker));
        self.asking.insert(ticket, Asking { asker: asker.clone(), fate, since: at });
    }

    fn admit(&mut self, asker: &Asker, by: &str, at: Time) {
        match self.members.get_mut(&asker.name) {
            Some(member) if member.has_key(&asker.key) => {
                member.address.clone_from(&asker.address);
                member.services.extend(asker.services.iter().cloned());
            }
            _ => {
                let member = Member {
                    services: asker.services.clone(),
                    key: asker.key.clone(),
                    key_before: None,
                    certificates: std::collections::BTreeMap::new(),
                    address: asker.address.clone(),
                    since: at,
                    by: by.to_owned(),
                };
                self.members.insert(asker.name.clone(), member);
            }
        }
    }

    /// Forgets what has ended by `at`.
    fn forget(&mut self, at: Time) {
        self.tokens.retain(|_, token| token.expires.is_none_or(|expires| expires > at));
        self.join_tokens.retain(|_, token| token.expires > at);
        self.windows.retain(|_, window| window.until > at);
        self.asking.retain(|_, asking| asking.lapses() > at);
        self.revoked.retain(|_, until| *until > at);
        self.owner_link.good = self.owner_link.good.filter(|(_, until)| *until > at);
        for member in self.members.values_mut() {
            // The newest one is kept to show since when it has none.
            let newest = member.certificates.values().max().copied();
            member.certificates.retain(|_, until| *until > at || Some(*until) == newest);
        }
    }

    /// When something ends next.
    pub(crate) fn next_end(&self) -> Option<Time> {
        let tokens = self.tokens.values().filter_map(|token| token.expires);
        let joining = self.join_tokens.values().map(|token| token.expires);
        let windows = self.windows.values().map(|window| window.until);
        let asking = self.asking.values().map(Asking::lapses);
        let revoked = self.revoked.values().copied();
        let link = self.owner_link.good.iter().map(|(_, until)| *until);
        tokens.chain(joining).chain(windows).chain(asking).chain(revoked).chain(link).min()
    }
}
