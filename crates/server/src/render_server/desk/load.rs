//! What others use of the machine's processors and memory: what is used at all, less what frames use.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::LeaseId;
use process::TreeUsage;
use rustix::time::{ClockId, clock_gettime};

/// What processors do is looked at over so long: what frames use is known a second late.
const WINDOW: Duration = Duration::from_secs(10);

/// What the frames of this render server use.
#[derive(Debug, Default)]
pub(in crate::render_server) struct OwnUsage(Mutex<Frames>);

#[derive(Debug, Default)]
struct Frames {
    /// Processor time of those that have ended, in milliseconds.
    ended_ms: u64,
    running: BTreeMap<LeaseId, TreeUsage>,
}

impl OwnUsage {
    /// What the frame of a lease uses so far.
    pub(in crate::render_server) fn seen(&self, lease: LeaseId, usage: TreeUsage) {
        self.lock().running.insert(lease, usage);
    }

    /// What the frame of a lease has used in the end.
    pub(in crate::render_server) fn ended(&self, lease: LeaseId, cpu_ms: u64) {
        let mut frames = self.lock();
        frames.running.remove(&lease);
        frames.ended_ms += cpu_ms;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Frames> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cpu_ms(&self) -> u64 {
        let frames = self.lock();
        frames.ended_ms + frames.running.values().map(|usage| usage.cpu_ms).sum::<u64>()
    }

    fn memory_bytes(&self) -> u64 {
        self.lock().running.values().map(|usage| usage.memory_bytes).sum()
    }
}

/// What the processors did since the start of the system, in milliseconds over all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Processors {
    busy_ms: u64,
    all_ms: u64,
    /// Of what was busy: this server and its frames.
    own_ms: u64,
}

/// Looks at the load now and then.
#[derive(Debug, Default)]
pub(super) struct Load {
    looks: VecDeque<(Duration, Processors)>,
}

impl Load {
    /// What others use of all processors, in thousandths; nothing at the first look.
    pub(super) fn others_permille(&mut self, now: Duration, own: &OwnUsage) -> Option<u16> {
        let processors =
            processors(&fs::read_to_string("/proc/stat").ok()?, own.cpu_ms() + own_process_ms())?;
        self.looks.push_back((now, processors));
        while self.looks.get(1).is_some_and(|(at, _)| now.saturating_sub(*at) >= WINDOW) {
            self.looks.pop_front();
        }
        let (_, first) = self.looks.front()?;
        others_between(first, &processors)
    }
}

/// Memory that is free or used by frames, in bytes.
pub(super) fn free_memory(own: &OwnUsage) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    Some(available(&text)? + own.memory_bytes())
}

fn others_between(before: &Processors, after: &Processors) -> Option<u16> {
    let all = after.all_ms.checked_sub(before.all_ms).filter(|all| *all > 0)?;
    let busy = after.busy_ms.saturating_sub(before.busy_ms);
    let others = busy.saturating_sub(after.own_ms.saturating_sub(before.own_ms));
    u16::try_from((others * 1_000 / all).min(1_000)).ok()
}

/// The first line of `/proc/stat`: time by what it was spent on, in clock ticks.
fn processors(text: &str, own_ms: u64) -> Option<Processors> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_ascii_whitespace().filter_map(|field| field.parse().ok()).collect();
    let [user, nice, system, idle, waits, interrupts, soft, stolen, ..] = ticks[..] else { return None };
    let ms = |ticks: u64| ticks.saturating_mul(1_000) / rustix::param::clock_ticks_per_second().max(1);
    let busy = user + nice + system + interrupts + soft;
    Some(Processors { busy_ms: ms(busy), all_ms: ms(busy + idle + waits + stolen), own_ms })
}

fn available(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}

fn own_process_ms() -> u64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(spent.tv_sec), u64::try_from(spent.tv_nsec));
    seconds.unwrap_or(0) * 1_000 + nanoseconds.unwrap_or(0) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frames_use_is_not_counted_against_them() {
        let tick = 1_000 / rustix::param::clock_ticks_per_second();
        let stat = |user: u64, idle: u64| format!("cpu  {user} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 1 1 1\n");
        let before = processors(&stat(1_000, 1_000), 0).unwrap();
        let after = processors(&stat(1_800, 1_200), 600 * tick).unwrap();
        assert_eq!(others_between(&before, &after), Some(200));
        assert_eq!(others_between(&before, &before), None, "no time has passed");
        let late = processors(&stat(1_800, 1_200), 5_000 * tick).unwrap();
        assert_eq!(others_between(&before, &late), Some(0));
        assert_eq!(processors("cpu 1 2", 0), None);
    }

    #[test]
    fn frames_count_while_they_run_and_after() {
        let own = OwnUsage::default();
        let usage = |cpu_ms, memory_bytes| TreeUsage { cpu_ms, memory_bytes, ..TreeUsage::default() };
        own.seen(LeaseId(1), usage(500, 7));
        own.seen(LeaseId(2), usage(100, 5));
        own.seen(LeaseId(1), usage(900, 6));
        assert_eq!((own.cpu_ms(), own.memory_bytes()), (1_000, 11));
        own.ended(LeaseId(1), 950);
        own.ended(LeaseId(3), 10);
        assert_eq!((own.cpu_ms(), own.memory_bytes()), (1_060, 5));
    }

    #[test]
    fn this_machine_can_be_looked_at() {
        assert!(free_memory(&OwnUsage::default()).is_some_and(|bytes| bytes > 0));
        assert_eq!(available("MemTotal:  9 kB\nMemAvailable:     2 kB\n"), Some(2_048));
        let mut load = Load::default();
        load.others_permille(Duration::ZERO, &OwnUsage::default());
        assert!(load.looks.front().is_some_and(|(_, seen)| seen.all_ms > 0));
    }
}
