//! Sets of hosts and of slots as bits, so that a pass finds the hosts that match and are free by a few
//! operations on words however large the farm is.

use model::SlotIndex;

use crate::host_table::HostIndex;

const BITS: usize = u64::BITS as usize;

/// A set of hosts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HostSet {
    words: Vec<u64>,
}

impl HostSet {
    pub(crate) fn set(&mut self, host: HostIndex, belongs: bool) {
        let (word, bit) = (host.place() / BITS, host.place() % BITS);
        if self.words.len() <= word {
            if !belongs {
                return;
            }
            self.words.resize(word + 1, 0);
        }
        self.words[word] = self.words[word] & !(1 << bit) | (u64::from(belongs) << bit);
    }

    pub(crate) fn contains(&self, host: HostIndex) -> bool {
        self.word(host.place() / BITS) & (1 << (host.place() % BITS)) != 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = HostIndex> {
        let words = self.words.iter().enumerate();
        words.flat_map(|(place, word)| hosts_of(place, *word))
    }

    /// Hosts that are in both.
    pub(crate) fn both<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = HostIndex> + 'a {
        let words = self.words.iter().zip(&other.words).enumerate();
        words.flat_map(|(place, (one, two))| hosts_of(place, one & two))
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(one, two)| one & two != 0)
    }

    /// Those of `other` belong to it as well.
    pub(crate) fn add(&mut self, other: &Self) {
        self.words.resize(self.words.len().max(other.words.len()), 0);
        self.words.iter_mut().zip(&other.words).for_each(|(word, more)| *word |= more);
    }

    /// Hosts that are in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self { words: self.words.iter().zip(&other.words).map(|(one, two)| one & two).collect() }
    }

    /// Hosts that are not in `other`.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let words = self.words.iter().enumerate();
        Self { words: words.map(|(place, word)| word & !other.word(place)).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    fn word(&self, place: usize) -> u64 {
        self.words.get(place).copied().unwrap_or(0)
    }
}

fn hosts_of(place: usize, mut word: u64) -> impl Iterator<Item = HostIndex> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        u32::try_from(place * BITS).ok().map(|first| HostIndex(first + bit))
    })
}

/// A set of slots of one host. Up to 128 cost no memory of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SlotSet {
    low: [u64; 2],
    high: Box<[u64]>,
    len: u16,
}

impl SlotSet {
    pub(crate) const fn len(&self) -> u16 {
        self.len
    }

    pub(crate) fn set(&mut self, slot: SlotIndex, belongs: bool) {
        let (place, bit) = (usize::from(slot.0) / BITS, usize::from(slot.0) % BITS);
        if place >= self.low.len() + self.high.len() {
            if !belongs {
                return;
            }
            let mut high = std::mem::take(&mut self.high).into_vec();
            high.resize(place + 1 - self.low.len(), 0);
            self.high = high.into_boxed_slice();
        }
        let word = match place.checked_sub(self.low.len()) {
            None => &mut self.low[place],
            Some(place) => &mut self.high[place],
        };
        let had = *word & (1 << bit) != 0;
        *word = *word & !(1 << bit) | (u64::from(belongs) << bit);
        self.len = self.len - u16::from(had) + u16::from(belongs);
    }

    /// The first slot in it that is not below `from`.
    pub(crate) fn next(&self, from: SlotIndex) -> Option<SlotIndex> {
        let (first, bit) = (usize::from(from.0) / BITS, usize::from(from.0) % BITS);
        let words = self.low.iter().chain(&*self.high).enumerate().skip(first);
        words
            .map(|(place, word)| (place, if place == first { *word & (u64::MAX << bit) } else { *word }))
            .find(|(_, word)| *word != 0)
            .and_then(|(place, word)| u16::try_from(place * BITS + word.trailing_zeros() as usize).ok())
            .map(SlotIndex)
    }
}

/// The hosts that have free slots, by how many.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FreeHosts {
    /// By the number of free slots.
    by_free: Vec<HostSet>,
    /// How many hosts are in each.
    sizes: Vec<u32>,
    slots: usize,
}

impl FreeHosts {
    pub(crate) const fn is_empty(&self) -> bool {
        self.slots == 0
    }

    /// Free slots of all hosts.
    pub(crate) const fn slots(&self) -> usize {
        self.slots
    }

    /// A host has `new` free slots and had `old`.
    pub(crate) fn moved(&mut self, host: HostIndex, old: u16, new: u16) {
        self.put(host, old, false);
        self.put(host, new, true);
        self.slots = self.slots - usize::from(old) + usize::from(new);
    }

    fn put(&mut self, host: HostIndex, free: u16, belongs: bool) {
        let place = usize::from(free);
        if free == 0 {
            return;
        }
        if self.by_free.len() <= place {
            self.by_free.resize(place + 1, HostSet::default());
            self.sizes.resize(place + 1, 0);
        }
        self.by_free[place].set(host, belongs);
        self.sizes[place] = if belongs { self.sizes[place] + 1 } else { self.sizes[place].saturating_sub(1) };
    }

    /// Whether both hold the same, however they came to it.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let places = 0..self.by_free.len().max(other.by_free.len());
        let hosts = |held: &Self, place: usize| -> Vec<HostIndex> {
            held.by_free.get(place).map(|set| set.iter().collect()).unwrap_or_default()
        };
        let size = |held: &Self, place: usize| held.sizes.get(place).copied().unwrap_or(0);
        self.slots == other.slots
            && places.clone().all(|place| size(self, place) == size(other, place))
            && places.clone().all(|place| hosts(self, place) == hosts(other, place))
    }

    /// Those in `wanted`, most free first.
    pub(crate) fn within<'a>(&'a self, wanted: &'a HostSet) -> impl Iterator<Item = HostIndex> + 'a {
        let sets = self.by_free.iter().zip(&self.sizes).rev().filter(|(_, size)| **size > 0);
        sets.flat_map(|(set, _)| set.both(wanted))
    }
}
