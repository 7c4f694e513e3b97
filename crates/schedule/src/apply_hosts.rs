//! Makes passing records about render servers true.

use std::collections::BTreeMap;

use model::{AHEAD_MAX, Amounts, Door, LEASE_MS, LeaseId, ScheduleToRender, SlotIndex, Time};

use crate::host_set::SlotSet;
use crate::host_table::HostIndex;
use crate::passing_state::{LinkedHost, Said};
use crate::{Effect, LinkId, Schedule};

impl LinkedHost {
    pub(crate) fn new(link: LinkId, slots: u16, amounts: Amounts, said: Said) -> Self {
        let (free, draining, is_open) = (SlotSet::default(), BTreeMap::new(), said.door.is_open());
        let sessions = BTreeMap::new();
        let amounts_most = amounts;
        Self {
            link,
            slots,
            is_open,
            amounts,
            amounts_most,
            free,
            sessions,
            draining,
            refusals: 0,
            said: Box::new(said),
        }
    }
}

impl Schedule {
    pub(crate) fn host_linked(&mut self, host: HostIndex, mut linked: LinkedHost, effects: &mut Vec<Effect>) {
        linked.amounts_most = self.kept.amounts.most(host, linked.amounts);
        let (link, slots, heard_at) = (linked.link, linked.slots, linked.said.heard_at);
        if let Some(other) = self.passing.links.get(link).copied() {
            self.unlink(other);
        }
        if let Some(old) = self.unlink(host) {
            effects.push(Effect::CloseLink { link: old.link });
        }
        self.passing.link_host(host, linked);
        for lease in self.leases_of(host).map(|(lease, _)| lease).collect::<Vec<_>>() {
            self.passing.withdrawn.remove(&lease);
        }
        self.passing.await_host(host, Some(heard_at.plus_ms(LEASE_MS)));
        for slot in 0..slots {
            self.refresh_slot(host, SlotIndex(slot));
        }
        effects.push(Effect::ToHost { link, message: ScheduleToRender::Welcome });
        if self.passing.linked_count == 1 {
            self.reasons_changed(effects);
        }
        self.want_pass(effects);
    }

    pub(crate) fn host_unlinked(&mut self, host: HostIndex, close: bool, effects: &mut Vec<Effect>) {
        let Some(old) = self.unlink(host) else { return };
        if close {
            effects.push(Effect::CloseLink { link: old.link });
        }
        if self.passing.linked_count == 0 {
            self.reasons_changed(effects);
        }
    }

    pub(crate) fn host_door(&mut self, host: HostIndex, door: &Door, effects: &mut Vec<Effect>) {
        self.passing.set_door(host, door);
        for slot in 0..self.passing.host(host).map_or(0, |linked| linked.slots) {
            self.refresh_slot(host, SlotIndex(slot));
        }
        self.reasons_changed(effects);
        self.want_pass(effects);
    }

    /// A host that holds leases is waited for as long as before; any other is no longer.
    fn unlink(&mut self, host: HostIndex) -> Option<LinkedHost> {
        let old = self.passing.unlink_host(host)?;
        if !self.kept.hosts.get(host).is_some_and(|kept| kept.is_busy()) {
            self.passing.await_host(host, None);
        }
        Some(old)
    }

    pub(crate) fn host_given_up(&mut self, host: HostIndex) {
        self.passing.await_host(host, None);
    }

    pub(crate) fn leases_taken_up(&mut self, until: Time) {
        self.passing.taken_up = true;
        let busy = self.kept.hosts.iter().filter(|(_, host)| host.is_busy());
        for host in busy.map(|(host, _)| host).collect::<Vec<_>>() {
            if self.passing.silent_at(host).is_none() {
                self.passing.await_host(host, Some(until));
            }
        }
    }

    pub(crate) fn host_turned_away(link: LinkId, why: &str, effects: &mut Vec<Effect>) {
        let message = ScheduleToRender::TurnedAway { why: why.to_owned() };
        effects.push(Effect::ToHost { link, message });
        effects.push(Effect::CloseLink { link });
    }

    pub(crate) fn host_heard(&mut self, host: HostIndex, at: Time, unnamed: &[(LeaseId, Time)]) {
        if let Some(linked) = self.passing.host_mut(host) {
            linked.said.heard_at = at;
            linked.said.unnamed.clear();
            linked.said.unnamed.extend_from_slice(unnamed);
            self.passing.await_host(host, Some(at.plus_ms(LEASE_MS)));
        }
    }

    pub(crate) fn host_skipped(&mut self, host: HostIndex, until: Time, why: &str) {
        if let Some(linked) = self.passing.host_mut(host) {
            linked.refusals += 1;
            why.clone_into(&mut linked.said.refused_because);
            self.passing.skipped.insert(host, until);
        }
    }

    pub(crate) fn slot_draining(&mut self, host: HostIndex, slot: SlotIndex, lease: Option<LeaseId>) {
        if let Some(linked) = self.passing.host_mut(host) {
            match lease {
                Some(lease) => linked.draining.insert(slot, lease),
                None => linked.draining.remove(&slot),
            };
        }
        self.refresh_slot(host, slot);
    }

    /// Notes whether a slot is free, after anything about it has changed.
    ///
    /// It is free as soon as what it did is done, though the storage may still be taking it in. While the
    /// storage has trouble it is not, so that no host fills up with what cannot be delivered.
    pub(crate) fn refresh_slot(&mut self, host: HostIndex, slot: SlotIndex) {
        let line = self.kept.hosts.get(host).and_then(|kept| kept.line(slot));
        let through = line.is_none_or(|line| {
            line.len() < AHEAD_MAX && line.iter().all(|lease| self.passing.is_through(lease))
        });
        let usable = |linked: &LinkedHost| {
            linked.is_open && slot.0 < linked.slots && !linked.draining.contains_key(&slot)
        };
        let free = through && self.passing.host(host).is_some_and(usable);
        self.passing.set_free(host, slot, free);
    }
}
