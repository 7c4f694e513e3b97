//! What slots and frames use: while somebody looks, and as a small history for afterwards.

use serde::{Deserialize, Serialize};

use crate::{AttemptNumber, HostId, JobId, SlotIndex, StepIndex, Time, Usage};

/// What a slot does now, and what that takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SlotStats {
    /// When it was looked at.
    pub at: Time,
    /// The render host.
    pub host: HostId,
    /// The slot.
    pub slot: SlotIndex,
    /// The job that it works on; this and what follows is absent while nothing runs there.
    pub job: Option<JobId>,
    /// The step, from 0.
    pub step_index: Option<StepIndex>,
    /// The number of the frame, the first of its chunk.
    pub frame: Option<i64>,
    /// Which try it is.
    pub attempt: Option<AttemptNumber>,
    /// For how long it has run, in milliseconds.
    #[serde(default)]
    pub wall_ms: u64,
    /// Processor use, in thousandths of one core.
    pub cpu_permille: u32,
    /// Resident memory of all its processes.
    pub memory_bytes: u64,
    /// The most of it so far.
    pub memory_peak_bytes: u64,
    /// Bytes that it has read so far, whether they came from a disk or not.
    pub read_bytes: u64,
    /// Bytes that it has written so far.
    pub written_bytes: u64,
    /// GPUs that its processes use; where they cannot be asked there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpu: Vec<GpuStats>,
    /// Its processes, parents before their children.
    pub processes: Vec<ProcessStats>,
}

impl SlotStats {
    /// A slot on which nothing runs.
    #[must_use]
    pub const fn idle(host: HostId, slot: SlotIndex, at: Time) -> Self {
        Self {
            at,
            host,
            slot,
            job: None,
            step_index: None,
            frame: None,
            attempt: None,
            wall_ms: 0,
            cpu_permille: 0,
            memory_bytes: 0,
            memory_peak_bytes: 0,
            read_bytes: 0,
            written_bytes: 0,
            gpu: Vec::new(),
            processes: Vec::new(),
        }
    }
}

/// A process of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProcessStats {
    /// Its number.
    pub pid: u32,
    /// That of its parent.
    pub parent: u32,
    /// What the system calls it, at most 15 characters.
    pub name: String,
    /// Processor use, in thousandths of one core.
    pub cpu_permille: u32,
    /// Resident memory.
    pub memory_bytes: u64,
    /// Bytes that it has read so far, with children that it has waited for.
    pub read_bytes: u64,
    /// Bytes that it has written so far.
    pub written_bytes: u64,
    /// `running`, `sleeping`, `disk` (waits for a disk), `stopped` or `ended`.
    pub state: String,
}

/// A GPU that processes of a frame use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GpuStats {
    /// Its place in the host's list.
    pub index: u16,
    /// How busy it is, whoever uses it, in thousandths.
    pub busy_permille: u16,
    /// Its memory that processes of the frame hold.
    pub memory_bytes: u64,
}

/// What an attempt used up to a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsageSample {
    /// Milliseconds since its process started; the sample stands for the time since the one before.
    pub at_ms: u64,
    /// Processor use in that time, in thousandths of one core.
    pub cpu_permille: u32,
    /// The most resident memory in that time.
    pub memory_bytes: u64,
    /// Bytes read since the start.
    pub read_bytes: u64,
    /// Bytes written since the start.
    pub written_bytes: u64,
}

/// What an attempt used over time, coarser the longer it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsageHistory {
    /// A sample stands for about so many milliseconds.
    pub interval_ms: u64,
    /// In order of time.
    pub samples: Vec<UsageSample>,
}

impl Default for UsageHistory {
    fn default() -> Self {
        Self { interval_ms: Self::FINEST_MS, samples: Vec::new() }
    }
}

impl UsageHistory {
    /// There are never more samples than this.
    pub const MOST: usize = 120;
    /// How far samples are apart at first.
    pub const FINEST_MS: u64 = 1_000;

    /// Takes in what was seen last. What is not later than what is known is left out.
    pub fn add(&mut self, sample: UsageSample) {
        match self.samples.as_slice() {
            [.., last] if sample.at_ms <= last.at_ms => return,
            [before @ .., last] => {
                let since = before.last().map_or(0, |sample| sample.at_ms);
                let together = both(since, *last, sample);
                // Samples come late rather than early, and must not be kept twice as far apart for that.
                if sample.at_ms - since <= self.interval_ms + self.interval_ms / 4 {
                    self.samples.pop();
                    self.samples.push(together);
                } else {
                    self.samples.push(sample);
                }
            }
            [] => self.samples.push(sample),
        }
        while self.samples.len() > Self::MOST {
            self.halve();
        }
    }

