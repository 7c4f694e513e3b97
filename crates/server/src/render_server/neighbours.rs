//! How large the files of each step have come out so far, so that one which is far smaller is noticed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use model::{JobId, StepIndex};

/// Files of a step that are remembered, the latest.
const FILES_MAX: usize = 32;
/// Steps that are remembered, those of the latest jobs.
const STEPS_MAX: usize = 64;

/// Sizes in bytes of what was made on this host.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    steps: Mutex<BTreeMap<(JobId, StepIndex), VecDeque<u64>>>,
}

impl Neighbours {
    /// Sizes of the files that `step` made.
    pub(super) fn sizes(&self, job: JobId, step: StepIndex) -> Vec<u64> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.get(&(job, step)).map(|sizes| sizes.iter().copied().collect()).unwrap_or_default()
    }

    /// Files of these sizes count.
    pub(super) fn made(&self, job: JobId, step: StepIndex, sizes: impl Iterator<Item = u64>) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let known = steps.entry((job, step)).or_default();
        known.extend(sizes);
        let many = known.len().saturating_sub(FILES_MAX);
        known.drain(..many);
        while steps.len() > STEPS_MAX {
            steps.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_files_and_jobs_are_remembered() {
        let neighbours = Neighbours::default();
        let step = StepIndex(0);
        neighbours.made(JobId(1), step, 0..40);
        assert_eq!(neighbours.sizes(JobId(1), step), (8..40).collect::<Vec<_>>());
        assert!(neighbours.sizes(JobId(1), StepIndex(1)).is_empty());
        for job in 2..=65 {
            neighbours.made(JobId(job), step, 0..1);
        }
        assert!(neighbours.sizes(JobId(1), step).is_empty());
        assert_eq!(neighbours.sizes(JobId(65), step), [0]);
    }
}
