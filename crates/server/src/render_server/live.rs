//! What the slots of this host use: for whoever looks, and as a small history of each attempt.
//!
//! An attempt is measured once a second by the thread that watches it, whether somebody looks or not: its
//! peak of memory has to be known. Only while somebody looks each of its processes is told of, and the
//! schedule server is told at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::{
    Grant, HostId, LOOK_MS, LeaseId, ProcessMark, ProcessStats, RenderToSchedule, SlotIndex, SlotStats,
    UsageHistory, UsageSample,
};
use process::{ProcessUsage, Running, TreeUsage};
use tokio::sync::Notify;

use super::hands::RenderHandle;
use super::resident::Residents;
use crate::clock;

/// Between two measurements of an attempt, and between two words about a slot that is looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// Who begins to look is told after this time: what has just begun is measured by then.
const AT_FIRST: Duration = Duration::from_millis(250);
/// Over less than this the system's clock is too coarse to tell processor use.
const CPU_MIN_MS: u64 = 300;

/// What the slots use.
pub(super) struct Live {
    host: HostId,
    state: Mutex<State>,
    /// Packages that stay, now.
    pub(super) residents: Residents,
    /// Somebody looks at other slots than before.
    looks: Notify,
}

#[derive(Default)]
struct State {
    looked_at: BTreeSet<SlotIndex>,
    /// When they are looked at no more.
    until: Option<Instant>,
    attempts: BTreeMap<LeaseId, Attempt>,
}

impl State {
    fn is_looked_at(&self, slot: SlotIndex) -> bool {
        self.until.is_some_and(|until| Instant::now() < until) && self.looked_at.contains(&slot)
    }
}

/// An attempt that is measured, or was and is not told of yet.
struct Attempt {
    grant: Grant,
    running: bool,
    /// When it was measured last.
    at: Option<Instant>,
    wall_ms: u64,
    usage: TreeUsage,
    cpu_permille: u32,
    /// When that was found, with the times that it was found from, its own and those of its processes.
    since: (u64, u64, BTreeMap<ProcessMark, u64>),
    /// The processes, where somebody looks.
    each: Option<Vec<Process>>,
    history: UsageHistory,
}

struct Process {
    usage: ProcessUsage,
    cpu_permille: u32,
}

/// How an attempt is to be measured now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Its whole tree.
    Tree,
    /// Each of its processes besides.
    Each,
}

impl Due {
    /// What is found then.
    pub(super) fn measured(self, running: &mut Running) -> (TreeUsage, Option<Vec<ProcessUsage>>) {
        match self {
            Self::Tree => (running.usage(), None),
            Self::Each => {
                let (usage, each) = running.usage_of_each();
                (usage, Some(each))
            }
        }
    }
}

impl Live {
    pub(super) fn new(host: HostId) -> Self {
        Self { host, state: Mutex::default(), residents: Residents::default(), looks: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt has begun.
    pub(super) fn begun(&self, grant: &Grant) {
        let attempt = Attempt {
            grant: grant.clone(),
            running: true,
            at: None,
            wall_ms: 0,
            usage: TreeUsage::default(),
            cpu_permille: 0,
            since: Default::default(),
            each: None,
            history: UsageHistory::default(),
        };
        self.state().attempts.insert(grant.lease, attempt);
    }

    /// Whether an attempt that was measured so long ago, and is to be after each pause, is to be measured
    /// now.
    pub(super) fn due(&self, lease: LeaseId, since: Duration, pause: Duration) -> Option<Due> {
        let state = self.state();
        let attempt = state.attempts.get(&lease)?;
        let looked_at = state.is_looked_at(attempt.grant.slot);
        match (looked_at, since >= pause) {
            (true, true) => Some(Due::Each),
            (true, false) if attempt.each.is_none() => Some(Due::Each),
            (false, true) => Some(Due::Tree),
            _ => None,
        }
    }

    /// What an attempt uses that has run for `wall_ms`.
    pub(super) fn seen(
        &self,
        lease: LeaseId,
        wall_ms: u64,
        usage: TreeUsage,
        each: Option<Vec<ProcessUsage>>,
    ) {
        if let Some(attempt) = self.state().attempts.get_mut(&lease) {
            attempt.measured(wall_ms, usage, each);
        }
    }

    /// Its process has ended; its history stays until it is forgotten.
    pub(super) fn ended(&self, lease: LeaseId) {
        if let Some(attempt) = self.state().attempts.get_mut(&lease) {
            attempt.running = false;
        }
    }

    /// What an attempt used over time, where that is worth telling.
    pub(super) fn history(&self, lease: LeaseId) -> Option<UsageHistory> {
        let state = self.state();
        let history = &state.attempts.get(&lease)?.history;
        (!history.samples.is_empty()).then(|| history.clone())
    }

    /// Nobody will ask for it again.
    pub(super) fn forget(&self, lease: LeaseId) {
        self.state().attempts.remove(&lease);
    }

    /// Somebody looks at these slots, and at no others.
    pub(super) fn look_at(&self, slots: Vec<SlotIndex>) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.looked_at, slots.into_iter().collect());
        state.until = Some(Instant::now() + Duration::from_millis(LOOK_MS));
        if !state.looked_at.is_subset(&before) {
            self.looks.notify_one();
        }
        let State { looked_at, attempts, .. } = &mut *state;
        // Who begins to look again is not shown what was long ago.
        let unseen = attempts.values_mut().filter(|attempt| !looked_at.contains(&attempt.grant.slot));
        unseen.for_each(|attempt| attempt.each = None);
    }