    /// This history with what `later` knows of the time after its end: of the same attempt, by a render
    /// server that was started anew.
    #[must_use]
    pub fn gone_on(mut self, later: &Self) -> Self {
        while self.interval_ms < later.interval_ms {
            self.halve();
        }
        later.samples.iter().for_each(|sample| self.add(*sample));
        self
    }

    fn halve(&mut self) {
        let mut since = 0;
        let mut halved = Vec::with_capacity(self.samples.len() / 2 + 1);
        for pair in self.samples.chunks(2) {
            let together = match pair {
                [first, second] => both(since, *first, *second),
                [only] => *only,
                _ => continue,
            };
            since = together.at_ms;
            halved.push(together);
        }
        self.samples = halved;
        self.interval_ms = self.interval_ms.saturating_mul(2);
    }
}

/// Two samples that follow each other as one; the first began at `since`.
fn both(since: u64, first: UsageSample, second: UsageSample) -> UsageSample {
    let (one, two) = (first.at_ms.saturating_sub(since), second.at_ms.saturating_sub(first.at_ms));
    let work = u64::from(first.cpu_permille) * one + u64::from(second.cpu_permille) * two;
    let cpu_permille = u32::try_from(work / (one + two).max(1)).unwrap_or(u32::MAX);
    UsageSample { cpu_permille, memory_bytes: first.memory_bytes.max(second.memory_bytes), ..second }
}

/// What an attempt used, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsageView {
    /// Which try.
    pub attempt: AttemptNumber,
    /// Where it runs or ran.
    pub host: HostId,
    /// On which slot.
    pub slot: SlotIndex,
    /// What it used in all; absent while it runs.
    pub usage: Option<Usage>,
    /// A sample stands for about so many milliseconds.
    pub interval_ms: u64,
    /// What it used over time. Of one that runs the last of it may be some time ago; of one that ended
    /// within a second there is nothing.
    pub samples: Vec<UsageSample>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_ms: u64, cpu_permille: u32, memory_bytes: u64) -> UsageSample {
        UsageSample { at_ms, cpu_permille, memory_bytes, read_bytes: at_ms, written_bytes: 2 * at_ms }
    }

    #[test]
    fn a_history_stays_small_and_keeps_sums_peaks_and_the_end() {
        let mut history = UsageHistory::default();
        let mut at = 0;
        let mut work = 0;
        for i in 0..10_000_u64 {
            let span = 1_000 + i % 100;
            at += span;
            let cpu = u32::try_from(i % 8).unwrap() * 1_000;
            work += u64::from(cpu) * span;
            history.add(sample(at, cpu, if i == 777 { 1 << 40 } else { i }));
            assert!(history.samples.len() <= UsageHistory::MOST);
        }
        assert!(history.samples.len() >= UsageHistory::MOST / 3, "{}", history.samples.len());
        assert_eq!(
            history.samples.last().map(|s| (s.at_ms, s.read_bytes, s.written_bytes)),
            Some((at, at, 2 * at))
        );
        assert_eq!(history.samples.iter().map(|s| s.memory_bytes).max(), Some(1 << 40));
        let spans = history.samples.iter().scan(0, |since, s| {
            let span = s.at_ms - *since;
            *since = s.at_ms;
            Some(u64::from(s.cpu_permille) * span)
        });
        let kept: u64 = spans.sum();
        assert!(kept <= work && kept > work - work / 100, "{kept} of {work}");
    }

    #[test]
    fn the_first_samples_stay_as_they_are() {
        let mut history = UsageHistory::default();
        let samples: Vec<_> = (1..=120).map(|i| sample(i * 1_005, 500, i)).collect();
        samples.iter().for_each(|one| history.add(*one));
        assert_eq!((history.interval_ms, &history.samples), (1_000, &samples));
        history.add(sample(121 * 1_005, 500, 1));
        assert_eq!((history.interval_ms, history.samples.len()), (2_000, 61));
        let before = history.clone();
        history.add(sample(5, 1, 1));
        assert_eq!(history, before, "the past does not change");
    }

    #[test]
    fn a_history_goes_on_where_another_ended() {
        let mut first = UsageHistory::default();
        (1..=50).for_each(|i| first.add(sample(i * 1_000, 100, i)));
        let mut second = UsageHistory::default();
        (49..=400).for_each(|i| second.add(sample(i * 1_000, 200, i)));
        let whole = first.gone_on(&second);
        assert!(whole.samples.len() <= UsageHistory::MOST && whole.interval_ms >= second.interval_ms);
        assert_eq!(whole.samples.last().map(|s| s.at_ms), Some(400_000));
        assert_eq!(whole.samples[0].cpu_permille, 100);
        assert!(whole.samples.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
    }
}
