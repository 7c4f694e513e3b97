//! The disk of a server: how long a commit takes there, and whether there is room.

use model::Time;

use crate::chance::Chance;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Disk {
    /// The longest that a commit takes, in milliseconds.
    pub(crate) slow_ms: u64,
    /// No room until then.
    pub(crate) full_until: Time,
    /// When a commit last took longer than a moment or failed.
    pub(crate) troubled_at: Time,
}

impl Disk {
    /// How long the next commit takes.
    pub(crate) fn commit_ms(&mut self, now: Time, chance: &mut Chance) -> u64 {
        if self.slow_ms == 0 {
            return 0;
        }
        // Mostly a moment, now and then as long as it gets.
        let most = if chance.permille(100) { self.slow_ms } else { 20.min(self.slow_ms) };
        let ms = chance.between(0, most);
        if ms > 100 {
            self.troubled_at = now.plus_ms(ms);
        }
        ms
    }

    /// Whether a commit fails.
    pub(crate) fn is_full(&mut self, now: Time) -> bool {
        if self.full_until > now {
            self.troubled_at = now;
        }
        self.full_until > now
    }
}
