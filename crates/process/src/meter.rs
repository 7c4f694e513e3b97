//! Adds up what a process tree uses and remembers its peaks.
//!
//! Samples are taken of a living thing: processes end between two of them, and the last one before a kill
//! shows a tree half gone. So nothing here ever goes down but the memory of now.

use std::collections::{BTreeMap, BTreeSet};

use model::ProcessMark;

use crate::procfs::Stat;

/// What a process tree uses, as last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeUsage {
    /// Milliseconds of processor time so far, ended processes included.
    pub cpu_ms: u64,
    /// Resident memory now, in bytes. Pages that processes share count for each of them.
    pub memory_bytes: u64,
    /// Largest resident memory seen, in bytes.
    pub memory_peak_bytes: u64,
}

/// The sums, in the system's units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    /// Time of each member at the last sample, and whether a parent outside the tree will inherit it.
    last: BTreeMap<ProcessMark, (u64, bool)>,
    /// Time that went to such parents when members ended.
    lost_ticks: u64,
    /// Largest sum seen.
    ticks: u64,
    pages: u64,
    peak_pages: u64,
}

impl Meter {
    /// Takes in the members of the tree as they are now. The parent of `leader` is outside by design: it is
    /// the one that learns the leader's time when it waits for it.
    pub(crate) fn sample(&mut self, members: &[Stat], leader: Option<ProcessMark>) {
        let pids: BTreeSet<u32> = members.iter().map(|stat| stat.pid).collect();
        let now: BTreeMap<ProcessMark, (u64, bool)> = members
            .iter()
            .map(|stat| {
                let orphan = !pids.contains(&stat.parent) && Some(stat.mark()) != leader;
                (stat.mark(), (stat.own_ticks + stat.reaped_ticks, orphan))
            })
            .collect();
        for (mark, (ticks, orphan)) in &self.last {
            if *orphan && !now.contains_key(mark) {
                self.lost_ticks += ticks;
            }
        }
        let living: u64 = now.values().map(|(ticks, _)| ticks).sum();
        self.last = now;
        self.ticks = self.ticks.max(living + self.lost_ticks);
        self.pages = members.iter().map(|stat| stat.resident_pages).sum();
        self.peak_pages = self.peak_pages.max(self.pages);
    }

    /// What was seen so far.
    pub(crate) fn usage(&self) -> TreeUsage {
        let page = rustix::param::page_size() as u64;
        TreeUsage {
            cpu_ms: milliseconds(self.ticks),
            memory_bytes: self.pages * page,
            memory_peak_bytes: self.peak_pages * page,
        }
    }

    /// Milliseconds of ended processes that no wait for the leader will tell of.
    pub(crate) fn lost_ms(&self) -> u64 {
        milliseconds(self.lost_ticks)
    }
}

/// Clock ticks as milliseconds.
pub(crate) fn milliseconds(ticks: u64) -> u64 {
    ticks.saturating_mul(1000) / rustix::param::clock_ticks_per_second().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(pid: u32, parent: u32, own_ticks: u64, reaped_ticks: u64, resident_pages: u64) -> Stat {
        Stat {
            pid,
            state: b'R',
            parent,
            group: 10,
            session: 10,
            own_ticks,
            reaped_ticks,
            threads: 1,
            started: u64::from(pid),
            resident_pages,
            kernel: false,
            environment: (0, 0),
        }
    }

    const LEADER: Option<ProcessMark> = Some(ProcessMark { pid: 10, started: 10 });

    #[test]
    fn peaks_stay_when_the_tree_dies() {
        let mut meter = Meter::default();
        meter.sample(&[member(10, 1, 5, 0, 100), member(11, 10, 50, 0, 900)], LEADER);
        meter.sample(&[member(10, 1, 6, 0, 100)], LEADER);
        assert_eq!((meter.ticks, meter.pages, meter.peak_pages), (55, 100, 1000));
        meter.sample(&[], LEADER);
        assert_eq!((meter.ticks, meter.pages, meter.peak_pages), (55, 0, 1000));
    }

    #[test]
    fn a_child_that_was_waited_for_counts_once() {
        let mut meter = Meter::default();
        meter.sample(&[member(10, 1, 5, 0, 1), member(11, 10, 50, 0, 1)], LEADER);
        meter.sample(&[member(10, 1, 5, 60, 1)], LEADER);
        assert_eq!((meter.ticks, meter.lost_ticks), (65, 0));
    }

    #[test]
    fn a_stray_that_ended_still_counts() {
        let mut meter = Meter::default();
        meter.sample(&[member(10, 1, 5, 0, 1), member(11, 1, 50, 0, 1)], LEADER);
        meter.sample(&[member(10, 1, 20, 0, 1)], LEADER);
        assert_eq!((meter.ticks, meter.lost_ticks), (70, 50));
    }
}
