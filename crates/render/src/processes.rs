//! The processes that render: started, watched, ended, and found again after a restart.

use model::{Exit, FailureClass, LeaseId, ProcessMark, RenderToSchedule, Time, Usage};

use crate::{Attempt, Effect, Ended, Phase, Record, Refusal, Render};

impl Render {
    pub(crate) fn started(&self, lease: LeaseId, process: ProcessMark) -> Result<Vec<Record>, Refusal> {
        let (_, attempt) = self.attempt(lease)?;
        match self.phase_of(attempt) {
            Phase::Starting => Ok(vec![Record::ProcessStarted { lease, process }]),
            Phase::Ending if attempt.process.is_none() => Ok(vec![Record::ProcessStarted { lease, process }]),
            Phase::Preparing | Phase::Running | Phase::Collecting | Phase::Ending => {
                Err(Refusal::OutOfTurn(lease))
            }
        }
    }

    pub(crate) fn start_failed(
        &self,
        now: Time,
        lease: LeaseId,
        class: FailureClass,
        why: &str,
    ) -> Result<Vec<Record>, Refusal> {
        let (slot, attempt) = self.attempt(lease)?;
        match self.phase_of(attempt) {
            Phase::Ending if attempt.process.is_none() => Ok(vec![Record::GrantForgotten { lease, at: now }]),
            Phase::Starting if self.passing.giving_back.contains(&lease) => {
                Ok(vec![attempt.given_back(now, Usage::default())])
            }
            Phase::Starting => {
                let mut records = vec![attempt.failed(now, class, why)];
                records.extend(self.session_after(slot, class));
                Ok(records)
            }
            Phase::Preparing | Phase::Running | Phase::Collecting | Phase::Ending => {
                Err(Refusal::OutOfTurn(lease))
            }
        }
    }

    pub(crate) fn progressed(&self, lease: LeaseId, permille: u16) -> Result<Vec<Record>, Refusal> {
        let (_, attempt) = self.attempt(lease)?;
        if self.phase_of(attempt) != Phase::Running {
            return Err(Refusal::OutOfTurn(lease));
        }
        let permille = permille.min(1000);
        if self.passing.progress.get(&lease) == Some(&permille) {
            return Ok(Vec::new());
        }
        Ok(vec![Record::ProgressMade { lease, permille }])
    }

    pub(crate) fn exited(
        &self,
        now: Time,
        lease: LeaseId,
        exit: Exit,
        usage: Usage,
    ) -> Result<Vec<Record>, Refusal> {
        let (_, attempt) = self.attempt(lease)?;
        match self.phase_of(attempt) {
            Phase::Ending => Ok(vec![Record::GrantForgotten { lease, at: now }]),
            Phase::Starting | Phase::Running if self.passing.giving_back.contains(&lease) => {
                Ok(vec![attempt.given_back(now, usage)])
            }
            Phase::Starting | Phase::Running => Ok(vec![Record::ProcessExited { lease, exit, usage }]),
            Phase::Preparing | Phase::Collecting => Err(Refusal::OutOfTurn(lease)),
        }
    }

    pub(crate) fn start_wanted(&mut self, lease: LeaseId, effects: &mut Vec<Effect>) {
        let Some(attempt) = self.attempt_mut(lease) else { return };
        let grant = attempt.grant.clone();
        if let Some(session) = self.passing.sessions.get_mut(&grant.slot) {
            session.idle_since = None;
        }
        self.passing.starting.insert(lease);
        effects.push(Effect::Start { grant });
    }

    pub(crate) fn process_started(
        &mut self,
        lease: LeaseId,
        process: ProcessMark,
        effects: &mut Vec<Effect>,
    ) {
        let Some(attempt) = self.attempt_mut(lease) else { return };
        attempt.process = Some(process);
        let dropped = attempt.dropped;
        self.passing.starting.remove(&lease);
        if dropped || self.passing.giving_back.contains(&lease) {
            // It was started while it was being killed.
            effects.push(Effect::Kill { lease });
        }
        if !dropped {
            self.say(RenderToSchedule::Started { lease }, effects);
        }
    }

    pub(crate) fn progress_made(&mut self, lease: LeaseId, permille: u16, effects: &mut Vec<Effect>) {
        self.passing.progress.insert(lease, permille);
        self.say(RenderToSchedule::Progress { lease, permille }, effects);
    }

    pub(crate) fn process_exited(&mut self, lease: LeaseId, ended: Ended, effects: &mut Vec<Effect>) {
        let Some(attempt) = self.attempt_mut(lease) else { return };
        attempt.ended = Some(ended);
        effects.push(Effect::Collect { grant: attempt.grant.clone(), exit: ended.exit });
        self.passing.starting.remove(&lease);
    }

    pub(crate) fn resume_attempt(&self, attempt: &Attempt, effects: &mut Vec<Effect>) {
        let grant = attempt.grant.clone();
        let lease = grant.lease;
        match (attempt.process, attempt.ended) {
            (_, Some(Ended { exit, .. })) => effects.push(Effect::Collect { grant, exit }),
            (Some(process), None) => effects.push(Effect::Adopt { lease, process, grant }),
            (None, None) if attempt.dropped => {}
            (None, None) => effects.push(attempt.open_session()),
        }
        if attempt.dropped {
            effects.push(Effect::Kill { lease });
        }
    }
}
