//! Resource lists (figure 5B steps 124 and 126): asked once per distinct profile, not per frame or job, and
//! asked again when they may be wrong. A list names kinds of hosts; which hosts those are is told apart from
//! it (`kinds`). It is a hint; only linked hosts are ever given a frame.

use std::collections::BTreeSet;

use model::{NearHost, Profile, Rejection, ResourceList, ResourceToSchedule, Time};

use crate::host_set::HostSet;
use crate::host_table::HostIndex;
use crate::kinds::{Matching, WantedKinds};
use crate::waits::LIST_MS;
use crate::{Passing, Record, Refusal, Schedule};

/// What is known of the hosts that match a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Need {
    /// When it was asked, while the answer is out.
    pub(crate) asked_at: Option<Time>,
    /// What the last answer said.
    pub(crate) known: Option<Known>,
    /// The kinds that it named.
    pub(crate) wanted: WantedKinds,
    /// The hosts of those, as far as they were ever heard of here.
    pub(crate) matching: Matching,
    /// When that came.
    pub(crate) came_at: Time,
    /// Hosts have changed since it was asked.
    pub(crate) stale: bool,
    /// No open job has the profile; the answer is remembered for the next that has.
    pub(crate) unwanted: bool,
}

/// What a list said besides which hosts match.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) hosts_total: u32,
    /// How many match, linked here or not.
    pub(crate) hosts: u32,
    pub(crate) rejections: Vec<Rejection>,
    pub(crate) nearest: Vec<NearHost>,
    pub(crate) rebuilding: bool,
}

impl Known {
    pub(crate) fn of(list: &ResourceList) -> Self {
        let count = |hosts: usize| u32::try_from(hosts).unwrap_or(u32::MAX);
        let of_kinds = list.kinds.iter().map(|kind| kind.hosts).sum::<u32>();
        let hosts = list.only.as_ref().map_or(of_kinds, |only| count(only.len()));
        Self {
            hosts_total: list.hosts_total,
            hosts: hosts.saturating_sub(count(list.except.len())),
            rejections: list.rejections.clone(),
            nearest: list.nearest.clone(),
            rebuilding: list.rebuilding,
        }
    }
}

impl Need {
    /// Whether a host matches.
    pub(crate) fn matches(&self, host: HostIndex) -> bool {
        self.matching.all.contains(host)
    }

    /// Whether any of those hosts matches.
    pub(crate) fn meets(&self, hosts: &HostSet) -> bool {
        self.matching.all.meets(hosts)
    }

    /// Those of the hosts that match.
    pub(crate) fn within<'a>(&'a self, hosts: &'a HostSet) -> impl Iterator<Item = HostIndex> + 'a {
        self.matching.all.both(hosts)
    }

    /// When it is worth asking again though nobody said that hosts changed: an answer is overdue, or frames
    /// wait for nothing but hosts that match.
    pub(crate) fn again_at(&self) -> Time {
        self.asked_at.unwrap_or(self.came_at).plus_ms(LIST_MS)
    }
}

impl Schedule {
    /// What is known of the hosts that match a profile. What was only remembered counts while the resource
    /// server is gone.
    pub(crate) fn need(&self, profile: &Profile) -> Option<&Need> {
        let remembered = |need: &&Need| need.unwanted && self.passing.resource_linked;
        self.passing.needs.get(profile).filter(|need| !remembered(need))
    }

    pub(crate) fn resource_linked(&self, now: Time) -> Vec<Record> {
        let open = self.kept.queue.open().filter_map(|job| self.kept.jobs.get(&job));
        let profiles: BTreeSet<&Profile> =
            open.flat_map(|job| &job.description.steps).map(|step| &step.profile).collect();
        let mut records = vec![Record::Passing(Passing::ResourceSeen { linked: true })];
        records.extend(self.asks(now, profiles));
        records
    }

    pub(crate) fn resource_unlinked() -> Vec<Record> {
        vec![Record::Passing(Passing::ResourceSeen { linked: false })]
    }

    pub(crate) fn resource_spoke(
        &self,
        now: Time,
        message: &ResourceToSchedule,
    ) -> Result<Vec<Record>, Refusal> {
        match message {
            ResourceToSchedule::Changed => {
                let is_idle = |need: &Need| need.asked_at.is_none() && !need.unwanted;
                let idle = self.passing.needs.iter().filter(|(_, need)| is_idle(need));
                let mut records = vec![Record::Passing(Passing::ListsStale)];
                records.extend(self.asks(now, idle.map(|(profile, _)| profile)));
                Ok(records)
            }
            ResourceToSchedule::List { ask, list } => {
                let Some(profile) = self.passing.asks.get(ask) else {
                    return Err(Refusal::UnknownAsk(*ask));
                };
                let came = Passing::ListCame { ask: *ask, list: Box::new(list.clone()), at: now };
                let mut records = vec![Record::Passing(came)];
                if self.passing.needs.get(profile).is_some_and(|need| need.stale) {
                    records.extend(self.asks(now, [profile]));
                }
                Ok(records)
            }
            ResourceToSchedule::Kinds { whole, are, gone } => {
                let told = Passing::KindsTold { whole: *whole, are: are.clone(), gone: gone.clone() };
                Ok(vec![Record::Passing(told)])
            }
            // People's question and the shell's to pass on.
            ResourceToSchedule::Hosts { ask, .. } => Err(Refusal::UnknownAsk(*ask)),
            ResourceToSchedule::HostsSeen(_) => Ok(Vec::new()),
        }
    }

    /// Asks for those of the profiles about which nothing is known, or nothing certain.
    pub(crate) fn ask_unknown<'a>(
        &self,
        now: Time,
        profiles: impl IntoIterator<Item = &'a Profile>,
    ) -> Vec<Record> {
        if !self.passing.resource_linked {
            return Vec::new();
        }
        let unknown = |profile: &&Profile| {
            let need = self.passing.needs.get(profile);
            need.is_none_or(|need| (need.stale || need.unwanted) && need.asked_at.is_none())
        };
        let unknown: BTreeSet<&Profile> = profiles.into_iter().filter(unknown).collect();
        self.asks(now, unknown)
    }

    /// One ask for each profile.
    pub(crate) fn asks<'a>(&self, now: Time, profiles: impl IntoIterator<Item = &'a Profile>) -> Vec<Record> {
        let ask = |(ask, profile): (u64, &Profile)| {
            Record::Passing(Passing::ListAsked { ask, profile: profile.clone(), at: now })
        };
        (self.passing.last_ask + 1..).zip(profiles).map(ask).collect()
    }
}
