//! The free slots that are left in a pass, and whose turn it is among the hosts that match a profile.
//!
//! Hosts take turns, the one with most free slots first, so that the frames of a job spread over hosts. They
//! stand in tiers: a better one, as the profile prefers, is filled before the next. Inside one, hosts without
//! GPUs go first for frames that need none, so that GPUs are left for those that do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{Profile, SlotIndex, Step, Time};

use crate::host_set::HostSet;
use crate::host_table::HostIndex;
use crate::passing_state::PassingState;

/// What a ring of hosts is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted<'a> {
    profile: &'a Profile,
    gpus: bool,
}

impl<'a> Wanted<'a> {
    pub(super) const fn of(step: &'a Step) -> Self {
        Self { profile: &step.profile, gpus: step.reserve.gpus > 0 }
    }

    /// Whether it is the same by its place in memory, which costs less than to compare.
    fn is(self, other: Self) -> bool {
        std::ptr::eq(self.profile, other.profile) && self.gpus == other.gpus
    }
}

/// Hosts that take turns, tier by tier.
type Ring = Vec<VecDeque<HostIndex>>;

/// The free slots that are left in a pass.
pub(super) struct Rings<'a> {
    passing: &'a PassingState,
    now: Time,
    /// Which ring there is for what, once it was asked for.
    places: BTreeMap<Wanted<'a>, usize>,
    rings: Vec<Ring>,
    /// The hosts of each tier of each ring, whatever they have left.
    members: Vec<Vec<HostSet>>,
    /// The ring that was asked for last.
    last: Option<(Wanted<'a>, usize)>,
    /// By host: how many of its free slots were given away, and the first of those that were not.
    given: Vec<(u16, SlotIndex)>,
    /// Slots that were given away out of turn.
    picked: BTreeSet<(HostIndex, SlotIndex)>,
    /// Slots that are left, those of hosts that are left alone among them.
    left: usize,
}

