//! Maps by numbers that come from counters, for what is looked up with every message: a search tree of as
//! many leases as a large farm has would be most of the work.
//!
//! Their order is nobody's business: they are walked over sorted, and written so.

use std::fmt;

use model::{JobId, LeaseId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The least room that a map has once anything was in it.
const ROOM_MIN: usize = 128;
/// Maps with less room than this keep it when they become empty.
const KEPT_MAX: usize = 4_096;
/// Neighbours in a counter are looked up together, so this many of them (a power of two) stand together.
const TOGETHER: u64 = 64;

/// A number from a counter.
pub(crate) trait Counted: Copy + Ord {
    fn number(self) -> u64;
}

impl Counted for u64 {
    fn number(self) -> u64 {
        self
    }
}

impl Counted for LeaseId {
    fn number(self) -> u64 {
        self.0
    }
}

impl Counted for JobId {
    fn number(self) -> u64 {
        self.0
    }
}

/// A map by a number.
#[derive(Clone)]
pub(crate) struct IdMap<K, V> {
    /// Each stands in its place or behind it, with no empty cell between; a power of two of them.
    cells: Vec<Option<(K, V)>>,
    len: usize,
}

impl<K, V> Default for IdMap<K, V> {
    fn default() -> Self {
        Self { cells: Vec::new(), len: 0 }
    }
}

impl<K: Counted, V> IdMap<K, V> {
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        let at = self.find(key)?;
        self.cells[at].as_ref().map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let at = self.find(key)?;
        self.cells[at].as_mut().map(|(_, value)| value)
    }

    pub(crate) fn contains(&self, key: K) -> bool {
        self.find(key).is_some()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(held) = self.get_mut(key) {
            return Some(std::mem::replace(held, value));
        }
        if (self.len + 1) * 3 > self.cells.len() * 2 {
            self.resize((self.cells.len() * 2).max(ROOM_MIN));
        }
        self.len += 1;
        self.put(key, value);
        None
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let mut hole = self.find(key)?;
        let (_, removed) = self.cells[hole].take()?;
        self.len -= 1;
        // What stands behind the hole moves into it where its own place allows.
        let last = self.cells.len() - 1;
        let mut at = (hole + 1) & last;
        while let Some((other, _)) = &self.cells[at] {
            let home = self.home(*other);
            if (at.wrapping_sub(home) & last) >= (at.wrapping_sub(hole) & last) {
                self.cells.swap(hole, at);
                hole = at;
            }
            at = (at + 1) & last;
        }
        if self.cells.len() > KEPT_MAX && self.len * 8 < self.cells.len() {
            self.resize(self.cells.len() / 2);
        }
        Some(removed)
    }

    /// What is under `key`; the usual thing, where nothing was.
    pub(crate) fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        if !self.contains(key) {
            self.insert(key, V::default());
        }
        let at = self.find(key).unwrap_or_else(|| self.home(key));
        &mut self.cells[at].get_or_insert_with(|| (key, V::default())).1
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Everything, by key. Sorts: not for what happens often.
    pub(crate) fn sorted(&self) -> Vec<(K, &V)> {
        let mut all: Vec<_> = self.cells.iter().flatten().map(|(key, value)| (*key, value)).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    fn find(&self, key: K) -> Option<usize> {
        if self.cells.is_empty() {
            return None;
        }
        let mut at = self.home(key);
        loop {
            match &self.cells[at] {
                Some((held, _)) if *held == key => return Some(at),
                Some(_) => at = (at + 1) & (self.cells.len() - 1),
                None => return None,
            }
        }
    }

    /// The place that a key has, if no other has it. The room is a power of two, at least `ROOM_MIN`.
    fn home(&self, key: K) -> usize {
        let (group, within) = (key.number() / TOGETHER, key.number() % TOGETHER);
        let groups = self.cells.len() as u64 / TOGETHER;
        let spread = group.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - groups.trailing_zeros());
        (spread * TOGETHER + within) as usize
    }

    /// Puts what is not there yet into the first empty cell from its place on.
    fn put(&mut self, key: K, value: V) {
        let mut at = self.home(key);
        while self.cells[at].is_some() {
            at = (at + 1) & (self.cells.len() - 1);
        }
        self.cells[at] = Some((key, value));
    }

    fn resize(&mut self, room: usize) {
        let old = std::mem::take(&mut self.cells);
        self.cells.resize_with(room, || None);
        old.into_iter().flatten().for_each(|(key, value)| self.put(key, value));
    }
}

impl<K: Counted, V: PartialEq> PartialEq for IdMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        let same = |(key, value): &(K, V)| other.get(*key) == Some(value);
        self.len == other.len && self.cells.iter().flatten().all(same)
    }
}

impl<K: Counted + fmt::Debug, V: fmt::Debug> fmt::Debug for IdMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.sorted()).finish()
    }
}

impl<K: Counted + Serialize, V: Serialize> Serialize for IdMap<K, V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.sorted())
    }
}

impl<'de, K: Counted + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for IdMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let held = std::collections::BTreeMap::<K, V>::deserialize(from)?;
        let mut map = Self::default();
        for (key, value) in held {
            map.insert(key, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_would(steps in prop::collection::vec((any::<bool>(), 0..200_u64), 0..600)) {
            let (mut map, mut tree) = (IdMap::default(), BTreeMap::new());
            for (at, (puts, key)) in steps.into_iter().enumerate() {
                // Far apart and close together, so that places are shared.
                let key = if key % 3 == 0 { key << 40 } else { key };
                let (held, other) = match puts {
                    true => (map.insert(key, at), tree.insert(key, at)),
                    false => (map.remove(key), tree.remove(&key)),
                };
                prop_assert_eq!(held, other);
                prop_assert_eq!(map.len(), tree.len());
                prop_assert!(map.sorted().into_iter().eq(tree.iter().map(|(key, at)| (*key, at))));
                prop_assert!(tree.iter().all(|(key, at)| map.get(*key) == Some(at)));
            }
            let text = serde_json::to_string(&map).unwrap();
            prop_assert_eq!(serde_json::from_str::<IdMap<u64, usize>>(&text).unwrap(), map);
        }
    }

    #[test]
    fn room_is_given_back_after_a_crowd() {
        let mut map = IdMap::default();
        for key in 0..100_000_u64 {
            assert_eq!(map.insert(key, key), None);
        }
        for key in 10..100_000 {
            assert_eq!(map.remove(key), Some(key));
        }
        assert!(map.cells.len() <= 2 * KEPT_MAX && map.len() == 10);
        assert!((0..10).all(|key| map.contains(key)));
    }
}
