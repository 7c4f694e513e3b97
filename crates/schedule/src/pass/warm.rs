//! Slots first in which the session of the step stands: its files are placed there, and its package may have
//! the scene loaded. Whose turn it is, and which hosts are better, is not for this to decide.

use super::Pass;
use super::rings::Wanted;
use super::turn::{JobTurn, StepTurn};
use crate::lists::Need;

impl<'a> Pass<'a> {
    /// Gives up to `most` such slots of a tier of hosts to a step; how many it took. Each is looked at once
    /// in a pass.
    pub(super) fn warm(
        &mut self,
        tier: usize,
        turn: &mut JobTurn<'a>,
        step: &mut StepTurn<'a>,
        need: &'a Need,
        most: u32,
    ) -> u32 {
        let wanted = Wanted::of(step.step);
        let mut given = 0;
        while given < most && turn.slots_left() > 0 && self.may_give(step) {
            let last = step.warm.get(&tier).copied();
            let next = self.schedule.passing.warm_after(turn.id, step.index(), last);
            let Some((host, slot)) = next else { break };
            step.warm.insert(tier, (host, slot));
            let fits = self.rings.is_in(wanted, tier, host) && self.rings.is_left(host, slot);
            if !fits || self.bar(host, turn, step, need).is_some() {
                continue;
            }
            let (schedule, table, asked) = (self.schedule, step.table, step.asked(turn.id, need));
            let Some(index) = step.ready.next(|index| schedule.may_go(asked, table, index, host)) else {
                continue;
            };
            if self.rings.pick(host, slot) {
                given += 1;
                self.seat(turn, step, index, host, slot);
            }
        }
        given
    }
}
