//! The memory that a step has reserved, as a bound: what takes more of it than was promised takes it from
//! others.

use std::time::Duration;

use model::Grant;
use process::{Running, TreeUsage};

/// Between two looks at what a process tree uses.
const LOOK: Duration = Duration::from_secs(1);
/// The same for one that may soon have too much.
const CLOSE_LOOK: Duration = Duration::from_millis(250);
/// What it may have beyond what is reserved: a part of that, and so much at least.
const MARGIN_PART: u64 = 10;
const MARGIN_MIN: u64 = 64 << 20;

/// Most memory of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemoryBound {
    /// In bytes; none where nothing is reserved.
    most: Option<u64>,
}

impl MemoryBound {
    /// That of `grant`.
    pub(super) fn of(grant: &Grant) -> Self {
        let reserved = Some(grant.memory_bytes).filter(|reserved| *reserved > 0);
        let most = reserved.map(|reserved| reserved.saturating_add((reserved / MARGIN_PART).max(MARGIN_MIN)));
        Self { most }
    }

    /// When to look for the first time.
    pub(super) fn first_pause(self) -> Duration {
        if self.most.is_some() { CLOSE_LOOK } else { LOOK }
    }

    /// When to look again after `usage` was seen.
    pub(super) fn pause(self, usage: &TreeUsage) -> Duration {
        let close = self.most.is_some_and(|most| usage.memory_bytes > most / 2);
        if close { CLOSE_LOOK } else { LOOK }
    }

    /// What `running` has, in bytes, where that is too much; `usage` is what was seen of it just now.
    pub(super) fn overstepped(self, usage: &TreeUsage, running: &Running) -> Option<u64> {
        // What processes share, or have of files, counts in there too, so it is a first look only.
        let most = self.most.filter(|most| usage.memory_bytes > *most)?;
        Some(running.own_memory()).filter(|own| *own > most)
    }
}

/// `8 GiB`, `1.5 GiB`, `300 MiB`.
pub(super) fn amount(bytes: u64) -> String {
    let (unit, name) = if bytes >= 1 << 30 { (1 << 30, "GiB") } else { (1 << 20, "MiB") };
    match bytes.saturating_mul(10) / unit {
        tenths if tenths % 10 == 0 => format!("{} {name}", tenths / 10),
        tenths => format!("{}.{} {name}", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use model::{AttemptNumber, FrameId, JobId, LeaseId, SlotIndex, StepIndex};

    use super::*;

    fn bound(memory_bytes: u64) -> MemoryBound {
        let frame = FrameId { job: JobId(1), step: StepIndex(0), index: 0 };
        let grant = Grant::new(LeaseId(1), frame, 1, AttemptNumber(1), SlotIndex(0));
        MemoryBound::of(&Grant { memory_bytes, ..grant })
    }

    #[test]
    fn some_more_than_reserved_is_let_pass() {
        assert_eq!(bound(0).most, None);
        assert_eq!(bound(100 << 20).most, Some(164 << 20));
        assert_eq!(bound(10 << 30).most, Some(11 << 30));
        assert_eq!(bound(u64::MAX).most, Some(u64::MAX));
    }

    #[test]
    fn what_comes_near_is_looked_at_more_often() {
        let seen = |memory_bytes| TreeUsage { memory_bytes, ..TreeUsage::default() };
        assert_eq!(bound(0).pause(&seen(1 << 40)), LOOK);
        assert_eq!(bound(10 << 30).pause(&seen(5 << 30)), LOOK);
        assert_eq!(bound(10 << 30).pause(&seen(6 << 30)), CLOSE_LOOK);
    }

    #[test]
    fn amounts_are_short() {
        let cases = [(300 << 20, "300 MiB"), (8 << 30, "8 GiB"), ((3 << 30) / 2, "1.5 GiB"), (1, "0 MiB")];
        for (bytes, text) in cases {
            assert_eq!(amount(bytes), text);
        }
    }
}
