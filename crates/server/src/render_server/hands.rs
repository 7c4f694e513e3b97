//! What the render server does about what it decided: sessions, processes, outputs, words to the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Exit, Grant, JobId, LeaseId, ProcessMark, RenderToResource, RenderToSchedule, SlotIndex, Usage};
use render::{Effect, Event, Render};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wire::link::Sender;

use super::attempt::{self, Reins};
use super::session::{JobFolder, JobFolders};
use super::{Kit, collect, session};
use crate::owner::{Handle, Hands};

pub(crate) type RenderHandle = Handle<Render, RenderHands>;

/// The hands of the render server; only its owner's thread touches them.
pub(crate) struct RenderHands {
    handle: RenderHandle,
    kit: Arc<Kit>,
    schedule: Option<Sender<RenderToSchedule>>,
    resource: Option<Sender<RenderToResource>>,
    folders: JobFolders,
    /// Sessions that are being set up or stand, by slot.
    sessions: BTreeMap<SlotIndex, (JobId, JoinHandle<()>)>,
    /// Processes that run, by lease.
    running: BTreeMap<LeaseId, Reins>,
    /// Outputs that are being collected, by lease.
    collecting: BTreeMap<LeaseId, JoinHandle<()>>,
    stopped: Option<oneshot::Sender<()>>,
}

impl RenderHands {
    pub(super) fn new(handle: RenderHandle, kit: Arc<Kit>, stopped: oneshot::Sender<()>) -> Self {
        Self {
            handle,
            folders: JobFolders::new(kit.clone()),
            kit,
            schedule: None,
            resource: None,
            sessions: BTreeMap::new(),
            running: BTreeMap::new(),
            collecting: BTreeMap::new(),
            stopped: Some(stopped),
        }
    }

    pub(super) fn set_schedule(&mut self, sender: Option<Sender<RenderToSchedule>>) {
        self.schedule = sender;
    }

    pub(super) fn set_resource(&mut self, sender: Option<Sender<RenderToResource>>) {
        self.resource = sender;
    }

    fn open_session(&mut self, slot: SlotIndex, job: JobId, lease: LeaseId) {
        let folder = self.folders.of(job);
        let handle = self.handle.clone();
        let opening = tokio::spawn(async move {
            let event = match folder.ready().await {
                Ok(_) => Event::SessionReady { lease },
                Err(error) => Event::SessionFailed { lease, class: error.class(), why: error.sentence() },
            };
            handle.tell(event).await;
        });
        if let Some((_, earlier)) = self.sessions.insert(slot, (job, opening)) {
            earlier.abort();
        }
    }

    fn close_session(&mut self, slot: SlotIndex, job: JobId, role: &Render) {
        if let Some((_, opening)) = self.sessions.remove(&slot) {
            opening.abort();
        }
        // Attempts of an earlier run have no session here, but the job's files under them.
        let in_use = self.sessions.values().any(|(other, _)| *other == job)
            || role.attempts().any(|attempt| attempt.grant.frame.job == job);
        if !in_use {
            self.folders.drop_job(job);
        }
    }

    fn start(&mut self, grant: Grant) {
        let folder = self.folders.of(grant.frame.job);
        let lease = grant.lease;
        let reins = Reins::default();
        self.running.insert(lease, reins.clone());
        attempt::start(self.kit.clone(), self.handle.clone(), folder, grant, reins);
    }

    fn adopt(&mut self, grant: Grant, process: ProcessMark) {
        let folder = self.folders.of(grant.frame.job);
        let reins = Reins::default();
        self.running.insert(grant.lease, reins.clone());
        attempt::adopt(self.kit.clone(), self.handle.clone(), folder, grant, process, reins);
    }

    fn kill(&self, lease: LeaseId, next: &mut Vec<Event>) {
        match self.running.get(&lease) {
            Some(reins) => reins.pull(),
            None => next.push(Event::Exited { lease, exit: Exit::Unknown, usage: Usage::default() }),
        }
    }

    fn collect(&mut self, grant: Grant, exit: Exit) {
        let lease = grant.lease;
        self.running.remove(&lease);
        let folder: JobFolder = self.folders.of(grant.frame.job);
        let work = collect::collect(self.kit.clone(), folder, grant, exit);
        let handle = self.handle.clone();
        let collecting = tokio::spawn(async move { handle.tell(work.await).await });
        if let Some(earlier) = self.collecting.insert(lease, collecting) {
            earlier.abort();
        }
    }

    fn forget(&mut self, lease: LeaseId) {
        if let Some(collecting) = self.collecting.remove(&lease) {
            collecting.abort();
        }
        if let Some(reins) = self.running.remove(&lease) {
            reins.pull();
        }
        let scratch = self.kit.attempts.join(lease.to_string());
        tokio::task::spawn_blocking(move || session::remove(&scratch));
    }
}

impl Hands<Render> for RenderHands {
    fn perform(&mut self, effect: Effect, role: &Render, next: &mut Vec<Event>) {
        match effect {
            // What a link does not take is said again when the next one stands.
            Effect::ToSchedule(message) => {
                if let Some(schedule) = &self.schedule {
                    let _ = schedule.send(&message);
                }
            }
            Effect::SlotChanged { slot, now } => {
                if let Some(resource) = &self.resource {
                    let _ = resource.send(&RenderToResource::Slot { slot, now });
                }
            }
            Effect::OpenSession { slot, job, lease, .. } => self.open_session(slot, job, lease),
            Effect::CloseSession { slot, job, .. } => self.close_session(slot, job, role),
            Effect::Start { grant } => self.start(grant),
            Effect::Kill { lease } => self.kill(lease, next),
            Effect::Adopt { process, grant, .. } => self.adopt(grant, process),
            Effect::Collect { grant, exit } => self.collect(grant, exit),
            Effect::Forget { lease } => self.forget(lease),
            Effect::Stopped => {
                if let Some(stopped) = self.stopped.take() {
                    let _ = stopped.send(());
                }
            }
        }
    }
}
