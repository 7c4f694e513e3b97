//! The state that a restart forgets: who is linked, which slots are free, what is waited for and until when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use model::{Amounts, Door, InstanceId, JobId, LeaseId, Output, Profile, SlotIndex, StepIndex, Time, Usage};

use crate::host_set::{FreeHosts, HostSet, SlotSet};
use crate::host_table::HostIndex;
use crate::id_map::IdMap;
use crate::kinds::Kinds;
use crate::licences::Shortage;
use crate::lists::Need;
use crate::next_job::NextJob;
use crate::nowhere::Nowhere;
use crate::reservation::Reservation;
use crate::{LinkId, NoticeId};

/// What a restart forgets. Everything in it is about something that is kept, or about a link.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PassingState {
    /// What is known of each host, by its number.
    hosts: Vec<HostNow>,
    /// Lines that have become short, where leases ahead may pay.
    pub(crate) thin: VecDeque<(HostIndex, SlotIndex)>,
    /// Leases ahead that were asked back.
    pub(crate) withdrawn: BTreeSet<LeaseId>,
    /// When leases ahead were looked through for such.
    pub(crate) looked_back_at: Time,
    /// Hosts that are being cleared.
    pub(crate) reserved: BTreeMap<HostIndex, Reservation>,
    /// Hosts that are linked.
    pub(crate) linked: HostSet,
    pub(crate) linked_count: usize,
    /// Those of them that take frames.
    pub(crate) open: HostSet,
    /// Those of them that have GPUs.
    pub(crate) with_gpus: HostSet,
    /// Which host a link belongs to.
    pub(crate) links: IdMap<LinkId, HostIndex>,
    /// Linked hosts with free slots, so that a pass on a busy farm is short.
    pub(crate) free: FreeHosts,
    /// Free slots in which a session stands, by what it is for.
    pub(crate) warm: BTreeSet<(JobId, StepIndex, HostIndex, SlotIndex)>,
    /// Linked hosts that refused, and until when they are left alone.
    pub(crate) skipped: BTreeMap<HostIndex, Time>,
    /// What was found when it was looked which job a host will work on next.
    pub(crate) next: BTreeMap<HostIndex, NextJob>,
    /// The leases of an earlier run have their deadlines.
    pub(crate) taken_up: bool,
    /// Jobs that wait for what will not come by itself, and since when.
    pub(crate) stuck: BTreeMap<JobId, Time>,
    /// When jobs of which no frame runs are to be looked at.
    pub(crate) look_at: Time,
    /// Steps that found no licence.
    pub(crate) shortages: BTreeMap<(JobId, StepIndex), Shortage>,
    /// What is known of live leases, as far as anything is.
    pub(crate) watches: IdMap<LeaseId, Watch>,
    /// Thousandths done by the live leases of each job together.
    pub(crate) under_way: BTreeMap<JobId, u64>,
    /// Leases whose outputs the storage does not take.
    pub(crate) troubles: BTreeSet<(JobId, LeaseId)>,
    /// Jobs whose grid people watch.
    pub(crate) watched: BTreeSet<JobId>,
    /// Mails under way: when to try again, or absent while one is being sent.
    pub(crate) mails: BTreeMap<NoticeId, Option<Time>>,
    /// Sums under way, likewise.
    pub(crate) seals: BTreeMap<JobId, Option<Time>>,
    /// Everything that is waited for, by when.
    pub(crate) deadlines: BTreeSet<(Time, Due)>,
    pub(crate) resource_linked: bool,
    /// Of which kind hosts are.
    pub(crate) kinds: Kinds,
    /// Jobs that no linked host can take.
    pub(crate) nowhere: Nowhere,
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
    /// The host is silent, and what it works on is lost.
    Host(HostIndex),
    /// Publishing is to be tried again.
    Publish(LeaseId),
    /// A mail is to be sent.
    Mail(NoticeId),
    /// Sums are to be written.
    Seal(JobId),
}

/// What is known of a host.
#[derive(Clone, Debug, Default, PartialEq)]
struct HostNow {
    linked: Option<LinkedHost>,
    /// Silent from then on; absent where nobody waits to hear of it.
    until: Option<Time>,
}

/// A linked render server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LinkedHost {
    pub(crate) link: LinkId,
    pub(crate) slots: u16,
    /// Whether it takes frames.
    pub(crate) is_open: bool,
    pub(crate) amounts: Amounts,
    /// What leases may hold of it at most: that, or what they held when it was linked.
    pub(crate) amounts_most: Amounts,
    pub(crate) free: SlotSet,
    /// What each slot was last given a frame of: the session that stands there, unless it was idle for long.
    pub(crate) sessions: BTreeMap<SlotIndex, (JobId, StepIndex)>,
    /// Slots busy with leases that are over, by what the host says.
    pub(crate) draining: BTreeMap<SlotIndex, LeaseId>,
    /// Refusals in a row.
    pub(crate) refusals: u32,
    /// Kept apart, for all else is looked at with every lease.
    pub(crate) said: Box<Said>,
}

