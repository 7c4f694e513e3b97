//! The database as people see it.

use model::{HEARTBEAT_MS, HostId, HostState, HostView, SlotIndex, SlotState, SlotView, Time};

use crate::{Host, Resource};

/// A host that missed this many heartbeats is shown as silent before it is put out of the database.
pub(crate) const MISSED_MAX: u64 = 2;

impl Resource {
    /// Every host, by name.
    #[must_use]
    pub fn host_views(&self, now: Time) -> Vec<HostView> {
        let hosts = self.names.values().filter_map(|link| self.hosts.get(link));
        hosts.map(|host| host.view(now)).collect()
    }

    pub(crate) fn host_view(&self, name: &HostId, now: Time) -> Option<HostView> {
        self.named(name).map(|host| host.view(now))
    }

    /// How many hosts are in each state.
    #[must_use]
    pub fn states(&self, now: Time) -> Vec<(HostState, u64)> {
        let all =
            [HostState::Idle, HostState::Busy, HostState::Closed, HostState::Draining, HostState::Silent];
        let mut states = all.map(|state| (state, 0));
        for host in self.hosts.values() {
            let now = host.state(now).0;
            states.iter_mut().filter(|(state, _)| *state == now).for_each(|(_, count)| *count += 1);
        }
        states.into()
    }

    /// How many hosts the database holds.
    #[must_use]
    pub fn hosts_total(&self) -> usize {
        self.hosts.len()
    }
}

impl Host {
    /// Its state, and how many slots of it are busy.
    fn state(&self, now: Time) -> (HostState, usize) {
        let busy = self.slots.iter().filter(|slot| **slot != SlotState::Free).count();
        let state = match (self.door.is_open(), busy) {
            _ if now.since_ms(self.heard_at) > MISSED_MAX * HEARTBEAT_MS => HostState::Silent,
            (false, 0) => HostState::Closed,
            (false, _) => HostState::Draining,
            (true, 0) => HostState::Idle,
            (true, _) => HostState::Busy,
        };
        (state, busy)
    }

    fn view(&self, now: Time) -> HostView {
        let (state, busy) = self.state(now);
        let slot = |(index, now): (u16, &SlotState)| SlotView { slot: SlotIndex(index), now: now.clone() };
        HostView {
            name: self.name.clone(),
            state,
            slots_total: u32::try_from(self.slots.len()).unwrap_or(u32::MAX),
            slots_busy: u32::try_from(busy).unwrap_or(u32::MAX),
            slots: (0..=u16::MAX).zip(&self.slots).map(slot).collect(),
            info: self.info.clone(),
            heard_at: self.heard_at,
            door: self.door.clone(),
        }
    }
}
