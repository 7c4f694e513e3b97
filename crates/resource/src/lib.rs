//! The resource server's decisions: which render hosts there are, what they have, what their slots do,
//! and which of them match a resource profile (figures 3, 5B and 8).
//!
//! This crate does no input or output and knows no clock: events and the time come in, records and effects
//! go out. Nothing in it is durable. The database is a hint for the schedule server; empty or wrong it costs
//! time and never correctness, and after a restart the render servers fill it again.

mod asks;
mod check;
mod effect;
mod event;
mod explain;
mod hosts;
mod kinds;
mod list;
mod matching;
mod nearest;
mod record;
mod verdict;
mod view;
mod watching;

use std::collections::{BTreeMap, BTreeSet};

use model::{Door, HostId, InstanceId, KindId, ResourceInfo, Role, SlotState, Time};

pub use effect::Effect;
pub use event::{Event, LinkId, Refusal};
pub use kinds::askable;
pub use matching::{Lack, lacks};
pub use record::Record;

use kinds::{Kinds, Slots};
use verdict::Verdicts;
use watching::Watcher;

/// How long after its start the resource server says that its lists may be incomplete, in milliseconds:
/// time for the render servers to find it again.
pub const REBUILD_MS: u64 = 3_000;

/// The resource database.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Hosts by their links.
    hosts: BTreeMap<LinkId, Host>,
    names: BTreeMap<HostId, LinkId>,
    /// Hosts by when they were last heard of, so that the next to fall silent is found at once.
    heard: BTreeSet<(Time, LinkId)>,
    kinds: Kinds,
    verdicts: Verdicts,
    /// Schedule servers that have asked something, and whether they know that their lists are stale.
    schedules: BTreeMap<LinkId, Lists>,
    /// Schedule servers whose people watch hosts.
    watchers: BTreeMap<LinkId, Watcher>,
    /// Hosts that those see as silent.
    silent: BTreeSet<LinkId>,
    /// Until when render servers are waited for; `None` once that has passed.
    rebuilding_until: Option<Time>,
}

#[derive(Clone, Debug, PartialEq)]
struct Host {
    name: HostId,
    instance: InstanceId,
    info: ResourceInfo,
    kind: KindId,
    slots: Vec<SlotState>,
    door: Door,
    heard_at: Time,
}

/// What a schedule server knows of the lists it was given. It knows all kinds since it asked first.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lists {
    Fresh,
    /// It was told `Changed` and has not asked since; telling it again would say nothing new.
    Stale,
}

impl Resource {
    /// An empty database, whose render servers are expected to report from `now` on.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self {
            hosts: BTreeMap::new(),
            names: BTreeMap::new(),
            heard: BTreeSet::new(),
            kinds: Kinds::default(),
            verdicts: Verdicts::default(),
            schedules: BTreeMap::new(),
            watchers: BTreeMap::new(),
            silent: BTreeSet::new(),
            rebuilding_until: Some(now.plus_ms(REBUILD_MS)),
        }
    }

    pub(crate) fn named(&self, name: &HostId) -> Option<&Host> {
        self.names.get(name).and_then(|link| self.hosts.get(link))
    }
}

impl Host {
    fn slots_counted(&self) -> Slots {
        let free = if self.door.is_open() {
            self.slots.iter().filter(|slot| **slot == SlotState::Free).count()
        } else {
            0
        };
        let amount = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Slots { total: amount(self.slots.len()), free: amount(free) }
    }
}

impl Role for Resource {
    type Event = Event;
    type Record = Record;
    type Effect = Effect;
    type Refusal = Refusal;

    fn decide(&self, now: Time, event: &Event) -> Result<Vec<Record>, Refusal> {
        match event {
            Event::RenderSpoke { link, message } => self.render_spoke(now, *link, message),
            Event::RenderLinkClosed { link } => Ok(self.render_link_closed(*link)),
            Event::ScheduleSpoke { link, message } => {
                Ok(Self::asked(now, *link, message).into_iter().collect())
            }
            Event::ScheduleLinkClosed { link } => Ok(vec![Record::ScheduleLeft { link: *link }]),
            Event::DeadlinePassed => Ok(self.deadline_passed(now)),
        }
    }

    fn apply(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        match record {
            Record::HostJoined { link, hello, at } => self.host_joined(*link, hello, *at, effects),
            Record::HostTurnedAway { link, why } => Self::host_turned_away(*link, why, effects),
            Record::HostHeard { link, at } => self.host_heard(*link, *at),
            Record::SlotChanged { link, slot, now, at } => self.slot_changed(*link, *slot, now, *at),
            Record::DoorChanged { link, door, at } => self.door_changed(*link, door, *at),
            Record::InfoChanged { link, info, at } => self.info_changed(*link, info, *at, effects),
            Record::HostLeft { link } => self.host_left(*link, effects),
            Record::DatabaseRebuilt => {
                self.rebuilding_until = None;
                self.lists_became_stale(effects);
            }
            Record::ListAsked { link, ask, profile } => self.list_asked(*link, *ask, profile, effects),
            Record::HostsAsked { link, ask, profile, at } => {
                self.hosts_asked(*link, *ask, profile.as_deref(), *at, effects);
            }
            Record::ScheduleLeft { link } => {
                self.schedules.remove(link);
                self.unwatch(*link);
            }
            Record::HostsWatched { link, watched, at } => self.hosts_watched(*link, *watched, *at, effects),
            Record::HostFellSilent { link, at } => self.host_fell_silent(*link, *at),
            Record::HostsTold { link, at } => self.hosts_told(*link, *at, effects),
        }
    }

    fn durable(_record: &Record) -> bool {
        false
    }

    fn resume(&self, _now: Time, _effects: &mut Vec<Effect>) {}

    fn next_deadline(&self) -> Option<Time> {
        let silent = self.heard.first().map(|(at, _)| at.plus_ms(model::LEASE_MS));
        silent.into_iter().chain(self.rebuilding_until).chain(self.next_watch()).min()
    }

    fn deadline_event() -> Event {
        Event::DeadlinePassed
    }

    fn check(&self) {
        self.assert_invariants();
    }
}
