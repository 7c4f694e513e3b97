//! Bad input: what was refused, counted by kind, and said once for each link and kind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How often input of each kind was refused since the start. Clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals(Arc<Mutex<BTreeMap<String, u64>>>);

impl Refusals {
    /// Counts `times` more of `kind`.
    pub(super) fn count(&self, kind: &str, times: u64) {
        if times == 0 {
            return;
        }
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(kind) {
            Some(count) => *count += times,
            None => drop(counts.insert(kind.to_owned(), times)),
        }
    }

    /// The counts so far, of the kinds that came up.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_apart_and_clones_together() {
        let refusals = Refusals::default();
        refusals.count("garbled", 2);
        refusals.clone().count("garbled", 1);
        refusals.count("too_large", 1);
        refusals.count("never", 0);
        let wanted = [("garbled".to_owned(), 3), ("too_large".to_owned(), 1)];
        assert_eq!(refusals.counts(), BTreeMap::from(wanted));
    }
}
