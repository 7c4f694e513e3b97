//! Jobs that wait for what will not come by itself: whoever is to be told of the job's end is told of that
//! too, once, when no frame of it has run for ten minutes because of it.

use std::collections::BTreeMap;

use model::{JobId, NoticeKind, Time, WaitingReason};

use crate::kept::Job;
use crate::pass::Whys;
use crate::{NoticeId, Passing, Record, Schedule, waits};

impl Schedule {
    /// When jobs that do not move are to be looked at; never while there are none.
    pub(crate) fn look_at(&self) -> Option<Time> {
        (!self.kept.still.is_empty()).then_some(self.passing.look_at)
    }

    /// Looks at the jobs that do not move.
    pub(crate) fn look(&self, now: Time) -> Vec<Record> {
        let (mut since, mut records) = (BTreeMap::new(), Vec::new());
        let mut whys = Whys::new(self);
        for id in &self.kept.still {
            let Some(reason) = whys.first(*id).filter(needs_somebody) else { continue };
            let begun = self.passing.stuck.get(id).copied().unwrap_or(now);
            since.insert(*id, begun);
            if now.since_ms(begun) >= waits::STUCK_MS {
                self.notices_of_stuck(now, *id, &reason, &mut records);
            }
        }
        // First, so that whoever is told now is not waited for any longer.
        records.insert(0, Record::Passing(Passing::StuckSeen { since, next: now.plus_ms(waits::LOOK_MS) }));
        records
    }

    /// Notes whether a job moves, after anything about it has changed.
    pub(crate) fn file_still(&mut self, id: JobId) {
        if self.kept.jobs.get(&id).is_some_and(|job| self.kept.is_still(job)) {
            self.kept.still.insert(id);
        } else if self.kept.still.remove(&id) {
            self.passing.stuck.remove(&id);
        }
    }

    fn notices_of_stuck(&self, now: Time, id: JobId, reason: &WaitingReason, records: &mut Vec<Record>) {
        let Some(job) = self.kept.jobs.get(&id) else { return };
        for to in self.kept.told_of(job, NoticeKind::Waiting) {
            let before = u64::try_from(records.len()).unwrap_or(u64::MAX);
            let notice = NoticeId(self.kept.last_notice.0 + before + 1);
            let waiting = Some(reason.to_string());
            records.push(Record::NoticeQueued { notice, job: id, to, at: now, waiting, about: None });
        }
    }
}

impl Job {
    /// Whether frames wait and none runs, and nobody was told of it.
    pub(crate) fn is_still(&self) -> bool {
        let told = || self.notices.iter().any(|notice| notice.waiting.is_some());
        let waits = self.ended_at.is_none() && !self.held && self.live == 0;
        waits && !told() && self.counts().waiting > 0
    }
}

/// Whether a wait ends only when a person does something.
const fn needs_somebody(reason: &WaitingReason) -> bool {
    matches!(
        reason,
        WaitingReason::NoHostMatches { .. }
            | WaitingReason::MatchesNotLinked { .. }
            | WaitingReason::NoHostBigEnough { .. }
            | WaitingReason::SetAside { .. }
            | WaitingReason::DependsOnJob { ended: true, .. }
    )
}
