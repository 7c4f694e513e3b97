//! Who goes next inside one priority: first the group, then the user in it, that holds the fewest slots for
//! its weight; equal ones by arrival. So nobody starves beside somebody who submits more, and one artist
//! alone has everything in the order of arrival.
//!
//! Slots are counted as leases begin and end, and parties stand in order, so that a lease costs the logarithm
//! of what there is; a pass builds nothing before it begins (`turns`).

mod check;
mod turns;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use model::{JobId, ShareView};
use serde::{Deserialize, Serialize};

pub(crate) use turns::{Turn, Turns};

/// A job's place: its priority, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who<'a> {
    pub(crate) priority: i32,
    /// The group, or the user where the job has none.
    pub(crate) group: &'a str,
    pub(crate) user: &'a str,
}

/// Shares of the farm, and the jobs that want slots in the order in which they get them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shares {
    /// Weights that are not 1.
    weights: BTreeMap<String, u32>,
    /// The top of each priority.
    tops: BTreeMap<i32, PartyId>,
    parties: BTreeMap<PartyId, Party>,
    jobs: BTreeMap<JobId, Place>,
    last_party: PartyId,
}

pub(crate) type PartyId = u64;

/// All jobs of a priority, a group in it, or a user in that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Party {
    name: String,
    above: Option<PartyId>,
    /// Groups of a priority, users of a group.
    below: BTreeMap<String, PartyId>,
    pub(crate) weight: u32,
    /// Slots that its jobs hold.
    pub(crate) slots: u32,
    /// Jobs of it that have not ended.
    open: u32,
    /// Where it stands in the line of the party above, while it wants slots.
    key: Option<Key>,
    /// Those right below that want slots, first to last.
    pub(crate) line: BTreeSet<Key>,
}

/// Where a party stands: what it holds, and which of its jobs goes next.
pub(crate) type Key = (Ratio, JobId);

/// Slots for each unit of weight.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Ratio {
    pub(crate) slots: u32,
    pub(crate) weight: u32,
}

/// A job that has not ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) top: PartyId,
    pub(crate) group: PartyId,
    pub(crate) user: PartyId,
    priority: i32,
    slots: u32,
    wanting: bool,
}

impl Ratio {
    const NOTHING: Self = Self { slots: 0, weight: 1 };
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let product = |one: u32, two: u32| u64::from(one) * u64::from(two);
        product(self.slots, other.weight).cmp(&product(other.slots, self.weight))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ratio {}

impl Shares {
    /// Files a job by what it is now; its slots go with it.
    pub(crate) fn file(&mut self, job: JobId, who: Who<'_>, open: bool, wanting: bool) {
        let stays = self.jobs.get(&job).is_some_and(|place| open && place.priority == who.priority);
        if stays {
            self.want(job, wanting);
            return;
        }
        let slots = self.leave(job);
        if open {
            self.enter(job, who);
            self.hold(job, slots, 0);
            self.want(job, wanting);
        }
    }

    /// A job holds more or fewer slots than before.
    pub(crate) fn hold(&mut self, job: JobId, more: u32, fewer: u32) {
        let Some(place) = self.jobs.get_mut(&job) else { return };
        place.slots = (place.slots + more).saturating_sub(fewer);
        let path = [place.user, place.group, place.top];
        for party in path {
            if let Some(party) = self.parties.get_mut(&party) {
                party.slots = (party.slots + more).saturating_sub(fewer);
            }
        }
        self.refile(path[0]);
    }

    /// The priority that a job is filed under.
    pub(crate) fn priority(&self, job: JobId) -> Option<i32> {
        self.jobs.get(&job).map(|place| place.priority)
    }

    /// Slots that a job holds.
    pub(crate) fn slots(&self, job: JobId) -> u32 {
        self.jobs.get(&job).map_or(0, |place| place.slots)
    }

    /// Sets the weight of a user or group.
    pub(crate) fn set_weight(&mut self, name: &str, weight: u32) {
        if weight == 1 {
            self.weights.remove(name);
        } else {
            self.weights.insert(name.to_owned(), weight);
        }
        let named: Vec<PartyId> =
            self.below_tops().filter(|(_, party)| party.name == name).map(|(id, _)| id).collect();
        for id in named {
            if let Some(party) = self.parties.get_mut(&id) {
                party.weight = weight;
            }
            self.refile(id);
        }
    }

    pub(crate) fn weight(&self, name: &str) -> u32 {
        self.weights.get(name).copied().unwrap_or(1)
    }

    /// Whether any job wants a slot.
    pub(crate) fn is_wanting(&self) -> bool {
        self.tops.values().any(|top| self.parties.get(top).is_some_and(|top| !top.line.is_empty()))
    }

    /// Jobs that want slots, by number.
    pub(crate) fn wanting(&self) -> impl Iterator<Item = JobId> {
        self.jobs.iter().filter(|(_, place)| place.wanting).map(|(job, _)| *job)
    }

