//! What the schedule server does about what it decided: words to render servers and to the resource server,
//! pictures into the storage, mails out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{
    HostView, JobId, LeaseId, Output, Profile, ResourceList, ScheduleToRender, ScheduleToResource, SlotIndex,
};
use schedule::{Effect, Event, LinkId, Refusal, Schedule};
use store::Results;
use tokio::sync::{broadcast, oneshot, watch};
use wire::link::Sender;

use super::changes::{Changes, Wish};
use super::looks::Told;
use super::post_office::PostOffice;
use super::refusals::Refusals;
use crate::error_chain;
use crate::owner::{Handle, Hands};

/// Hosts that the resource server told of, and why others are not among them.
pub(super) type HostsTold = (Vec<HostView>, Option<Box<ResourceList>>);

pub(crate) type ScheduleHandle = Handle<Schedule, ScheduleHands>;

/// Between two counts of the farm, however many look.
const COUNT_PAUSE: Duration = Duration::from_millis(900);
/// The kind of words about a lease that is over.
const STALE_LEASE: &str = "stale_lease";

/// The hands of the schedule server; only its owner's thread touches them.
pub(crate) struct ScheduleHands {
    handle: ScheduleHandle,
    hosts: BTreeMap<LinkId, HostLink>,
    /// Links to which something was said that has not been sent yet.
    spoken_to: BTreeSet<LinkId>,
    refusals: Refusals,
    resource: Option<Sender<ScheduleToResource>>,
    host_asks: BTreeMap<u64, oneshot::Sender<HostsTold>>,
    last_host_ask: u64,
    /// What render servers were told somebody looks at.
    looked_at: Told,
    results: Arc<Results>,
    office: PostOffice,
    watchers: broadcast::Sender<JobId>,
    /// What changed, for the streams of changes.
    pub(super) changes: Changes,
    /// Rings when something has.
    pub(super) bell: watch::Sender<u64>,
    /// When the farm was counted last.
    counted_at: Option<Instant>,
}

/// The link of a render server.
struct HostLink {
    sender: Sender<ScheduleToRender>,
    /// Kinds of refused input that have been logged for it.
    logged: BTreeSet<&'static str>,
}

impl ScheduleHands {
    pub(super) fn new(
        handle: ScheduleHandle,
        refusals: Refusals,
        results: Arc<Results>,
        office: PostOffice,
        watchers: broadcast::Sender<JobId>,
        epoch: String,
    ) -> Self {
        Self {
            handle,
            hosts: BTreeMap::new(),
            spoken_to: BTreeSet::new(),
            refusals,
            resource: None,
            host_asks: BTreeMap::new(),
            last_host_ask: 0,
            looked_at: Told::new(),
            results,
            office,
            watchers,
            changes: Changes::new(epoch),
            bell: watch::Sender::new(0),
            counted_at: None,
        }
    }

    /// A render server's link stands.
    pub(crate) fn host_linked(&mut self, link: LinkId, sender: Sender<ScheduleToRender>) {
        self.hosts.insert(link, HostLink { sender, logged: BTreeSet::new() });
    }

    /// A render server's link is gone.
    pub(crate) fn host_unlinked(&mut self, link: LinkId) {
        self.hosts.remove(&link);
    }

    /// The link to the resource server stands or is gone; who waits for its hosts waits no longer.
    pub(crate) fn set_resource(&mut self, sender: Option<Sender<ScheduleToResource>>) {
        self.resource = sender;
        self.host_asks.clear();
        self.changes.hosts_unseen();
        if self.changes.needs_hosts() {
            self.watch_hosts(true);
        }
    }

    /// Has the resource server tell of every change of hosts, or no more; it hears so again on each link.
    fn watch_hosts(&self, hosts: bool) {
        if let Some(resource) = &self.resource {
            let _ = resource.send(&ScheduleToResource::Watch { hosts });
        }
    }

    /// From where somebody can go on.
    pub(super) fn position(&mut self) -> (String, u64) {
        (self.changes.epoch().to_owned(), self.changes.position())
    }

    /// Whether the farm is to be counted, which walks over all of it.
    pub(super) fn counts_due(&mut self) -> bool {
        let due = self.counted_at.is_none_or(|at| at.elapsed() >= COUNT_PAUSE);
        if due {
            self.counted_at = Some(Instant::now());
        }
        due
    }

    /// Whether the link to the resource server stands.
    pub(super) const fn is_resource_linked(&self) -> bool {
        self.resource.is_some()
    }

    /// Tells render servers which of their slots somebody looks at, where that changed or was said `again`
    /// ago.
    pub(super) fn look_at(&mut self, mut slots: BTreeMap<LinkId, BTreeSet<SlotIndex>>, again: Duration) {
        for link in self.looked_at.keys() {
            slots.entry(*link).or_default();
        }
        for (link, slots) in slots {
            let Some(host) = self.hosts.get(&link) else {
                self.looked_at.remove(&link);
                continue;
            };
            let told = self.looked_at.get(&link);
            if told.is_some_and(|(told, at)| *told == slots && at.elapsed() < again) {
                continue;
            }
            let _ = host.sender.send(&ScheduleToRender::Look { slots: slots.iter().copied().collect() });
            if slots.is_empty() {
                self.looked_at.remove(&link);
            } else {
                self.looked_at.insert(link, (slots, Instant::now()));
            }
        }
    }

