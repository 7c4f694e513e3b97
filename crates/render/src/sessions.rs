//! Sessions: what a slot is set up for. One serves all frames of a step that its slot takes in a row.

use model::{FailureClass, Grant, JobId, LeaseId, SlotIndex, StepIndex, Time};

use crate::passing::Session;
use crate::{Effect, Phase, Record, Refusal, Render, SESSION_IDLE_MS};

impl Render {
    pub(crate) fn session_ready(&self, lease: LeaseId) -> Result<Vec<Record>, Refusal> {
        let attempt = self.attempt(lease)?;
        if self.phase_of(attempt) != Phase::Preparing {
            return Err(Refusal::OutOfTurn(lease));
        }
        let Grant { slot, frame, .. } = attempt.grant;
        Ok(vec![Record::SessionOpened { slot, job: frame.job, step: frame.step }])
    }

    pub(crate) fn session_failed(
        &self,
        now: Time,
        lease: LeaseId,
        class: FailureClass,
        why: &str,
    ) -> Result<Vec<Record>, Refusal> {
        let attempt = self.attempt(lease)?;
        if self.phase_of(attempt) != Phase::Preparing {
            return Err(Refusal::OutOfTurn(lease));
        }
        Ok(vec![attempt.failed(now, class, why)])
    }

    /// The earliest moment at which a session has been idle for too long.
    pub(crate) fn idle_deadline(&self) -> Option<Time> {
        let idle = self.passing.sessions.values().filter_map(|session| session.idle_since);
        idle.min().map(|since| since.plus_ms(SESSION_IDLE_MS))
    }

    pub(crate) fn idle_sessions(&self, now: Time) -> Vec<Record> {
        let due = |since: Time| since.plus_ms(SESSION_IDLE_MS) <= now;
        let sessions = self.passing.sessions.iter();
        sessions
            .filter(|(_, session)| session.idle_since.is_some_and(due))
            .map(|(slot, _)| Record::SessionClosed { slot: *slot })
            .collect()
    }

    pub(crate) fn session_opened(
        &mut self,
        slot: SlotIndex,
        job: JobId,
        step: StepIndex,
        effects: &mut Vec<Effect>,
    ) {
        self.passing.sessions.insert(slot, Session { job, step, idle_since: None });
        self.start(slot, effects);
    }

    pub(crate) fn session_closed(&mut self, slot: SlotIndex, effects: &mut Vec<Effect>) {
        if let Some(Session { job, step, .. }) = self.passing.sessions.remove(&slot) {
            effects.push(Effect::CloseSession { slot, job, step });
        }
    }

    /// The slot's attempt has left it. A session that stands waits for the next frame of its step; one that
    /// was still being opened, or that an earlier run left, is cleared.
    pub(crate) fn session_left(&mut self, grant: &Grant, at: Time, effects: &mut Vec<Effect>) {
        let Grant { slot, frame, .. } = *grant;
        match self.passing.sessions.get_mut(&slot) {
            Some(session) => session.idle_since = Some(at),
            None => effects.push(Effect::CloseSession { slot, job: frame.job, step: frame.step }),
        }
    }
}
