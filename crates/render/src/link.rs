//! The link to the schedule server: saying hello and being alive, and what the schedule server says.

use std::collections::BTreeSet;

use model::{
    AHEAD_MAX, Amounts, Door, Grant, HEARTBEAT_MS, LeaseId, RenderToSchedule, ScheduleToRender, Time,
};

use crate::line::slots_of;
use crate::passing::Link;
use crate::{Attempt, Effect, Phase, Record, Refusal, Render};

impl Render {
    pub(crate) fn schedule_spoke(
        &self,
        now: Time,
        message: &ScheduleToRender,
    ) -> Result<Vec<Record>, Refusal> {
        if !self.passing.is_linked() {
            return Err(Refusal::NotLinked);
        }
        match message {
            ScheduleToRender::Welcome => Ok(vec![Record::Welcomed]),
            ScheduleToRender::TurnedAway { why } => Ok(vec![Record::TurnedAway { why: why.clone() }]),
            ScheduleToRender::Grant(grant) => Ok(self.granted(now, grant)),
            ScheduleToRender::Revoke { lease } => self.revoked(now, *lease),
            ScheduleToRender::Withdraw { lease } => self.withdrawn(now, *lease),
            ScheduleToRender::Acknowledge { lease } if self.outbox.contains_key(lease) => {
                Ok(vec![Record::ReportAcknowledged { lease: *lease }])
            }
            ScheduleToRender::Acknowledge { lease } => Err(Refusal::UnknownLease(*lease)),
            ScheduleToRender::Order(order) => Ok(self.ordered(now, order)),
            // Its shell looks at them, and fetches them.
            ScheduleToRender::Look { .. } | ScheduleToRender::Prefetch { .. } => Ok(Vec::new()),
        }
    }

    fn granted(&self, now: Time, grant: &Grant) -> Vec<Record> {
        let lease = grant.lease;
        let refused = |why| vec![Record::GrantRefused { lease, why }];
        if self.outbox.contains_key(&lease) {
            return vec![Record::ReportRepeated { lease }];
        }
        match self.attempt(lease) {
            Ok(attempt) if attempt.dropped => return refused(format!("lease {lease} was taken back")),
            Ok(_) => return Vec::new(),
            Err(_) => {}
        }
        if let Door::Closed { why, .. } = self.door() {
            return refused(format!("render host {} takes no frames: {why}", self.host));
        }
        let mut named = BTreeSet::new();
        for slot in slots_of(grant) {
            if slot.0 >= self.slots {
                let (host, slots) = (&self.host, self.slots);
                return refused(format!("render host {host} has {slots} slots and no slot {slot}"));
            }
            if !named.insert(slot) {
                return refused(format!("lease {lease} names slot {slot} twice"));
            }
            if self.line(slot).count() >= AHEAD_MAX {
                let host = &self.host;
                return refused(format!("{AHEAD_MAX} leases wait for slot {slot} of render host {host}"));
            }
        }
        if let Some(gpu) = self.gpu_in_use(grant) {
            return refused(format!("GPU {gpu} of render host {} is still in use", self.host));
        }
        vec![Record::GrantTaken { grant: grant.clone(), at: now }]
    }

    /// A GPU of `grant` that an attempt holds, be it on its way out. One in front of it in its own line has
    /// gone when its turn comes, and one that is rendered uses none.
    fn gpu_in_use(&self, grant: &Grant) -> Option<u16> {
        let in_line = |attempt: &Attempt| attempt.slots().any(|slot| slots_of(grant).any(|own| own == slot));
        let using = self.attempts.values().chain(&self.ahead);
        let mut others = using.filter(|attempt| attempt.ended.is_none() && !in_line(attempt));
        others.find_map(|other| other.grant.gpus.iter().copied().find(|gpu| grant.gpus.contains(gpu)))
    }

    fn revoked(&self, now: Time, lease: LeaseId) -> Result<Vec<Record>, Refusal> {
        if self.outbox.contains_key(&lease) {
            return Ok(vec![Record::ReportAcknowledged { lease }]);
        }
        let attempt = self.attempt(lease)?;
        Ok(match self.phase_of(attempt) {
            Phase::Starting | Phase::Running => vec![Record::GrantDropped { lease }],
            Phase::Waiting | Phase::Preparing | Phase::Collecting => self.forgotten(now, lease),
            Phase::Ending => Vec::new(),
        })
    }

