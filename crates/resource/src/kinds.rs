//! Kinds of hosts: all that are alike in everything a profile can ask. A farm has thousands of hosts and a
//! few dozen kinds, so what is asked of each host is asked of each kind instead.

use std::collections::{BTreeMap, BTreeSet};

use model::{HostId, KindId, LicenceInfo, ResourceInfo};

/// Memory and swap are told apart in steps of this many bytes: machines of one sort differ by what their
/// firmware keeps.
const MEMORY_STEP: u64 = 16 << 20;
/// Of free scratch space so many binary digits count, since it changes all the time.
const SCRATCH_DIGITS: u32 = 3;

/// What a profile can ask of a host with `info`: amounts rounded down, lists in one order, and nothing that
/// no need speaks of.
#[must_use]
pub fn askable(info: &ResourceInfo) -> ResourceInfo {
    let mut askable = info.clone();
    askable.memory_bytes -= askable.memory_bytes % MEMORY_STEP;
    askable.swap_bytes -= askable.swap_bytes % MEMORY_STEP;
    let low = (u64::BITS - askable.scratch_bytes.leading_zeros()).saturating_sub(SCRATCH_DIGITS);
    askable.scratch_bytes = askable.scratch_bytes >> low << low;
    for package in &mut askable.packages {
        package.executable.clear();
    }
    for gpu in &mut askable.gpus {
        gpu.driver.clear();
    }
    for LicenceInfo { source, .. } in &mut askable.licences {
        source.clear();
    }
    for share in &mut askable.shares {
        share.kind.clear();
    }
    for words in [&mut askable.tags, &mut askable.pools] {
        words.sort();
        words.dedup();
    }
    askable.packages.sort();
    askable.gpus.sort();
    askable.licences.sort();
    askable.licences.dedup();
    askable.shares.sort();
    askable
}

/// A kind: what its hosts have, and how much of it there is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kind {
    /// What its hosts have, as far as it can be asked; no addresses, which are each host's own.
    pub(crate) info: ResourceInfo,
    pub(crate) hosts: BTreeSet<HostId>,
    pub(crate) slots: Slots,
}

/// Slots that are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Slots {
    pub(crate) total: u32,
    /// Those of open hosts on which nothing is.
    pub(crate) free: u32,
}

impl Slots {
    pub(crate) const fn with(self, more: Self) -> Self {
        let (total, free) = (self.total.saturating_add(more.total), self.free.saturating_add(more.free));
        Self { total, free }
    }

    const fn without(self, less: Self) -> Self {
        let (total, free) = (self.total.saturating_sub(less.total), self.free.saturating_sub(less.free));
        Self { total, free }
    }
}

/// Every kind that has a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kinds {
    by_info: BTreeMap<ResourceInfo, KindId>,
    all: BTreeMap<KindId, Kind>,
    /// How many there ever were: numbers are not used twice.
    last: u32,
}

impl Kinds {
    /// The kind of hosts with `info`, to which a host is added next where it is new.
    pub(crate) fn find(&mut self, info: &ResourceInfo) -> (KindId, bool) {
        let mut info = askable(info);
        info.addresses.clear();
        if let Some(id) = self.by_info.get(&info) {
            return (*id, false);
        }
        self.last += 1;
        let id = KindId(self.last);
        self.by_info.insert(info.clone(), id);
        self.all.insert(id, Kind { info, hosts: BTreeSet::new(), slots: Slots::default() });
        (id, true)
    }

    /// Counts a host in.
    pub(crate) fn add(&mut self, id: KindId, host: &HostId, slots: Slots) {
        if let Some(kind) = self.all.get_mut(&id) {
            kind.hosts.insert(host.clone());
            kind.slots = kind.slots.with(slots);
        }
    }

    /// Counts a host out; says whether it was the last of its kind.
    pub(crate) fn take(&mut self, id: KindId, host: &HostId, slots: Slots) -> bool {
        let Some(kind) = self.all.get_mut(&id) else { return false };
        kind.hosts.remove(host);
        kind.slots = kind.slots.without(slots);
        if !kind.hosts.is_empty() {
            return false;
        }
        if let Some(kind) = self.all.remove(&id) {
            self.by_info.remove(&kind.info);
        }
        true
    }

    /// A host of the kind has other slots than before.
    pub(crate) fn recount(&mut self, id: KindId, before: Slots, after: Slots) {
        if let Some(kind) = self.all.get_mut(&id) {
            kind.slots = kind.slots.without(before).with(after);
        }
    }

    pub(crate) fn get(&self, id: KindId) -> Option<&Kind> {
        self.all.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (KindId, &Kind)> {
        self.all.iter().map(|(id, kind)| (*id, kind))
    }
}
