//! Makes passing records true: which function each goes to, and those about mails, sums and passes.

use model::{JobId, NoticeKind, Notices, Time};

use crate::passing_state::{Due, LinkedHost, Said};
use crate::{Effect, NoticeId, Passing, Schedule};

impl Schedule {
    pub(crate) fn apply_passing(&mut self, passing: &Passing, effects: &mut Vec<Effect>) {
        match passing {
            Passing::HostLinked { link, host, instance, slots, amounts, door, at } => {
                let said = Said {
                    instance: instance.clone(),
                    linked_after: self.kept.last_lease,
                    heard_at: *at,
                    unnamed: Vec::new(),
                    refused_because: String::new(),
                    door: door.clone(),
                };
                self.host_linked(*host, LinkedHost::new(*link, *slots, *amounts, said), effects);
            }
            Passing::HostDoor { host, door } => self.host_door(*host, door, effects),
            Passing::HostUnlinked { host, close } => self.host_unlinked(*host, *close, effects),
            Passing::HostTurnedAway { link, why } => Self::host_turned_away(*link, why, effects),
            Passing::HostHeard { host, at, unnamed } => self.host_heard(*host, *at, unnamed),
            Passing::HostGivenUp { host } => self.host_given_up(*host),
            Passing::LeasesTakenUp { until } => self.leases_taken_up(*until),
            Passing::HostSkipped { host, until, why } => self.host_skipped(*host, *until, why),
            Passing::HostTold { link, message } => {
                effects.push(Effect::ToHost { link: *link, message: (**message).clone() });
            }
            Passing::SlotDraining { host, slot, lease } => self.slot_draining(*host, *slot, Some(*lease)),
            Passing::SlotDrained { host, slot } => {
                self.slot_draining(*host, *slot, None);
                self.want_pass(effects);
            }
            Passing::LeaseStarted { lease, at } => self.lease_started(*lease, *at, effects),
            Passing::LeaseRendered { lease } => self.lease_rendered(*lease, effects),
            Passing::NextSought { host, .. } => self.next_sought(*host, passing),
            Passing::LeaseProgressed { lease, permille } => self.lease_progressed(*lease, *permille, effects),
            Passing::IntakeRefused { lease, why } => self.intake_refused(*lease, why, effects),
            Passing::PublishBegun { lease, .. } => self.publish_begun(*lease, passing, effects),
            Passing::PublishPutOff { lease, until, why } => {
                self.publish_put_off(*lease, *until, why, effects)
            }
            Passing::PublishTried { lease } => self.publish_tried(*lease, effects),
            Passing::NeverGiven { link, lease } => {
                effects.push(Effect::NeverGiven { link: *link, lease: *lease })
            }
            Passing::ReportDropped { lease } => effects.push(Effect::Discard { lease: *lease }),
            Passing::ResourceSeen { linked } => self.resource_seen(*linked, effects),
            Passing::ListsStale => self.lists_stale(),
            Passing::KindsTold { whole, are, gone } => self.kinds_told(*whole, are, gone, effects),
            Passing::ListAsked { ask, profile, at } => self.list_asked(*ask, profile, *at, effects),
            Passing::ListCame { ask, list, at } => self.list_came(*ask, list, *at, effects),
            Passing::GridsWatched { jobs } => self.passing.watched.clone_from(jobs),
            Passing::NoticeTried { notice } => self.notice_due(*notice, None, effects),
            Passing::NoticeAwaited { notice, until } => self.notice_due(*notice, Some(*until), effects),
            Passing::SealTried { job } => self.seal_due(*job, None, effects),
            Passing::SealPutOff { job, until } => self.seal_due(*job, Some(*until), effects),
            Passing::PassDue => self.pass_due(effects),
            Passing::LeaseWithdrawn { lease } => self.lease_withdrawn(*lease, effects),
            Passing::LeaseRevoked { lease } => self.revoke(*lease, effects),
            Passing::StuckSeen { since, next } => {
                (self.passing.stuck, self.passing.look_at) = (since.clone(), *next);
            }
            Passing::LicenceShort { job, step, shortage } => self.shortage_seen(*job, *step, shortage),
            Passing::LookedBack { at } => self.passing.looked_back_at = *at,
            Passing::HostsReserved { reserved } => self.passing.reserved.clone_from(reserved),
            Passing::Passed { at, wake, again, jobs, thinned, nowhere, anew } => {
                self.passed(*at, *wake, *thinned, (nowhere, *anew));
                effects.extend(jobs.iter().map(|job| Effect::JobChanged(*job)));
                effects.extend(again.then_some(Effect::PassWanted));
            }
        }
    }

    fn pass_due(&mut self, effects: &mut Vec<Effect>) {
        self.passing.wake = None;
        effects.push(Effect::PassWanted);
    }

    fn passed(&mut self, at: Time, wake: Option<Time>, thinned: usize, nowhere: (&[JobId], bool)) {
        self.passing.nowhere.found(nowhere.0, nowhere.1, at);
        self.passing.thin.drain(..thinned.min(self.passing.thin.len()));
        (self.passing.passed_at, self.passing.wake) = (at, wake);
        self.passing.skipped.retain(|_, until| *until > at);
    }

    /// A mail is sent now, or at `until`.
    fn notice_due(&mut self, id: NoticeId, until: Option<Time>, effects: &mut Vec<Effect>) {
        let Some(job) = self.kept.outbox.get(&id) else { return };
        let old = self.passing.mails.insert(id, until).flatten();
        self.passing.due(Due::Mail(id), old, until);
        if until.is_none()
            && let Some(notice) = self.kept.notice(id)
            && let Some(held) = self.kept.jobs.get(job)
        {
            let mut summary = Box::new(held.summary(*job));
            summary.waiting.clone_from(&notice.waiting);
            summary.about = notice.about;
            if notice.about == Some(NoticeKind::FirstFrames) {
                let wishes = self.kept.wishes.get(&held.description.user);
                let most = wishes.map_or(Notices::FIRST_FRAMES, |wishes| wishes.first_frames);
                summary.pictures = held.first_pictures(most);
            }
            effects.push(Effect::Mail { notice: id, to: notice.to.clone(), summary });
        }
    }

    /// Sums are written now, or at `until`.
    fn seal_due(&mut self, id: JobId, until: Option<Time>, effects: &mut Vec<Effect>) {
        let Some(job) = self.kept.unsealed.get(&id).and_then(|id| self.kept.jobs.get(id)) else { return };
        let old = self.passing.seals.insert(id, until).flatten();
        self.passing.due(Due::Seal(id), old, until);
        if until.is_none() {
            let outputs = job.outputs().cloned().collect();
            let (folder, clear_parts) = (job.folder(id), job.has_idle_parts());
            effects.push(Effect::SealResults { job: id, folder, outputs, clear_parts });
        }
    }

    /// Tells the watchers of every job that frames wait for something else now.
    pub(crate) fn reasons_changed(&self, effects: &mut Vec<Effect>) {
        effects.extend(self.kept.queue.wanting().map(Effect::JobChanged));
    }
}