    pub(crate) fn alive_deadline(&self) -> Option<Time> {
        match &self.passing.link {
            Link::Up { alive_said_at, .. } => Some(alive_said_at.plus_ms(HEARTBEAT_MS)),
            Link::Down | Link::TurnedAway(_) => None,
        }
    }

    pub(crate) fn deadline_passed(&self, now: Time) -> Vec<Record> {
        let due = |deadline: Option<Time>| deadline.is_some_and(|deadline| deadline <= now);
        let mut records = self.idle_sessions(now);
        records.extend(self.times_exceeded(now));
        if due(self.alive_deadline()) {
            records.push(Record::AliveSaid { at: now });
        }
        if due(self.end_deadline()) {
            records.extend(self.stop(now));
        }
        if due(self.stop_deadline()) {
            records.push(Record::StopForced);
        }
        records
    }

    pub(crate) fn grant_refused(&self, lease: LeaseId, why: &str, effects: &mut Vec<Effect>) {
        self.say(RenderToSchedule::Refused { lease, why: why.to_owned() }, effects);
    }

    pub(crate) fn grant_dropped(&mut self, lease: LeaseId, effects: &mut Vec<Effect>) {
        if let Some(attempt) = self.attempt_mut(lease) {
            attempt.dropped = true;
            effects.push(Effect::Kill { lease });
        }
    }

    pub(crate) fn linked(&mut self, at: Time, effects: &mut Vec<Effect>) {
        self.passing.link = Link::Up { welcomed: false, alive_said_at: at };
        self.say_hello(effects);
        self.say_rendered(effects);
        for lease in self.outbox.keys() {
            self.send_report(*lease, effects);
        }
    }

    /// What the host has besides slots stands in the hello, so one that changed is told by another.
    pub(crate) fn amounts_told(&self, now: Time, amounts: Amounts) -> Vec<Record> {
        if amounts == self.passing.amounts {
            return Vec::new();
        }
        let again = self.passing.is_linked().then_some(Record::Linked { at: now });
        std::iter::once(Record::AmountsSaid { amounts }).chain(again).collect()
    }

    fn say_hello(&self, effects: &mut Vec<Effect>) {
        let hello = RenderToSchedule::Hello {
            host: self.host.clone(),
            instance: self.instance.clone(),
            slots: self.slots,
            held: self.held(),
            amounts: self.passing.amounts,
            door: self.door(),
        };
        self.say(hello, effects);
    }

    pub(crate) fn welcomed(&mut self) {
        if let Link::Up { welcomed, .. } = &mut self.passing.link {
            *welcomed = true;
        }
    }

    pub(crate) fn turned_away(&mut self, why: &str) {
        self.passing.link = Link::TurnedAway(why.to_owned());
    }

    pub(crate) fn unlinked(&mut self) {
        // Why the hello was not taken stays to be seen until the next one.
        if self.passing.is_linked() {
            self.passing.link = Link::Down;
        }
    }

    pub(crate) fn alive_said(&mut self, at: Time, effects: &mut Vec<Effect>) {
        if let Link::Up { alive_said_at, .. } = &mut self.passing.link {
            *alive_said_at = at;
        }
        self.say_alive(effects);
    }

    /// Says which leases keep slots busy or wait for them. A dropped one is among them until its process is
    /// gone, so that the schedule server does not count on its slot before.
    fn say_alive(&self, effects: &mut Vec<Effect>) {
        let held = self.all().map(|attempt| attempt.grant.lease).collect();
        self.say(RenderToSchedule::Alive { held }, effects);
    }

    /// Says something to the schedule server; without a link nothing is lost, because the next hello and
    /// the outbox say all of it.
    pub(crate) fn say(&self, message: RenderToSchedule, effects: &mut Vec<Effect>) {
        if self.passing.is_linked() {
            effects.push(Effect::ToSchedule(message));
        }
    }
}
