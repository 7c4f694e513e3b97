//! What leases hold of their hosts besides slots: memory by bytes, GPUs by their place in the host's list.
//!
//! It is counted as leases begin and end, whether or not their hosts are linked, so that a host which comes
//! back is known to be in use. A host that has less than before keeps what runs; nothing new starts there
//! until it fits.

use std::collections::{BTreeMap, BTreeSet};

use model::{AmountKind, Amounts};
use serde::{Deserialize, Serialize};

use crate::host_table::HostIndex;

/// What a lease holds of its host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Taken {
    #[serde(default)]
    pub(crate) memory_bytes: u64,
    #[serde(default)]
    pub(crate) gpus: Box<[u16]>,
}

/// What is held of hosts; nothing is kept of those of which nothing is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct AmountsTaken {
    by_host: BTreeMap<HostIndex, OnHost>,
}

/// What is held of a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct OnHost {
    memory_bytes: u64,
    gpus: BTreeSet<u16>,
}

/// Too little of something is left on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShortAmount {
    pub(crate) amount: AmountKind,
    pub(crate) free: u64,
    pub(crate) wanted: u64,
}

/// What is left of hosts during a pass, with what it has given away already.
pub(crate) struct AmountsLeft<'a> {
    taken: &'a AmountsTaken,
    given: BTreeMap<HostIndex, OnHost>,
}

impl Taken {
    /// What a record says that a lease holds; absent where that is nothing.
    pub(crate) fn of(memory_bytes: u64, gpus: &[u16]) -> Option<Box<Self>> {
        let some = memory_bytes > 0 || !gpus.is_empty();
        some.then(|| Box::new(Self { memory_bytes, gpus: gpus.into() }))
    }
}

impl ShortAmount {
    /// Nothing is left of what is wanted.
    pub(crate) const fn all_of(wanted: &Amounts) -> Self {
        let (amount, wanted) = match wanted.gpus {
            0 => (AmountKind::Memory, wanted.memory_bytes),
            gpus => (AmountKind::Gpus, gpus as u64),
        };
        Self { amount, free: 0, wanted }
    }
}

impl AmountsTaken {
    pub(crate) fn take(&mut self, host: HostIndex, taken: &Taken) {
        self.by_host.entry(host).or_default().take(taken);
    }

    pub(crate) fn give_back(&mut self, host: HostIndex, taken: &Taken) {
        let Some(held) = self.by_host.get_mut(&host) else { return };
        held.memory_bytes = held.memory_bytes.saturating_sub(taken.memory_bytes);
        held.gpus.retain(|gpu| !taken.gpus.contains(gpu));
        if *held == OnHost::default() {
            self.by_host.remove(&host);
        }
    }

    /// The most that leases may hold of a host which has `amounts` from now on: what it has, or what is held.
    pub(crate) fn most(&self, host: HostIndex, amounts: Amounts) -> Amounts {
        let Some(held) = self.by_host.get(&host) else { return amounts };
        let beyond = held.gpus.last().map_or(0, |gpu| gpu.saturating_add(1));
        Amounts { memory_bytes: amounts.memory_bytes.max(held.memory_bytes), gpus: amounts.gpus.max(beyond) }
    }

    /// What would be left of a host once some leases were over.
    pub(crate) fn short_after<'t>(
        &self,
        host: HostIndex,
        over: impl Iterator<Item = &'t Taken>,
        wanted: &Amounts,
        has: &Amounts,
    ) -> Option<ShortAmount> {
        let mut rest =
            Self { by_host: self.by_host.get(&host).map(|held| (host, held.clone())).into_iter().collect() };
        over.for_each(|taken| rest.give_back(host, taken));
        AmountsLeft::new(&rest).short_on(wanted, host, has)
    }

    /// Asserts that what is held is what live leases hold, no GPU twice, and that no host which is linked
    /// gives more than it may.
    pub(crate) fn check<'a>(
        &self,
        leases: impl Iterator<Item = (HostIndex, &'a Taken)>,
        most: impl Fn(HostIndex) -> Option<Amounts>,
    ) {
        let mut counted = Self::default();
        for (host, taken) in leases {
            for gpu in &taken.gpus {
                let twice = counted.by_host.get(&host).is_some_and(|held| held.gpus.contains(gpu));
                assert!(!twice, "GPU {gpu} of host {} is given twice", host.0);
            }
            counted.take(host, taken);
        }
        assert_eq!(*self, counted, "what is held of hosts is what live leases hold");
        for (host, held) in &self.by_host {
            let Some(most) = most(*host) else { continue };
            let fits =
                held.memory_bytes <= most.memory_bytes && held.gpus.last().is_none_or(|gpu| *gpu < most.gpus);
            assert!(fits, "host {} has {most:?} and {held:?} is held of it", host.0);
        }
    }
}

