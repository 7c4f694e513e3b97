//! What render servers say of themselves and of the leases they hold: hello, alive, refused, bye.
//!
//! A lease lives as long as its host says so. A link that closes ends nothing by itself: the host may go on
//! rendering and come back on another link with what it holds.

use std::collections::BTreeSet;

use model::{
    Amounts, Door, HeldLease, HostId, HostOrder, InstanceId, LEASE_MS, LeaseId, RenderToSchedule,
    ScheduleToRender, Time,
};

use crate::host_table::HostIndex;
use crate::kept::Lease;
use crate::{Ending, LinkId, Passing, Record, Refusal, Schedule, waits};

/// What a hello says.
struct Hello<'a> {
    link: LinkId,
    host: &'a HostId,
    instance: &'a InstanceId,
    slots: u16,
    held: &'a [HeldLease],
    amounts: Amounts,
    door: &'a Door,
}

impl Schedule {
    pub(crate) fn host_spoke(
        &self,
        now: Time,
        link: LinkId,
        message: &RenderToSchedule,
    ) -> Result<Vec<Record>, Refusal> {
        if let RenderToSchedule::Hello { host, instance, slots, held, amounts, door } = message {
            let (slots, amounts) = (*slots, *amounts);
            return Ok(self.hello(now, &Hello { link, host, instance, slots, held, amounts, door }));
        }
        let host = *self.passing.links.get(link).ok_or(Refusal::UnknownLink(link))?;
        match message {
            RenderToSchedule::Hello { .. } => Err(Refusal::UnknownLink(link)),
            RenderToSchedule::Alive { held } => Ok(self.alive(now, link, host, held)),
            RenderToSchedule::Refused { lease, why } => self.refused(now, host, *lease, why),
            RenderToSchedule::Started { lease } => {
                let started = self.started(now, host, *lease)?;
                let job = self.kept.leases.get(*lease).map(|held| held.frame.job);
                let notices = job.map(|job| self.notices_of_progress(now, job, 0));
                let next = self.next_job(now, host, *lease, 0);
                Ok(started.into_iter().chain(notices.into_iter().flatten()).chain(next).collect())
            }
            RenderToSchedule::Progress { lease, permille } => {
                let (lease, permille) = (self.at_work(host, *lease)?, (*permille).min(1_000));
                let progressed = Record::Passing(Passing::LeaseProgressed { lease, permille });
                Ok(std::iter::once(progressed).chain(self.next_job(now, host, lease, permille)).collect())
            }
            RenderToSchedule::Rendered { lease } => {
                let lease = self.at_work(host, *lease)?;
                Ok(vec![Record::Passing(Passing::LeaseRendered { lease })])
            }
            RenderToSchedule::Report(report) => Ok(self.report(now, link, host, report)),
            RenderToSchedule::Door(door) => Ok(self.door(host, door)),
            // Its shell tells who has to know.
            RenderToSchedule::Hardware { .. } | RenderToSchedule::Slots { .. } => Ok(Vec::new()),
            RenderToSchedule::Bye => Ok(self.bye(now, host)),
        }
    }

    pub(crate) fn host_link_closed(&self, link: LinkId) -> Result<Vec<Record>, Refusal> {
        let host = *self.passing.links.get(link).ok_or(Refusal::UnknownLink(link))?;
        Ok(vec![Record::Passing(Passing::HostUnlinked { host, close: false })])
    }

