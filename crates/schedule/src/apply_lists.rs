//! Makes passing records about the resource server and its lists true.

use model::{JobId, Profile, ResourceList, Time};

use crate::host_set::HostSet;
use crate::host_table::HostIndex;
use crate::{Effect, Schedule};

/// So many profiles are remembered, whether or not a job has them.
const NEEDS_KEPT: usize = 64;

impl Schedule {
    pub(crate) fn resource_seen(&mut self, linked: bool, effects: &mut Vec<Effect>) {
        self.passing.resource_linked = linked;
        self.passing.asks.clear();
        for need in self.passing.needs.values_mut() {
            need.asked_at = None;
            need.stale = true;
        }
        self.reasons_changed(effects);
    }

    pub(crate) fn lists_stale(&mut self) {
        for need in self.passing.needs.values_mut() {
            need.stale = true;
        }
    }

    pub(crate) fn list_asked(&mut self, ask: u64, profile: &Profile, at: Time, effects: &mut Vec<Effect>) {
        let need = self.passing.needs.entry(profile.clone()).or_default();
        if need.asked_at.replace(at).is_some() {
            self.passing.asks.retain(|_, asked| asked != profile);
        }
        need.stale = false;
        self.passing.asks.insert(ask, profile.clone());
        self.passing.last_ask = self.passing.last_ask.max(ask);
        effects.push(Effect::Ask { ask, profile: profile.clone() });
    }

    pub(crate) fn list_came(&mut self, ask: u64, list: &ResourceList, at: Time, effects: &mut Vec<Effect>) {
        let Some(profile) = self.passing.asks.remove(&ask) else { return };
        let Some(need) = self.passing.needs.get_mut(&profile) else { return };
        let mut list = list.clone();
        list.matches.sort_by(|one, other| one.host.cmp(&other.host));
        need.asked_at = None;
        need.came_at = at;
        let remembered = std::mem::take(&mut need.unwanted);
        if remembered || need.list.as_ref() != Some(&list) {
            need.matching = HostSet::default();
            for host in list.matches.iter().filter_map(|one| self.kept.hosts.find(&one.host)) {
                need.matching.set(host, true);
            }
            need.list = Some(list);
            self.reasons_changed(effects);
            self.want_pass(effects);
        }
    }

    /// A host has got its number.
    pub(crate) fn host_seen(&mut self, host: HostIndex) {
        let name = self.kept.host_name(host);
        for need in self.passing.needs.values_mut() {
            need.host_seen(host, &name);
        }
    }

    /// Notes which profiles of a job that ended no other job has. What is known of a few of them is
    /// remembered for the next such job, which may come while the resource server is gone.
    pub(crate) fn forget_needs(&mut self, job: JobId) {
        let Some(job) = self.kept.jobs.get(&job) else { return };
        for step in &job.description.steps {
            let profile = &step.profile;
            let wants = |other: JobId| {
                let other = self.kept.jobs.get(&other);
                other.is_some_and(|other| other.description.steps.iter().any(|step| step.profile == *profile))
            };
            if self.kept.queue.open().any(wants) {
                continue;
            }
            if self.passing.needs.len() > NEEDS_KEPT {
                self.passing.needs.remove(profile);
                self.passing.asks.retain(|_, asked| asked != profile);
            } else if let Some(need) = self.passing.needs.get_mut(profile) {
                need.unwanted = true;
            }
        }
    }
}