    /// Whose share keeps a job behind others of its priority, and the slots held: its group's or its user's.
    pub(crate) fn behind(&self, job: JobId) -> Option<(&str, u32)> {
        let place = self.jobs.get(&job)?;
        let party = |id| self.parties.get(&id);
        let behind = |id: PartyId, above: PartyId| {
            let (party, line) = (party(id)?, &party(above)?.line);
            let first = line.first()?.0;
            (first < party.ratio()).then_some((party.name.as_str(), party.slots))
        };
        behind(place.group, place.top).or_else(|| behind(place.user, place.group))
    }

    /// Everybody who holds slots, waits for some or has a weight, by name.
    pub(crate) fn views(&self) -> Vec<ShareView> {
        let mut slots: BTreeMap<&str, u32> = self.weights.keys().map(|name| (name.as_str(), 0)).collect();
        for place in self.jobs.values() {
            let name = |id: &PartyId| self.parties.get(id).map(|party| party.name.as_str());
            let names: BTreeSet<&str> = [&place.group, &place.user].into_iter().filter_map(name).collect();
            for name in names {
                *slots.entry(name).or_default() += place.slots;
            }
        }
        let view = |(name, slots): (&str, u32)| ShareView {
            name: name.to_owned(),
            weight: self.weight(name),
            slots,
        };
        slots.into_iter().map(view).collect()
    }

    pub(crate) fn place(&self, job: JobId) -> Option<&Place> {
        self.jobs.get(&job)
    }

    pub(crate) fn party(&self, id: PartyId) -> Option<&Party> {
        self.parties.get(&id)
    }

    fn below_tops(&self) -> impl Iterator<Item = (PartyId, &Party)> {
        self.parties.iter().filter(|(_, party)| party.above.is_some()).map(|(id, party)| (*id, party))
    }

    fn enter(&mut self, job: JobId, who: Who<'_>) {
        let priority = who.priority;
        let top = match self.tops.get(&priority) {
            Some(top) => *top,
            None => {
                let top = self.new_party("", None);
                self.tops.insert(priority, top);
                top
            }
        };
        let group = self.party_below(top, who.group);
        let user = self.party_below(group, who.user);
        for party in [top, group, user] {
            if let Some(party) = self.parties.get_mut(&party) {
                party.open += 1;
            }
        }
        self.jobs.insert(job, Place { top, group, user, priority, slots: 0, wanting: false });
    }

    /// Takes a job out of everything; the slots it holds.
    fn leave(&mut self, job: JobId) -> u32 {
        let slots = self.slots(job);
        self.want(job, false);
        self.hold(job, 0, slots);
        let Some(place) = self.jobs.remove(&job) else { return 0 };
        for id in [place.user, place.group, place.top] {
            let Some(party) = self.parties.get_mut(&id) else { continue };
            party.open -= 1;
            if party.open > 0 {
                continue;
            }
            let Some(party) = self.parties.remove(&id) else { continue };
            match party.above.and_then(|above| self.parties.get_mut(&above)) {
                Some(above) => above.below.remove(&party.name),
                None => self.tops.remove(&place.priority),
            };
        }
        slots
    }

    fn party_below(&mut self, above: PartyId, name: &str) -> PartyId {
        let known = self.parties.get(&above).and_then(|above| above.below.get(name).copied());
        known.unwrap_or_else(|| {
            let id = self.new_party(name, Some(above));
            if let Some(above) = self.parties.get_mut(&above) {
                above.below.insert(name.to_owned(), id);
            }
            id
        })
    }

    fn new_party(&mut self, name: &str, above: Option<PartyId>) -> PartyId {
        self.last_party += 1;
        let party = Party { name: name.to_owned(), above, weight: self.weight(name), ..Party::default() };
        self.parties.insert(self.last_party, party);
        self.last_party
    }

    fn want(&mut self, job: JobId, wanting: bool) {
        let Some(place) = self.jobs.get_mut(&job) else { return };
        if std::mem::replace(&mut place.wanting, wanting) == wanting {
            return;
        }
        let id = place.user;
        if let Some(user) = self.parties.get_mut(&id) {
            let key = (Ratio::NOTHING, job);
            if wanting {
                user.line.insert(key);
            } else {
                user.line.remove(&key);
            }
        }
        self.refile(id);
    }

    /// Puts a party, and those above it, where they belong now.
    fn refile(&mut self, id: PartyId) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        let (old, new, above) = (party.key, party.key_now(), party.above);
        party.key = new;
        let Some(above) = above else { return };
        // Also where the ratio alone is the same: it may be written with other numbers.
        if let Some(line) = self.parties.get_mut(&above).map(|above| &mut above.line) {
            // The new key first: a set that is never empty in between keeps its memory.
            new.map(|new| line.replace(new));
            old.filter(|old| new != Some(*old)).map(|old| line.remove(&old));
        }
        self.refile(above);
    }
}

impl Party {
    pub(crate) fn ratio(&self) -> Ratio {
        Ratio { slots: self.slots, weight: self.weight }
    }

    fn key_now(&self) -> Option<Key> {
        self.line.first().map(|(_, job)| (self.ratio(), *job))
    }
}

#[cfg(test)]
mod tests;
