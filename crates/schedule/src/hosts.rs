//! What render servers say of themselves and of the leases they hold: hello, alive, refused, bye.
//!
//! A lease lives as long as its host says so. A link that closes ends nothing by itself: the host may go on
//! rendering and come back on another link with what it holds.

use std::collections::BTreeSet;

use model::{
    HeldLease, HostId, InstanceId, LEASE_MS, LeaseId, RenderToSchedule, ScheduleToRender, SlotIndex, Time,
};

use crate::{Ending, LinkId, Passing, Record, Refusal, Schedule, waits};

/// What a hello says.
struct Hello<'a> {
    link: LinkId,
    host: &'a HostId,
    instance: &'a InstanceId,
    slots: u16,
    held: &'a [HeldLease],
}

impl Schedule {
    pub(crate) fn host_spoke(
        &self,
        now: Time,
        link: LinkId,
        message: &RenderToSchedule,
    ) -> Result<Vec<Record>, Refusal> {
        if let RenderToSchedule::Hello { host, instance, slots, held } = message {
            return Ok(self.hello(now, &Hello { link, host, instance, slots: *slots, held }));
        }
        let host = self.passing.links.get(&link).ok_or(Refusal::UnknownLink(link))?;
        match message {
            RenderToSchedule::Hello { .. } => Err(Refusal::UnknownLink(link)),
            RenderToSchedule::Alive { held } => Ok(self.alive(now, link, host, held)),
            RenderToSchedule::Refused { lease, why } => self.refused(now, host, *lease, why),
            RenderToSchedule::Started { lease } => self.progressed(now, host, *lease, 0),
            RenderToSchedule::Progress { lease, permille } => {
                self.progressed(now, host, *lease, (*permille).min(1_000))
            }
            RenderToSchedule::Report(report) => Ok(self.report(now, link, host, report)),
            RenderToSchedule::Bye => Ok(self.bye(now, host)),
        }
    }

    pub(crate) fn host_link_closed(&self, link: LinkId) -> Result<Vec<Record>, Refusal> {
        let host = self.passing.links.get(&link).ok_or(Refusal::UnknownLink(link))?;
        Ok(vec![Record::Passing(Passing::HostUnlinked { host: host.clone(), close: false })])
    }

    fn hello(&self, now: Time, hello: &Hello<'_>) -> Vec<Record> {
        let &Hello { link, host, instance, slots, held } = hello;
        if self.passing.hosts.get(host).is_some_and(|linked| linked.instance != *instance) {
            let why = format!(
                "another render server is linked under the name {host}; give this one another with --name"
            );
            return vec![Record::Passing(Passing::HostTurnedAway { link, why })];
        }
        let until = now.plus_ms(LEASE_MS);
        let mut records = vec![Record::Passing(Passing::HostLinked {
            link,
            host: host.clone(),
            instance: instance.clone(),
            slots,
            until,
        })];
        let (ours, over): (Vec<_>, Vec<_>) = held.iter().partition(|held| self.is_on(held.lease, host));
        for HeldLease { lease, slot } in over {
            let message = ScheduleToRender::Revoke { lease: *lease };
            records.push(Record::Passing(Passing::HostTold { link, message }));
            records.push(draining(host, *slot, *lease));
        }
        let ours: BTreeSet<LeaseId> = ours.iter().map(|held| held.lease).collect();
        let leases = ours.iter().copied().collect();
        records.push(Record::Passing(Passing::HostHeard { host: host.clone(), until, leases }));
        for lease in self.working(host).filter(|lease| !ours.contains(lease)) {
            let message = format!("{host} came back without it");
            records.extend(self.end_lease(now, lease, Ending::HostLost, message, None));
        }
        records
    }

    fn alive(&self, now: Time, link: LinkId, host: &HostId, held: &[LeaseId]) -> Vec<Record> {
        let until = now.plus_ms(LEASE_MS);
        let (leases, over): (Vec<LeaseId>, Vec<LeaseId>) =
            held.iter().partition(|lease| self.is_on(**lease, host));
        let mut records = vec![Record::Passing(Passing::HostHeard { host: host.clone(), until, leases })];
        let revoke = |lease| Passing::HostTold { link, message: ScheduleToRender::Revoke { lease } };
        records.extend(over.into_iter().map(|lease| Record::Passing(revoke(lease))));
        let draining = self.passing.hosts.get(host).into_iter().flat_map(|linked| &linked.draining);
        let gone = draining.filter(|(_, lease)| !held.contains(lease));
        records.extend(gone.map(|(slot, _)| drained(host, *slot)));
        records
    }

    fn refused(&self, now: Time, host: &HostId, lease: LeaseId, why: &str) -> Result<Vec<Record>, Refusal> {
        if self.is_on(lease, host) && self.passing.publishing(lease).is_none() {
            let mut records = self.end_lease(now, lease, Ending::Refused, why.to_owned(), None);
            records.extend(self.skip(now, host, why));
            return Ok(records);
        }
        let slot = self.passing.draining(host, lease).ok_or(Refusal::StaleLease(lease))?;
        Ok(vec![drained(host, slot)])
    }

    fn progressed(
        &self,
        now: Time,
        host: &HostId,
        lease: LeaseId,
        permille: u16,
    ) -> Result<Vec<Record>, Refusal> {
        if !self.is_on(lease, host) || self.passing.publishing(lease).is_some() {
            return Err(Refusal::StaleLease(lease));
        }
        let until = now.plus_ms(LEASE_MS);
        let heard = Passing::HostHeard { host: host.clone(), until, leases: vec![lease] };
        Ok(vec![Record::Passing(heard), Record::Passing(Passing::LeaseProgressed { lease, permille })])
    }

    fn bye(&self, now: Time, host: &HostId) -> Vec<Record> {
        let unlinked = Passing::HostUnlinked { host: host.clone(), close: true };
        let mut records = vec![Record::Passing(unlinked)];
        for lease in self.working(host) {
            let message = format!("{host} has stopped");
            records.extend(self.end_lease(now, lease, Ending::GivenBack, message, None));
        }
        records
    }

    /// Leaves a host alone for a while that did not take or keep a lease.
    pub(crate) fn skip(&self, now: Time, host: &HostId, why: &str) -> Option<Record> {
        let linked = self.passing.hosts.get(host)?;
        let until = waits::skip_until(now, linked.refusals + 1);
        let skipped = Passing::HostSkipped { host: host.clone(), until, why: why.to_owned() };
        Some(Record::Passing(skipped))
    }

    pub(crate) fn is_on(&self, lease: LeaseId, host: &HostId) -> bool {
        self.kept.leases.get(&lease).is_some_and(|lease| lease.host == *host)
    }

    /// Leases that a host works on, as far as is known: all but those whose outputs are being published,
    /// which need nothing more of it.
    fn working(&self, host: &HostId) -> impl Iterator<Item = LeaseId> {
        let leases = self.kept.busy.get(host).into_iter().flat_map(|slots| slots.values().copied());
        leases.filter(|lease| self.passing.publishing(*lease).is_none())
    }
}

fn draining(host: &HostId, slot: SlotIndex, lease: LeaseId) -> Record {
    Record::Passing(Passing::SlotDraining { host: host.clone(), slot, lease })
}

pub(crate) fn drained(host: &HostId, slot: SlotIndex) -> Record {
    Record::Passing(Passing::SlotDrained { host: host.clone(), slot })
}
