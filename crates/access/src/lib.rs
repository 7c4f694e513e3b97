//! Who may do what: users and their tokens, servers that are members, and the trail of what was done.
//!
//! Nothing here does input or output, and no secret ever comes here: events bring their digests, records and
//! effects go out, time is a parameter. `allow` is asked for everything that anybody does; `Book` tells who
//! somebody is. A record that makes no sense stops the start of a farm: to leave a revocation out would let
//! somebody in.

mod allow;
mod apply;
mod book;
mod check;
mod effect;
mod event;
mod joining;
mod kept;
mod names;
mod people;
mod record;
mod refusal;
mod subnet;
mod verb;
mod versions;
mod view;

use model::{Role, Time};

use crate::joining::Ticketed;
use crate::people::NewSecret;

pub use allow::{Actor, Denied, OWNER, Object, allow};
pub use book::{Book, Used};
pub use effect::Effect;
pub use event::{Event, JoinAsk};
pub use kept::Access;
pub use record::{Asker, Deed, Record, TokenMade};
pub use refusal::Refusal;
pub use subnet::{Subnet, SubnetError};
pub use verb::{Verb, Who};
pub use view::{Asked, DeedFilter};

impl Role for Access {
    type Event = Event;
    type Record = Record;
    type Effect = Effect;
    type Refusal = Refusal;

    fn decide(&self, now: Time, event: &Event) -> Result<Vec<Record>, Refusal> {
        match event {
            Event::OwnerTokenMade { secret } => Ok(self.owner_token_made(now, *secret)),
            Event::OwnerLinkMade { secret, expires } => self.owner_link_made(now, *secret, *expires),
            Event::OwnerLinkUsed { link, secret, expires } => {
                self.owner_link_used(now, *link, *secret, *expires)
            }
            Event::AddUser { name, rank, password } => self.add_user(now, name, *rank, password.as_ref()),
            Event::ChangeUser { name, rank, disabled } => self.change_user(now, name, *rank, *disabled),
            Event::SetPassword { name, password } => self.set_password(now, name, password),
            Event::RemoveUser { name } => self.remove_user(now, name),
            Event::LogIn { name, password, secret, expires } => {
                self.log_in(now, name, password, (*secret, *expires))
            }
            Event::MakeToken { of, name, rank, secret, expires } => {
                let made = NewSecret { rank: *rank, secret: *secret, expires: *expires };
                self.make_token(now, of, name, made)
            }
            Event::RevokeToken { id } => self.revoke_token(now, *id),
            Event::TokenUsed { id } => Ok(self.token_used(now, *id)),
            Event::MakeJoinToken { id, secret, services, uses, expires, by } => {
                let (services, by) = (services.clone(), by.clone());
                let with = Ticketed { services, uses: *uses, expires: *expires, by };
                self.make_join_token(now, id, *secret, with)
            }
            Event::RevokeJoinToken { id } => self.revoke_join_token(now, id),
            Event::OpenWindow { subnet, services, until, by } => {
                self.open_window(now, *subnet, services, (*until, by))
            }
            Event::CloseWindow { id } => self.close_window(now, *id),
            Event::AskToJoin(ask) => self.ask_to_join(now, ask),
            Event::Approve { who, by } => self.approve(now, who, by),
            Event::Deny { who, by } => self.deny(now, who, by),
            Event::CertificateIssued { name, key, serial, expires } => {
                self.certificate_issued(now, name, key, (serial, *expires))
            }
            Event::Revoke { name } => self.revoke_member(now, name),
            Event::HardwareSeen { host, addresses } => Ok(self.hardware_seen(now, host, addresses)),
            Event::Acted(deed) => Ok(vec![Record::Acted { deed: deed.clone(), at: now }]),
            Event::DeadlinePassed => match self.next_end() {
                Some(end) if end <= now => Ok(vec![Record::TimePassed { at: now }]),
                _ => Ok(Vec::new()),
            },
        }
    }

    fn apply(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        let revoked = match record {
            Record::MemberRevoked { name, .. } => self.certificates_of(name),
            _ => Vec::new(),
        };
        if self.apply_record(record) {
            effects.push(Effect::Publish);
        }
        // Once nobody lets it in again.
        effects.extend(revoked.into_iter().map(|serial| Effect::Cut { serial }));
    }

    fn durable(_: &Record) -> bool {
        true
    }

    fn resume(&self, _: Time, effects: &mut Vec<Effect>) {
        effects.push(Effect::Publish);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.next_end()
    }

    fn deadline_event() -> Event {
        Event::DeadlinePassed
    }

    fn check(&self) {
        self.check_all();
    }
}
