//! The free slots that are left in a pass, and whose turn it is among the hosts that match a profile.
//!
//! Hosts take turns, the one with most free slots first, so that the frames of a job spread over hosts.

use std::collections::{BTreeMap, VecDeque};

use model::{Profile, SlotIndex, Time};

use crate::host_table::HostIndex;
use crate::passing_state::PassingState;

/// The free slots that are left in a pass.
pub(super) struct Rings<'a> {
    passing: &'a PassingState,
    now: Time,
    /// Which ring a profile has, once it was asked for.
    places: BTreeMap<&'a Profile, usize>,
    rings: Vec<VecDeque<HostIndex>>,
    /// The ring that was asked for last.
    last: Option<(&'a Profile, usize)>,
    /// By host: how many of its free slots were given away, and the first of those that were not.
    given: Vec<(u16, SlotIndex)>,
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

    /// Whether any free slot is left that matches.
    pub(super) fn has(&mut self, profile: &'a Profile) -> bool {
        while let Some(host) = self.ring(profile).front().copied() {
            if self.left_on(host) > 0 {
                return true;
            }
            self.ring(profile).pop_front();
        }
        false
    }

    /// Hosts that may be left in the ring of a profile.
    pub(super) fn hosts_left(&mut self, profile: &'a Profile) -> usize {
        self.ring(profile).len()
    }

    /// Hosts that have free slots left and match, the one with the fewest first.
    pub(super) fn fullest_first(&mut self, profile: &'a Profile) -> Vec<HostIndex> {
        let hosts: Vec<HostIndex> = self.ring(profile).iter().copied().collect();
        let mut hosts: Vec<_> = hosts.into_iter().map(|host| (self.left_on(host), host)).collect();
        hosts.retain(|(left, _)| *left > 0);
        hosts.sort_unstable();
        hosts.into_iter().map(|(_, host)| host).collect()
    }

    /// Hosts that have free slots and match, as far as they may be left, in the order of their turns.
    pub(super) fn hosts(&mut self, profile: &'a Profile) -> impl Iterator<Item = HostIndex> {
        self.ring(profile).iter().copied()
    }

    /// The host whose turn it is; it goes to the end of the ring.
    pub(super) fn next(&mut self, profile: &'a Profile) -> Option<HostIndex> {
        if !self.has(profile) {
            return None;
        }
        let ring = self.ring(profile);
        ring.rotate_left(1);
        ring.back().copied()
    }

    /// How many free slots of a host are left.
    pub(super) fn left_on(&self, host: HostIndex) -> u16 {
        let free = self.passing.host(host).map_or(0, |linked| linked.free.len());
        free - self.given(host).0
    }

    /// Takes the next free slot of a host.
    pub(super) fn take(&mut self, host: HostIndex) -> Option<SlotIndex> {
        let (given, from) = self.given(host);
        let slot = self.passing.host(host)?.free.next(from)?;
        if self.given.len() <= host.place() {
            self.given.resize(host.place() + 1, (0, SlotIndex(0)));
        }
        self.given[host.place()] = (given + 1, SlotIndex(slot.0 + 1));
        self.left -= 1;
        Some(slot)
    }

    fn given(&self, host: HostIndex) -> (u16, SlotIndex) {
        self.given.get(host.place()).copied().unwrap_or((0, SlotIndex(0)))
    }

    fn ring(&mut self, profile: &'a Profile) -> &mut VecDeque<HostIndex> {
        let place = match self.last {
            Some((last, place)) if std::ptr::eq(last, profile) => place,
            _ => self.place(profile),
        };
        self.last = Some((profile, place));
        &mut self.rings[place]
    }

    fn place(&mut self, profile: &'a Profile) -> usize {
        let (passing, now, rings) = (self.passing, self.now, &mut self.rings);
        *self.places.entry(profile).or_insert_with(|| {
            let need = passing.needs.get(profile);
            let free = need.into_iter().flat_map(|need| passing.free.within(&need.matching));
            rings.push(free.filter(|host| !passing.is_skipped(*host, now)).collect());
            rings.len() - 1
        })
    }
}
