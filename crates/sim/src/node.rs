//! A role with its journal, as a server holds it: records become durable before effects are performed, and
//! a kill may fall anywhere in between.

use std::fmt::Debug;

use model::{Role, Time};

/// What a role must be able to do to be simulated.
pub(crate) trait Server:
    Role<Event: Debug, Record: Debug, Effect: Debug, Refusal: Debug> + Clone
{
    /// Whether it has a journal; one that has not starts empty.
    const JOURNALLED: bool;

    /// The same, written as a snapshot and read back.
    fn through_snapshot(&self) -> Self;

    /// Asserts that what a restart must know is the same in both.
    fn assert_same(&self, other: &Self);
}

/// Where a kill falls while an event is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Lives,
    /// Nothing of the event is durable.
    DiesBeforeRecords,
    /// The records are durable, and so many effects are performed.
    DiesAfterEffects(usize),
}

/// What came of an event.
pub(crate) struct Heard<R: Server> {
    /// The records that became durable.
    pub(crate) durable: Vec<R::Record>,
    /// The effects to perform.
    pub(crate) effects: Vec<R::Effect>,
    /// The server was killed at it; the effects are the last that it performed.
    pub(crate) died: bool,
}

pub(crate) struct Node<R: Server> {
    /// The live state; none while the server is down.
    role: Option<R>,
    /// What the durable records alone make.
    replica: R,
    journal: Vec<R::Record>,
    /// How often it was started.
    boot: u32,
}

impl<R: Server> Node<R> {
    /// A server with an empty journal, down.
    pub(crate) const fn new(blank: R) -> Self {
        Self { role: None, replica: blank, journal: Vec::new(), boot: 0 }
    }

    pub(crate) const fn role(&self) -> Option<&R> {
        self.role.as_ref()
    }

    /// What a restart knows.
    pub(crate) const fn replica(&self) -> &R {
        &self.replica
    }

    pub(crate) const fn is_up(&self) -> bool {
        self.role.is_some()
    }

    /// How often it was started; tells what happens to this run from what happens to another.
    pub(crate) const fn boot(&self) -> u32 {
        self.boot
    }

    /// Starts it from its journal, of which some may be replaced by a snapshot; what it wants done first.
    pub(crate) fn start(&mut self, now: Time, blank: &R, snapshot: bool) -> Vec<R::Effect> {
        assert!(self.role.is_none(), "a server is started once");
        let mut role = blank.clone();
        if snapshot {
            role = self.replica.through_snapshot();
        } else {
            self.journal.iter().for_each(|record| role.apply(record, &mut Vec::new()));
        }
        if R::JOURNALLED {
            role.assert_same(&self.replica);
        }
        role.check();
        let mut effects = Vec::new();
        role.resume(now, &mut effects);
        self.role = Some(role);
        self.boot += 1;
        effects
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.role = None;
    }

    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.role.as_ref().and_then(Role::next_deadline)
    }

    /// Lets it handle an event.
    pub(crate) fn hears(&mut self, now: Time, event: &R::Event, fate: Fate) -> Result<Heard<R>, R::Refusal> {
        let mut heard = Heard { durable: Vec::new(), effects: Vec::new(), died: fate != Fate::Lives };
        let Some(role) = &mut self.role else { return Ok(heard) };
        let records = role.decide(now, event)?;
        if fate == Fate::DiesBeforeRecords {
            self.kill();
            return Ok(heard);
        }
        heard.durable = records.iter().filter(|record| R::durable(record)).cloned().collect();
        for record in &heard.durable {
            self.replica.apply(record, &mut Vec::new());
        }
        self.journal.extend(heard.durable.iter().cloned());
        for record in &records {
            role.apply(record, &mut heard.effects);
        }
        role.check();
        if R::JOURNALLED && !heard.durable.is_empty() {
            role.assert_same(&self.replica);
        }
        if let Fate::DiesAfterEffects(performed) = fate {
            heard.effects.truncate(performed);
            self.kill();
        }
        Ok(heard)
    }
}
