//! Frames that take several slots of one host.
//!
//! Where none has so many free, one host is reserved for the first such step in the queue: its free slots go
//! to others only for frames that are over before the host is expected to be clear, or to more urgent jobs.
//! So small frames fill the gap and do not keep the host from getting clear.

use model::{JobId, SlotIndex};

use super::rings::Wanted;
use super::turn::{JobTurn, StepTurn};
use super::{Pass, Place};
use crate::Schedule;
use crate::host_table::HostIndex;
use crate::kept::Job;
use crate::lists::Need;
use crate::reservation::{Reservation, slots_wanted};

/// So many hosts are being cleared at once.
const RESERVED_MAX: usize = 8;

impl<'a> Pass<'a> {
    /// Gives slots to frames that take several: the smallest gaps that are large enough go first.
    pub(super) fn wide(
        &mut self,
        turn: &mut JobTurn<'a>,
        step: &mut StepTurn<'a>,
        need: &'a Need,
        most: u32,
    ) -> u32 {
        let mut given = 0;
        for host in self.rings.fullest_first(Wanted::of(step.step)) {
            while given < most && self.may_give(step) {
                let wanted = self.schedule.wanted_on(host, step.step);
                let fits = wanted <= self.rings.left_on(host) && u32::from(wanted) <= turn.slots_left();
                if !fits || self.bar(host, turn, step, need).is_some() {
                    break;
                }
                let (schedule, table, asked) = (self.schedule, step.table, step.asked(turn.id, need));
                let Some(index) = step.ready.next(|index| schedule.may_go(asked, table, index, host)) else {
                    break;
                };
                let slots: Vec<SlotIndex> = (0..wanted).filter_map(|_| self.rings.take(host)).collect();
                let Some((slot, also)) = slots.split_first() else { break };
                given += u32::from(wanted);
                turn.took(host, u32::from(wanted));
                self.lease(
                    turn.id,
                    step,
                    index,
                    Place { host, slot: *slot, also: also.to_vec(), ahead: false },
                );
                let mine = |held: &Reservation| (held.job, held.step) == (turn.id, step.index());
                if self.reserved.get(&host).is_some_and(mine) {
                    self.reserved.remove(&host);
                }
            }
        }
        given
    }

    /// The job that a host is kept for, unless frames of the step may fill its slots all the same.
    pub(super) fn kept_for(&self, host: HostIndex, turn: &JobTurn<'_>, step: &StepTurn<'_>) -> Option<JobId> {
        let held = self.reserved.get(&host)?;
        let kept_for = self.schedule.kept.jobs.get(&held.job);
        let urgent = kept_for.is_none_or(|job| turn.priority() < job.priority);
        let is_own = (held.job, held.step) == (turn.id, step.index());
        let is_over = |ms| self.now.plus_ms(ms) <= self.schedule.clear_at(host, held, self.now);
        let may = urgent || is_own || step.pace_ms().is_some_and(is_over);
        (!may).then_some(held.job)
    }

    /// Reserves a host for each of the first steps that found none with enough free slots.
    pub(super) fn reserve(&mut self) {
        let kept = &self.schedule.kept;
        for (_, id) in &kept.wides {
            let id = *id;
            // Where none of its frames may start, none is kept from starting.
            if !kept.jobs.get(&id).is_some_and(Job::is_wanting) {
                continue;
            }
            if self.reserved.len() >= RESERVED_MAX {
                return;
            }
            let Some(mut turn) = self.take_turn(id) else { continue };
            for at in turn.steps() {
                if let Some(step) = turn.step(self.schedule, at, self.now) {
                    self.reserve_for(&turn, &step);
                    turn.put_back(at, step);
                }
            }
            self.turns.insert(id, turn);
        }
    }

    /// Reserves a host for a step whose frames take several slots, where some are left that found none.
    pub(super) fn reserve_for(&mut self, turn: &JobTurn<'a>, step: &StepTurn<'a>) {
        let reservation = Reservation { job: turn.id, step: step.index(), before: self.last_lease() };
        let is_same = |held: &Reservation| (held.job, held.step) == (reservation.job, reservation.step);
        let Some(need) = step.need.filter(|_| step.is_wide() && step.ready.left() > 0) else { return };
        let short = self.limits.short(&step.step.limits).is_some() || self.put_off(turn.id, step).is_some();
        if short || self.reserved.len() >= RESERVED_MAX || self.reserved.values().any(is_same) {
            return;
        }
        let suits = |host: &HostIndex| {
            let wanted = u32::from(self.schedule.wanted_on(*host, step.step));
            let free = !self.reserved.contains_key(host);
            let asked = step.asked(turn.id, need);
            let may = |index| self.schedule.may_go(asked, step.table, index, *host);
            free && wanted <= turn.slots_left()
                && turn.may_use(*host)
                && !self.schedule.is_spared(*host, asked)
                && step.ready.clone().next(may).is_some()
        };
        let host = self.schedule.soonest_clear(need, &reservation, step.step, self.now, suits);
        if let Some(host) = host {
            self.reserved.insert(host, reservation);
            self.take_back(host);
        }
    }
}

impl Schedule {
    /// How many slots of a host a frame of a step takes.
    pub(crate) fn wanted_on(&self, host: HostIndex, step: &model::Step) -> u16 {
        slots_wanted(step.slots, self.passing.host(host).map_or(0, |linked| linked.slots))
    }
}
