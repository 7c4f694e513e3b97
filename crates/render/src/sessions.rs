//! Sessions: what a slot is set up for. One serves all frames of a step that its slot takes in a row.

use model::{Exit, FailureClass, Grant, JobId, LeaseId, SlotIndex, StepIndex, Time};

use crate::passing::Session;
use crate::{Attempt, Effect, Phase, Record, Refusal, Render, SESSION_IDLE_MS};

impl Render {
    pub(crate) fn session_ready(&self, lease: LeaseId, tied: bool) -> Result<Vec<Record>, Refusal> {
        let attempt = self.attempt(lease)?;
        if self.phase_of(attempt) != Phase::Preparing {
            return Err(Refusal::OutOfTurn(lease));
        }
        let Grant { slot, frame, .. } = attempt.grant;
        Ok(vec![Record::SessionOpened { slot, job: frame.job, step: frame.step, tied }])
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

    /// What comes before the end of a process in a session that ends with it, as the next try gets a new one:
    /// what was handed over goes back.
    pub(crate) fn ends_along(&self, attempt: &Attempt, exit: Exit) -> Vec<Record> {
        let slot = attempt.grant.slot;
        let tied = self.passing.sessions.get(&slot).is_some_and(|session| session.tied);
        let at_work = self.attempts.get(&slot).is_some_and(|it| it.grant.lease == attempt.grant.lease);
        if !tied || !at_work || exit == Exit::Code(0) {
            return Vec::new();
        }
        let handed = self.line(slot).filter(|attempt| self.phase_of(attempt) == Phase::Starting);
        let back = handed.map(|attempt| Record::TakeBackWanted { lease: attempt.grant.lease });
        back.chain([Record::SessionClosed { slot }]).collect()
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
        (job, step): (JobId, StepIndex),
        tied: bool,
        effects: &mut Vec<Effect>,
    ) {
        let (idle_since, memory_bytes, gpus) = (None, 0, Vec::new());
        self.passing.sessions.insert(slot, Session { job, step, tied, idle_since, memory_bytes, gpus });
        self.start(slot, effects);
    }

    /// Closes idle sessions of other slots that may hold what the attempt on `slot` has reserved: their
    /// packages may still be there, and the memory and the GPUs are this one's now. Those that are idle
    /// longest go first.
    pub(crate) fn reserve_for(&mut self, slot: SlotIndex, effects: &mut Vec<Effect>) {
        let Some(attempt) = self.attempts.get(&slot) else { return };
        let (wanted, gpus) = (attempt.grant.memory_bytes, attempt.grant.gpus.clone());
        if wanted == 0 && gpus.is_empty() {
            return;
        }
        let used: u64 = self.attempts.values().map(|attempt| attempt.grant.memory_bytes).sum();
        let own = |session: &Session| {
            (session.job, session.step) == (attempt.grant.frame.job, attempt.grant.frame.step)
        };
        let idle = self.passing.sessions.iter().filter_map(|(at, session)| {
            let since = session.idle_since.filter(|_| *at != slot || !own(session))?;
            let shared = session.gpus.iter().any(|gpu| gpus.contains(gpu));
            Some((since, *at, session.memory_bytes, shared))
        });
        let mut idle: Vec<_> = idle.collect();
        idle.sort_unstable();
        let mut held: u64 = idle.iter().map(|(_, _, memory, _)| *memory).sum();
        for (_, at, memory, shared) in idle {
            let full = memory > 0 && used + held > self.passing.amounts.memory_bytes;
            if shared || full {
                held -= memory;
                self.session_closed(at, effects);
            }
        }
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
            Some(session) => {
                session.idle_since = Some(at);
                session.memory_bytes = grant.memory_bytes;
                session.gpus.clone_from(&grant.gpus);
            }
            None => effects.push(Effect::CloseSession { slot, job: frame.job, step: frame.step }),
        }
    }
}
