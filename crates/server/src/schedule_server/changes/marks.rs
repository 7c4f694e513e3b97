//! Which of many things changed last when, by the numbers of their changes.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// When each of some things changed last. A question costs as much as there are changes in its answer.
#[derive(Debug)]
pub(super) struct Marks<K> {
    at: HashMap<K, u64>,
    order: BTreeMap<u64, K>,
    /// What changed up to here is not known.
    floor: u64,
    most: usize,
}

impl<K: Clone + Eq + Hash> Marks<K> {
    /// Nothing is known of changes up to `floor`; the last `most` are kept.
    pub(super) fn new(floor: u64, most: usize) -> Self {
        Self { at: HashMap::new(), order: BTreeMap::new(), floor, most }
    }

    /// It changed, which has the number `seq`. Says whether that counts: what changed after `asked` already
    /// was told to nobody since, and need not be told apart.
    pub(super) fn mark(&mut self, key: &K, seq: u64, asked: u64) -> bool {
        if let Some(at) = self.at.get_mut(key) {
            if *at > asked {
                return false;
            }
            let old = std::mem::replace(at, seq);
            if let Some(key) = self.order.remove(&old) {
                self.order.insert(seq, key);
            }
            return true;
        }
        self.at.insert(key.clone(), seq);
        self.order.insert(seq, key.clone());
        while self.order.len() > self.most {
            let Some((seq, key)) = self.order.pop_first() else { break };
            self.at.remove(&key);
            self.floor = seq;
        }
        true
    }

    /// What changed after `seq`, the latest last; `None` where that is not known.
    pub(super) fn since(&self, seq: u64) -> Option<impl Iterator<Item = &K>> {
        (seq >= self.floor).then(|| self.order.range(seq.saturating_add(1)..).map(|(_, key)| key))
    }

    /// Whether it changed after `seq`, as far as that is known.
    pub(super) fn changed(&self, key: &K, seq: u64) -> bool {
        seq < self.floor || self.at.get(key).is_some_and(|at| *at > seq)
    }
}
