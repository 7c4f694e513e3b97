//! Hosts that are being cleared for a frame which takes several of their slots: for whom, whether that still
//! makes sense, and when a host is expected to be clear.

use model::{JobId, LeaseId, SlotIndex, SlotNeed, Step, StepIndex, Time};

use crate::Schedule;
use crate::amounts::Taken;
use crate::host_table::HostIndex;
use crate::judging::Asked;
use crate::kept::Lease;
use crate::lists::Need;
use crate::passing_state::LinkedHost;

/// So many hosts are compared with each other when one is chosen.
const COMPARED_MAX: usize = 256;
/// What runs for longer than is usual, or is usual for nothing, is not expected to end sooner than this.
const UNKNOWN_MS: u64 = 1_000;

/// For whom a host is being cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub(crate) job: JobId,
    pub(crate) step: StepIndex,
    /// The last lease from before. Later ones have filled a gap and are not waited for, or there would
    /// always be another.
    pub(crate) before: LeaseId,
}

/// How many slots a frame takes of a host that has `slots`.
pub(crate) fn slots_wanted(need: SlotNeed, slots: u16) -> u16 {
    match need {
        SlotNeed::Count(count) => count.max(1),
        SlotNeed::Whole => slots.max(1),
    }
}

impl Schedule {
    /// Whether a host is still to be cleared.
    pub(crate) fn is_clearing(&self, host: HostIndex, held: &Reservation, now: Time) -> bool {
        let Some(job) = self.kept.jobs.get(&held.job).filter(|job| job.is_wanting()) else { return false };
        let at = usize::from(held.step.0);
        let Some((step, table)) = job.description.steps.get(at).zip(job.tables.get(at)) else { return false };
        let Some(need) = self.need(&step.profile).filter(|need| need.matches(host)) else {
            return false;
        };
        let asked = Asked { job: held.job, step, need };
        self.is_big_enough(host, step, now)
            && !self.is_spared(host, asked)
            && table.ready(now).next(|index| self.may_go(asked, table, index, host)).is_some()
    }

    /// Whether a linked host takes frames and has enough for one of a step.
    pub(crate) fn is_big_enough(&self, host: HostIndex, step: &Step, now: Time) -> bool {
        let enough = |linked: &LinkedHost| {
            linked.is_open
                && linked.slots >= slots_wanted(step.slots, linked.slots)
                && step.reserve.fits_in(&linked.amounts)
        };
        self.passing.host(host).is_some_and(enough) && !self.passing.is_skipped(host, now)
    }

    /// The matching host that will be clear first; only some are compared, those with most free slots first.
    pub(crate) fn soonest_clear(
        &self,
        need: &Need,
        reservation: &Reservation,
        step: &Step,
        now: Time,
        suits: impl Fn(&HostIndex) -> bool,
    ) -> Option<HostIndex> {
        let free = self.passing.free.within(&need.matching.all);
        let all = free.chain(need.within(&self.passing.open));
        let fit = all.filter(|host| self.is_big_enough(*host, step, now) && suits(host));
        fit.take(COMPARED_MAX).min_by_key(|host| (self.clear_at(*host, reservation, now), *host))
    }

    /// When a host is expected to have as many free slots as it is cleared for.
    pub(crate) fn clear_at(&self, host: HostIndex, held: &Reservation, now: Time) -> Time {
        let slots = self.passing.host(host).map_or(0, |linked| linked.slots);
        let step =
            self.kept.jobs.get(&held.job).and_then(|job| job.description.steps.get(held.step.0 as usize));
        let wanted = step.map_or(1, |step| slots_wanted(step.slots, slots));
        let mut clear: Vec<Time> =
            (0..slots).map(|slot| self.slot_clear_at(host, SlotIndex(slot), held.before, now)).collect();
        clear.sort_unstable();
        let slots_at = clear.get(usize::from(wanted.saturating_sub(1))).copied().unwrap_or(now);
        slots_at.max(step.map_or(now, |step| self.amounts_clear_at(host, step, now)))
    }

    /// When a host is expected to have as much left as a frame of a step reserves.
    fn amounts_clear_at(&self, host: HostIndex, step: &Step, now: Time) -> Time {
        let Some(linked) = self.passing.host(host).filter(|_| !step.reserve.is_none()) else { return now };
        let leases = self.leases_of(host);
        let mut held: Vec<(Time, &Taken)> = leases
            .filter_map(|(id, lease)| Some((self.ends_at(id, lease, now), lease.taken.as_deref()?)))
            .collect();
        held.sort_unstable_by_key(|(at, _)| *at);
        let is_short = |over: usize| {
            let over = held.iter().take(over).map(|(_, taken)| *taken);
            self.kept.amounts.short_after(host, over, &step.reserve, &linked.amounts).is_some()
        };
        let over = (0..held.len()).find(|over| !is_short(*over)).unwrap_or(held.len());
        over.checked_sub(1).and_then(|last| held.get(last)).map_or(now, |(at, _)| *at)
    }

    fn slot_clear_at(&self, host: HostIndex, slot: SlotIndex, before: LeaseId, now: Time) -> Time {
        let line = self.kept.hosts.get(host).and_then(|kept| kept.line(slot));
        let old = line.into_iter().flat_map(|line| line.iter()).filter(|lease| *lease <= before);
        let works = old.filter(|lease| !self.passing.is_through(*lease));
        let ends = works.filter_map(|id| Some(self.ends_at(id, self.kept.leases.get(id)?, now)));
        ends.max().unwrap_or(now)
    }

    /// When a lease is expected to end: as its like do, and if it takes longer, in as long again.
    fn ends_at(&self, id: LeaseId, lease: &Lease, now: Time) -> Time {
        let Some((step, table)) = self.kept.step(lease.frame) else { return now };
        let started_at = self.passing.watches.get(id).and_then(|watch| watch.started_at);
        let since = started_at.unwrap_or(lease.at);
        let usual = table.typical_ms().or(step.times.max_ms).map(|ms| since.plus_ms(ms));
        usual.filter(|at| *at > now).unwrap_or_else(|| now.plus_ms(now.since_ms(since).max(UNKNOWN_MS)))
    }
}
