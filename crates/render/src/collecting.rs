//! What is rendered makes way for the next: it is collected beside it.
//!
//! The lease goes on, and can be taken away, until its report is kept. Only so many of a slot are collected
//! at once; when there are more, the last of them keeps the slot.

use model::{RenderToSchedule, SlotIndex, SlotState, Time};

use crate::{Attempt, COLLECTED_BESIDE_MAX, Effect, Render};

impl Render {
    /// Attempts of `slot` that are collected beside whatever it works on.
    fn collected_beside(&self, slot: SlotIndex) -> usize {
        self.collecting.iter().filter(|attempt| attempt.grant.slot == slot).count()
    }

    /// Takes what `slot` works on off it, if that is rendered and not too many are being collected.
    pub(crate) fn make_way(&mut self, slot: SlotIndex, at: Time, effects: &mut Vec<Effect>) {
        let rendered = |attempt: &Attempt| attempt.ended.is_some() && !attempt.dropped;
        if !self.attempts.get(&slot).is_some_and(rendered)
            || self.collected_beside(slot) >= COLLECTED_BESIDE_MAX
        {
            return;
        }
        let Some(attempt) = self.attempts.remove(&slot) else { return };
        self.session_left(&attempt.grant, at, effects);
        self.say(RenderToSchedule::Rendered { lease: attempt.grant.lease }, effects);
        self.collecting.push(attempt.clone());
        self.slots_left(&attempt, at, effects);
    }

    /// Gives the slots that `attempt` had to what waits for them, and says which of them are free then.
    pub(crate) fn slots_left(&mut self, attempt: &Attempt, at: Time, effects: &mut Vec<Effect>) {
        self.move_up(attempt, at, effects);
        let free = attempt.slots().filter(|slot| self.holder(*slot).is_none());
        effects.extend(free.map(|slot| Effect::SlotChanged { slot, now: SlotState::Free }));
    }

    /// Says again what is rendered, to a schedule server that may have forgotten it.
    pub(crate) fn say_rendered(&self, effects: &mut Vec<Effect>) {
        for attempt in &self.collecting {
            self.say(RenderToSchedule::Rendered { lease: attempt.grant.lease }, effects);
        }
    }
}
