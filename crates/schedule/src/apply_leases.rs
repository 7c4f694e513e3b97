//! Makes passing records about live leases true: how long they live, how far they are, their publishing.

use model::{LeaseId, Output, Time, Usage};

use crate::passing_state::{Due, Publishing, Watch};
use crate::{Effect, Schedule};

impl Schedule {
    /// A lease lives until `until` at least; one that is being published does not run out.
    pub(crate) fn lease_heard(&mut self, lease: LeaseId, until: Time) {
        if !self.kept.leases.contains_key(&lease) {
            return;
        }
        let old = match self.passing.watches.get_mut(&lease) {
            Some(watch) if watch.publishing.is_some() => return,
            Some(watch) => Some(std::mem::replace(&mut watch.until, until)),
            None => {
                self.passing.watches.insert(lease, Watch::new(until));
                None
            }
        };
        self.passing.due(Due::Lease(lease), old, Some(until));
    }

    pub(crate) fn lease_progressed(&mut self, lease: LeaseId, permille: u16, effects: &mut Vec<Effect>) {
        if let Some(watch) = self.passing.watches.get_mut(&lease) {
            watch.permille = permille;
        }
        self.host_worked(lease);
        self.lease_changed(lease, effects);
    }

    pub(crate) fn intake_refused(&mut self, lease: LeaseId, why: &str, effects: &mut Vec<Effect>) {
        if let Some(watch) = self.passing.watches.get_mut(&lease) {
            watch.trouble = Some(why.to_owned());
        }
        self.lease_changed(lease, effects);
    }

    pub(crate) fn publish_begun(
        &mut self,
        lease: LeaseId,
        outputs: &[Output],
        usage: Usage,
        effects: &mut Vec<Effect>,
    ) {
        if !self.kept.leases.contains_key(&lease) {
            return;
        }
        let unknown = || Watch::new(Time::default());
        let watch = self.passing.watches.entry(lease).or_insert_with(unknown);
        let outputs = outputs.to_vec();
        watch.permille = 1_000;
        watch.trouble = None;
        watch.publishing = Some(Publishing { outputs, usage, tries: 0, again_at: None });
        let until = watch.until;
        self.passing.due(Due::Lease(lease), Some(until), None);
        self.host_worked(lease);
        self.publish(lease, effects);
    }

    pub(crate) fn publish_put_off(
        &mut self,
        lease: LeaseId,
        until: Time,
        why: &str,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(watch) = self.passing.watches.get_mut(&lease)
            && let Some(publishing) = &mut watch.publishing
        {
            watch.trouble = Some(why.to_owned());
            publishing.tries += 1;
            let old = publishing.again_at.replace(until);
            self.passing.due(Due::Publish(lease), old, Some(until));
        }
        self.lease_changed(lease, effects);
    }

    pub(crate) fn publish_tried(&mut self, lease: LeaseId, effects: &mut Vec<Effect>) {
        if let Some(publishing) = self.publishing_mut(lease) {
            let old = publishing.again_at.take();
            self.passing.due(Due::Publish(lease), old, None);
            self.publish(lease, effects);
        }
    }

    fn publish(&self, lease: LeaseId, effects: &mut Vec<Effect>) {
        let Some(held) = self.kept.leases.get(&lease) else { return };
        let Some(job) = self.kept.jobs.get(&held.frame.job) else { return };
        let Some(publishing) = self.passing.publishing(lease) else { return };
        let (folder, outputs) = (job.folder(held.frame.job), publishing.outputs.clone());
        effects.push(Effect::Publish { lease, folder, outputs });
    }

    fn publishing_mut(&mut self, lease: LeaseId) -> Option<&mut Publishing> {
        self.passing.watches.get_mut(&lease)?.publishing.as_mut()
    }

    /// The host of a lease does work, so its refusals are of the past.
    fn host_worked(&mut self, lease: LeaseId) {
        let Some(held) = self.kept.leases.get(&lease) else { return };
        if let Some(linked) = self.passing.hosts.get_mut(&held.host) {
            linked.refusals = 0;
        }
    }

    fn lease_changed(&self, lease: LeaseId, effects: &mut Vec<Effect>) {
        effects.extend(self.kept.leases.get(&lease).map(|held| Effect::JobChanged(held.frame.job)));
    }
}
