//! The ends of attempts, and their reports, which are kept until the schedule server has dealt with them.

use model::{
    FailureClass, LeaseId, Outcome, Output, RenderToSchedule, Report, SlotIndex, SlotState, Time, Usage,
};

use crate::{Attempt, Effect, Kept, Phase, Record, Refusal, Render};

impl Render {
    pub(crate) fn collected(
        &self,
        now: Time,
        lease: LeaseId,
        outputs: &[Output],
    ) -> Result<Vec<Record>, Refusal> {
        let (_, attempt) = self.collecting(lease)?;
        if outputs.is_empty() {
            let why = "the attempt left no output";
            return Ok(vec![attempt.failed(now, FailureClass::Frame, why)]);
        }
        Ok(vec![attempt.end(now, Outcome::Done { outputs: outputs.to_vec() }, attempt.usage())])
    }

    pub(crate) fn not_collected(
        &self,
        now: Time,
        lease: LeaseId,
        class: FailureClass,
        message: &str,
    ) -> Result<Vec<Record>, Refusal> {
        let (slot, attempt) = self.collecting(lease)?;
        let mut records = vec![attempt.failed(now, class, message)];
        records.extend(self.session_after(slot, class));
        Ok(records)
    }

    /// A session in which the host failed is not trusted with another frame.
    pub(crate) fn session_after(&self, slot: SlotIndex, class: FailureClass) -> Option<Record> {
        (class == FailureClass::Host).then_some(Record::SessionClosed { slot })
    }

    fn collecting(&self, lease: LeaseId) -> Result<(SlotIndex, &Attempt), Refusal> {
        let (slot, attempt) = self.attempt(lease)?;
        match self.phase_of(attempt) {
            Phase::Collecting => Ok((slot, attempt)),
            Phase::Preparing | Phase::Starting | Phase::Running | Phase::Ending => {
                Err(Refusal::OutOfTurn(lease))
            }
        }
    }

    pub(crate) fn attempt_ended(&mut self, report: &Report, at: Time, effects: &mut Vec<Effect>) {
        if let Some(slot) = self.free_slot(report.lease, at, effects) {
            self.outbox.insert(report.lease, Kept { slot, report: report.clone() });
            self.send_report(report.lease, effects);
        }
    }

    pub(crate) fn grant_forgotten(&mut self, lease: LeaseId, at: Time, effects: &mut Vec<Effect>) {
        if self.free_slot(lease, at, effects).is_some() {
            // There is no report that would tell that the slot is free again.
            self.say_alive(effects);
        }
    }

    pub(crate) fn send_report(&self, lease: LeaseId, effects: &mut Vec<Effect>) {
        if let Some(kept) = self.outbox.get(&lease) {
            self.say(RenderToSchedule::Report(kept.report.clone()), effects);
        }
    }

    fn free_slot(&mut self, lease: LeaseId, at: Time, effects: &mut Vec<Effect>) -> Option<SlotIndex> {
        let slot = self.attempt(lease).ok()?.0;
        let attempt = self.attempts.remove(&slot)?;
        self.passing.attempt_left(lease);
        effects.push(Effect::Forget { lease });
        self.session_left(&attempt.grant, at, effects);
        effects.push(Effect::SlotChanged { slot, now: SlotState::Free });
        Some(slot)
    }
}

impl Attempt {
    pub(crate) fn failed(&self, at: Time, class: FailureClass, message: &str) -> Record {
        self.end(at, Outcome::Failed { class, message: message.to_owned() }, self.usage())
    }

    pub(crate) fn given_back(&self, at: Time, usage: Usage) -> Record {
        let message = "the render server is stopping".to_owned();
        self.end(at, Outcome::Failed { class: FailureClass::GivenBack, message }, usage)
    }

    pub(crate) fn open_session(&self) -> Effect {
        let (slot, frame, lease) = (self.grant.slot, self.grant.frame, self.grant.lease);
        Effect::OpenSession { slot, job: frame.job, step: frame.step, lease }
    }

    fn end(&self, at: Time, outcome: Outcome, usage: Usage) -> Record {
        let (lease, frame, attempt) = (self.grant.lease, self.grant.frame, self.grant.attempt);
        Record::AttemptEnded { report: Report { lease, frame, attempt, outcome, usage }, at }
    }

    fn usage(&self) -> Usage {
        self.ended.map(|ended| ended.usage).unwrap_or_default()
    }
}
