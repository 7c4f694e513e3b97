//! The free slots that are left in a pass, and whose turn it is among the hosts that match a profile.
//!
//! Hosts take turns, the one with most free slots first, so that the frames of a job spread over hosts.

use std::collections::{BTreeMap, VecDeque};

use model::{Profile, SlotIndex, Time};

use crate::host_table::HostIndex;
use crate::passing_state::PassingState;

/// The free slots that are left in a pass.
pub(crate) struct Rings<'a> {
    passing: &'a PassingState,
    now: Time,
    /// By profile, made when it is first asked for.
    rings: BTreeMap<&'a Profile, VecDeque<HostIndex>>,
    /// By host: the first slot that is not given away, as far as any was.
    given: Vec<SlotIndex>,
    /// Slots that are left, those of hosts that are left alone among them.
    left: usize,
}

impl<'a> Rings<'a> {
    pub(crate) fn new(passing: &'a PassingState, now: Time) -> Self {
        Self { passing, now, rings: BTreeMap::new(), given: Vec::new(), left: passing.free.slots() }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Whether any free slot is left that matches.
    pub(crate) fn has(&mut self, profile: &'a Profile) -> bool {
        while let Some(host) = self.ring(profile).front().copied() {
            if self.free(host).is_some() {
                return true;
            }
            self.ring(profile).pop_front();
        }
        false
    }

    /// Hosts that may be left in the ring of a profile.
    pub(crate) fn hosts_left(&mut self, profile: &'a Profile) -> usize {
        self.ring(profile).len()
    }

    /// The host whose turn it is; it goes to the end of the ring.
    pub(crate) fn next(&mut self, profile: &'a Profile) -> Option<HostIndex> {
        if !self.has(profile) {
            return None;
        }
        let ring = self.ring(profile);
        ring.rotate_left(1);
        ring.back().copied()
    }

    /// Takes the next free slot of a host.
    pub(crate) fn take(&mut self, host: HostIndex) -> Option<SlotIndex> {
        let slot = self.free(host)?;
        if self.given.len() <= host.place() {
            self.given.resize(host.place() + 1, SlotIndex(0));
        }
        self.given[host.place()] = SlotIndex(slot.0 + 1);
        self.left -= 1;
        Some(slot)
    }

    /// The next free slot of a host.
    fn free(&self, host: HostIndex) -> Option<SlotIndex> {
        let from = self.given.get(host.place()).copied().unwrap_or(SlotIndex(0));
        self.passing.host(host)?.free.next(from)
    }

    fn ring(&mut self, profile: &'a Profile) -> &mut VecDeque<HostIndex> {
        let (passing, now) = (self.passing, self.now);
        self.rings.entry(profile).or_insert_with(|| {
            let need = passing.needs.get(profile);
            let free = need.into_iter().flat_map(|need| passing.free.within(&need.matching));
            free.filter(|host| passing.skipped.get(host).is_none_or(|until| *until <= now)).collect()
        })
    }
}