impl<'a> Rings<'a> {
    pub(super) const fn new(passing: &'a PassingState, now: Time) -> Self {
        Self {
            passing,
            now,
            places: BTreeMap::new(),
            rings: Vec::new(),
            members: Vec::new(),
            picked: BTreeSet::new(),
            last: None,
            given: Vec::new(),
            left: passing.free.slots(),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Free slots that are left.
    pub(super) const fn left(&self) -> usize {
        self.left
    }

    /// Whether any free slot is left that is wanted.
    pub(super) fn has(&mut self, wanted: Wanted<'a>) -> bool {
        (0..self.tiers(wanted)).any(|tier| self.tier_has(wanted, tier))
    }

    /// How many tiers of hosts there are.
    pub(super) fn tiers(&mut self, wanted: Wanted<'a>) -> usize {
        self.ring(wanted).len()
    }

    /// Hosts that may be left in a tier.
    pub(super) fn hosts_left(&mut self, wanted: Wanted<'a>, tier: usize) -> usize {
        self.ring(wanted).get(tier).map_or(0, VecDeque::len)
    }

    /// Hosts that have free slots left, better tiers first, and in one the host with the fewest first.
    pub(super) fn fullest_first(&mut self, wanted: Wanted<'a>) -> Vec<HostIndex> {
        let hosts: Vec<(usize, HostIndex)> = self
            .ring(wanted)
            .iter()
            .enumerate()
            .flat_map(|(tier, hosts)| hosts.iter().map(move |host| (tier, *host)))
            .collect();
        let mut hosts: Vec<_> =
            hosts.into_iter().map(|(tier, host)| (tier, self.left_on(host), host)).collect();
        hosts.retain(|(_, left, _)| *left > 0);
        hosts.sort_unstable();
        hosts.into_iter().map(|(_, _, host)| host).collect()
    }

    /// Hosts that have free slots and are wanted, as far as they may be left, in the order of their turns.
    pub(super) fn hosts(&mut self, wanted: Wanted<'a>) -> impl Iterator<Item = HostIndex> {
        self.ring(wanted).iter().flatten().copied()
    }

    /// The host of a tier whose turn it is; it goes to the end.
    pub(super) fn next(&mut self, wanted: Wanted<'a>, tier: usize) -> Option<HostIndex> {
        if !self.tier_has(wanted, tier) {
            return None;
        }
        let hosts = self.ring(wanted).get_mut(tier)?;
        hosts.rotate_left(1);
        hosts.back().copied()
    }

    /// How many free slots of a host are left.
    pub(super) fn left_on(&self, host: HostIndex) -> u16 {
        let free = self.passing.host(host).map_or(0, |linked| linked.free.len());
        free - self.given(host).0
    }

    /// Takes the next free slot of a host.
    pub(super) fn take(&mut self, host: HostIndex) -> Option<SlotIndex> {
        let (given, from) = self.given(host);
        let free = &self.passing.host(host)?.free;
        let mut slot = free.next(from)?;
        while self.picked.contains(&(host, slot)) {
            slot = free.next(SlotIndex(slot.0 + 1))?;
        }
        self.gave(host, given + 1, SlotIndex(slot.0 + 1));
        Some(slot)
    }

    /// Takes a slot out of turn; whether it was left.
    pub(super) fn pick(&mut self, host: HostIndex, slot: SlotIndex) -> bool {
        let (given, from) = self.given(host);
        let left = self.is_left(host, slot);
        if left {
            self.picked.insert((host, slot));
            self.gave(host, given + 1, from);
        }
        left
    }

    /// Whether a slot is free and was not given away.
    pub(super) fn is_left(&self, host: HostIndex, slot: SlotIndex) -> bool {
        let free = self.passing.host(host).is_some_and(|linked| linked.free.next(slot) == Some(slot));
        free && slot >= self.given(host).1 && !self.picked.contains(&(host, slot))
    }

    /// Whether a host is of a tier, and not left alone.
    pub(super) fn is_in(&mut self, wanted: Wanted<'a>, tier: usize, host: HostIndex) -> bool {
        self.ring(wanted);
        let members = self.last.and_then(|(_, place)| self.members.get(place)?.get(tier));
        members.is_some_and(|hosts| hosts.contains(host)) && !self.passing.is_skipped(host, self.now)
    }

    fn gave(&mut self, host: HostIndex, given: u16, from: SlotIndex) {
        if self.given.len() <= host.place() {
            self.given.resize(host.place() + 1, (0, SlotIndex(0)));
        }
        self.given[host.place()] = (given, from);
        self.left -= 1;
    }

    fn given(&self, host: HostIndex) -> (u16, SlotIndex) {
        self.given.get(host.place()).copied().unwrap_or((0, SlotIndex(0)))
    }

    /// Whether a tier has a free slot left. Hosts that have none are out of it.
    fn tier_has(&mut self, wanted: Wanted<'a>, tier: usize) -> bool {
        while let Some(host) = self.ring(wanted).get(tier).and_then(|hosts| hosts.front().copied()) {
            if self.left_on(host) > 0 {
                return true;
            }
            if let Some(hosts) = self.ring(wanted).get_mut(tier) {
                hosts.pop_front();
            }
        }
        false
    }

    fn ring(&mut self, wanted: Wanted<'a>) -> &mut Ring {
        let place = match self.last {
            Some((last, place)) if last.is(wanted) => place,
            _ => self.place(wanted),
        };
        self.last = Some((wanted, place));
        &mut self.rings[place]
    }

    fn place(&mut self, wanted: Wanted<'a>) -> usize {
        let (passing, now, rings, members) = (self.passing, self.now, &mut self.rings, &mut self.members);
        *self.places.entry(wanted).or_insert_with(|| {
            let (mut ring, mut sets) = (Ring::new(), Vec::new());
            let mut tier = |hosts: &HostSet| {
                let free = passing.free.within(hosts).filter(|host| !passing.is_skipped(*host, now));
                ring.push(free.collect());
                sets.push(hosts.clone());
            };
            let need = passing.needs.get(wanted.profile);
            for hosts in need.into_iter().flat_map(|need| need.matching.tiers()) {
                if wanted.gpus {
                    tier(&hosts.and(&passing.with_gpus));
                } else if passing.with_gpus.is_empty() {
                    tier(hosts);
                } else {
                    tier(&hosts.without(&passing.with_gpus));
                    tier(&hosts.and(&passing.with_gpus));
                }
            }
            rings.push(ring);
            members.push(sets);
            rings.len() - 1
        })
    }
}
