//! How servers become members, and stop being members.

use core::net::IpAddr;
use std::collections::BTreeSet;

use model::{AddressInfo, Digest, Time};

use crate::Subnet;
use crate::event::JoinAsk;
use crate::kept::{
    ASKERS_MAX, ASKERS_OF_ADDRESS_MAX, Access, Asking, CERTIFICATES_MAX, Fate, HARDWARE_MAX, JOIN_TOKENS_MAX,
    MEMBERS_MAX,
};
use crate::names::{check_name, check_services};
use crate::record::{Asker, Record};
use crate::refusal::Refusal;

type Decided = Result<Vec<Record>, Refusal>;

impl Access {
    pub(crate) fn make_join_token(&self, at: Time, id: &str, secret: Digest, with: Ticketed) -> Decided {
        let Ticketed { services, uses, expires, by } = with;
        check_name(id)?;
        check_services(&services)?;
        if uses == 0 || expires <= at || self.join_tokens.contains_key(id) {
            return Err(Refusal::Useless);
        }
        if self.join_tokens.len() >= JOIN_TOKENS_MAX {
            return Err(Refusal::Full { what: "join tokens", most: JOIN_TOKENS_MAX });
        }
        Ok(vec![Record::JoinTokenMade { id: id.to_owned(), secret, services, uses, expires, by, at }])
    }

    pub(crate) fn revoke_join_token(&self, at: Time, id: &str) -> Decided {
        if self.join_tokens.contains_key(id) {
            Ok(vec![Record::JoinTokenRevoked { id: id.to_owned(), at }])
        } else {
            Err(Refusal::NoJoinToken { id: id.to_owned() })
        }
    }

    pub(crate) fn open_window(
        &self,
        at: Time,
        subnet: Subnet,
        services: &BTreeSet<String>,
        (until, by): (Time, &str),
    ) -> Decided {
        check_services(services)?;
        if until <= at {
            return Err(Refusal::Useless);
        }
        if self.windows.len() >= JOIN_TOKENS_MAX {
            return Err(Refusal::Full { what: "enrolment windows", most: JOIN_TOKENS_MAX });
        }
        let (id, services, by) = (self.last_window + 1, services.clone(), by.to_owned());
        Ok(vec![Record::WindowOpened { id, subnet, services, until, by, at }])
    }

    pub(crate) fn close_window(&self, at: Time, id: u64) -> Decided {
        if self.windows.contains_key(&id) {
            Ok(vec![Record::WindowClosed { id, at }])
        } else {
            Err(Refusal::NoWindow { id })
        }
    }

    /// A server asks. Who is a member already is one still where it has the same key, and whoever else wants
    /// the name has to wait until that member is revoked: nobody takes the name of a host that is away.
    pub(crate) fn ask_to_join(&self, at: Time, ask: &JoinAsk) -> Decided {
        check_name(&ask.name)?;
        check_services(&ask.services)?;
        let asker = asker(ask);
        let taken = match self.members.get(&ask.name) {
            Some(member) if member.has_key(&ask.key) => {
                // What it may do is not more for asking again.
                let more = ask.services.difference(&member.services).next().is_some();
                if !more {
                    return Ok(vec![self.admitted(at, ask.ticket, asker, member.by.clone())]);
                }
                false
            }
            Some(_) => true,
            None => false,
        };
        if let Some(vouched) = self.vouched(at, ask)? {
            return match taken {
                true if !matches!(vouched, Vouched::Window(_)) => {
                    Err(Refusal::NameTaken { name: ask.name.clone() })
                }
                // Nobody has said anything about this one machine: a person has to.
                true => self.wait_for_approval(at, ask, asker),
                false => self.admit_vouched(at, ask, asker, &vouched),
            };
        }
        self.wait_for_approval(at, ask, asker)
    }

    /// Who, or what, speaks for it.
    fn vouched(&self, at: Time, ask: &JoinAsk) -> Result<Option<Vouched>, Refusal> {
        if let Some((id, secret)) = &ask.token {
            let token = self.join_tokens.get(id).filter(|token| token.secret == *secret);
            let token = token.filter(|token| at < token.expires && token.uses_left > 0);
            let token = token.ok_or(Refusal::BadJoinToken)?;
            return match ask.services.difference(&token.services).next() {
                Some(service) => Err(Refusal::NotForService { service: service.clone() }),
                None => Ok(Some(Vouched::Token(id.clone()))),
            };
        }
        if let Some(person) = &ask.voucher {
            return Ok(Some(Vouched::Person(person.clone())));
        }
        let open = self.windows.iter().find(|(_, window)| {
            at < window.until
                && window.subnet.contains(ask.address)
                && ask.services.is_subset(&window.services)
        });
        Ok(open.map(|(id, _)| Vouched::Window(*id)))
    }

    fn admit_vouched(&self, at: Time, ask: &JoinAsk, asker: Asker, vouched: &Vouched) -> Decided {
        self.room_for_member(&asker.name)?;
        let by = match vouched {
            Vouched::Token(id) => format!("token {id}"),
            Vouched::Person(name) => name.clone(),
            Vouched::Window(id) => format!("window {id}"),
        };
        let mut records = vec![self.admitted(at, ask.ticket, asker, by)];
        if let Vouched::Token(id) = vouched {
            records.push(Record::JoinTokenUsed { id: id.clone(), at });
        }
        Ok(records)
    }

