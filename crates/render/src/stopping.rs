//! The end of the render server: leases are given back, and their reports acknowledged where that is quick.

use model::{LeaseId, RenderToSchedule, SlotIndex, Time};

use crate::passing::Stop;
use crate::{Effect, Record, Render, STOP_MS};

impl Render {
    pub(crate) fn stop(&self, now: Time) -> Vec<Record> {
        if self.passing.stop.is_some() {
            return Vec::new();
        }
        let given_back = self.cleared(now, true, "the render server is stopping");
        std::iter::once(Record::StopBegun { at: now }).chain(given_back).collect()
    }

    pub(crate) fn stop_deadline(&self) -> Option<Time> {
        let stop = self.passing.stop.as_ref().filter(|stop| !stop.ended)?;
        Some(stop.begun_at.plus_ms(STOP_MS))
    }

    pub(crate) fn stop_begun(&mut self, at: Time) {
        self.passing.stop = Some(Stop { begun_at: at, ended: false });
    }

    pub(crate) fn give_back_wanted(&mut self, lease: LeaseId, why: &str, effects: &mut Vec<Effect>) {
        self.passing.giving_back.insert(lease, why.to_owned());
        effects.push(Effect::Kill { lease });
    }

    /// Ends when no attempt is left and every report is acknowledged. Without a link there is nobody to
    /// wait for: the reports are durable and go out after the next start.
    pub(crate) fn end_stop_when_quiet(&mut self, effects: &mut Vec<Effect>) {
        let stopping = self.passing.stop.as_ref().is_some_and(|stop| !stop.ended);
        let reported = self.outbox.is_empty() || !self.passing.is_linked();
        if stopping && self.is_idle() && reported {
            self.stop_ended(effects);
        }
    }

    pub(crate) fn stop_ended(&mut self, effects: &mut Vec<Effect>) {
        if let Some(stop) = &mut self.passing.stop {
            stop.ended = true;
        }
        let idle = |slot: &SlotIndex| !self.attempts.contains_key(slot);
        let slots: Vec<SlotIndex> = self.passing.sessions.keys().copied().filter(idle).collect();
        for slot in slots {
            self.session_closed(slot, effects);
        }
        self.say(RenderToSchedule::Bye, effects);
        effects.push(Effect::Stopped);
    }
}
