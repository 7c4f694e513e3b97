//! The scheduling pass (figure 5B steps 122 to 128 and 172): job by job in the order of the queue, frames are
//! leased to the free slots of matching hosts, round and round over the hosts; what slots are left go to the
//! next job.
//!
//! A pass looks at jobs that want slots and at hosts with free ones, never at frames one by one, and stops
//! after a number of leases so that other events are not kept waiting.

mod ahead;
mod rings;
mod turn;
mod warm;
mod why;
mod wide;
mod withdraw;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use model::{JobId, Profile, SlotIndex, Step, StepIndex, Time};

use crate::amounts::{AmountsLeft, ShortAmount, Taken};
use crate::host_table::HostIndex;
use crate::id_map::IdMap;
use crate::licences::Shortage;
use crate::limits::{LimitsLeft, Short};
use crate::lists::Need;
use crate::reservation::Reservation;
use crate::shares::{Turn, Turns};
use crate::{Passing, Record, Schedule, waits};

use ahead::Seated;
use rings::{Rings, Wanted};
use turn::{JobTurn, StepTurn};

pub(crate) use why::Whys;

/// So many leases are given in one pass.
const LEASES_MAX: u32 = 1_024;

impl Schedule {
    pub(crate) fn pass(&self, now: Time) -> Vec<Record> {
        if !self.kept.queue.is_wanting() && self.passing.wake.is_none() && self.kept.ahead == 0 {
            return Vec::new();
        }
        let judged = self.judge(now);
        if !judged.is_empty() {
            return self.pass_again(now, judged);
        }
        let mut pass = Pass::new(self, now);
        let mut turns = pass.turns();
        while let Some(Turn { job, most }) = turns.next().filter(|_| !pass.is_over()) {
            let given = pass.job(job, most);
            turns.gave(job, given, given >= most);
        }
        pass.reserve();
        pass.top_up();
        pass.withdraw();
        pass.end()
    }

    /// Before slots are given away, hosts are set aside.
    fn pass_again(&self, at: Time, mut records: Vec<Record>) -> Vec<Record> {
        let (wake, jobs, thinned) = (self.passing.wake, Vec::new(), 0);
        let (nowhere, anew) = (Vec::new(), false);
        records.push(Record::Passing(Passing::Passed {
            at,
            wake,
            again: true,
            jobs,
            thinned,
            nowhere,
            anew,
        }));
        records
    }

    /// A pass is worth while: there is something to give away and somebody who may want it.
    pub(crate) fn is_pass_due(&self) -> bool {
        let (kept, passing) = (&self.kept, &self.passing);
        let free = !passing.free.is_empty();
        let lines = !passing.thin.is_empty() || kept.ahead > 0;
        (kept.queue.is_wanting() && (free || lines)) || (kept.ahead > 0 && free)
    }
}

/// The order in which jobs get slots, as it was before the pass.
struct Order<'a> {
    turns: Turns<'a>,
    jobs: Vec<JobId>,
}

/// Where a frame is leased to.
struct Place {
    host: HostIndex,
    slot: SlotIndex,
    also: Vec<SlotIndex>,
    /// Behind what the slot works on.
    ahead: bool,
}

/// Why a step may not be given slots of a host.
enum Bar<'a> {
    /// The job is on as many hosts as it may.
    HostsMax(u32),
    Limit(Short<'a>),
    /// Others hold what a frame takes of the host besides slots.
    Amount(ShortAmount),
    SetAside,
    /// They are kept for a frame of that job which takes several.
    Reserved(JobId),
}

