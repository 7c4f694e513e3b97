//! The lines of the slots: what is at work, what waits behind it, and what is handed over to the shell early.
//!
//! Whatever waits keeps the order in which it came, over all slots: so attempts that hold several slots at
//! once are neither overtaken for ever nor able to wait for each other.

use std::collections::BTreeSet;

use model::{Grant, LeaseId, SlotIndex, SlotState, Time};

use crate::{Attempt, Effect, Phase, Render};

impl Attempt {
    pub(crate) fn new(grant: &Grant, taken_at: Time) -> Self {
        let grant = grant.clone();
        Self { grant, taken_at, process: None, started_at: None, ended: None, dropped: false }
    }

    /// Every slot that it holds while it is at work, the one it runs on first.
    pub(crate) fn slots(&self) -> impl Iterator<Item = SlotIndex> + '_ {
        slots_of(&self.grant)
    }

    fn is_wide(&self) -> bool {
        !self.grant.also.is_empty()
    }
}

pub(crate) fn slots_of(grant: &Grant) -> impl Iterator<Item = SlotIndex> + '_ {
    std::iter::once(grant.slot).chain(grant.also.iter().copied())
}

impl Render {
    /// The attempt at work that holds `slot`.
    pub(crate) fn holder(&self, slot: SlotIndex) -> Option<&Attempt> {
        let wide = || self.attempts.values().find(|attempt| attempt.grant.also.contains(&slot));
        self.attempts.get(&slot).or_else(wide)
    }

    /// What waits for `slot`, first come first.
    pub(crate) fn line(&self, slot: SlotIndex) -> impl Iterator<Item = &Attempt> {
        self.ahead.iter().filter(move |attempt| attempt.slots().any(|wanted| wanted == slot))
    }

    pub(crate) fn grant_taken(&mut self, grant: &Grant, at: Time, effects: &mut Vec<Effect>) {
        let attempt = Attempt::new(grant, at);
        let clear =
            attempt.slots().all(|slot| self.holder(slot).is_none() && self.line(slot).next().is_none());
        if clear {
            self.take_up(attempt, at, effects);
        } else {
            self.ahead.push(attempt);
            self.hand_over(grant.slot, effects);
        }
    }

    /// Takes an attempt, and with it all that is known of it, out of its slot, its line or what is collected.
    pub(crate) fn leave(&mut self, lease: LeaseId, at: Time, effects: &mut Vec<Effect>) -> Option<SlotIndex> {
        if let Some(index) = self.collecting.iter().position(|attempt| attempt.grant.lease == lease) {
            let slot = self.collecting.remove(index).grant.slot;
            self.passing.attempt_left(lease);
            effects.push(Effect::Forget { lease });
            self.make_way(slot, at, effects);
            return Some(slot);
        }
        let waiting = self.ahead.iter().position(|attempt| attempt.grant.lease == lease);
        let attempt = match waiting {
            Some(index) => self.ahead.remove(index),
            None => {
                let slot = self.attempt(lease).ok()?.grant.slot;
                self.attempts.remove(&slot)?
            }
        };
        self.passing.attempt_left(lease);
        effects.push(Effect::Forget { lease });
        if waiting.is_none() {
            self.session_left(&attempt.grant, at, effects);
            self.slots_left(&attempt, at, effects);
        } else {
            self.move_up(&attempt, at, effects);
        }
        Some(attempt.grant.slot)
    }

    /// Lets what waits take the slots that `left` had or stood in line for.
    pub(crate) fn move_up(&mut self, left: &Attempt, at: Time, effects: &mut Vec<Effect>) {
        let mut open: BTreeSet<SlotIndex> = left.slots().collect();
        // By attempts that want several slots and go on waiting for one of them.
        let mut claimed = BTreeSet::new();
        let mut index = 0;
        while let Some(waiting) = self.ahead.get(index)
            && !open.is_empty()
        {
            let touched = waiting.slots().any(|slot| open.contains(&slot));
            let clear = |slot: SlotIndex| !claimed.contains(&slot) && self.holder(slot).is_none();
            let ready = touched && waiting.slots().all(clear);
            waiting.slots().for_each(|slot| {
                open.remove(&slot);
            });
            if ready {
                let attempt = self.ahead.remove(index);
                self.take_up(attempt, at, effects);
            } else {
                if waiting.is_wide() {
                    claimed.extend(waiting.slots());
                }
                index += 1;
            }
        }
    }

    /// Puts an attempt to work on its slots, which are clear.
    fn take_up(&mut self, attempt: Attempt, at: Time, effects: &mut Vec<Effect>) {
        let attempt = Attempt { taken_at: at, ..attempt };
        let (slot, frame) = (attempt.grant.slot, attempt.grant.frame);
        let now = SlotState::Busy { frame, since: at };
        effects.extend(attempt.slots().map(|slot| Effect::SlotChanged { slot, now: now.clone() }));
        self.attempts.insert(slot, attempt);
        self.begin(slot, effects);
        self.reserve_for(slot, effects);
    }

    /// Has the attempt that `slot` took up started, unless the shell has it already.
    fn begin(&mut self, slot: SlotIndex, effects: &mut Vec<Effect>) {
        let Some(attempt) = self.attempts.get(&slot) else { return };
        if self.phase_of(attempt) != Phase::Preparing {
            if let Some(session) = self.passing.sessions.get_mut(&slot) {
                session.idle_since = None;
            }
            return;
        }
        if self.passing.stop.is_some() {
            return; // it is given back
        }
        let (opens, frame) = (attempt.open_session(), attempt.grant.frame);
        match self.passing.sessions.get_mut(&slot) {
            Some(session) if (session.job, session.step) == (frame.job, frame.step) => {
                session.idle_since = None;
                self.start(slot, effects);
            }
            Some(_) => {
                self.session_closed(slot, effects);
                effects.push(opens);
            }
            None => effects.push(opens),
        }
    }

    /// Hands the attempt at work on `slot` to the shell, whose session stands, and what may follow it.
    pub(crate) fn start(&mut self, slot: SlotIndex, effects: &mut Vec<Effect>) {
        let Some(attempt) = self.attempts.get(&slot) else { return };
        self.passing.starting.insert(attempt.grant.lease);
        effects.push(Effect::Start { grant: attempt.grant.clone() });
        self.hand_over(slot, effects);
    }

    /// Hands over what waits for `slot` alone, as far as the session that stands there serves it.
    fn hand_over(&mut self, slot: SlotIndex, effects: &mut Vec<Effect>) {
        let Some(attempt) = self.attempts.get(&slot) else { return };
        let Some(session) = self.passing.sessions.get(&slot) else { return };
        if self.passing.stop.is_some() || self.phase_of(attempt) == Phase::Preparing {
            return;
        }
        let served = |attempt: &&Attempt| {
            let Grant { frame, .. } = attempt.grant;
            !attempt.is_wide() && (frame.job, frame.step) == (session.job, session.step)
        };
        let waiting = |attempt: &&Attempt| self.phase_of(attempt) == Phase::Waiting;
        let next: Vec<Grant> =
            self.line(slot).take_while(served).filter(waiting).map(|attempt| attempt.grant.clone()).collect();
        for grant in next {
            self.passing.starting.insert(grant.lease);
            effects.push(Effect::Start { grant });
        }
    }
}
