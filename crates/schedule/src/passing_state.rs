//! The state that a restart forgets: who is linked, which slots are free, what is waited for and until when.

use std::collections::{BTreeMap, BTreeSet};

use model::{HostId, InstanceId, JobId, LeaseId, Output, Profile, SlotIndex, Time, Usage};

use crate::lists::Need;
use crate::{LinkId, NoticeId};

/// What a restart forgets. Everything in it is about something that is kept, or about a link.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PassingState {
    pub(crate) hosts: BTreeMap<HostId, LinkedHost>,
    /// Which host a link belongs to.
    pub(crate) links: BTreeMap<LinkId, HostId>,
    /// Free slots of linked hosts; hosts without one are absent, so that a pass on a busy farm is short.
    pub(crate) free: BTreeMap<HostId, BTreeSet<SlotIndex>>,
    /// What is known of live leases.
    pub(crate) watches: BTreeMap<LeaseId, Watch>,
    /// Mails under way: when to try again, or absent while one is being sent.
    pub(crate) mails: BTreeMap<NoticeId, Option<Time>>,
    /// Sums under way, likewise.
    pub(crate) seals: BTreeMap<JobId, Option<Time>>,
    /// Everything that is waited for, by when.
    pub(crate) deadlines: BTreeSet<(Time, Due)>,
    pub(crate) resource_linked: bool,
    /// What is known of the hosts that match a profile, for every profile asked for.
    pub(crate) needs: BTreeMap<Profile, Need>,
    /// Asks without an answer.
    pub(crate) asks: BTreeMap<u64, Profile>,
    pub(crate) last_ask: u64,
    /// When the last pass was.
    pub(crate) passed_at: Time,
    /// When a pass is worth while though nothing happens.
    pub(crate) wake: Option<Time>,
}

/// What a deadline is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// The host falls silent.
    Host(HostId),
    /// The lease is lost.
    Lease(LeaseId),
    /// Publishing is to be tried again.
    Publish(LeaseId),
    /// A mail is to be sent.
    Mail(NoticeId),
    /// Sums are to be written.
    Seal(JobId),
}

/// A linked render server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LinkedHost {
    pub(crate) link: LinkId,
    pub(crate) instance: InstanceId,
    pub(crate) slots: u16,
    /// Silent from then on.
    pub(crate) until: Time,
    /// Slots busy with leases that are over, by what the host says.
    pub(crate) draining: BTreeMap<SlotIndex, LeaseId>,
    /// Left alone until then.
    pub(crate) skip_until: Time,
    /// Refusals in a row.
    pub(crate) refusals: u32,
    /// What it said with the last one.
    pub(crate) refused_because: String,
}

/// What is known of a live lease.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watch {
    /// Lost from then on, unless it is being published.
    pub(crate) until: Time,
    pub(crate) permille: u16,
    /// What the storage said last, where it did not take what the lease has made.
    pub(crate) trouble: Option<String>,
    pub(crate) publishing: Option<Publishing>,
}

impl Watch {
    pub(crate) const fn new(until: Time) -> Self {
        Self { until, permille: 0, trouble: None, publishing: None }
    }
}

/// The publishing of a done attempt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Publishing {
    pub(crate) outputs: Vec<Output>,
    pub(crate) usage: Usage,
    /// Tries that failed.
    pub(crate) tries: u32,
    /// When it is tried again, after one failed.
    pub(crate) again_at: Option<Time>,
}

impl PassingState {
    /// Moves a deadline; `None` is none.
    pub(crate) fn due(&mut self, due: Due, old: Option<Time>, new: Option<Time>) {
        if let Some(old) = old {
            self.deadlines.remove(&(old, due.clone()));
        }
        if let Some(new) = new {
            self.deadlines.insert((new, due));
        }
    }

    pub(crate) fn publishing(&self, lease: LeaseId) -> Option<&Publishing> {
        self.watches.get(&lease).and_then(|watch| watch.publishing.as_ref())
    }

    /// Whether a linked host is busy with a lease that is over, and on which slot.
    pub(crate) fn draining(&self, host: &HostId, lease: LeaseId) -> Option<SlotIndex> {
        let draining = &self.hosts.get(host)?.draining;
        draining.iter().find(|(_, held)| **held == lease).map(|(slot, _)| *slot)
    }

    /// Notes whether a slot is free.
    pub(crate) fn set_free(&mut self, host: &HostId, slot: SlotIndex, free: bool) {
        if free {
            self.free.entry(host.clone()).or_default().insert(slot);
        } else if let Some(slots) = self.free.get_mut(host) {
            slots.remove(&slot);
            if slots.is_empty() {
                self.free.remove(host);
            }
        }
    }

    /// A lease is over: nothing is waited for any more.
    pub(crate) fn forget_lease(&mut self, lease: LeaseId) {
        if let Some(watch) = self.watches.remove(&lease) {
            self.due(Due::Lease(lease), Some(watch.until), None);
            self.due(Due::Publish(lease), watch.publishing.and_then(|publishing| publishing.again_at), None);
        }
    }

    pub(crate) fn forget_host(&mut self, host: &HostId) -> Option<LinkedHost> {
        let linked = self.hosts.remove(host)?;
        self.links.remove(&linked.link);
        self.free.remove(host);
        self.due(Due::Host(host.clone()), Some(linked.until), None);
        Some(linked)
    }
}