    fn wait_for_approval(&self, at: Time, ask: &JoinAsk, asker: Asker) -> Decided {
        // The same machine asks again, as after a restart: that is one asker.
        let same = |asking: &&Asking| asking.asker.key == ask.key && asking.asker.name == ask.name;
        let before = self.asking.values().find(same);
        let known = before.is_some();
        let from = asker.address.clone();
        let others = self.asking.values().filter(|asking| asking.asker.address == from).count();
        if !known && (self.asking.len() >= ASKERS_MAX || others >= ASKERS_OF_ADDRESS_MAX) {
            return Err(Refusal::Crowded);
        }
        let mut records = vec![Record::JoinAsked { ticket: ask.ticket, asker, at }];
        // Asking again is no way around a no.
        if let Some(Fate::Denied(why)) = before.map(|asking| &asking.fate) {
            records.push(Record::JoinDenied { ticket: ask.ticket, why: why.clone(), at });
        }
        Ok(records)
    }

    pub(crate) fn approve(&self, at: Time, who: &str, by: &str) -> Decided {
        let (ticket, asking) = self.meant(who)?;
        let name = &asking.asker.name;
        if self.members.get(name).is_some_and(|member| !member.has_key(&asking.asker.key)) {
            return Err(Refusal::NameTaken { name: name.clone() });
        }
        self.room_for_member(name)?;
        Ok(vec![self.admitted(at, ticket, asking.asker.clone(), by.to_owned())])
    }

    pub(crate) fn deny(&self, at: Time, who: &str, by: &str) -> Decided {
        let (ticket, _) = self.meant(who)?;
        Ok(vec![Record::JoinDenied { ticket, why: format!("denied by {by}"), at }])
    }

    /// Who waits and has this name or code.
    pub(crate) fn meant(&self, who: &str) -> Result<(Digest, &Asking), Refusal> {
        let waits = |asking: &Asking| asking.fate == Fate::Pending;
        let is = |asking: &Asking| asking.asker.name == who || asking.asker.code.eq_ignore_ascii_case(who);
        let mut found = self.asking.iter().filter(|(_, asking)| waits(asking) && is(asking));
        match (found.next(), found.next()) {
            (Some((ticket, asking)), None) => Ok((*ticket, asking)),
            (None, _) => Err(Refusal::NobodyAsks { who: who.to_owned() }),
            (Some(_), Some(_)) => Err(Refusal::Ambiguous { who: who.to_owned() }),
        }
    }

    fn admitted(&self, at: Time, ticket: Digest, mut asker: Asker, by: String) -> Record {
        if let Some(member) = self.members.get(&asker.name) {
            asker.services.extend(member.services.iter().cloned());
        }
        Record::MemberAdmitted { ticket, asker, by, at }
    }

    fn room_for_member(&self, name: &str) -> Result<(), Refusal> {
        if self.members.len() >= MEMBERS_MAX && !self.members.contains_key(name) {
            return Err(Refusal::Full { what: "members", most: MEMBERS_MAX });
        }
        Ok(())
    }

    pub(crate) fn certificate_issued(
        &self,
        at: Time,
        name: &str,
        key: &str,
        (serial, expires): (&str, Time),
    ) -> Decided {
        let member = self.members.get(name).ok_or_else(|| no_member(name))?;
        if expires <= at {
            return Err(Refusal::Useless);
        }
        let good = member.certificates.values().filter(|until| **until > at);
        if good.clone().count() >= CERTIFICATES_MAX {
            let until = good.min().copied().unwrap_or(at);
            return Err(Refusal::TooManyCertificates { name: name.to_owned(), until });
        }
        let (name, key, serial) = (name.to_owned(), key.to_owned(), serial.to_owned());
        Ok(vec![Record::CertificateIssued { name, key, serial, expires, at }])
    }

    pub(crate) fn revoke_member(&self, at: Time, name: &str) -> Decided {
        if self.members.contains_key(name) {
            Ok(vec![Record::MemberRevoked { name: name.to_owned(), at }])
        } else {
            Err(no_member(name))
        }
    }

    pub(crate) fn hardware_seen(&self, at: Time, host: &str, addresses: &[AddressInfo]) -> Vec<Record> {
        let with = addresses.iter().filter(|address| !address.hardware.is_empty());
        let addresses: Vec<_> = with.take(HARDWARE_MAX).cloned().collect();
        let known = self.hardware.get(host);
        let room = known.is_some() || self.hardware.len() < MEMBERS_MAX;
        if addresses.is_empty() || known == Some(&addresses) || !room || check_name(host).is_err() {
            return Vec::new();
        }
        vec![Record::HardwareSeen { host: host.to_owned(), addresses, at }]
    }
}

/// What speaks for a server that asks to join.
enum Vouched {
    Token(String),
    Person(String),
    Window(u64),
}

/// What a join token is to be.
pub(crate) struct Ticketed {
    pub(crate) services: BTreeSet<String>,
    pub(crate) uses: u32,
    pub(crate) expires: Time,
    pub(crate) by: String,
}

fn asker(ask: &JoinAsk) -> Asker {
    Asker {
        name: ask.name.clone(),
        services: ask.services.clone(),
        key: ask.key.clone(),
        code: ask.code.clone(),
        request: ask.request.clone(),
        address: canonical(ask.address),
    }
}

fn canonical(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

fn no_member(name: &str) -> Refusal {
    Refusal::NoMember { name: name.to_owned() }
}
