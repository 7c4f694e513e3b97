//! The processes that render: started, watched, ended, and found again after a restart.

use model::{Exit, FailureClass, LeaseId, ProcessMark, RenderToSchedule, Time, Usage};

use crate::{Attempt, Effect, Phase, ProcessEnd, Record, Refusal, Render};

impl Render {
    pub(crate) fn started(
        &self,
        now: Time,
        lease: LeaseId,
        process: ProcessMark,
    ) -> Result<Vec<Record>, Refusal> {
        let attempt = self.attempt(lease)?;
        let started = Record::ProcessStarted { lease, process, at: Some(now) };
        let watched = Record::ProcessWatched { lease, at: now };
        match self.phase_of(attempt) {
            Phase::Starting => Ok(vec![started, watched]),
            Phase::Running if attempt.process == Some(process) => Ok(vec![watched]),
            Phase::Ending if attempt.process.is_none() => Ok(vec![started]),
            Phase::Waiting | Phase::Preparing | Phase::Running | Phase::Collecting | Phase::Ending => {
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
        let attempt = self.attempt(lease)?;
        match self.phase_of(attempt) {
            Phase::Ending if attempt.process.is_none() => Ok(self.forgotten(now, lease)),
            Phase::Starting => {
                if let Some(why) = self.passing.giving_back.get(&lease) {
                    return Ok(vec![attempt.given_back(now, why, Usage::default())]);
                }
                Ok(self.with_doubts(attempt.grant.slot, class, attempt.failed(now, class, why)))
            }
            Phase::Waiting | Phase::Preparing | Phase::Running | Phase::Collecting | Phase::Ending => {
                Err(Refusal::OutOfTurn(lease))
            }
        }
    }

    pub(crate) fn progressed(
        &self,
        now: Time,
        lease: LeaseId,
        permille: u16,
    ) -> Result<Vec<Record>, Refusal> {
        let attempt = self.attempt(lease)?;
        if self.phase_of(attempt) != Phase::Running {
            return Err(Refusal::OutOfTurn(lease));
        }
        let permille = permille.min(1000);
        if self.passing.progress.get(&lease) == Some(&permille) {
            return Ok(Vec::new());
        }
        Ok(vec![Record::ProgressMade { lease, permille, at: now }])
    }

    pub(crate) fn exited(
        &self,
        now: Time,
        lease: LeaseId,
        exit: Exit,
        usage: Usage,
    ) -> Result<Vec<Record>, Refusal> {
        let attempt = self.attempt(lease)?;
        match self.phase_of(attempt) {
            Phase::Ending => Ok([self.ends_along(attempt, exit), self.forgotten(now, lease)].concat()),
            Phase::Starting | Phase::Running => {
                let end = match self.passing.giving_back.get(&lease) {
                    Some(why) => attempt.given_back(now, why, usage),
                    None => Record::ProcessExited { lease, exit, usage, at: Some(now) },
                };
                Ok([self.ends_along(attempt, exit), vec![end]].concat())
            }
            Phase::Waiting | Phase::Preparing | Phase::Collecting => Err(Refusal::OutOfTurn(lease)),
        }
    }

    pub(crate) fn process_started(
        &mut self,
        lease: LeaseId,
        process: ProcessMark,
        at: Option<Time>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(attempt) = self.attempt_mut(lease) else { return };
        attempt.process = Some(process);
        attempt.started_at = at;
        let dropped = attempt.dropped;
        self.passing.starting.remove(&lease);
        if dropped || self.passing.giving_back.contains_key(&lease) {
            // It was started while it was being killed.
            effects.push(Effect::Kill { lease });
        }
        if !dropped {
            self.say(RenderToSchedule::Started { lease }, effects);
        }
    }

    pub(crate) fn progress_made(
        &mut self,
        lease: LeaseId,
        permille: u16,
        at: Time,
        effects: &mut Vec<Effect>,
    ) {
        self.passing.progress.insert(lease, permille);
        self.passing.moved_at.insert(lease, at);
        self.say(RenderToSchedule::Progress { lease, permille }, effects);
    }

    pub(crate) fn process_exited(
        &mut self,
        lease: LeaseId,
        ended: ProcessEnd,
        at: Option<Time>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(attempt) = self.attempt_mut(lease) else { return };
        attempt.ended = Some(ended);
        let slot = attempt.grant.slot;
        effects.push(Effect::Collect { grant: attempt.grant.clone(), exit: ended.exit });
        self.passing.starting.remove(&lease);
        if let Some(at) = at {
            self.make_way(slot, at, effects);
        }
    }

    pub(crate) fn resume_attempt(&self, attempt: &Attempt, effects: &mut Vec<Effect>) {
        let grant = attempt.grant.clone();
        let lease = grant.lease;
        match (attempt.process, attempt.ended) {
            (_, Some(ProcessEnd { exit, .. })) => effects.push(Effect::Collect { grant, exit }),
            (Some(process), None) => effects.push(Effect::Adopt { lease, process, grant }),
            (None, None) if attempt.dropped || self.phase_of(attempt) == Phase::Waiting => {}
            (None, None) => effects.push(attempt.open_session()),
        }
        if attempt.dropped {
            effects.push(Effect::Kill { lease });
        }
    }
}
