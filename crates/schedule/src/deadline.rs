//! What is due: hosts fallen silent, leases lost, tries put off, and everything that nobody looks after yet.
//!
//! The last is how mails, sums and the leases of an earlier run are taken up: what is kept and has no entry
//! in the passing state is due at once. A job's end and a restart are thus the same case.

use model::{LEASE_MS, Time};

use crate::host_table::HostIndex;
use crate::kept::NoticeState;
use crate::passing_state::Due;
use crate::{Ending, Passing, Record, Schedule};

/// So many things are done about one deadline; the rest is due at once.
const DUE_MAX: usize = 1_000;

impl Schedule {
    pub(crate) fn next_due(&self) -> Option<Time> {
        let (kept, passing) = (&self.kept, &self.passing);
        let looked_after = (passing.taken_up || kept.leases.is_empty())
            && kept.outbox.len() == passing.mails.len()
            && kept.unsealed.len() == passing.seals.len();
        if !looked_after {
            return Some(Time::default());
        }
        let first = passing.deadlines.first().map(|(at, _)| *at);
        first.into_iter().chain(passing.wake).chain(kept.set_asides.next_end()).chain(self.look_at()).min()
    }

    pub(crate) fn deadline_passed(&self, now: Time) -> Vec<Record> {
        let mut records: Vec<Record> = self.take_up(now).take(DUE_MAX).collect();
        for (_, due) in self.passing.deadlines.iter().take_while(|(at, _)| *at <= now).take(DUE_MAX) {
            records.extend(self.due(now, due));
        }
        records.extend(self.forgive_by_time(now));
        if self.look_at().is_some_and(|at| at <= now) {
            records.extend(self.look(now));
        }
        if self.passing.wake.is_some_and(|wake| wake <= now) {
            records.push(Record::Passing(Passing::PassDue));
        }
        records
    }

    /// Takes up what is kept and not looked after.
    fn take_up(&self, now: Time) -> impl Iterator<Item = Record> {
        let (kept, passing) = (&self.kept, &self.passing);
        let leases = (!passing.taken_up).then(|| Passing::LeasesTakenUp { until: now.plus_ms(LEASE_MS) });
        let mails = kept.outbox.keys().filter(|notice| !passing.mails.contains_key(notice));
        let mails = mails.map(move |notice| match kept.notice(*notice).map(|notice| notice.state) {
            Some(NoticeState::Waiting { until }) if until > now => {
                Passing::NoticeAwaited { notice: *notice, until }
            }
            _ => Passing::NoticeTried { notice: *notice },
        });
        let seals = kept.unsealed.iter().filter(|job| !passing.seals.contains_key(job));
        let seals = seals.map(|job| Passing::SealTried { job: *job });
        leases.into_iter().chain(mails).chain(seals).map(Record::Passing)
    }

    fn due(&self, now: Time, due: &Due) -> Vec<Record> {
        vec![Record::Passing(match due {
            Due::Host(host) => return self.lose(now, *host),
            Due::Publish(lease) => Passing::PublishTried { lease: *lease },
            Due::Mail(notice) => Passing::NoticeTried { notice: *notice },
            Due::Seal(job) => Passing::SealTried { job: *job },
        })]
    }

    /// A host was not heard of for too long: its link goes, and so does what it works on.
    fn lose(&self, now: Time, host: HostIndex) -> Vec<Record> {
        let mut records = Vec::new();
        if self.passing.host(host).is_some() {
            records.push(Record::Passing(Passing::HostUnlinked { host, close: true }));
        }
        records.push(Record::Passing(Passing::HostGivenUp { host }));
        for lease in self.working(host) {
            let message =
                format!("{} said nothing of it for {} s", self.kept.host_name(host), LEASE_MS / 1_000);
            records.extend(self.end_lease(now, lease, Ending::HostLost, message, None));
        }
        records
    }
}
