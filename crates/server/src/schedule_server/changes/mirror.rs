//! The hosts as the resource server told of them while somebody watches.

use std::collections::{BTreeMap, BTreeSet};

use model::{HostId, HostSlots, HostView, HostsSeen, SlotState};

/// The hosts.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    hosts: BTreeMap<HostId, HostView>,
    /// All that are there have been told of.
    whole: bool,
    /// They had been before.
    was_whole: bool,
    /// While they are told of anew: those that were not yet.
    untold: BTreeSet<HostId>,
}

/// A host that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) host: HostId,
    /// More than what its slots do has changed.
    pub(super) all: bool,
}

impl Mirror {
    pub(super) fn get(&self, host: &HostId) -> Option<&HostView> {
        self.hosts.get(host)
    }

    /// Whether it shows all that there is.
    pub(super) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether it ever did.
    pub(super) const fn was_whole(&self) -> bool {
        self.was_whole
    }

    /// Nothing is heard of the hosts any more; what they were is kept to tell what has changed meanwhile.
    pub(super) const fn interrupt(&mut self) {
        self.whole = false;
    }

    /// The resource server has told of hosts. Says which are not what they were.
    pub(super) fn hear(&mut self, seen: HostsSeen) -> Vec<Turned> {
        let HostsSeen { whole, more, are, slots, gone } = seen;
        let mut turned = Vec::new();
        if whole {
            self.whole = false;
            self.untold = self.hosts.keys().cloned().collect();
        }
        let telling = whole || more || !self.whole;
        for host in are {
            self.untold.remove(&host.name);
            let name = host.name.clone();
            let same = self.hosts.insert(name.clone(), host.clone()).is_some_and(|old| is_alike(&old, &host));
            if !same {
                turned.push(Turned { host: name, all: true });
            }
        }
        for told in slots {
            let host = told.host.clone();
            if self.turn_slots(told) {
                turned.push(Turned { host, all: false });
            }
        }
        let ended = if telling && !more { std::mem::take(&mut self.untold) } else { BTreeSet::new() };
        for host in gone.into_iter().chain(ended) {
            if self.hosts.remove(&host).is_some() {
                turned.push(Turned { host, all: true });
            }
        }
        self.whole |= telling && !more;
        self.was_whole |= self.whole;
        turned
    }

    fn turn_slots(&mut self, told: HostSlots) -> bool {
        let Some(host) = self.hosts.get_mut(&told.host) else { return false };
        (host.state, host.heard_at) = (told.state, told.heard_at);
        for slot in told.slots {
            if let Some(held) = host.slots.get_mut(usize::from(slot.slot.0)) {
                *held = slot;
            }
        }
        let busy = host.slots.iter().filter(|slot| slot.now != SlotState::Free).count();
        host.slots_busy = u32::try_from(busy).unwrap_or(u32::MAX);
        true
    }
}

/// Whether nothing has changed that people look for; when a host was last heard of is no news.
fn is_alike(one: &HostView, other: &HostView) -> bool {
    let HostView { name, state, slots_total, slots_busy, slots, info, heard_at: _, door } = one;
    (name, state, slots_total, slots_busy)
        == (&other.name, &other.state, &other.slots_total, &other.slots_busy)
        && (slots, info, door) == (&other.slots, &other.info, &other.door)
}
