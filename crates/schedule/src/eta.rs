//! When a job will end, from how long its frames took and how many run at once. A guess with its uncertainty:
//! nothing is decided by it.

use model::{Eta, JobId, Time};

use crate::Schedule;
use crate::frame_table::FrameTable;
use crate::kept::Job;

/// What is left to do of a job, in milliseconds of slots.
#[derive(Clone, Copy, Debug, Default)]
struct Left {
    /// Most likely.
    work: u128,
    /// The square of how far that may be off.
    variance: u128,
    /// What one chunk of it takes.
    chunk: u128,
}

impl Schedule {
    /// When a job will end: nothing of one that has, that is on hold or of which no frame is known.
    #[must_use]
    pub fn eta(&self, now: Time, id: JobId) -> Option<Eta> {
        let job = self.kept.jobs.get(&id).filter(|job| job.ended_at.is_none() && !job.held)?;
        let at_once = u128::from(job.live.saturating_sub(job.ahead).max(1));
        let begun = u128::from(now.since_ms(job.started_at?));
        let under_way = u128::from(self.passing.under_way.get(&id).copied().unwrap_or(0));
        let left = job.left(under_way).or_else(|| guessed(job, begun, under_way))?;
        let by_frames = left.work / at_once;
        // How it went so far knows of what is between frames, and of times when fewer ran.
        let done = u128::from(job.counts().done);
        let rest = u128::from(job.counts().left());
        let by_past = (begun * rest).checked_div(done).unwrap_or(by_frames);
        // Where others have the slots just now, only the past tells how many it gets.
        let by_frames = if job.live == 0 { by_past } else { by_frames };
        let spread = 2 * left.variance.isqrt() / at_once;
        let after = |ms: u128| now.plus_ms(u64::try_from(ms).unwrap_or(u64::MAX));
        let (soon, late) = (by_frames.min(by_past), by_frames.max(by_past));
        Some(Eta {
            at: after(u128::midpoint(soon, late)),
            low: after(soon.saturating_sub(spread)),
            high: after(late + spread + left.chunk / 2),
        })
    }
}

impl Job {
    /// What is left, where some chunk is done; `under_way` are the thousandths of those that run.
    fn left(&self, under_way: u128) -> Option<Left> {
        let known = self.tables.iter().filter_map(FrameTable::typical_ms).map(u128::from);
        let (sum, steps) = known.fold((0, 0_u128), |(sum, steps), ms| (sum + ms, steps + 1));
        let usual = sum.checked_div(steps)?;
        let mut left = Left { chunk: usual, ..Left::default() };
        for table in &self.tables {
            let counts = table.counts();
            let (chunks, done) = (u128::from(counts.left()), u128::from(counts.done));
            let (each, square) = match table.typical_ms() {
                Some(ms) => (u128::from(ms), table.variance_ms()),
                // Nothing is known of a step before one of its chunks is done: it is taken for one like
                // others.
                None => (usual, usual * usual),
            };
            left.work += chunks * each;
            left.variance += chunks * square + chunks * chunks * square / done.max(1);
        }
        // Where packages do not say how far they are, those that run are half done.
        let running = u128::from(self.counts().running);
        let through = if under_way == 0 { running * 500 } else { under_way };
        left.work = left.work.saturating_sub(through * usual / 1_000);
        Some(left)
    }
}

/// What is left of a job of which nothing is done, from how far its first frames are.
fn guessed(job: &Job, begun: u128, under_way: u128) -> Option<Left> {
    let counts = job.counts();
    let each = (begun * 1_000 * u128::from(counts.running)).checked_div(under_way)?;
    let work = (u128::from(counts.left()) * each).saturating_sub(begun * u128::from(counts.running));
    // Twice or half of that would be no wonder.
    Some(Left { work, variance: (work / 4) * (work / 4), chunk: each })
}
