//! Jobs that no host can take as things are: a pass found that each step of them that waits matches none of
//! the linked hosts. Passes go past them until that may have changed, so that thousands of such jobs cost the
//! others nothing.

use model::{JobId, Profile, Time};

use crate::Schedule;
use crate::id_map::IdMap;
use crate::lists::Need;
use crate::waits::LIST_MS;

/// Jobs that passes go past.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Nowhere {
    jobs: IdMap<JobId, ()>,
    /// All are looked at again then, to ask for hosts anew.
    until: Time,
}

impl Nowhere {
    /// Those that a pass goes past; none where it is time to look at all.
    pub(crate) fn at(&self, now: Time) -> Option<&IdMap<JobId, ()>> {
        (now < self.until && !self.jobs.is_empty()).then_some(&self.jobs)
    }

    /// When all are to be looked at again, where there are any.
    pub(crate) fn until(&self) -> Option<Time> {
        (!self.jobs.is_empty()).then_some(self.until)
    }

    /// A pass has found `jobs`; `anew` says that it looked at all.
    pub(crate) fn found(&mut self, jobs: &[JobId], anew: bool, now: Time) {
        if anew {
            self.clear();
        }
        if self.jobs.is_empty() {
            self.until = now.plus_ms(LIST_MS);
        }
        for job in jobs {
            self.jobs.insert(*job, ());
        }
    }

    /// The job has become something else.
    pub(crate) fn forget(&mut self, job: JobId) {
        self.jobs.remove(job);
    }

    /// Other hosts are linked, or match.
    pub(crate) fn clear(&mut self) {
        self.jobs = IdMap::default();
    }

    /// By number.
    pub(crate) fn jobs(&self) -> Vec<JobId> {
        self.jobs.sorted().into_iter().map(|(job, ())| job).collect()
    }
}

impl Schedule {
    /// Other hosts match a profile.
    pub(crate) fn forget_nowhere_of(&mut self, profile: &Profile) {
        for job in self.passing.nowhere.jobs() {
            let steps = self.kept.jobs.get(&job).map_or(&[][..], |job| &job.description.steps);
            if steps.iter().any(|step| step.profile == *profile) {
                self.passing.nowhere.forget(job);
            }
        }
    }

    /// Whether it is known of a step with this need that no linked host matches.
    pub(crate) fn goes_nowhere(&self, need: Option<&Need>) -> bool {
        need.is_some_and(|need| need.known.is_some() && !need.meets(&self.passing.linked))
    }

    /// Asserts that what passes go past can go nowhere.
    pub(crate) fn check_nowhere(&self) {
        for id in self.passing.nowhere.jobs() {
            let job = self.kept.jobs.get(&id).filter(|job| job.is_wanting());
            assert!(job.is_some(), "job {id} is passed over and wants nothing");
            let steps = job.into_iter().flat_map(|job| job.description.steps.iter().zip(&job.tables));
            for (step, _) in steps.filter(|(_, table)| table.is_ready()) {
                let nowhere = self.goes_nowhere(self.need(&step.profile));
                assert!(nowhere, "job {id} is passed over, and a host may match its step {}", step.name);
            }
        }
    }
}
