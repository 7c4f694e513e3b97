//! How long to wait before trying again.

use std::time::Duration;

/// The first wait is at most this long.
const FIRST: Duration = Duration::from_millis(100);
/// No wait is longer than this, where nobody says otherwise.
const LONGEST: Duration = Duration::from_secs(10);

/// Waits that grow, each drawn anew between nothing and its bound ("full jitter"), so that many that lost
/// the same server do not come back to it in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
    longest: Duration,
}

/// Up to 10 s.
impl Default for Backoff {
    fn default() -> Self {
        Self::up_to(LONGEST)
    }
}

impl Backoff {
    /// Waits that grow up to `longest`.
    #[must_use]
    pub const fn up_to(longest: Duration) -> Self {
        Self { failures: 0, longest }
    }

    /// The longest that the next wait can be: 0.1 s, 0.2 s, 0.4 s, and so on.
    #[must_use]
    pub fn bound(&self) -> Duration {
        FIRST.saturating_mul(1 << self.failures.min(16)).min(self.longest)
    }

    /// The next wait, after one more failure; `chance` is drawn evenly from all of `u64`.
    pub fn next(&mut self, chance: u64) -> Duration {
        let bound = u64::try_from(self.bound().as_micros()).unwrap_or(u64::MAX);
        self.failures = self.failures.saturating_add(1);
        Duration::from_micros(chance % (bound + 1))
    }

    /// The next wait, with chance from the system.
    pub fn wait(&mut self) -> Duration {
        // Without chance the half of the bound is as good as any.
        let half = u64::try_from(self.bound().as_micros() / 2).unwrap_or(0);
        self.next(getrandom::u64().unwrap_or(half))
    }

    /// To be called when a try has succeeded.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_ten_seconds_and_start_over() {
        let mut backoff = Backoff::default();
        let bounds: Vec<u128> = (0..9)
            .map(|_| {
                let bound = backoff.bound().as_millis();
                backoff.next(0);
                bound
            })
            .collect();
        assert_eq!(bounds, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        backoff.reset();
        assert_eq!(backoff.bound(), FIRST);
    }

    #[test]
    fn every_wait_is_within_its_bound_and_reaches_both_ends() {
        for failures in [0, 3, 7, 40, u32::MAX] {
            let fresh = Backoff { failures, ..Backoff::default() };
            let bound = fresh.bound();
            let micros = bound.as_micros() as u64;
            assert_eq!(fresh.clone().next(0), Duration::ZERO);
            assert_eq!(fresh.clone().next(micros), bound);
            for chance in [1, 77, u64::MAX, u64::MAX / 3] {
                assert!(fresh.clone().next(chance) <= bound);
            }
            assert!(fresh.clone().wait() <= bound);
        }
    }
}
