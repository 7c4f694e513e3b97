//! Makes passing records about render servers true.

use std::collections::BTreeMap;

use model::{HostId, InstanceId, LeaseId, ScheduleToRender, SlotIndex, Time};

use crate::passing_state::{Due, LinkedHost};
use crate::{Effect, LinkId, Schedule};

impl LinkedHost {
    pub(crate) const fn new(link: LinkId, instance: InstanceId, slots: u16, until: Time) -> Self {
        Self {
            link,
            instance,
            slots,
            until,
            draining: BTreeMap::new(),
            skip_until: Time(0),
            refusals: 0,
            refused_because: String::new(),
        }
    }
}

impl Schedule {
    pub(crate) fn host_linked(&mut self, host: &HostId, linked: LinkedHost, effects: &mut Vec<Effect>) {
        let LinkedHost { link, slots, until, .. } = linked;
        if let Some(other) = self.passing.links.get(&link).cloned() {
            self.passing.forget_host(&other);
        }
        if let Some(old) = self.passing.forget_host(host) {
            effects.push(Effect::CloseLink { link: old.link });
        }
        self.passing.links.insert(link, host.clone());
        self.passing.hosts.insert(host.clone(), linked);
        self.passing.due(Due::Host(host.clone()), None, Some(until));
        for slot in 0..slots {
            self.refresh_slot(host, SlotIndex(slot));
        }
        effects.push(Effect::ToHost { link, message: ScheduleToRender::Welcome });
        if self.passing.hosts.len() == 1 {
            self.reasons_changed(effects);
        }
        self.want_pass(effects);
    }

    pub(crate) fn host_unlinked(&mut self, host: &HostId, close: bool, effects: &mut Vec<Effect>) {
        let Some(old) = self.passing.forget_host(host) else { return };
        if close {
            effects.push(Effect::CloseLink { link: old.link });
        }
        if self.passing.hosts.is_empty() {
            self.reasons_changed(effects);
        }
    }

    pub(crate) fn host_turned_away(link: LinkId, why: &str, effects: &mut Vec<Effect>) {
        let message = ScheduleToRender::TurnedAway { why: why.to_owned() };
        effects.push(Effect::ToHost { link, message });
        effects.push(Effect::CloseLink { link });
    }

    pub(crate) fn host_heard(&mut self, host: &HostId, until: Time, leases: &[LeaseId]) {
        if let Some(linked) = self.passing.hosts.get_mut(host) {
            let old = std::mem::replace(&mut linked.until, until);
            self.passing.due(Due::Host(host.clone()), Some(old), Some(until));
        }
        for lease in leases {
            self.lease_heard(*lease, until);
        }
    }

    pub(crate) fn host_skipped(&mut self, host: &HostId, until: Time, why: &str) {
        if let Some(linked) = self.passing.hosts.get_mut(host) {
            linked.skip_until = until;
            linked.refusals += 1;
            why.clone_into(&mut linked.refused_because);
        }
    }

    pub(crate) fn slot_draining(&mut self, host: &HostId, slot: SlotIndex, lease: Option<LeaseId>) {
        if let Some(linked) = self.passing.hosts.get_mut(host) {
            match lease {
                Some(lease) => linked.draining.insert(slot, lease),
                None => linked.draining.remove(&slot),
            };
        }
        self.refresh_slot(host, slot);
    }
}
