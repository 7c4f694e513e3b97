//! Schedule servers: their questions, and telling them that the answers they have are stale.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Match, Profile, Rejection, ResourceList, ResourceToSchedule, ScheduleToResource, SlotState, Time,
};

use crate::explain::rejections;
use crate::{Effect, Lack, LinkId, Lists, Record, Resource, lacks};

impl Resource {
    pub(crate) fn answer(&self, now: Time, link: LinkId, message: &ScheduleToResource) -> Option<Record> {
        let answer = match message {
            ScheduleToResource::Ask { ask, profile } => {
                ResourceToSchedule::List { ask: *ask, list: self.list(profile) }
            }
            ScheduleToResource::Hosts { ask, .. } => {
                ResourceToSchedule::Hosts { ask: *ask, hosts: self.host_views(now), list: None }
            }
            // The shell deals with certificates; the database has none.
            ScheduleToResource::Revoked { .. } => return None,
        };
        Some(Record::Answered { link, answer })
    }

    /// The resource list for a profile: the hosts that match, by name, and why the others do not.
    #[must_use]
    pub fn list(&self, profile: &Profile) -> ResourceList {
        let mut matches = Vec::new();
        let mut counts: BTreeMap<Lack, u32> = BTreeMap::new();
        for (name, host) in &self.hosts {
            let lacks = lacks(name, &host.info, profile);
            if lacks.is_empty() {
                matches.push(Match {
                    host: name.clone(),
                    slots_total: amount(host.slots.len()),
                    slots_free: amount(host.slots.iter().filter(|slot| **slot == SlotState::Free).count()),
                });
            }
            // A profile may ask for one thing twice; a host that lacks it is one host.
            for lack in lacks.into_iter().collect::<BTreeSet<_>>() {
                *counts.entry(lack).or_default() += 1;
            }
        }
        let rejections: Vec<Rejection> = rejections(counts);
        ResourceList {
            matches,
            hosts_total: u32::try_from(self.hosts.len()).unwrap_or(u32::MAX),
            rejections,
            rebuilding: self.rebuilding_until.is_some(),
            ..ResourceList::default()
        }
    }

    pub(crate) fn answered(&mut self, link: LinkId, answer: &ResourceToSchedule, effects: &mut Vec<Effect>) {
        if matches!(answer, ResourceToSchedule::List { .. }) {
            self.schedules.insert(link, Lists::Fresh);
        }
        effects.push(Effect::ToSchedule { link, message: answer.clone() });
    }

    /// Tells schedule servers to ask again; each one once until it does, however many hosts come and go.
    pub(crate) fn lists_became_stale(&mut self, effects: &mut Vec<Effect>) {
        for (link, lists) in &mut self.schedules {
            if *lists == Lists::Fresh {
                *lists = Lists::Stale;
                effects.push(Effect::ToSchedule { link: *link, message: ResourceToSchedule::Changed });
            }
        }
    }
}

fn amount(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
