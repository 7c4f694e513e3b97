//! Adds up what a process tree uses and remembers its peaks.
//!
//! Samples are taken of a living thing: processes end between two of them, and the last one before a kill
//! shows a tree half gone. So nothing here ever goes down but the memory of now.

use std::collections::{BTreeMap, BTreeSet};

use model::ProcessMark;

use crate::procfs::{Io, Stat};

/// What a process tree uses, as last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeUsage {
    /// Milliseconds of processor time so far, ended processes included.
    pub cpu_ms: u64,
    /// Resident memory now, in bytes. Pages that processes share count for each of them.
    pub memory_bytes: u64,
    /// Largest resident memory seen, in bytes.
    pub memory_peak_bytes: u64,
    /// Bytes read so far, from files, pipes and sockets, cached or not.
    pub read_bytes: u64,
    /// Bytes written so far, likewise.
    pub written_bytes: u64,
}

/// A process of a tree, as last looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessUsage {
    /// The process.
    pub mark: ProcessMark,
    /// Its parent.
    pub parent: u32,
    /// What the system calls it.
    pub name: String,
    /// One letter: `R` running, `S` sleeping, `D` waiting for a disk, `T` stopped, `Z` ended.
    pub state: u8,
    /// Milliseconds of its own processor time so far.
    pub cpu_ms: u64,
    /// Resident memory now, in bytes.
    pub memory_bytes: u64,
    /// Bytes read so far by it and children that it waited for.
    pub read_bytes: u64,
    /// Bytes written so far, likewise.
    pub written_bytes: u64,
}

/// What a member used that can end any time.
#[derive(Clone, Copy, Debug, Default)]
struct Member {
    ticks: u64,
    io: Io,
    /// Whether a parent outside the tree will inherit it.
    orphan: bool,
}

/// The sums, in the system's units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    /// Each member at the last sample.
    last: BTreeMap<ProcessMark, Member>,
    /// Of members that ended, what went to such parents.
    lost_ticks: u64,
    lost_io: Io,
    /// Largest sum seen.
    ticks: u64,
    io: Io,
    pages: u64,
    peak_pages: u64,
}

impl Meter {
    /// Takes in the members of the tree as they are now. The parent of `leader` is outside by design: it is
    /// the one that learns the leader's time when it waits for it.
    pub(crate) fn sample(&mut self, members: &[Stat], leader: Option<ProcessMark>) {
        let pids: BTreeSet<u32> = members.iter().map(|stat| stat.pid).collect();
        let now: BTreeMap<ProcessMark, Member> = members
            .iter()
            .map(|stat| {
                let orphan = !pids.contains(&stat.parent) && Some(stat.mark()) != leader;
                (stat.mark(), Member { ticks: stat.own_ticks + stat.reaped_ticks, io: stat.io, orphan })
            })
            .collect();
        for (mark, member) in &self.last {
            if member.orphan && !now.contains_key(mark) {
                self.lost_ticks += member.ticks;
                self.lost_io = self.lost_io.and(member.io);
            }
        }
        let living: u64 = now.values().map(|member| member.ticks).sum();
        let io = now.values().fold(self.lost_io, |sum, member| sum.and(member.io));
        self.last = now;
        self.ticks = self.ticks.max(living + self.lost_ticks);
        self.io = self.io.most(io);
        self.pages = members.iter().map(|stat| stat.resident_pages).sum();
        self.peak_pages = self.peak_pages.max(self.pages);
    }

    /// Takes in what the leader has read and written in the end, with all that it waited for.
    pub(crate) fn ended(&mut self, leader: Io) {
        self.io = self.io.most(self.lost_io.and(leader));
    }

    /// What was seen so far.
    pub(crate) fn usage(&self) -> TreeUsage {
        let page = rustix::param::page_size() as u64;
        TreeUsage {
            cpu_ms: milliseconds(self.ticks),
            memory_bytes: self.pages * page,
            memory_peak_bytes: self.peak_pages * page,
            read_bytes: self.io.read,
            written_bytes: self.io.written,
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
            io: Io { read: own_ticks, written: reaped_ticks },
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
        assert_eq!(meter.io, Io { read: 55, written: 60 });
        meter.ended(Io { read: 70, written: 1 });
        assert_eq!(meter.io, Io { read: 70, written: 60 });
    }

    #[test]
    fn a_stray_that_ended_still_counts() {
        let mut meter = Meter::default();
        meter.sample(&[member(10, 1, 5, 0, 1), member(11, 1, 50, 0, 1)], LEADER);
        meter.sample(&[member(10, 1, 20, 0, 1)], LEADER);
        assert_eq!((meter.ticks, meter.lost_ticks, meter.io.read), (70, 50, 70));
    }
}
