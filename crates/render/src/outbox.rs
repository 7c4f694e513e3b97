//! The ends of attempts, and their reports, which are kept until the schedule server has dealt with them.

use model::{FailureClass, LeaseId, Outcome, Output, RenderToSchedule, Report, Time, Usage};

use crate::{Attempt, Effect, Ended, Kept, Phase, Record, Refusal, Render};

/// So many warnings of an attempt are told.
const WARNINGS_MAX: usize = 16;
/// Characters of one.
const WARNING_MAX: usize = 300;

impl Render {
    pub(crate) fn collected(
        &self,
        now: Time,
        lease: LeaseId,
        outputs: &[Output],
        warnings: &[String],
    ) -> Result<Vec<Record>, Refusal> {
        let attempt = self.collecting(lease)?;
        let outcome = Outcome::Done { outputs: outputs.to_vec() };
        let outcome = self.judged(attempt, outcome, attempt.usage());
        Ok(vec![attempt.end_warned(now, outcome, attempt.usage(), capped(warnings))])
    }

    pub(crate) fn not_collected(
        &self,
        now: Time,
        lease: LeaseId,
        (class, message): (FailureClass, &str),
        warnings: &[String],
    ) -> Result<Vec<Record>, Refusal> {
        let attempt = self.collecting(lease)?;
        let outcome = Outcome::Failed { class, message: message.to_owned() };
        let outcome = self.judged(attempt, outcome, attempt.usage());
        let end = attempt.end_warned(now, outcome, attempt.usage(), capped(warnings));
        Ok(self.with_doubts(attempt.grant.slot, class, end))
    }

    /// Whole attempts, told in one. What is wrong with one of them keeps nothing from the others.
    pub(crate) fn ended(&self, now: Time, ended: &[Ended]) -> Result<Vec<Record>, Refusal> {
        let mut records = Vec::new();
        let mut refused = Ok(());
        for one in ended {
            match self.ended_one(now, one) {
                Ok(more) => records.extend(more),
                Err(refusal) => refused = Err(refusal),
            }
        }
        if records.is_empty() { refused.map(|()| records) } else { Ok(records) }
    }

    fn ended_one(&self, now: Time, ended: &Ended) -> Result<Vec<Record>, Refusal> {
        let Ended { lease, usage, outcome } = ended;
        let attempt = self.attempt(*lease)?;
        match (self.phase_of(attempt), outcome) {
            (Phase::Ending, _) => Ok(self.forgotten(now, *lease)),
            (Phase::Starting | Phase::Running, outcome) => {
                if let (Some(why), Outcome::Failed { .. }) = (self.passing.giving_back.get(lease), outcome) {
                    return Ok(vec![attempt.given_back(now, why, *usage)]);
                }
                let end = attempt.end(now, self.judged(attempt, outcome.clone(), *usage), *usage);
                Ok(match outcome {
                    Outcome::Failed { class, .. } => self.with_doubts(attempt.grant.slot, *class, end),
                    Outcome::Done { .. } => vec![end],
                })
            }
            (Phase::Waiting | Phase::Preparing | Phase::Collecting, _) => Err(Refusal::OutOfTurn(*lease)),
        }
    }

    fn collecting(&self, lease: LeaseId) -> Result<&Attempt, Refusal> {
        let attempt = self.attempt(lease)?;
        match self.phase_of(attempt) {
            Phase::Collecting => Ok(attempt),
            Phase::Waiting | Phase::Preparing | Phase::Starting | Phase::Running | Phase::Ending => {
                Err(Refusal::OutOfTurn(lease))
            }
        }
    }

    pub(crate) fn attempt_ended(&mut self, report: &Report, at: Time, effects: &mut Vec<Effect>) {
        if let Some(slot) = self.leave(report.lease, at, effects) {
            self.outbox.insert(report.lease, Kept { slot, report: report.clone() });
            self.send_report(report.lease, effects);
        }
    }

    pub(crate) fn send_report(&self, lease: LeaseId, effects: &mut Vec<Effect>) {
        if let Some(kept) = self.outbox.get(&lease) {
            self.say(RenderToSchedule::Report(kept.report.clone()), effects);
        }
    }
}

impl Attempt {
    pub(crate) fn failed(&self, at: Time, class: FailureClass, message: &str) -> Record {
        self.end(at, Outcome::Failed { class, message: message.to_owned() }, self.usage())
    }

    pub(crate) fn given_back(&self, at: Time, why: &str, usage: Usage) -> Record {
        let message = why.to_owned();
        self.end(at, Outcome::Failed { class: FailureClass::GivenBack, message }, usage)
    }

    pub(crate) fn open_session(&self) -> Effect {
        let (slot, frame, lease) = (self.grant.slot, self.grant.frame, self.grant.lease);
        Effect::OpenSession { slot, job: frame.job, step: frame.step, lease }
    }

    fn end(&self, at: Time, outcome: Outcome, usage: Usage) -> Record {
        self.end_warned(at, outcome, usage, Vec::new())
    }

    fn end_warned(&self, at: Time, outcome: Outcome, usage: Usage, warnings: Vec<String>) -> Record {
        let (lease, frame, attempt) = (self.grant.lease, self.grant.frame, self.grant.attempt);
        Record::AttemptEnded { report: Report { lease, frame, attempt, outcome, usage, warnings }, at }
    }

    fn usage(&self) -> Usage {
        self.ended.map(|ended| ended.usage).unwrap_or_default()
    }
}

/// A package may print a million warnings; the first few say it.
fn capped(warnings: &[String]) -> Vec<String> {
    let one_line = |warning: &String| {
        let flat = warning.split_whitespace().collect::<Vec<_>>().join(" ");
        flat.chars().take(WARNING_MAX).collect::<String>()
    };
    let said = warnings.iter().map(one_line).filter(|warning| !warning.is_empty());
    let mut told: Vec<String> = Vec::new();
    for warning in said {
        if told.len() == WARNINGS_MAX {
            break;
        }
        if !told.contains(&warning) {
            told.push(warning);
        }
    }
    told
}
