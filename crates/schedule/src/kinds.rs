//! Of which kind hosts are, as the resource server says, and which kinds a profile wants.
//!
//! A list names kinds and not hosts, so that what it costs does not grow with the farm: the hosts that match
//! are the sets of the kinds, put together, and hosts that come, go or change are put in or out one by one.

use std::collections::{BTreeMap, BTreeSet};

use model::{HostId, KindId, ResourceList};

use crate::host_set::HostSet;
use crate::host_table::{HostIndex, HostTable};

/// The kinds of all hosts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kinds {
    /// How often all was told anew. The numbers of kinds mean nothing in another run of the resource server.
    epoch: u64,
    by_host: BTreeMap<HostId, KindId>,
    /// By kind, those that were ever heard of here.
    sets: BTreeMap<KindId, HostSet>,
}

/// The kinds that a profile wants, as the last list said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WantedKinds {
    epoch: u64,
    /// With the tier of each, the first being preferred.
    tiers: BTreeMap<KindId, usize>,
    only: Option<BTreeSet<HostId>>,
    except: BTreeSet<HostId>,
}

/// The hosts that match a profile, and which of them are preferred.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Matching {
    pub(crate) all: HostSet,
    /// The same by how well they match; none where all do alike.
    tiers: Vec<HostSet>,
}

impl Kinds {
    /// All is told anew from here on.
    pub(crate) fn begin_anew(&mut self) {
        *self = Self { epoch: self.epoch + 1, ..Self::default() };
    }

    pub(crate) fn of(&self, host: &HostId) -> Option<KindId> {
        self.by_host.get(host).copied()
    }

    /// A host is of a kind, or gone; `index` where it was ever heard of here.
    pub(crate) fn put(&mut self, host: &HostId, index: Option<HostIndex>, kind: Option<KindId>) {
        let old = match kind {
            Some(kind) => self.by_host.insert(host.clone(), kind),
            None => self.by_host.remove(host),
        };
        let Some(index) = index else { return };
        if let Some(set) = old.and_then(|old| self.sets.get_mut(&old)) {
            set.set(index, false);
        }
        if let Some(kind) = kind {
            self.sets.entry(kind).or_default().set(index, true);
        }
    }

    /// A host that may have been told of is heard of for the first time.
    pub(crate) fn host_seen(&mut self, host: &HostId, index: HostIndex) {
        if let Some(kind) = self.of(host) {
            self.sets.entry(kind).or_default().set(index, true);
        }
    }

    /// What a list wants.
    pub(crate) fn wanted(&self, list: &ResourceList) -> WantedKinds {
        let ranks: BTreeSet<u32> = list.kinds.iter().map(|kind| kind.rank).collect();
        let tier = |rank: u32| ranks.iter().take_while(|other| **other < rank).count();
        WantedKinds {
            epoch: self.epoch,
            tiers: list.kinds.iter().map(|kind| (kind.kind, tier(kind.rank))).collect(),
            only: list.only.as_ref().map(|hosts| hosts.iter().cloned().collect()),
            except: list.except.iter().cloned().collect(),
        }
    }

    /// The hosts that are wanted.
    pub(crate) fn matching(&self, wanted: &WantedKinds, hosts: &HostTable) -> Matching {
        let mut matching = Matching { all: HostSet::default(), tiers: wanted.blank_tiers() };
        match &wanted.only {
            Some(only) => {
                for name in only {
                    if let Some(host) = hosts.find(name) {
                        matching.put(host, self.tier(wanted, name));
                    }
                }
            }
            None => {
                for (kind, tier) in &wanted.tiers {
                    let Some(set) = self.sets.get(kind) else { continue };
                    matching.all.add(set);
                    if let Some(tier) = matching.tiers.get_mut(*tier) {
                        tier.add(set);
                    }
                }
                for host in wanted.except.iter().filter_map(|name| hosts.find(name)) {
                    matching.put(host, None);
                }
            }
        }
        matching
    }

    /// How well a host matches, where it does.
    pub(crate) fn tier(&self, wanted: &WantedKinds, host: &HostId) -> Option<usize> {
        let named = wanted.only.as_ref().is_none_or(|only| only.contains(host));
        let tier = wanted.tiers.get(&self.of(host)?).copied();
        tier.filter(|_| named && !wanted.except.contains(host))
    }

    /// Whether what is wanted speaks of the kinds as they are numbered now.
    pub(crate) const fn speaks_of(&self, wanted: &WantedKinds) -> bool {
        self.epoch == wanted.epoch
    }

    /// Asserts that every host that was heard of is in the set of its kind.
    pub(crate) fn check(&self, hosts: &HostTable) {
        for (index, host) in hosts.iter() {
            let kind = self.of(&host.name);
            let within = self.sets.iter().filter(|(_, set)| set.contains(index)).map(|(kind, _)| *kind);
            assert!(within.eq(kind), "host {} is of its kind alone", host.name);
        }
    }
}

impl WantedKinds {
    fn blank_tiers(&self) -> Vec<HostSet> {
        let tiers = self.tiers.values().max().map_or(0, |last| last + 1);
        if tiers > 1 { vec![HostSet::default(); tiers] } else { Vec::new() }
    }
}

impl Matching {
    /// A host matches so well, or not at all; whether that is new.
    pub(crate) fn put(&mut self, host: HostIndex, tier: Option<usize>) -> bool {
        let before = (self.all.contains(host), self.tiers.iter().position(|set| set.contains(host)));
        self.all.set(host, tier.is_some());
        for (at, set) in self.tiers.iter_mut().enumerate() {
            set.set(host, tier == Some(at));
        }
        before != (tier.is_some(), tier.filter(|_| !self.tiers.is_empty()))
    }

    /// The hosts, the preferred first.
    pub(crate) fn tiers(&self) -> impl Iterator<Item = &HostSet> {
        let alike = self.tiers.is_empty().then_some(&self.all);
        alike.into_iter().chain(&self.tiers)
    }

    /// Whether both hold the same hosts.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let sets = |one: &Self| one.tiers().map(|set| set.iter().collect()).collect::<Vec<Vec<_>>>();
        self.all.iter().eq(other.all.iter()) && sets(self) == sets(other)
    }
}
