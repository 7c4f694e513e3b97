//! What is due: hosts fallen silent, leases lost, tries put off, and everything that nobody looks after yet.
//!
//! The last is how mails, sums and the leases of an earlier run are taken up: what is kept and has no entry
//! in the passing state is due at once. A job's end and a restart are thus the same case.

use model::{LEASE_MS, LeaseId, ScheduleToRender, Time};

use crate::kept::NoticeState;
use crate::passing_state::Due;
use crate::{Ending, Passing, Record, Schedule};

/// So many things are done about one deadline; the rest is due at once.
const DUE_MAX: usize = 1_000;

impl Schedule {
    pub(crate) fn next_due(&self) -> Option<Time> {
        let (kept, passing) = (&self.kept, &self.passing);
        let looked_after = kept.leases.len() == passing.watches.len()
            && kept.outbox.len() == passing.mails.len()
            && kept.unsealed.len() == passing.seals.len();
        if !looked_after {
            return Some(Time::default());
        }
        let first = passing.deadlines.first().map(|(at, _)| *at);
        first.into_iter().chain(passing.wake).min()
    }

    pub(crate) fn deadline_passed(&self, now: Time) -> Vec<Record> {
        let mut records: Vec<Record> = self.take_up(now).take(DUE_MAX).collect();
        for (_, due) in self.passing.deadlines.iter().take_while(|(at, _)| *at <= now).take(DUE_MAX) {
            records.extend(self.due(now, due));
        }
        if self.passing.wake.is_some_and(|wake| wake <= now) {
            records.push(Record::Passing(Passing::PassDue));
        }
        records
    }

    /// Takes up what is kept and not looked after.
    fn take_up(&self, now: Time) -> impl Iterator<Item = Record> {
        let (kept, passing) = (&self.kept, &self.passing);
        let until = now.plus_ms(LEASE_MS);
        // Every watch is of a live lease; `take` ends the walk where none is missing.
        let unwatched = kept.leases.len().saturating_sub(passing.watches.len());
        let leases = kept.leases.keys().filter(|lease| !passing.watches.contains_key(lease)).take(unwatched);
        let leases = leases.map(move |lease| Passing::LeaseAwaited { lease: *lease, until });
        let mails = kept.outbox.keys().filter(|notice| !passing.mails.contains_key(notice));
        let mails = mails.map(move |notice| match kept.notice(*notice).map(|notice| notice.state) {
            Some(NoticeState::Waiting { until }) if until > now => {
                Passing::NoticeAwaited { notice: *notice, until }
            }
            _ => Passing::NoticeTried { notice: *notice },
        });
        let seals = kept.unsealed.iter().filter(|job| !passing.seals.contains_key(job));
        let seals = seals.map(|job| Passing::SealTried { job: *job });
        leases.chain(mails).chain(seals).map(Record::Passing)
    }

    fn due(&self, now: Time, due: &Due) -> Vec<Record> {
        vec![Record::Passing(match due {
            Due::Host(host) => Passing::HostUnlinked { host: host.clone(), close: true },
            Due::Lease(lease) => return self.lose(now, *lease),
            Due::Publish(lease) => Passing::PublishTried { lease: *lease },
            Due::Mail(notice) => Passing::NoticeTried { notice: *notice },
            Due::Seal(job) => Passing::SealTried { job: *job },
        })]
    }

    fn lose(&self, now: Time, lease: LeaseId) -> Vec<Record> {
        let Some(host) = self.kept.leases.get(&lease).map(|lease| &lease.host) else {
            return Vec::new();
        };
        let message = format!("{host} said nothing of it for {} s", LEASE_MS / 1_000);
        let mut records = self.end_lease(now, lease, Ending::HostLost, message, None);
        if let Some(linked) = self.passing.hosts.get(host) {
            let message = ScheduleToRender::Revoke { lease };
            records.push(Record::Passing(Passing::HostTold { link: linked.link, message }));
        }
        records
    }
}
