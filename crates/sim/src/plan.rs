//! What a seed makes of a farm: how large it is, what goes wrong in it, and how often.
//!
//! Each kind of fault is left out of some farms altogether, so that one kind does not always hide another.

use crate::chance::Chance;

/// How long things go wrong, in milliseconds.
const SAFETY_MS: (u64, u64) = (30_000, 150_000);

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) hosts: usize,
    pub(crate) slots: u16,
    pub(crate) jobs: u64,
    pub(crate) safety_ms: u64,
    /// Longest time that a frame renders, in milliseconds.
    pub(crate) render_ms: u64,
    pub(crate) faults: Faults,
}

/// How often what goes wrong, in thousandths.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Of events at the durable roles: killed before the records, after them, or among the effects.
    pub(crate) killed: u64,
    /// Of render processes: killed together with their render server.
    pub(crate) dies_along: u64,
    /// Of render processes: exit with a code other than 0.
    pub(crate) bad_exit: u64,
    /// Of render processes: leave nothing although they exit with 0.
    pub(crate) no_output: u64,
    /// Of starts and sessions: cannot be made.
    pub(crate) host: u64,
    /// Of publications and seals.
    pub(crate) storage: u64,
    /// Of mails.
    pub(crate) mail: u64,
    /// Of messages: very late.
    pub(crate) slow: u64,
    /// Milliseconds between deeds of mischief, on average.
    pub(crate) mischief_ms: u64,
}

impl Plan {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let faults = Faults {
            killed: rate(chance, 12),
            dies_along: rate(chance, 700),
            bad_exit: rate(chance, 200),
            no_output: rate(chance, 100),
            host: rate(chance, 100),
            storage: rate(chance, 300),
            mail: rate(chance, 300),
            slow: rate(chance, 30),
            mischief_ms: chance.between(600, 8_000),
        };
        let slots = if chance.permille(500) { 1 } else { 2 };
        Self {
            hosts: chance.index(5) + 1,
            slots,
            jobs: chance.between(1, 8),
            safety_ms: chance.between(SAFETY_MS.0, SAFETY_MS.1),
            render_ms: chance.between(500, 12_000),
            faults,
        }
    }
}

/// A rate up to `most`, and quite often 0.
fn rate(chance: &mut Chance, most: u64) -> u64 {
    if chance.permille(300) { 0 } else { chance.between(1, most) }
}
