//! Whom to set aside, for how long, and when that does not count: a host is given frames all the same while
//! nobody else could take them, so that a small farm comes to its end.

use model::{JobId, Time};

use crate::host_table::HostIndex;
use crate::lists::Need;
use crate::set_aside::Charge;
use crate::{Record, Schedule, waits};

/// So many are judged or forgiven at once.
const JUDGED_MAX: usize = 100;

impl Schedule {
    /// Sets suspects aside, unless one is the last that a job has.
    pub(crate) fn judge(&self, now: Time) -> Vec<Record> {
        let suspects = self.kept.set_asides.suspects().take(JUDGED_MAX);
        let guilty = suspects.filter(|(host, job)| self.can_do_without(*host, *job));
        let set_aside = |(host, job): (HostIndex, Option<JobId>)| {
            let Charge { times, why, until } = self.kept.set_asides.charge(host, job);
            let until = match job {
                Some(_) => waits::aside_until(now, times),
                None => waits::aside_altogether_until(now, times).max(until),
            };
            Record::HostSetAside { host: self.kept.host_name(host), job, until, why, at: now }
        };
        guilty.map(set_aside).collect()
    }

    /// Hosts whose time is over are forgiven.
    pub(crate) fn forgive_by_time(&self, now: Time) -> impl Iterator<Item = Record> {
        let over = self.kept.set_asides.over(now).take(JUDGED_MAX);
        over.map(move |(host, job)| Record::SetAsideEnded { host: self.kept.host_name(host), job, at: now })
    }

    /// Whether a host is to be given no frames of a step: it is set aside, and another one could take them.
    pub(crate) fn is_spared(&self, host: HostIndex, job: JobId, need: &Need) -> bool {
        self.kept.set_asides.is_aside(host, job) && self.has_good_host(job, need)
    }

    /// Whether a linked host matches that is not set aside for the job and does take frames.
    pub(crate) fn has_good_host(&self, job: JobId, need: &Need) -> bool {
        need.matching.both(&self.passing.linked).any(|host| self.is_good(host, job))
    }

    /// Whether a host could take frames of a job, busy or not.
    pub(crate) fn is_good(&self, host: HostIndex, job: JobId) -> bool {
        let takes = self
            .passing
            .host(host)
            .is_some_and(|linked| linked.slots > 0 && linked.refusals < waits::REFUSALS_MANY);
        takes && !self.kept.set_asides.is_aside(host, job)
    }

    /// Whether other hosts are left for a job, or for any where absent, when one is set aside.
    fn can_do_without(&self, host: HostIndex, job: Option<JobId>) -> bool {
        let Some(id) = job else {
            let usable =
                |other: &HostIndex| *other != host && !self.kept.set_asides.is_aside_altogether(*other);
            return self.passing.linked.iter().any(|other| usable(&other));
        };
        let Some(job) = self.kept.jobs.get(&id) else { return false };
        let mut steps =
            job.description.steps.iter().zip(&job.tables).filter(|(_, table)| table.counts().left() > 0);
        steps.all(|(step, _)| {
            let others = |need: &Need| {
                let linked = need.matching.both(&self.passing.linked);
                linked.filter(|other| *other != host).any(|other| self.is_good(other, id))
            };
            self.passing
                .needs
                .get(&step.profile)
                .is_some_and(|need| !need.matching.contains(host) || others(need))
        })
    }
}
