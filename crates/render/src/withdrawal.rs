//! Leases that go back without having been begun: the schedule server has a better use for them, or the slot
//! proved unfit. That costs the frame nothing.

use model::{FailureClass, LeaseId, SlotIndex, Time, Usage};

use crate::{Phase, Record, Refusal, Render};

impl Render {
    pub(crate) fn withdrawn(&self, now: Time, lease: LeaseId) -> Result<Vec<Record>, Refusal> {
        if self.outbox.contains_key(&lease) {
            return Ok(Vec::new());
        }
        let attempt = self.attempt(lease)?;
        Ok(match self.phase_of(attempt) {
            Phase::Waiting | Phase::Preparing => self.refused_unbegun(now, lease),
            Phase::Starting => vec![Record::TakeBackWanted { lease }],
            Phase::Running | Phase::Collecting | Phase::Ending => Vec::new(),
        })
    }

    pub(crate) fn not_begun(&self, now: Time, lease: LeaseId) -> Result<Vec<Record>, Refusal> {
        let attempt = self.attempt(lease)?;
        match self.phase_of(attempt) {
            Phase::Starting => Ok(match self.passing.giving_back.get(&lease) {
                Some(why) => vec![attempt.given_back(now, why, Usage::default())],
                None => self.refused_unbegun(now, lease),
            }),
            Phase::Ending if attempt.process.is_none() => Ok(self.forgotten(now, lease)),
            Phase::Waiting | Phase::Preparing | Phase::Running | Phase::Collecting | Phase::Ending => {
                Err(Refusal::OutOfTurn(lease))
            }
        }
    }

    /// The end of an attempt on `slot`, and what comes of it. A session in which the host failed is not
    /// trusted with another frame: what waits for it goes back, and it is closed unless a frame is in it by
    /// now.
    pub(crate) fn with_doubts(&self, slot: SlotIndex, class: FailureClass, end: Record) -> Vec<Record> {
        if class != FailureClass::Host {
            return vec![end];
        }
        let Record::AttemptEnded { report, .. } = &end else { return vec![end] };
        let next = self.attempts.get(&slot).filter(|attempt| attempt.grant.lease != report.lease);
        let handed = next.into_iter().chain(self.line(slot));
        let handed = handed.filter(|attempt| self.phase_of(attempt) == Phase::Starting);
        let back = handed.map(|attempt| Record::TakeBackWanted { lease: attempt.grant.lease });
        let closed = next.is_none().then_some(Record::SessionClosed { slot });
        back.chain(std::iter::once(end)).chain(closed).collect()
    }

    /// Nothing is left of a lease, and there is no report that would tell.
    pub(crate) fn forgotten(&self, now: Time, lease: LeaseId) -> Vec<Record> {
        vec![Record::GrantForgotten { lease, at: now }, Record::AliveSaid { at: now }]
    }

    fn refused_unbegun(&self, now: Time, lease: LeaseId) -> Vec<Record> {
        let why = format!("render host {} had not begun it", self.host);
        vec![Record::GrantForgotten { lease, at: now }, Record::GrantRefused { lease, why }]
    }
}
