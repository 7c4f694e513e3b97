//! A farm's access role and its clock, spoken to in short sentences.

use std::collections::BTreeSet;

use access::{Access, Actor, Effect, Event, JoinAsk, Record, Refusal};
use model::{Digest, Rank, Role, Time};

pub(crate) struct Scene {
    pub(crate) role: Access,
    pub(crate) now: Time,
    pub(crate) records: Vec<Record>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { role: Access::default(), now: Time(1_000_000), records: Vec::new() }
    }

    pub(crate) fn pass_ms(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
    }

    /// Lets `event` happen; it must not be refused.
    #[track_caller]
    pub(crate) fn does(&mut self, event: Event) -> Vec<Effect> {
        self.tries(event).unwrap()
    }

    pub(crate) fn tries(&mut self, event: Event) -> Result<Vec<Effect>, Refusal> {
        let records = self.role.decide(self.now, &event)?;
        let mut effects = Vec::new();
        for record in &records {
            self.role.apply(record, &mut effects);
        }
        self.role.check();
        self.records.extend(records);
        Ok(effects)
    }

    pub(crate) fn user(&mut self, name: &str, rank: Rank) {
        self.does(Event::AddUser { name: name.to_owned(), rank, password: Some(phc(name)) });
    }

    /// Who has the secret that `secret` names.
    pub(crate) fn who(&self, secret: u8) -> Option<Actor> {
        self.role.book().by_token(digest(secret), self.now).map(|(actor, _)| actor)
    }

    pub(crate) fn log_in(&mut self, name: &str, secret: u8, for_ms: u64) -> Result<(), Refusal> {
        let (secret, expires) = (digest(secret), self.now.plus_ms(for_ms));
        let event = Event::LogIn { name: name.to_owned(), password: phc(name), secret, expires };
        self.tries(event).map(drop)
    }

    /// Gives a member a certificate.
    pub(crate) fn certify(
        &mut self,
        name: &str,
        key: &str,
        serial: &str,
        for_ms: u64,
    ) -> Result<(), Refusal> {
        let (name, key, serial) = (name.to_owned(), key.to_owned(), serial.to_owned());
        let expires = self.now.plus_ms(for_ms);
        self.tries(Event::CertificateIssued { name, key, serial, expires }).map(drop)
    }

    pub(crate) fn certified(&self, name: &str, serial: &str) -> bool {
        self.role.book().by_certificate(name, serial, self.now).is_some()
    }
}

/// A digest that is told from others by one byte.
pub(crate) fn digest(byte: u8) -> Digest {
    Digest([byte; 32])
}

/// A password as it is kept; what it says is nothing to the role.
pub(crate) fn phc(name: &str) -> String {
    format!("$argon2id$of-{name}")
}

pub(crate) fn services(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

/// A render server that asks to join.
pub(crate) fn ask(name: &str, key: &str, ticket: u8) -> JoinAsk {
    JoinAsk {
        ticket: digest(ticket),
        name: name.to_owned(),
        services: services(&["render"]),
        key: key.to_owned(),
        code: format!("CODE-{key}"),
        request: "pem".to_owned(),
        address: "10.0.0.7".parse().unwrap(),
        token: None,
        voucher: None,
    }
}