    fn hello(&self, now: Time, hello: &Hello<'_>) -> Vec<Record> {
        let &Hello { link, host: name, instance, slots, held, amounts, door } = hello;
        let host = self.kept.hosts.find_or_next(name);
        if self.passing.host(host).is_some_and(|linked| linked.said.instance != *instance) {
            let why = format!(
                "another render server is linked under the name {name}; give this one another with --name"
            );
            return vec![Record::Passing(Passing::HostTurnedAway { link, why })];
        }
        let mut records = Vec::new();
        if self.kept.hosts.get(host).is_none() {
            records.push(Record::HostSeen { host: name.clone(), at: now });
        }
        let (instance, door) = (instance.clone(), door.clone());
        let is_open = door.is_open();
        let linked = Passing::HostLinked { link, host, instance, slots, amounts, door, at: now };
        records.push(Record::Passing(linked));
        let is_ours = |held: &&HeldLease| self.kept.lease_on(held.lease, host).is_some();
        let (ours, over): (Vec<_>, Vec<_>) = held.iter().partition(is_ours);
        for HeldLease { lease, slot } in over {
            let (lease, slot) = (*lease, *slot);
            records.push(revoke(link, lease));
            records.push(Record::Passing(Passing::SlotDraining { host, slot, lease }));
        }
        let in_vain = ours.iter().filter(|held| self.is_ahead_in_vain(held.lease, is_open));
        records.extend(in_vain.map(|held| Record::Passing(Passing::LeaseWithdrawn { lease: held.lease })));
        if self.passing.links.get(link) == Some(&host) {
            // It says anew what it has on a link that stands: what it does not name may be on its way there.
            return records;
        }
        let ours: BTreeSet<LeaseId> = ours.iter().map(|held| held.lease).collect();
        for lease in self.working(host).filter(|lease| !ours.contains(lease)) {
            let message = format!("{name} came back without it");
            records.extend(self.end_lease(now, lease, Ending::HostLost, message, None));
        }
        records
    }

    /// Whether a lease is ahead that is to be asked back, or was and that was perhaps not heard: its host is
    /// closed or set aside, or its job is on hold.
    fn is_ahead_in_vain(&self, id: LeaseId, is_open: bool) -> bool {
        self.kept.leases.get(id).filter(|lease| lease.ahead).is_some_and(|lease| {
            let job = lease.frame.job;
            let held = self.kept.jobs.get(&job).is_some_and(|job| job.held);
            held || !is_open || self.kept.set_asides.is_aside(lease.host, job)
        })
    }

    /// A host takes frames again, or no more: then it gives back what it has not begun.
    fn door(&self, host: HostIndex, door: &Door) -> Vec<Record> {
        if self.passing.host(host).is_none_or(|linked| linked.said.door == *door) {
            return Vec::new();
        }
        let mut records = vec![Record::Passing(Passing::HostDoor { host, door: door.clone() })];
        if !door.is_open() {
            records.extend(self.withdraw_on(host, None));
        }
        records
    }

    /// A person tells a render server something. It is not kept: a host that is away is told nothing.
    pub(crate) fn order_host(&self, name: &HostId, order: &HostOrder) -> Result<Vec<Record>, Refusal> {
        let host = self.kept.hosts.find(name).ok_or_else(|| Refusal::UnknownHost(name.clone()))?;
        let linked = self.passing.host(host).ok_or_else(|| Refusal::HostNotLinked(name.clone()))?;
        let (link, message) = (linked.link, Box::new(ScheduleToRender::Order(order.clone())));
        Ok(vec![Record::Passing(Passing::HostTold { link, message })])
    }

    fn alive(&self, now: Time, link: LinkId, host: HostIndex, held: &[LeaseId]) -> Vec<Record> {
        let named: BTreeSet<LeaseId> = held.iter().copied().collect();
        let mut records = Vec::new();
        let mut unnamed = Vec::new();
        for lease in self.working(host).filter(|lease| !named.contains(lease)) {
            let since = self.unheard_since(host, lease);
            if now.since_ms(since) < LEASE_MS {
                unnamed.push((lease, since));
            } else {
                let name = self.kept.host_name(host);
                let message = format!("{name} said nothing of it for {} s", LEASE_MS / 1_000);
                records.extend(self.end_lease(now, lease, Ending::HostLost, message, None));
                records.push(revoke(link, lease));
            }
        }
        records.insert(0, Record::Passing(Passing::HostHeard { host, at: now, unnamed }));
        let over = named.iter().filter(|lease| self.kept.lease_on(**lease, host).is_none());
        records.extend(over.map(|lease| revoke(link, *lease)));
        let draining = self.passing.host(host).into_iter().flat_map(|linked| &linked.draining);
        let gone = draining.filter(|(_, lease)| !named.contains(lease));
        records.extend(gone.map(|(slot, _)| Record::Passing(Passing::SlotDrained { host, slot: *slot })));
        records
    }

    /// Since when a linked host may not have a lease that it does not name.
    fn unheard_since(&self, host: HostIndex, lease: LeaseId) -> Time {
        let Some(linked) = self.passing.host(host) else { return Time::default() };
        if let Some((_, since)) = linked.said.unnamed.iter().find(|(unnamed, _)| *unnamed == lease) {
            return *since;
        }
        let started_at = self.passing.watches.get(lease).and_then(|watch| watch.started_at);
        let granted_at = self.kept.leases.get(lease).map(|held| held.at);
        started_at.into_iter().chain(granted_at).fold(linked.said.heard_at, Time::max)
    }

