//! How often somebody may try: whoever fails has to wait, longer each time.
//!
//! What is tried at is remembered by its name, such as a user and an address, for as long as it matters, and
//! never for more than so many.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The wait after the first failure that costs something; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// Failures are forgotten after this long.
const FORGOTTEN: Duration = Duration::from_mins(30);
/// So many names are remembered; the one that failed longest ago makes room.
const NAMES_MAX: usize = 10_000;

/// Failures by what was tried. Clones count together.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    failures: Arc<Mutex<BTreeMap<String, Failures>>>,
    /// So many cost nothing yet.
    free: u32,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Attempts {
    /// Nobody has failed; after `free` failures they cost something.
    pub(super) fn after(free: u32) -> Self {
        Self { failures: Arc::default(), free }
    }

    /// How long `name` has to wait before it may try, at `now`.
    pub(super) fn wait(&self, name: &str, now: Instant) -> Option<Duration> {
        let failures = *self.failures.lock().unwrap_or_else(PoisonError::into_inner).get(name)?;
        let doubled = failures.count.checked_sub(self.free)?;
        let wait = FIRST_WAIT.saturating_mul(1 << doubled.min(16)).min(LONGEST_WAIT);
        let left = wait.saturating_sub(now.duration_since(failures.last));
        (!left.is_zero()).then_some(left)
    }

    /// Notes that `name` has failed.
    pub(super) fn failed(&self, name: &str, now: Instant) {
        let mut all = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= NAMES_MAX && !all.contains_key(name) {
            all.retain(|_, failures| now.duration_since(failures.last) < FORGOTTEN);
            let oldest = all.iter().min_by_key(|(_, failures)| failures.last).map(|(name, _)| name.clone());
            if let Some(oldest) = oldest.filter(|_| all.len() >= NAMES_MAX) {
                all.remove(&oldest);
            }
        }
        let failures = all.entry(name.to_owned()).or_insert(Failures { count: 0, last: now });
        if now.duration_since(failures.last) >= FORGOTTEN {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// Forgets the failures of `name`, which has succeeded.
    pub(super) fn succeeded(&self, name: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_again_and_again_waits_longer_and_longer() {
        let (attempts, begun) = (Attempts::after(3), Instant::now());
        let mut waits = Vec::new();
        let mut now = begun;
        for _ in 0..14 {
            attempts.failed("ada", now);
            let wait = attempts.wait("ada", now).unwrap_or_default();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(attempts.wait("ada", now), None, "after the wait one may try");
        }
        assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(attempts.wait("bob", now), None);
        attempts.succeeded("ada");
        attempts.failed("ada", now);
        assert_eq!(attempts.wait("ada", now), None);
    }

    #[test]
    fn failures_are_forgotten_and_only_so_many_are_remembered() {
        let (attempts, begun) = (Attempts::after(3), Instant::now());
        for _ in 0..9 {
            attempts.failed("ada", begun);
        }
        attempts.failed("ada", begun + FORGOTTEN);
        assert_eq!(attempts.wait("ada", begun + FORGOTTEN), None);
        for name in 0..NAMES_MAX + 50 {
            attempts.failed(&name.to_string(), begun + FORGOTTEN + Duration::from_secs(1));
        }
        assert!(attempts.failures.lock().unwrap().len() <= NAMES_MAX);
    }
}