    /// What the slots do that are looked at; nothing where none is.
    fn now(&self) -> Option<Vec<SlotStats>> {
        let mut state = self.state();
        if state.until.is_none_or(|until| Instant::now() >= until) {
            state.looked_at.clear();
        }
        if state.looked_at.is_empty() {
            return None;
        }
        let at = clock::now();
        let stats = state.looked_at.iter().map(|slot| {
            let idle = SlotStats::idle(self.host.clone(), *slot, at);
            let holds = |grant: &Grant| grant.slot == *slot || grant.also.contains(slot);
            let here = |attempt: &&Attempt| attempt.running && holds(&attempt.grant);
            match state.attempts.values().find(here) {
                Some(attempt) => attempt.stats(idle),
                None => idle,
            }
        });
        Some(stats.collect())
    }
}

impl Attempt {
    fn measured(&mut self, wall_ms: u64, usage: TreeUsage, each: Option<Vec<ProcessUsage>>) {
        let (at_ms, cpu_ms, of_each) = &self.since;
        let past_ms = wall_ms.saturating_sub(*at_ms);
        // What is measured more often than the clock can tell keeps what was found before.
        let tells = past_ms >= CPU_MIN_MS;
        if tells {
            self.cpu_permille = permille(usage.cpu_ms.saturating_sub(*cpu_ms), past_ms);
        }
        let earlier: BTreeMap<ProcessMark, u32> =
            self.each.iter().flatten().map(|one| (one.usage.mark, one.cpu_permille)).collect();
        self.each = each.map(|each| {
            let with_use = |usage: ProcessUsage| {
                let known = earlier.get(&usage.mark).copied();
                let cpu_permille = match of_each.get(&usage.mark) {
                    Some(before) if tells => permille(usage.cpu_ms.saturating_sub(*before), past_ms),
                    _ => known.unwrap_or_else(|| permille(usage.cpu_ms, wall_ms)),
                };
                Process { usage, cpu_permille }
            };
            each.into_iter().map(with_use).collect()
        });
        if tells {
            let each = self.each.iter().flatten();
            let of_each = each.map(|one| (one.usage.mark, one.usage.cpu_ms)).collect();
            self.since = (wall_ms, usage.cpu_ms, of_each);
        }
        let TreeUsage { memory_bytes, read_bytes, written_bytes, .. } = usage;
        let cpu_permille = self.cpu_permille;
        let sample = UsageSample { at_ms: wall_ms, cpu_permille, memory_bytes, read_bytes, written_bytes };
        self.history.add(sample);
        (self.at, self.wall_ms, self.usage) = (Some(Instant::now()), wall_ms, usage);
    }

    fn stats(&self, idle: SlotStats) -> SlotStats {
        let grant = &self.grant;
        let since = self.at.map_or(0, |at| u64::try_from(at.elapsed().as_millis()).unwrap_or(0));
        let each = self.each.iter().flatten();
        SlotStats {
            job: Some(grant.frame.job),
            step_index: Some(grant.frame.step),
            frame: Some(grant.number),
            attempt: Some(grant.attempt),
            wall_ms: self.wall_ms + since,
            cpu_permille: self.cpu_permille,
            memory_bytes: self.usage.memory_bytes,
            memory_peak_bytes: self.usage.memory_peak_bytes,
            read_bytes: self.usage.read_bytes,
            written_bytes: self.usage.written_bytes,
            processes: each
                .map(|Process { usage, cpu_permille }| process_stats(usage, *cpu_permille))
                .collect(),
            ..idle
        }
    }
}

