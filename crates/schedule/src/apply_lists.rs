//! Makes passing records about the resource server and its lists true.

use model::{HostId, JobId, KindId, Profile, ResourceList, Time};

use crate::host_table::HostIndex;
use crate::lists::Known;
use crate::{Effect, Schedule};

/// So many profiles are remembered, whether or not a job has them.
const NEEDS_KEPT: usize = 64;

impl Schedule {
    pub(crate) fn resource_seen(&mut self, linked: bool, effects: &mut Vec<Effect>) {
        self.passing.resource_linked = linked;
        self.passing.nowhere.clear();
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
        let kinds = &self.passing.kinds;
        let Some(need) = self.passing.needs.get_mut(&profile) else { return };
        need.asked_at = None;
        need.came_at = at;
        let remembered = std::mem::take(&mut need.unwanted);
        let (known, wanted) = (Known::of(list), kinds.wanted(list));
        if !remembered && need.known.as_ref() == Some(&known) && need.wanted == wanted {
            return;
        }
        need.matching = kinds.matching(&wanted, &self.kept.hosts);
        (need.known, need.wanted) = (Some(known), wanted);
        self.forget_nowhere_of(&profile);
        self.reasons_changed(effects);
        self.want_pass(effects);
    }

    pub(crate) fn kinds_told(
        &mut self,
        whole: bool,
        are: &[(HostId, KindId)],
        gone: &[HostId],
        effects: &mut Vec<Effect>,
    ) {
        if whole {
            self.passing.kinds.begin_anew();
        }
        let are = are.iter().map(|(host, kind)| (host, Some(*kind)));
        let mut changed = false;
        for (host, kind) in gone.iter().map(|host| (host, None)).chain(are) {
            let index = self.kept.hosts.find(host);
            self.passing.kinds.put(host, index, kind);
            changed |= index.is_some_and(|index| self.match_host(index, host));
        }
        // Whoever watches is told when the lists have come that follow.
        if changed {
            self.passing.nowhere.clear();
            self.want_pass(effects);
        }
    }

    /// Puts a host in or out wherever its kind is wanted or not; whether that was new anywhere.
    fn match_host(&mut self, host: HostIndex, name: &HostId) -> bool {
        let kinds = &self.passing.kinds;
        let mut changed = false;
        // What was said of kinds before all was told anew stands as it is until the next list.
        for need in self.passing.needs.values_mut().filter(|need| kinds.speaks_of(&need.wanted)) {
            changed |= need.matching.put(host, kinds.tier(&need.wanted, name));
        }
        changed
    }

    /// A host has got its number.
    pub(crate) fn host_seen(&mut self, host: HostIndex) {
        let name = self.kept.host_name(host);
        self.passing.kinds.host_seen(&name, host);
        self.passing.nowhere.clear();
        self.match_host(host, &name);
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
