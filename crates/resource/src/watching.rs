//! Schedule servers whose people watch hosts: what changed is told them a few times a second, as it is then.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    HEARTBEAT_MS, HostId, HostSlots, HostView, HostsSeen, ResourceToSchedule, SlotIndex, SlotView, Time,
};

use crate::view::MISSED_MAX;
use crate::{Effect, LinkId, Record, Resource};

/// Changes are gathered for so long.
const GATHER_MS: u64 = 100;
/// So many hosts are told of in one message.
const TOLD_MAX: usize = 1_000;

/// What a schedule server whose people watch hosts was not told yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Watcher {
    changed: BTreeMap<HostId, Change>,
    /// When it is told.
    due: Option<Time>,
}

impl Watcher {
    pub(crate) fn assert_invariants(&self) {
        assert_eq!(self.due.is_some(), !self.changed.is_empty(), "it is told once something has changed");
    }
}

/// What changed of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// What some slots do.
    Slots(BTreeSet<SlotIndex>),
    /// More than that.
    All,
}

impl Change {
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Slots(mut slots), Self::Slots(others)) => {
                slots.extend(others);
                Self::Slots(slots)
            }
            _ => Self::All,
        }
    }
}

impl Resource {
    /// A host has changed.
    pub(crate) fn note(&mut self, host: &HostId, change: &Change, at: Time) {
        for watcher in self.watchers.values_mut() {
            let before = watcher.changed.remove(host);
            let change = before.map_or_else(|| change.clone(), |before| before.with(change.clone()));
            watcher.changed.insert(host.clone(), change);
            watcher.due.get_or_insert(at.plus_ms(GATHER_MS));
        }
    }

    /// A slot of a host has changed.
    pub(crate) fn note_slot(&mut self, link: LinkId, slot: SlotIndex, at: Time) {
        if !self.watchers.is_empty()
            && let Some(name) = self.hosts.get(&link).map(|host| host.name.clone())
        {
            self.note(&name, &Change::Slots([slot].into()), at);
        }
    }

    /// A host was heard of that was shown as silent.
    pub(crate) fn note_heard(&mut self, link: LinkId, at: Time) {
        if !self.silent.is_empty()
            && self.silent.remove(&link)
            && let Some(name) = self.hosts.get(&link).map(|host| host.name.clone())
        {
            self.note(&name, &Change::All, at);
        }
    }

    /// Who watches hosts, when he is told, and when a host is to be shown as silent.
    pub(crate) fn next_watch(&self) -> Option<Time> {
        let due = self.watchers.values().filter_map(|watcher| watcher.due).min();
        due.into_iter().chain(self.falls_silent().next().map(|(at, _)| at)).min()
    }

    /// Hosts that are not shown as silent, by when they will be.
    fn falls_silent(&self) -> impl Iterator<Item = (Time, LinkId)> {
        let heard = self.heard.iter().filter(|(_, link)| !self.silent.contains(link));
        let heard = heard.filter(|_| !self.watchers.is_empty());
        heard.map(|(at, link)| (at.plus_ms(MISSED_MAX * HEARTBEAT_MS + 1), *link))
    }

    pub(crate) fn watches_due(&self, now: Time) -> Vec<Record> {
        let silent = self.falls_silent().take_while(|(at, _)| *at <= now);
        let silent = silent.map(|(_, link)| Record::HostFellSilent { link, at: now });
        let due = self.watchers.iter().filter(|(_, watcher)| watcher.due.is_some_and(|due| due <= now));
        let told = due.map(|(link, _)| Record::HostsTold { link: *link, at: now });
        silent.chain(told).collect()
    }

    pub(crate) fn host_fell_silent(&mut self, link: LinkId, at: Time) {
        if let Some(name) = self.hosts.get(&link).map(|host| host.name.clone()) {
            self.silent.insert(link);
            self.note(&name, &Change::All, at);
        }
    }

    /// A schedule server wants to be told, of all hosts first, or no more.
    pub(crate) fn hosts_watched(&mut self, link: LinkId, watched: bool, at: Time, effects: &mut Vec<Effect>) {
        if !watched {
            self.unwatch(link);
            return;
        }
        self.watchers.insert(link, Watcher::default());
        let all = self.host_views(at);
        let mut pieces: Vec<&[HostView]> = all.chunks(TOLD_MAX).collect();
        if pieces.is_empty() {
            pieces.push(&[]);
        }
        let last = pieces.len() - 1;
        for (number, are) in pieces.into_iter().enumerate() {
            let (whole, more) = (number == 0, number < last);
            tell(link, HostsSeen { whole, more, are: are.to_vec(), ..HostsSeen::default() }, effects);
        }
    }

    pub(crate) fn unwatch(&mut self, link: LinkId) {
        self.watchers.remove(&link);
        if self.watchers.is_empty() {
            self.silent.clear();
        }
    }

    pub(crate) fn hosts_told(&mut self, link: LinkId, at: Time, effects: &mut Vec<Effect>) {
        let Some(watcher) = self.watchers.get_mut(&link) else { return };
        watcher.due = None;
        let changed: Vec<(HostId, Change)> = std::mem::take(&mut watcher.changed).into_iter().collect();
        for piece in changed.chunks(TOLD_MAX) {
            let mut seen = HostsSeen::default();
            for (name, change) in piece {
                match (self.host_view(name, at), change) {
                    (None, _) => seen.gone.push(name.clone()),
                    (Some(host), Change::All) => seen.are.push(host),
                    (Some(host), Change::Slots(slots)) => seen.slots.push(of_slots(host, slots)),
                }
            }
            tell(link, seen, effects);
        }
    }
}

fn tell(link: LinkId, seen: HostsSeen, effects: &mut Vec<Effect>) {
    effects.push(Effect::ToSchedule { link, message: ResourceToSchedule::HostsSeen(seen) });
}

fn of_slots(host: HostView, slots: &BTreeSet<SlotIndex>) -> HostSlots {
    let changed: Vec<SlotView> = host.slots.into_iter().filter(|slot| slots.contains(&slot.slot)).collect();
    HostSlots { host: host.name, state: host.state, heard_at: host.heard_at, slots: changed }
}
