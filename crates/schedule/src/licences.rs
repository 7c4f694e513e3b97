//! Steps of which a frame found no licence: put off as a whole for a while, and then tried with one frame at
//! a time until one is done, so that a licence server which has none is not asked by every slot.

use model::{FrameId, JobId, StepIndex, Time};

use crate::{Passing, Record, Schedule, waits};

/// What is known of a step that found no licence.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortage {
    /// How often in a row.
    pub(crate) times: u32,
    /// No frame of the step is leased before.
    pub(crate) until: Time,
    /// Seconds that it is put off for.
    pub(crate) seconds: u64,
    /// A frame is under way that shows whether there are some again.
    pub(crate) probe: bool,
    /// What was said.
    pub(crate) why: String,
}

impl Schedule {
    /// A frame found no licence. Those that were under way with it tell nothing more.
    pub(crate) fn licence_short(&self, now: Time, frame: FrameId, why: &str) -> Option<Record> {
        let known = self.passing.shortages.get(&(frame.job, frame.step));
        let times = known.map_or(0, |known| known.times).saturating_add(1);
        let is_news = known.is_none_or(|known| known.until <= now || known.probe);
        is_news.then(|| put_off(now, (frame.job, frame.step), times, why, false))
    }

    /// A frame is leased to see whether there are licences again.
    pub(crate) fn licence_probed(&self, now: Time, step: (JobId, StepIndex)) -> Option<Record> {
        let known = self.passing.shortages.get(&step)?;
        Some(put_off(now, step, known.times, &known.why, true))
    }

    pub(crate) fn shortage_seen(&mut self, job: JobId, step: StepIndex, shortage: &Shortage) {
        if self.kept.jobs.get(&job).is_some_and(|job| job.ended_at.is_none()) {
            self.passing.shortages.insert((job, step), shortage.clone());
        }
    }

    /// A frame of the step was done: there are licences.
    pub(crate) fn shortage_over(&mut self, frame: FrameId) {
        self.passing.shortages.remove(&(frame.job, frame.step));
    }

    pub(crate) fn forget_shortages(&mut self, job: JobId) {
        let of_job = (job, StepIndex(0))..=(job, StepIndex(u16::MAX));
        let steps: Vec<_> = self.passing.shortages.range(of_job).map(|(step, _)| *step).collect();
        steps.iter().for_each(|step| drop(self.passing.shortages.remove(step)));
    }
}

fn put_off(now: Time, step: (JobId, StepIndex), times: u32, why: &str, probe: bool) -> Record {
    let until = waits::licence_until(now, times);
    let seconds = until.since_ms(now).div_ceil(1_000);
    let shortage = Shortage { times, until, seconds, probe, why: why.to_owned() };
    Record::Passing(Passing::LicenceShort { job: step.0, step: step.1, shortage: Box::new(shortage) })
}