    fn refused(&self, now: Time, host: HostIndex, lease: LeaseId, why: &str) -> Result<Vec<Record>, Refusal> {
        if self.at_work(host, lease).is_ok() {
            let mut records = self.end_lease(now, lease, Ending::Refused, why.to_owned(), None);
            // What was asked back, or was too much for the line, says nothing against the host.
            let ahead = self.kept.leases.get(lease).is_some_and(|held| held.ahead);
            if !ahead && !self.passing.withdrawn.contains(&lease) {
                records.extend(self.skip(now, host, why));
            }
            return Ok(records);
        }
        match self.drained(host, lease) {
            records if records.is_empty() => Err(Refusal::StaleLease(lease)),
            records => Ok(records),
        }
    }

    fn bye(&self, now: Time, host: HostIndex) -> Vec<Record> {
        let mut records = vec![Record::Passing(Passing::HostUnlinked { host, close: true })];
        for lease in self.working(host) {
            let message = format!("{} has stopped", self.kept.host_name(host));
            records.extend(self.end_lease(now, lease, Ending::GivenBack, message, None));
        }
        records
    }

    /// The package of a lease has started. That is news only where it comes later than expected, or before
    /// what stood in front of it is known to have ended.
    fn started(&self, now: Time, host: HostIndex, lease: LeaseId) -> Result<Option<Record>, Refusal> {
        self.at_work(host, lease)?;
        let held = self.kept.leases.get(lease).ok_or(Refusal::StaleLease(lease))?;
        let late = now.since_ms(held.at) > waits::START_MS || held.ahead;
        let refused = self.passing.host(host).is_some_and(|linked| linked.refusals > 0);
        Ok((late || refused).then_some(Record::Passing(Passing::LeaseStarted { lease, at: now })))
    }

    /// Leaves a host alone for a while that did not take or keep a lease. A closed one is left alone anyway,
    /// and nothing is held against it when it opens.
    pub(crate) fn skip(&self, now: Time, host: HostIndex, why: &str) -> Option<Record> {
        let linked = self.passing.host(host).filter(|linked| linked.is_open)?;
        let until = waits::skip_until(now, linked.refusals + 1);
        Some(Record::Passing(Passing::HostSkipped { host, until, why: why.to_owned() }))
    }

    /// The slots that a lease which is over kept busy are rid of it.
    pub(crate) fn drained(&self, host: HostIndex, lease: LeaseId) -> Vec<Record> {
        let slots = self.passing.draining(host, lease).into_iter();
        slots.map(|slot| Record::Passing(Passing::SlotDrained { host, slot })).collect()
    }

    /// A lease that a host works on, as far as is known.
    fn at_work(&self, host: HostIndex, lease: LeaseId) -> Result<LeaseId, Refusal> {
        let live = self.kept.lease_on(lease, host).is_some() && self.passing.publishing(lease).is_none();
        if live { Ok(lease) } else { Err(Refusal::StaleLease(lease)) }
    }

    /// Leases that a host works on, as far as is known: all but those whose outputs are being published,
    /// which need nothing more of it.
    pub(crate) fn working(&self, host: HostIndex) -> impl Iterator<Item = LeaseId> {
        let leases = self.leases_of(host).filter(|(lease, _)| self.passing.publishing(*lease).is_none());
        leases.map(|(lease, _)| lease)
    }

    /// Every live lease of a host, slot by slot.
    pub(crate) fn leases_of(&self, host: HostIndex) -> impl Iterator<Item = (LeaseId, &Lease)> {
        let lines = self.kept.hosts.get(host).into_iter().flat_map(|host| host.lines());
        lines.flat_map(|(slot, line)| {
            let leases = line.iter().filter_map(|lease| Some((lease, self.kept.leases.get(lease)?)));
            // One that holds several slots is in each of their lines.
            leases.filter(move |(_, held)| held.slot == slot)
        })
    }
}

fn revoke(link: LinkId, lease: LeaseId) -> Record {
    let message = Box::new(ScheduleToRender::Revoke { lease });
    Record::Passing(Passing::HostTold { link, message })
}
