//! The clock of a server: ahead of the true time by some, jumping further ahead, and perhaps less far ahead
//! after a restart. Within one run it never goes backwards: the owner of a role sees to that.

use model::Time;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// How far it is ahead.
    pub(crate) ahead_ms: u64,
    /// What it showed last in this run.
    last: Time,
    /// When it jumped last, in true time.
    pub(crate) jumped_at: Time,
}

impl Clock {
    /// What it shows now.
    pub(crate) fn reads(&mut self, now: Time) -> Time {
        self.last = self.last.max(now.plus_ms(self.ahead_ms));
        self.last
    }

    /// What it would show now.
    pub(crate) fn shows(&self, now: Time) -> Time {
        self.last.max(now.plus_ms(self.ahead_ms))
    }

    /// The true time at which it shows `at`.
    pub(crate) const fn when(&self, at: Time) -> Time {
        Time(at.0.saturating_sub(self.ahead_ms))
    }

    /// A run begins.
    pub(crate) const fn begins(&mut self) {
        self.last = Time(0);
    }

    pub(crate) const fn jumps_to(&mut self, now: Time, ahead_ms: u64) {
        self.ahead_ms = ahead_ms;
        self.jumped_at = now;
    }
}