/// Thousandths of a core.
fn permille(cpu_ms: u64, wall_ms: u64) -> u32 {
    u32::try_from(cpu_ms.saturating_mul(1000) / wall_ms.max(1)).unwrap_or(u32::MAX)
}

fn process_stats(usage: &ProcessUsage, cpu_permille: u32) -> ProcessStats {
    let state = match usage.state {
        b'R' => "running",
        b'D' => "disk",
        b'T' | b't' => "stopped",
        b'Z' | b'X' | b'x' => "ended",
        _ => "sleeping",
    };
    ProcessStats {
        pid: usage.mark.pid,
        parent: usage.parent,
        name: usage.name.clone(),
        cpu_permille,
        memory_bytes: usage.memory_bytes,
        read_bytes: usage.read_bytes,
        written_bytes: usage.written_bytes,
        state: state.to_owned(),
    }
}

/// Tells the schedule server what the slots do that somebody looks at, for ever.
pub(super) async fn keep_telling(kit: std::sync::Arc<super::Kit>, handle: RenderHandle) {
    loop {
        kit.live.looks.notified().await;
        tokio::time::sleep(AT_FIRST).await;
        while let Some(mut stats) = kit.live.now() {
            if super::gpu_use::is_of_use(&kit, &stats) {
                stats = super::gpu_use::added(stats).await;
            }
            handle.look(move |_, hands| hands.say(&RenderToSchedule::Slots { stats })).await;
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                () = kit.live.looks.notified() => tokio::time::sleep(AT_FIRST).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{AttemptNumber, FrameId, JobId, StepIndex};

    use super::*;

    fn grant(lease: u64, slot: u16) -> Grant {
        let frame = FrameId { job: JobId(7), step: StepIndex(0), index: 3 };
        Grant::new(LeaseId(lease), frame, 4, AttemptNumber(1), SlotIndex(slot))
    }

    fn usage(cpu_ms: u64) -> TreeUsage {
        TreeUsage { cpu_ms, memory_bytes: 5, memory_peak_bytes: 6, read_bytes: 7, written_bytes: 8 }
    }

    fn process(cpu_ms: u64) -> ProcessUsage {
        ProcessUsage {
            mark: ProcessMark { pid: 9, started: 1 },
            parent: 8,
            name: "povray".to_owned(),
            state: b'R',
            cpu_ms,
            memory_bytes: 5,
            read_bytes: 7,
            written_bytes: 8,
        }
    }

    #[test]
    fn nobody_is_told_until_somebody_looks() {
        let live = Live::new("r1".into());
        live.begun(&grant(1, 0));
        let soon = Duration::from_millis(100);
        assert_eq!(
            (live.due(LeaseId(1), soon, PERIOD), live.due(LeaseId(1), PERIOD, PERIOD)),
            (None, Some(Due::Tree))
        );
        assert_eq!(live.now(), None);
        live.look_at(vec![SlotIndex(0), SlotIndex(1)]);
        assert_eq!(
            live.due(LeaseId(1), soon, PERIOD),
            Some(Due::Each),
            "what has not been seen is looked at now"
        );
        live.seen(LeaseId(1), 1_000, usage(500), Some(vec![process(400)]));
        assert_eq!(live.due(LeaseId(1), soon, PERIOD), None);
        live.seen(LeaseId(1), 2_000, usage(2_500), Some(vec![process(1_900)]));
        let stats = live.now().unwrap();
        let [busy, idle] = stats.as_slice() else { panic!("{stats:?}") };
        assert_eq!((busy.job, busy.frame, busy.cpu_permille), (Some(JobId(7)), Some(4), 2_000));
        assert_eq!((busy.processes[0].cpu_permille, busy.processes[0].state.as_str()), (1_500, "running"));
        assert_eq!((idle.job, idle.slot, idle.memory_bytes), (None, SlotIndex(1), 0));
        live.ended(LeaseId(1));
        assert_eq!(live.now().unwrap()[0].job, None, "what is collected holds its slot no more");
        live.look_at(Vec::new());
        assert_eq!(live.now(), None);
        assert_eq!(live.history(LeaseId(1)).unwrap().samples.len(), 2);
        live.forget(LeaseId(1));
        assert_eq!(live.history(LeaseId(1)), None);
    }
}
