//! Whom to set aside, for how long, and when that does not count: a host is given frames all the same while
//! nobody else could take them, so that a small farm comes to its end.

use model::{JobId, Step, Time};

use crate::host_table::HostIndex;
use crate::lists::Need;
use crate::reservation::slots_wanted;
use crate::set_aside::Charge;
use crate::{Record, Schedule, waits};

/// What hosts are asked for: frames of a step of a job.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) job: JobId,
    pub(crate) step: &'a Step,
    /// The hosts that match.
    pub(crate) need: &'a Need,
}

/// So many are judged or forgiven at once.
const JUDGED_MAX: usize = 100;

impl Schedule {
    /// Sets suspects aside, unless one is the last that a job has. What they have not begun is asked back.
    pub(crate) fn judge(&self, now: Time) -> Vec<Record> {
        let suspects = self.kept.set_asides.suspects().take(JUDGED_MAX);
        let guilty = suspects.filter(|(host, job)| self.can_do_without(*host, *job));
        let set_aside = |(host, job): (HostIndex, Option<JobId>)| {
            let back = self.withdraw_on(host, job);
            let Charge { times, why, until } = self.kept.set_asides.charge(host, job);
            let until = match job {
                Some(_) => waits::aside_until(now, times),
                None => waits::aside_altogether_until(now, times).max(until),
            };
            let host = self.kept.host_name(host);
            std::iter::once(Record::HostSetAside { host, job, until, why, at: now }).chain(back)
        };
        guilty.flat_map(set_aside).collect()
    }

    /// Hosts whose time is over are forgiven.
    pub(crate) fn forgive_by_time(&self, now: Time) -> impl Iterator<Item = Record> {
        let over = self.kept.set_asides.over(now).take(JUDGED_MAX);
        over.map(move |(host, job)| Record::SetAsideEnded { host: self.kept.host_name(host), job, at: now })
    }

    /// Whether a host is to be given no frames of a step: it is set aside, and another one could take them.
    pub(crate) fn is_spared(&self, host: HostIndex, asked: Asked<'_>) -> bool {
        self.kept.set_asides.is_aside(host, asked.job) && self.could_another(host, asked)
    }

    /// Whether a linked host other than `host` could take frames of a step.
    fn could_another(&self, host: HostIndex, asked: Asked<'_>) -> bool {
        let open = asked.need.within(&self.passing.open);
        open.filter(|other| *other != host).any(|other| self.could_take(other, asked))
    }

    /// Whether a host could take frames of a step, busy or not: it is not set aside for the job, is large
    /// enough, and does not refuse whatever it gets.
    pub(crate) fn could_take(&self, host: HostIndex, asked: Asked<'_>) -> bool {
        let Some(linked) = self.passing.host(host) else { return false };
        let wanted = slots_wanted(asked.step.slots, linked.slots);
        let most = self.kept.jobs.get(&asked.job).and_then(|job| job.description.slots_max);
        let fits = linked.slots >= wanted
            && most.is_none_or(|most| u32::from(wanted) <= most)
            && asked.step.reserve.fits_in(&linked.amounts);
        let takes = fits && linked.is_open && linked.refusals < waits::REFUSALS_MANY;
        takes && !self.kept.set_asides.is_aside(host, asked.job)
    }

    /// Whether other hosts are left for a job, or for any where absent, when one is set aside.
    fn can_do_without(&self, host: HostIndex, job: Option<JobId>) -> bool {
        let Some(id) = job else {
            let usable =
                |other: &HostIndex| *other != host && !self.kept.set_asides.is_aside_altogether(*other);
            return self.passing.open.iter().any(|other| usable(&other));
        };
        let Some(job) = self.kept.jobs.get(&id) else { return false };
        let mut steps =
            job.description.steps.iter().zip(&job.tables).filter(|(_, table)| table.counts().left() > 0);
        steps.all(|(step, _)| {
            let Some(need) = self.need(&step.profile) else { return false };
            !need.matches(host) || self.could_another(host, Asked { job: id, step, need })
        })
    }
}
