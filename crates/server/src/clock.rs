//! What time it is for a role.
//!
//! The wall clock may be set, by hand or by a time server, and then hosts would be lost and frames ended
//! for want of patience, or nothing would be waited for at all. So a role's time goes as the time since the
//! start of the machine does, which nobody sets and which goes on while the machine sleeps, and drifts to
//! the wall clock by a tenth of its pace.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Time;
use rustix::time::{ClockId, clock_gettime};

/// The part of the time gone by that the clock may be put right by.
const DRIFT: u64 = 10;

/// The wall clock, now.
pub(crate) fn now() -> Time {
    Time(wall_us() / 1_000)
}

/// A clock that neither jumps nor runs backwards.
#[derive(Debug)]
pub(crate) struct Clock {
    /// What it shows, in microseconds since the Unix epoch.
    shows_us: u64,
    /// The time since the start of the machine when it was last looked at, in microseconds.
    looked_us: u64,
}

impl Clock {
    /// A clock that is right.
    pub(crate) fn new() -> Self {
        Self { shows_us: wall_us(), looked_us: up_us() }
    }

    /// What it shows now.
    pub(crate) fn now(&mut self) -> Time {
        self.look(up_us(), wall_us())
    }

    fn look(&mut self, up_us: u64, wall_us: u64) -> Time {
        let gone = up_us.saturating_sub(self.looked_us);
        // Looked at too often there would be no tenth to drift by; what is left over counts the next time.
        if gone >= DRIFT {
            self.looked_us = up_us;
            let expected = self.shows_us + gone;
            let drift = expected.abs_diff(wall_us).min(gone / DRIFT);
            self.shows_us = if wall_us > expected { expected + drift } else { expected - drift };
        }
        Time(self.shows_us / 1_000)
    }
}

fn wall_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn up_us() -> u64 {
    let up = clock_gettime(ClockId::Boottime);
    let parts = u64::try_from(up.tv_sec).ok().zip(u64::try_from(up.tv_nsec).ok());
    parts.map_or(0, |(seconds, nanos)| seconds * 1_000_000 + nanos / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_wall_clock_that_is_set_moves_it_by_a_tenth_of_the_time_gone_by() {
        let mut clock = Clock { shows_us: 1_000 * SECOND, looked_us: 0 };
        assert_eq!(clock.look(10 * SECOND, 1_010 * SECOND), Time(1_010_000), "both agree");
        assert_eq!(clock.look(20 * SECOND, 9_000 * SECOND), Time(1_021_000), "set ahead");
        assert_eq!(clock.look(30 * SECOND, 0), Time(1_030_000), "set back");
        assert_eq!(
            clock.look(30 * SECOND, 0),
            Time(1_030_000),
            "it never stands still for longer than time does"
        );
    }

    #[test]
    fn it_comes_to_agree_with_the_wall_clock_and_stays_there() {
        let mut clock = Clock { shows_us: 1_000 * SECOND, looked_us: 0 };
        let mut shown = Time(0);
        for ms in 1..=10_000 {
            let next = clock.look(ms * 1_000, 1_000_500_000 + ms * 1_000);
            assert!(next >= shown, "it never runs backwards");
            shown = next;
        }
        assert_eq!(shown, Time(1_010_500));
    }
}