impl OnHost {
    fn take(&mut self, taken: &Taken) {
        self.memory_bytes += taken.memory_bytes;
        self.gpus.extend(taken.gpus.iter().copied());
    }
}

impl<'a> AmountsLeft<'a> {
    pub(crate) const fn new(taken: &'a AmountsTaken) -> Self {
        Self { taken, given: BTreeMap::new() }
    }

    /// What leaves too little for a frame on `host`, which has `has`.
    pub(crate) fn short_on(&self, wanted: &Amounts, host: HostIndex, has: &Amounts) -> Option<ShortAmount> {
        if wanted.is_none() {
            return None;
        }
        let memory: u64 = self.held(host).map(|held| held.memory_bytes).sum();
        let memory_left = has.memory_bytes.saturating_sub(memory);
        let gpus_left = self.free_gpus(host, has).count() as u64;
        let (memory, gpus) = (wanted.memory_bytes, u64::from(wanted.gpus));
        [(AmountKind::Gpus, gpus_left, gpus), (AmountKind::Memory, memory_left, memory)]
            .into_iter()
            .map(|(amount, free, wanted)| ShortAmount { amount, free, wanted })
            .find(|short| short.wanted > short.free)
    }

    /// A frame on `host` is given a lease: the first GPUs that are free, and memory.
    pub(crate) fn take(&mut self, wanted: &Amounts, host: HostIndex, has: &Amounts) -> Taken {
        let gpus = self.free_gpus(host, has).take(usize::from(wanted.gpus)).collect();
        let taken = Taken { memory_bytes: wanted.memory_bytes, gpus };
        self.given.entry(host).or_default().take(&taken);
        taken
    }

    fn free_gpus(&self, host: HostIndex, has: &Amounts) -> impl Iterator<Item = u16> + use<'_, 'a> {
        (0..has.gpus).filter(move |gpu| self.held(host).all(|held| !held.gpus.contains(gpu)))
    }

    fn held(&self, host: HostIndex) -> impl Iterator<Item = &OnHost> {
        self.taken.by_host.get(&host).into_iter().chain(self.given.get(&host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: HostIndex = HostIndex(0);
    const HAS: Amounts = Amounts { memory_bytes: 100, gpus: 3 };

    fn gpus(gpus: u16) -> Amounts {
        Amounts { gpus, memory_bytes: 0 }
    }

    #[test]
    fn the_lowest_free_gpus_are_given_and_none_twice() {
        let mut taken = AmountsTaken::default();
        let mut left = AmountsLeft::new(&taken);
        let first = left.take(&gpus(1), A, &HAS);
        let second = left.take(&gpus(1), A, &HAS);
        assert_eq!((&*first.gpus, &*second.gpus), (&[0][..], &[1][..]), "a pass counts what it gives");
        taken.take(A, &first);
        taken.take(A, &second);
        taken.give_back(A, &first);
        let mut left = AmountsLeft::new(&taken);
        assert_eq!(&*left.take(&gpus(2), A, &HAS).gpus, [0, 2]);
        let short = ShortAmount { amount: AmountKind::Gpus, free: 0, wanted: 1 };
        assert_eq!(left.short_on(&gpus(1), A, &HAS), Some(short));
    }

    #[test]
    fn a_host_that_shrinks_keeps_what_runs_and_takes_nothing_new() {
        let mut taken = AmountsTaken::default();
        let wanted = Amounts { memory_bytes: 60, gpus: 1 };
        let held = AmountsLeft::new(&taken).take(&wanted, A, &HAS);
        taken.take(A, &held);
        let less = Amounts { memory_bytes: 50, gpus: 0 };
        assert_eq!(taken.most(A, less), Amounts { memory_bytes: 60, gpus: 1 });
        let one = Amounts { memory_bytes: 1, gpus: 0 };
        let short = AmountsLeft::new(&taken).short_on(&one, A, &less);
        assert_eq!(short, Some(ShortAmount { amount: AmountKind::Memory, free: 0, wanted: 1 }));
        assert_eq!(taken.short_after(A, [&held].into_iter(), &one, &less), None);
        taken.give_back(A, &held);
        assert_eq!(taken, AmountsTaken::default(), "nothing is left of it");
    }

    #[test]
    #[should_panic(expected = "GPU 0 of host 0 is given twice")]
    fn the_check_finds_a_gpu_that_is_given_twice() {
        let held = Taken { memory_bytes: 0, gpus: [0].into() };
        let mut taken = AmountsTaken::default();
        taken.take(A, &held);
        taken.check([(A, &held), (A, &held)].into_iter(), |_| Some(HAS));
    }

    #[test]
    #[should_panic(expected = "is held of it")]
    fn the_check_finds_memory_that_is_not_there() {
        let held = Taken { memory_bytes: 101, gpus: Box::default() };
        let mut taken = AmountsTaken::default();
        taken.take(A, &held);
        taken.check([(A, &held)].into_iter(), |_| Some(HAS));
    }
}