/// A pass under way. It reads the state and notes on the side what it has given away.
pub(crate) struct Pass<'a> {
    schedule: &'a Schedule,
    now: Time,
    records: Vec<Record>,
    leased: u32,
    /// Jobs that were looked at, with what was found of them.
    turns: BTreeMap<JobId, JobTurn<'a>>,
    /// Jobs that were given something.
    given: BTreeSet<JobId>,
    /// Jobs that it goes past; none where it looks at all.
    past: Option<&'a IdMap<JobId, ()>>,
    /// Jobs that it found to match no linked host.
    nowhere: Vec<JobId>,
    /// Free slots that are left.
    rings: Rings<'a>,
    /// What is left of the limits.
    limits: LimitsLeft<'a>,
    /// What is left of hosts besides slots.
    amounts: AmountsLeft<'a>,
    /// Hosts that are being cleared.
    reserved: BTreeMap<HostIndex, Reservation>,
    /// Profiles that no linked host matches, though there are hosts with nothing to do.
    starving: BTreeSet<&'a Profile>,
    /// Slots that were given a frame by this pass.
    seated: Vec<Seated>,
    /// Lines that were looked at.
    thinned: usize,
    /// Leases ahead were looked through.
    looked_back: bool,
    /// Jobs that want slots, in the order in which they get them, as far as was asked.
    order: Order<'a>,
    wake: Option<Time>,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(schedule: &'a Schedule, now: Time) -> Self {
        let skipped = schedule.passing.skipped.values().filter(|until| **until > now);
        let past = schedule.passing.nowhere.at(now);
        let mut pass = Self {
            schedule,
            now,
            records: Vec::with_capacity(schedule.passing.free.slots().min(LEASES_MAX as usize)),
            leased: 0,
            turns: BTreeMap::new(),
            given: BTreeSet::new(),
            past,
            nowhere: Vec::new(),
            rings: Rings::new(&schedule.passing, now),
            limits: LimitsLeft::new(&schedule.kept.limits),
            amounts: AmountsLeft::new(&schedule.kept.amounts),
            reserved: schedule.passing.reserved.clone(),
            starving: BTreeSet::new(),
            seated: Vec::new(),
            thinned: 0,
            looked_back: false,
            order: Order { turns: Turns::going_past(&schedule.kept.queue.shares, past), jobs: Vec::new() },
            wake: skipped.copied().min(),
        };
        pass.reserved.retain(|host, reservation| schedule.is_clearing(*host, reservation, now));
        pass
    }

    /// Whose turn it is, one after the other.
    fn turns(&self) -> Turns<'a> {
        Turns::going_past(&self.schedule.kept.queue.shares, self.past)
    }

    /// Whether there is nothing more to give.
    const fn is_over(&self) -> bool {
        self.leased == LEASES_MAX || self.rings.is_empty()
    }

    /// Gives up to `most` slots to a job; how many it took.
    fn job(&mut self, id: JobId, most: u32) -> u32 {
        let Some(mut turn) = self.take_turn(id) else { return 0 };
        let (mut given, mut nowhere, mut at) = (0, true, 0);
        while at < turn.steps().end {
            let left = most.saturating_sub(given);
            if left == 0 || self.is_over() {
                nowhere = false;
                break;
            }
            let parts = turn.parts_from(at);
            at = parts.end;
            let (got, unmatched) = match parts.len() {
                1 => self.step(&mut turn, parts.start, left),
                _ => self.parts(&mut turn, &parts, left),
            };
            given += got;
            nowhere &= unmatched;
        }
        self.turns.insert(id, turn);
        self.nowhere.extend(nowhere.then_some(id));
        given
    }

    /// The same for steps that make parts of the same pictures: frame by frame, so that pictures become whole
    /// in their order. The part that is furthest behind goes first.
    fn parts(&mut self, turn: &mut JobTurn<'a>, parts: &Range<usize>, most: u32) -> (u32, bool) {
        // One that found no licence is given one frame to try, and no more.
        let short = |(job, step): &(JobId, StepIndex)| *job == turn.id && parts.contains(&step.0.into());
        let by_turns = !self.schedule.passing.shortages.keys().any(short);
        let (mut given, mut nowhere) = (0, true);
        let mut order: Vec<usize> = parts.clone().collect();
        order.sort_by_key(|at| std::cmp::Reverse(turn.waiting_at(*at)));
        loop {
            let before = given;
            for at in order.iter().copied() {
                let left = most.saturating_sub(given);
                if left == 0 || self.is_over() {
                    return (given, false);
                }
                let (got, unmatched) = self.step(turn, at, if by_turns { 1 } else { left });
                given += got;
                nowhere &= unmatched;
            }
            if given == before || !by_turns {
                return (given, nowhere);
            }
        }
    }

    /// Gives up to `most` slots to a step; how many it took, and whether it can go nowhere.
    fn step(&mut self, turn: &mut JobTurn<'a>, at: usize, most: u32) -> (u32, bool) {
        let Some(mut step) = turn.step(self.schedule, at, self.now) else { return (0, true) };
        let nowhere = self.schedule.goes_nowhere(step.need);
        if let Some(at) = step.table.next_again(self.now) {
            soonest(&mut self.wake, at);
        }
        let short = (turn.id, step.index());
        let most = match self.schedule.passing.shortages.get(&short) {
            None => most,
            Some(shortage) if shortage.until > self.now => {
                soonest(&mut self.wake, shortage.until);
                0
            }
            // One frame shows whether there are licences again.
            Some(_) => 1,
        };
        let profile = &step.step.profile;
        let need = step.need.filter(|_| self.rings.has(Wanted::of(step.step)));
        let given = match need {
            None => {
                let linked = &self.schedule.passing.linked;
                if step.need.is_none_or(|need| !need.meets(linked)) {
                    self.starving.insert(profile);
                }
                0
            }
            Some(need) if step.is_wide() => self.wide(turn, &mut step, need, most),
            Some(need) => self.narrow(turn, &mut step, need, most),
        };
        self.reserve_for(turn, &step);
        if given > 0 {
            self.records.extend(self.schedule.licence_probed(self.now, short));
        }
        turn.put_back(at, step);
        (given, nowhere)
    }

    /// Frames that take one slot each: tier by tier of the hosts, and in one round and round.
    fn narrow(&mut self, turn: &mut JobTurn<'a>, step: &mut StepTurn<'a>, need: &'a Need, most: u32) -> u32 {
        let mut given = 0;
        for tier in 0..self.rings.tiers(Wanted::of(step.step)) {
            given += self.narrow_in(tier, turn, step, need, most - given);
            if given == most {
                break;
            }
        }
        given
    }

    fn narrow_in(
        &mut self,
        tier: usize,
        turn: &mut JobTurn<'a>,
        step: &mut StepTurn<'a>,
        need: &'a Need,
        most: u32,
    ) -> u32 {
        let wanted = Wanted::of(step.step);
        let mut given = self.warm(tier, turn, step, need, most);
        // Hosts in a row that no frame of the step goes to.
        let mut fruitless = 0;
        while given < most && turn.slots_left() > 0 && self.may_give(step) {
            if fruitless >= self.rings.hosts_left(wanted, tier) {
                break;
            }
            let Some(host) = self.rings.next(wanted, tier) else { break };
            fruitless += 1;
            if self.bar(host, turn, step, need).is_some() {
                continue;
            }
            let (schedule, table, asked) = (self.schedule, step.table, step.asked(turn.id, need));
            let Some(index) = step.ready.next(|index| schedule.may_go(asked, table, index, host)) else {
                continue;
            };
            if let Some(slot) = self.rings.take(host) {
                fruitless = 0;
                given += 1;
                self.seat(turn, step, index, host, slot);
            }
        }
        given
    }

    /// Gives a frame that takes one slot a slot that it was found.
    fn seat(
        &mut self,
        turn: &mut JobTurn<'a>,
        step: &StepTurn<'a>,
        index: u32,
        host: HostIndex,
        slot: SlotIndex,
    ) {
        turn.took(host, 1);
        let seated = Seated { job: turn.id, step: step.index().0.into(), host, slot };
        self.seated.extend((step.ahead > 0).then_some(seated));
        self.lease(turn.id, step, index, Place { host, slot, also: Vec::new(), ahead: false });
    }

    /// Whether a step may be given another lease, wherever it may be.
    fn may_give(&self, step: &StepTurn<'a>) -> bool {
        self.leased < LEASES_MAX && step.ready.left() > 0 && self.limits.short(&step.step.limits).is_none()
    }

    /// Why a step may not be given slots of a host, whatever it has free.
    fn bar(&self, host: HostIndex, turn: &JobTurn<'a>, step: &StepTurn<'a>, need: &Need) -> Option<Bar<'a>> {
        if let Some(most) = turn.hosts_max().filter(|_| !turn.may_use(host)) {
            return Some(Bar::HostsMax(most));
        }
        if let Some(short) = self.limits.short_on(&step.step.limits, host) {
            return Some(Bar::Limit(short));
        }
        if self.schedule.is_spared(host, step.asked(turn.id, need)) {
            return Some(Bar::SetAside);
        }
        if let Some(job) = self.kept_for(host, turn, step) {
            return Some(Bar::Reserved(job));
        }
        self.short_amount(host, step.step).map(Bar::Amount)
    }

    /// What others hold of a host so that too little is left for a frame of a step. What a slot works on that
    /// belongs to no lease any more holds nobody knows what, so nothing is given while there is such.
    fn short_amount(&self, host: HostIndex, step: &Step) -> Option<ShortAmount> {
        if step.reserve.is_none() {
            return None;
        }
        let linked = self.schedule.passing.host(host)?;
        let short = self.amounts.short_on(&step.reserve, host, &linked.amounts);
        short.or_else(|| (!linked.draining.is_empty()).then(|| ShortAmount::all_of(&step.reserve)))
    }

    /// Until when a step is put off that found no licence.
    fn put_off(&self, job: JobId, step: &StepTurn<'a>) -> Option<&'a Shortage> {
        let shortage = self.schedule.passing.shortages.get(&(job, step.index()));
        shortage.filter(|shortage| shortage.until > self.now)
    }

    fn lease(&mut self, job: JobId, step: &StepTurn<'a>, index: u32, place: Place) {
        let Place { host, slot, also, ahead } = place;
        self.leased += 1;
        self.given.insert(job);
        self.limits.take(&step.step.limits, host);
        let taken = self.taken(host, step.step);
        self.records.push(Record::FrameLeased {
            lease: self.last_lease(),
            frame: step.frame(job, index),
            attempt: step.table.next_attempt(index),
            host: self.schedule.kept.host_name(host),
            slot,
            also,
            memory_bytes: taken.memory_bytes,
            gpus: taken.gpus.into(),
            ahead,
            at: self.now,
        });
    }

    /// What a frame of a step on a host holds of it besides slots.
    fn taken(&mut self, host: HostIndex, step: &Step) -> Taken {
        if step.reserve.is_none() {
            return Taken::default();
        }
        let has = self.schedule.passing.host(host).map(|linked| linked.amounts).unwrap_or_default();
        self.amounts.take(&step.reserve, host, &has)
    }

    /// The job at a place of the order in which they get slots.
    fn in_order(&mut self, place: usize) -> Option<JobId> {
        while self.order.jobs.len() <= place {
            let Turn { job, .. } = self.order.turns.next()?;
            self.order.turns.gave(job, 0, false);
            self.order.jobs.push(job);
        }
        self.order.jobs.get(place).copied()
    }

    /// When to ask again for a profile; at once where nothing is known and nothing is on its way.
    fn again_at(&self, profile: &Profile) -> Option<Time> {
        let need = self.schedule.passing.needs.get(profile);
        let remembered = self.schedule.need(profile).is_none();
        need.filter(|need| need.asked_at.is_some() || !remembered).map(Need::again_at)
    }

    fn end(mut self) -> Vec<Record> {
        let again = self.leased == LEASES_MAX;
        let mut due = Vec::new();
        for profile in &self.starving {
            match self.again_at(profile) {
                Some(at) if at > self.now => soonest(&mut self.wake, at),
                _ if self.schedule.passing.resource_linked => {
                    due.push(*profile);
                    soonest(&mut self.wake, self.now.plus_ms(waits::LIST_MS));
                }
                _ => {}
            }
        }
        self.records.extend(self.schedule.asks(self.now, due));
        if self.reserved != self.schedule.passing.reserved {
            self.records.push(Record::Passing(Passing::HostsReserved { reserved: self.reserved }));
        }
        if self.looked_back {
            self.records.push(Record::Passing(Passing::LookedBack { at: self.now }));
        }
        let anew = self.past.is_none();
        if anew && !self.nowhere.is_empty() {
            soonest(&mut self.wake, self.now.plus_ms(waits::LIST_MS));
        } else if let Some(until) = self.schedule.passing.nowhere.until() {
            soonest(&mut self.wake, until.max(self.now));
        }
        let (at, wake, thinned, nowhere) = (self.now, self.wake, self.thinned, self.nowhere);
        let jobs = self.given.into_iter().collect();
        self.records.push(Record::Passing(Passing::Passed { at, wake, again, jobs, thinned, nowhere, anew }));
        self.records
    }
}

fn soonest(wake: &mut Option<Time>, at: Time) {
    *wake = Some(wake.map_or(at, |wake| wake.min(at)));
}
