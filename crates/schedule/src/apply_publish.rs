//! Makes passing records about what live leases do true: how far they are, and the publishing of their files.

use model::{JobId, LeaseId, Time};

use crate::passing_state::{Due, Publishing};
use crate::{Effect, Passing, Schedule};

impl Schedule {
    pub(crate) fn lease_started(&mut self, lease: LeaseId, at: Time, effects: &mut Vec<Effect>) {
        if self.kept.leases.contains(lease) {
            self.passing.watches.or_default(lease).started_at = Some(at);
            self.host_worked(lease);
            self.lease_changed(lease, effects);
        }
    }

    pub(crate) fn lease_rendered(&mut self, lease: LeaseId, effects: &mut Vec<Effect>) {
        let Some(held) = self.kept.leases.get(lease) else { return };
        let (host, slots) = (held.host, held.slots().collect::<Vec<_>>());
        self.passing.watches.or_default(lease).rendered = true;
        self.host_worked(lease);
        self.refresh_slots_of(lease, effects);
        slots.into_iter().for_each(|slot| self.note_line(host, slot));
    }

    pub(crate) fn lease_progressed(&mut self, lease: LeaseId, permille: u16, effects: &mut Vec<Effect>) {
        if let Some(job) = self.job_of(lease) {
            self.passing.set_permille(job, lease, permille);
            self.host_worked(lease);
            self.lease_changed(lease, effects);
        }
    }

    pub(crate) fn intake_refused(&mut self, lease: LeaseId, why: &str, effects: &mut Vec<Effect>) {
        if let Some(job) = self.job_of(lease) {
            self.passing.set_trouble(job, lease, Some(why));
            self.lease_changed(lease, effects);
        }
    }

    pub(crate) fn publish_begun(&mut self, lease: LeaseId, begun: &Passing, effects: &mut Vec<Effect>) {
        let Passing::PublishBegun { outputs, usage, warnings, .. } = begun else { return };
        let Some(job) = self.job_of(lease) else { return };
        let (outputs, usage, warnings) = (outputs.clone(), *usage, warnings.clone());
        let publishing = Publishing { outputs, usage, warnings, tries: 0, again_at: None };
        self.passing.set_permille(job, lease, 1_000);
        self.passing.set_trouble(job, lease, None);
        self.passing.watches.or_default(lease).publishing = Some(Box::new(publishing));
        self.host_worked(lease);
        self.publish(lease, effects);
        self.lease_changed(lease, effects);
        self.refresh_slots_of(lease, effects);
    }

    pub(crate) fn publish_put_off(
        &mut self,
        lease: LeaseId,
        until: Time,
        why: &str,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(job) = self.job_of(lease)
            && let Some(publishing) = self.publishing_mut(lease)
        {
            publishing.tries += 1;
            let old = publishing.again_at.replace(until);
            self.passing.due(Due::Publish(lease), old, Some(until));
            self.passing.set_trouble(job, lease, Some(why));
            self.refresh_slots_of(lease, effects);
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
        let Some(held) = self.kept.leases.get(lease) else { return };
        let Some(job) = self.kept.jobs.get(&held.frame.job) else { return };
        let Some(publishing) = self.passing.publishing(lease) else { return };
        let outputs = publishing.outputs.clone();
        let folder = job.description.folder_of(held.frame.job, usize::from(held.frame.step.0));
        effects.push(Effect::Publish { lease, folder, outputs });
    }

    fn publishing_mut(&mut self, lease: LeaseId) -> Option<&mut Publishing> {
        self.passing.watches.get_mut(lease)?.publishing.as_deref_mut()
    }

    fn refresh_slots_of(&mut self, lease: LeaseId, effects: &mut Vec<Effect>) {
        let Some(held) = self.kept.leases.get(lease) else { return };
        let (host, slots) = (held.host, held.slots().collect::<Vec<_>>());
        slots.into_iter().for_each(|slot| self.refresh_slot(host, slot));
        self.want_pass(effects);
    }

    /// The host of a lease does work, so its refusals are of the past.
    fn host_worked(&mut self, lease: LeaseId) {
        let Some(held) = self.kept.leases.get(lease) else { return };
        if let Some(linked) = self.passing.host_mut(held.host) {
            linked.refusals = 0;
        }
    }

    fn job_of(&self, lease: LeaseId) -> Option<JobId> {
        self.kept.leases.get(lease).map(|held| held.frame.job)
    }

    fn lease_changed(&self, lease: LeaseId, effects: &mut Vec<Effect>) {
        if let Some(held) = self.kept.leases.get(lease) {
            effects.push(Effect::JobChanged(held.frame.job));
            self.chunk_changed(held.frame, effects);
        }
    }
}