    /// Asks the resource server for its hosts, or for those that match; `None` where it is not linked.
    pub(super) fn ask_hosts(&mut self, profile: Option<Profile>) -> Option<oneshot::Receiver<HostsTold>> {
        let resource = self.resource.as_ref()?;
        self.last_host_ask += 1;
        let ask = self.last_host_ask;
        resource.send(&ScheduleToResource::Hosts { ask, profile }).ok()?;
        let (sender, receiver) = oneshot::channel();
        self.host_asks.insert(ask, sender);
        Some(receiver)
    }

    /// The resource server told its hosts.
    pub(super) fn hosts_told(&mut self, ask: u64, told: HostsTold) {
        if let Some(waiting) = self.host_asks.remove(&ask) {
            let _ = waiting.send(told);
        }
    }

    /// Counts what a render server should not have said, and tells of the first of its kind on a link.
    fn count(&mut self, link: LinkId, kind: &'static str, why: &dyn std::fmt::Display) {
        self.refusals.count(kind, 1);
        if kind == STALE_LEASE {
            // A lease that was taken back and a word about it pass each other on every farm.
            tracing::debug!(link, "a render server speaks of what is over: {why}");
        } else if self.hosts.get_mut(&link).is_some_and(|host| host.logged.insert(kind)) {
            tracing::warn!(
                link,
                kind,
                "what a render server says is refused: {why}; more of it is only counted"
            );
        }
    }

    fn publish(&self, lease: LeaseId, folder: String, outputs: Vec<Output>) {
        let (handle, results) = (self.handle.clone(), self.results.clone());
        tokio::task::spawn_blocking(move || {
            let event = match results.publish(lease, &folder, &outputs) {
                Ok(()) => Event::Published { lease },
                Err(error) if error.is_final() => Event::OutputsMissing { lease, why: error_chain(&error) },
                Err(error) => Event::PublishFailed { lease, why: error_chain(&error) },
            };
            handle.tell_blocking(event);
        });
    }

    fn seal(&self, job: JobId, folder: String, outputs: Vec<Output>, clear_parts: bool) {
        let (handle, results) = (self.handle.clone(), self.results.clone());
        tokio::task::spawn_blocking(move || {
            if clear_parts && let Err(error) = results.clear_parts(&folder) {
                // The pictures are whole; what is left over is no reason not to say so.
                tracing::warn!(%job, "parts of its pictures stay: {}", error_chain(&error));
            }
            let event = match results.seal(&folder, &outputs) {
                Ok(()) => Event::Sealed { job },
                Err(error) => Event::SealFailed { job, why: error_chain(&error) },
            };
            handle.tell_blocking(event);
        });
    }

    fn discard(&self, lease: LeaseId) {
        let results = self.results.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = results.discard(lease) {
                tracing::warn!(%lease, "the intake cannot be cleared: {}", error_chain(&error));
            }
        });
    }
}

impl Hands<Schedule> for ScheduleHands {
    fn perform(&mut self, effect: Effect, role: &Schedule, next: &mut Vec<Event>) {
        match effect {
            Effect::ToHost { link, message } => {
                if let Some(host) = self.hosts.get(&link) {
                    // A link that cannot take it is closed by its own end, which tells us.
                    let _ = host.sender.put(&message);
                    self.spoken_to.insert(link);
                }
            }
            Effect::CloseLink { link } => {
                self.hosts.remove(&link);
            }
            Effect::Ask { ask, profile } => {
                // While there is no link nothing is lost: the role asks again when it stands.
                if let Some(resource) = &self.resource {
                    let _ = resource.send(&ScheduleToResource::Ask { ask, profile });
                }
            }
            Effect::PassWanted => {
                if !next.contains(&Event::Pass) {
                    next.push(Event::Pass);
                }
            }
            Effect::Publish { lease, folder, outputs } => self.publish(lease, folder, outputs),
            Effect::Discard { lease } => self.discard(lease),
            Effect::SealResults { job, folder, outputs, clear_parts } => {
                self.seal(job, folder, outputs, clear_parts);
            }
            Effect::Mail { notice, to, summary } => {
                let results = self.results.path().join(&summary.folder).display().to_string();
                self.office.take(notice, to, &summary, results, role);
            }
            Effect::NeverGiven { link, lease } => {
                self.count(link, "unknown_lease", &format_args!("lease {lease} was never given"));
            }
            Effect::JobChanged(job) => {
                // Nobody may be watching.
                let _ = self.watchers.send(job);
                self.changes.job_changed(job);
            }
            Effect::ChunkChanged(frame) => self.changes.chunk_changed(frame),
            Effect::GridChanged(job) => self.changes.grid_changed(job),
        }
    }

    fn performed(&mut self, next: &mut Vec<Event>) {
        // All that was said to a host in one turn goes out together.
        for link in std::mem::take(&mut self.spoken_to) {
            if let Some(host) = self.hosts.get(&link) {
                host.sender.flush();
            }
        }
        if let Some(Wish { grids, hosts }) = self.changes.wish() {
            next.push(Event::WatchGrids(grids));
            self.watch_hosts(hosts);
        }
        let seq = self.changes.seq();
        if *self.bell.borrow() != seq {
            self.bell.send_replace(seq);
        }
    }

    fn refused(&mut self, event: &Event, refusal: &Refusal) {
        let Event::HostSpoke { link, .. } = event else { return };
        let kind = match refusal {
            Refusal::UnknownLink(_) => "not_registered",
            Refusal::StaleLease(_) => STALE_LEASE,
            _ => "out_of_order",
        };
        self.count(*link, kind, refusal);
    }
}
