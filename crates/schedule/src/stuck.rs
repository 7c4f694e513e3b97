//! Jobs that wait for what will not come by itself: whoever is to be told of the job's end is told of that
//! too, once, when no frame of it has run for ten minutes because of it.

use std::collections::{BTreeMap, BTreeSet};

use model::{JobId, Time, WaitingReason};

use crate::{NoticeId, Passing, Record, Schedule, waits};

impl Schedule {
    /// When jobs that do not move are to be looked at; never while there are none.
    pub(crate) fn look_at(&self) -> Option<Time> {
        (!self.kept.still.is_empty()).then_some(self.passing.look_at)
    }

    /// Looks at the jobs that do not move.
    pub(crate) fn look(&self, now: Time) -> Vec<Record> {
        let mut since = BTreeMap::new();
        let mut records = Vec::new();
        for id in &self.kept.still {
            let Some(reason) = self.waiting_reason(*id).filter(needs_somebody) else { continue };
            let begun = self.passing.stuck.get(id).copied().unwrap_or(now);
            since.insert(*id, begun);
            if now.since_ms(begun) >= waits::STUCK_MS {
                self.notices_of_stuck(now, *id, &reason, &mut records);
            }
        }
        records.push(Record::Passing(Passing::StuckSeen { since, next: now.plus_ms(waits::LOOK_MS) }));
        records
    }

    fn notices_of_stuck(&self, now: Time, id: JobId, reason: &WaitingReason, records: &mut Vec<Record>) {
        let Some(job) = self.kept.jobs.get(&id) else { return };
        let addresses: BTreeSet<&String> = job.description.notify.iter().collect();
        for to in addresses {
            let before = u64::try_from(records.len()).unwrap_or(u64::MAX);
            let notice = NoticeId(self.kept.last_notice.0 + before + 1);
            let waiting = Some(reason.to_string());
            records.push(Record::NoticeQueued { notice, job: id, to: to.clone(), at: now, waiting });
        }
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
