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
mod matching;
mod record;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use model::{HostId, InstanceId, ResourceInfo, Role, SlotState, Time};

pub use effect::Effect;
pub use event::{Event, LinkId, Refusal};
pub use matching::{Lack, lacks};
pub use record::Record;

/// How long after its start the resource server says that its lists may be incomplete, in milliseconds:
/// time for the render servers to find it again.
pub const REBUILD_MS: u64 = 3_000;

/// The resource database.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    hosts: BTreeMap<HostId, Host>,
    /// Which host a link belongs to.
    links: BTreeMap<LinkId, HostId>,
    /// Hosts by when they were last heard of, so that the next to fall silent is found at once.
    heard: BTreeSet<(Time, HostId)>,
    /// Schedule servers that have asked something, and whether they know that their lists are stale.
    schedules: BTreeMap<LinkId, Lists>,
    /// Until when render servers are waited for; `None` once that has passed.
    rebuilding_until: Option<Time>,
}

#[derive(Clone, Debug, PartialEq)]
struct Host {
    link: LinkId,
    instance: InstanceId,
    info: ResourceInfo,
    slots: Vec<SlotState>,
    heard_at: Time,
}

/// What a schedule server knows of the lists it was given.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lists {
    Fresh,
    /// It was told `Changed` and has not asked since; telling it again would say nothing new.
    Stale,
}

impl Resource {
    /// An empty database, whose render servers are expected to report from `now` on.
    #[must_use]
    pub const fn new(now: Time) -> Self {
        Self {
            hosts: BTreeMap::new(),
            links: BTreeMap::new(),
            heard: BTreeSet::new(),
            schedules: BTreeMap::new(),
            rebuilding_until: Some(now.plus_ms(REBUILD_MS)),
        }
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
                Ok(self.answer(now, *link, message).into_iter().collect())
            }
            Event::ScheduleLinkClosed { link } => Ok(vec![Record::ScheduleLeft { link: *link }]),
            Event::DeadlinePassed => Ok(self.deadline_passed(now)),
        }
    }

    fn apply(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        match record {
            Record::HostJoined { link, host, instance, info, slots, at } => {
                let entry = Host {
                    link: *link,
                    instance: instance.clone(),
                    info: info.clone(),
                    slots: slots.clone(),
                    heard_at: *at,
                };
                self.host_joined(host, entry, effects);
            }
            Record::HostTurnedAway { link, why } => Self::host_turned_away(*link, why, effects),
            Record::HostHeard { host, at } => self.host_heard(host, *at),
            Record::SlotChanged { host, slot, now, at } => self.slot_changed(host, *slot, now, *at),
            Record::InfoChanged { host, info, at } => self.info_changed(host, info, *at, effects),
            Record::HostLeft { host } => self.host_left(host, effects),
            Record::DatabaseRebuilt => {
                self.rebuilding_until = None;
                self.lists_became_stale(effects);
            }
            Record::Answered { link, answer } => self.answered(*link, answer, effects),
            Record::ScheduleLeft { link } => {
                self.schedules.remove(link);
            }
        }
    }

    fn durable(_record: &Record) -> bool {
        false
    }

    fn resume(&self, _now: Time, _effects: &mut Vec<Effect>) {}

    fn next_deadline(&self) -> Option<Time> {
        let silent = self.heard.first().map(|(at, _)| at.plus_ms(model::LEASE_MS));
        silent.into_iter().chain(self.rebuilding_until).min()
    }

    fn deadline_event() -> Event {
        Event::DeadlinePassed
    }

    fn check(&self) {
        self.assert_invariants();
    }
}