/// What a linked render server has said of itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) instance: InstanceId,
    /// The last lease that was given before it was linked.
    pub(crate) linked_after: LeaseId,
    /// When it last said what it works on.
    pub(crate) heard_at: Time,
    /// Leases that it did not name then, and since when it may not have them.
    pub(crate) unnamed: Vec<(LeaseId, Time)>,
    /// What it said when it refused last.
    pub(crate) refused_because: String,
    /// Whether it takes frames, and if not, why.
    pub(crate) door: Door,
}

/// What is known of a live lease.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Watch {
    /// When its package started.
    pub(crate) started_at: Option<Time>,
    pub(crate) permille: u16,
    /// Its process has ended, and its slot takes the next one.
    pub(crate) rendered: bool,
    /// What the storage said last, where it did not take what the lease has made.
    pub(crate) trouble: Option<Box<str>>,
    pub(crate) publishing: Option<Box<Publishing>>,
}

/// The publishing of a done attempt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Publishing {
    pub(crate) outputs: Vec<Output>,
    pub(crate) usage: Usage,
    pub(crate) warnings: Vec<String>,
    /// Tries that failed.
    pub(crate) tries: u32,
    /// When it is tried again, after one failed.
    pub(crate) again_at: Option<Time>,
}

impl LinkedHost {
    /// How many slots it has, how much memory, and how many GPUs.
    pub(crate) fn sizes(&self) -> [u64; 3] {
        [self.slots.into(), self.amounts.memory_bytes, self.amounts.gpus.into()]
    }
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
        self.watches.get(lease).and_then(|watch| watch.publishing.as_deref())
    }

    /// Whether what a slot did for a lease is done: its outputs are on their way into the storage, be it that
    /// its render server still collects them.
    pub(crate) fn is_through(&self, lease: LeaseId) -> bool {
        let through =
            |watch: &Watch| (watch.rendered || watch.publishing.is_some()) && watch.trouble.is_none();
        self.watches.get(lease).is_some_and(through)
    }

    pub(crate) fn host(&self, host: HostIndex) -> Option<&LinkedHost> {
        self.hosts.get(host.place())?.linked.as_ref()
    }

    pub(crate) fn host_mut(&mut self, host: HostIndex) -> Option<&mut LinkedHost> {
        self.hosts.get_mut(host.place())?.linked.as_mut()
    }

    /// Whether a host is left alone because it refused.
    pub(crate) fn is_skipped(&self, host: HostIndex, now: Time) -> bool {
        self.skipped.get(&host).is_some_and(|until| *until > now)
    }

    /// When a host is taken for silent.
    pub(crate) fn silent_at(&self, host: HostIndex) -> Option<Time> {
        self.hosts.get(host.place())?.until
    }

    /// Waits for a host until then; not at all, where absent.
    pub(crate) fn await_host(&mut self, host: HostIndex, until: Option<Time>) {
        self.hosts.resize_with(self.hosts.len().max(host.place() + 1), HostNow::default);
        let old = std::mem::replace(&mut self.hosts[host.place()].until, until);
        self.due(Due::Host(host), old, until);
    }

    /// A host is linked; the one of the same number was unlinked before.
    pub(crate) fn link_host(&mut self, host: HostIndex, linked: LinkedHost) {
        self.hosts.resize_with(self.hosts.len().max(host.place() + 1), HostNow::default);
        self.links.insert(linked.link, host);
        self.linked.set(host, true);
        self.nowhere.clear();
        self.linked_count += 1;
        self.open.set(host, linked.is_open);
        self.with_gpus.set(host, linked.amounts.gpus > 0);
        self.hosts[host.place()].linked = Some(linked);
    }

    /// A host is not linked any more, though it may be waited for.
    pub(crate) fn unlink_host(&mut self, host: HostIndex) -> Option<LinkedHost> {
        let linked = self.hosts.get_mut(host.place())?.linked.take()?;
        self.links.remove(linked.link);
        self.linked.set(host, false);
        self.linked_count -= 1;
        self.open.set(host, false);
        self.with_gpus.set(host, false);
        self.free.moved(host, linked.free.len(), 0);
        for (slot, (job, step)) in &linked.sessions {
            self.warm.remove(&(*job, *step, host, *slot));
        }
        self.skipped.remove(&host);
        self.next.remove(&host);
        Some(linked)
    }

    /// A linked host takes frames again, as if it had never refused one, or takes no more.
    pub(crate) fn set_door(&mut self, host: HostIndex, door: &Door) {
        let Some(linked) = self.hosts.get_mut(host.place()).and_then(|host| host.linked.as_mut()) else {
            return;
        };
        linked.is_open = door.is_open();
        linked.refusals = 0;
        linked.said.door = door.clone();
        self.skipped.remove(&host);
        self.open.set(host, door.is_open());
        if !door.is_open() {
            self.reserved.remove(&host);
        }
    }

    /// Whether a linked host is busy with a lease that is over, and on which slots.
    pub(crate) fn draining(&self, host: HostIndex, lease: LeaseId) -> Vec<SlotIndex> {
        let draining = self.host(host).into_iter().flat_map(|linked| &linked.draining);
        draining.filter(|(_, held)| **held == lease).map(|(slot, _)| *slot).collect()
    }

    /// Notes whether a slot is free.
    pub(crate) fn set_free(&mut self, host: HostIndex, slot: SlotIndex, free: bool) {
        let Some(linked) = self.hosts.get_mut(host.place()).and_then(|host| host.linked.as_mut()) else {
            return;
        };
        let old = linked.free.len();
        linked.free.set(slot, free);
        let new = linked.free.len();
        if old == new {
            return;
        }
        if let Some((job, step)) = linked.sessions.get(&slot) {
            let place = (*job, *step, host, slot);
            if free {
                self.warm.insert(place)
            } else {
                self.warm.remove(&place)
            };
        }
        self.free.moved(host, old, new);
    }

    /// A slot is given a frame of a step, whose session stands there from then on.
    pub(crate) fn seat(&mut self, host: HostIndex, slot: SlotIndex, job: JobId, step: StepIndex) {
        let Some(linked) = self.hosts.get_mut(host.place()).and_then(|host| host.linked.as_mut()) else {
            return;
        };
        let is_free = linked.free.next(slot) == Some(slot);
        if let Some((job, step)) = linked.sessions.insert(slot, (job, step)) {
            self.warm.remove(&(job, step, host, slot));
        }
        if is_free {
            self.warm.insert((job, step, host, slot));
        }
    }

    /// The next free slot behind `last` in which the session of a step stands.
    pub(crate) fn warm_after(
        &self,
        job: JobId,
        step: StepIndex,
        last: Option<(HostIndex, SlotIndex)>,
    ) -> Option<(HostIndex, SlotIndex)> {
        let from = match last {
            Some((host, slot)) => Bound::Excluded((job, step, host, slot)),
            None => Bound::Included((job, step, HostIndex(0), SlotIndex(0))),
        };
        let next = self.warm.range((from, Bound::Unbounded)).next();
        next.filter(|(of, at, ..)| (*of, *at) == (job, step)).map(|(_, _, host, slot)| (*host, *slot))
    }

    /// How far a live lease is.
    pub(crate) fn permille(&self, lease: LeaseId) -> u16 {
        self.watches.get(lease).map_or(0, |watch| watch.permille)
    }

    /// A live lease is that far.
    pub(crate) fn set_permille(&mut self, job: JobId, lease: LeaseId, permille: u16) {
        let watch = self.watches.or_default(lease);
        let old = std::mem::replace(&mut watch.permille, permille);
        if old != permille {
            let sum = self.under_way.entry(job).or_default();
            *sum = *sum + u64::from(permille) - u64::from(old);
            if *sum == 0 {
                self.under_way.remove(&job);
            }
        }
    }

    /// The storage says this of what a live lease has made.
    pub(crate) fn set_trouble(&mut self, job: JobId, lease: LeaseId, why: Option<&str>) {
        if why.is_some() {
            self.troubles.insert((job, lease));
        } else {
            self.troubles.remove(&(job, lease));
        }
        self.watches.or_default(lease).trouble = why.map(Into::into);
    }

    /// A lease is over: nothing is waited for any more.
    pub(crate) fn forget_lease(&mut self, job: JobId, lease: LeaseId) {
        self.withdrawn.remove(&lease);
        if !self.watches.contains(lease) {
            return;
        }
        self.set_permille(job, lease, 0);
        if let Some(watch) = self.watches.remove(lease) {
            if watch.trouble.is_some() {
                self.troubles.remove(&(job, lease));
            }
            self.due(Due::Publish(lease), watch.publishing.and_then(|publishing| publishing.again_at), None);
        }
    }
}
