//! What the render server does about what it decided: sessions, processes, outputs, words to the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{
    Door, Exit, FailureClass, Grant, JobId, LeaseId, ProcessMark, RenderToSchedule, SlotIndex, SlotState,
    StepIndex, Usage,
};
use render::{Effect, End, Event, Render};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use wire::link::Sender;

use super::environments::Wanted;
use super::line::{Line, Reins, Task};
use super::session::{JobFolder, JobFolders};
use super::{Kit, collect, runner, session};
use crate::owner::{Handle, Hands};

pub(crate) type RenderHandle = Handle<Render, RenderHands>;

/// What slots do.
pub(super) type Slots = BTreeMap<SlotIndex, SlotState>;

/// The hands of the render server; only its owner's thread touches them.
pub(crate) struct RenderHands {
    handle: RenderHandle,
    kit: Arc<Kit>,
    schedule: Option<Sender<RenderToSchedule>>,
    /// What the slots do now, for the resource server.
    slots: watch::Sender<Slots>,
    /// Whether it takes frames, for the resource server.
    door: watch::Sender<Door>,
    folders: JobFolders,
    /// Jobs that are done with here, but for sessions that still have to be left.
    leaving: BTreeSet<JobId>,
    /// Sessions that are being set up or stand, by slot.
    sessions: BTreeMap<SlotIndex, (JobId, JoinHandle<()>)>,
    /// What the runners of the slots are to begin.
    lines: BTreeMap<SlotIndex, Line<Task>>,
    /// Attempts that a runner has, by lease.
    running: BTreeMap<LeaseId, (SlotIndex, Reins)>,
    /// Outputs that are being collected, by lease.
    collecting: BTreeMap<LeaseId, Collecting>,
    /// Told how it is to end.
    stopped: Option<oneshot::Sender<Option<End>>>,
}

/// The outputs of an attempt that are being collected.
struct Collecting {
    job: JobId,
    slot: SlotIndex,
    work: JoinHandle<()>,
}

impl RenderHands {
    pub(super) fn new(
        handle: RenderHandle,
        kit: Arc<Kit>,
        door: Door,
        stopped: oneshot::Sender<Option<End>>,
        leaving: Vec<JobId>,
    ) -> Self {
        Self {
            handle,
            folders: JobFolders::new(kit.clone()),
            leaving: leaving.into_iter().collect(),
            kit,
            schedule: None,
            slots: watch::Sender::default(),
            door: watch::Sender::new(door),
            sessions: BTreeMap::new(),
            lines: BTreeMap::new(),
            running: BTreeMap::new(),
            collecting: BTreeMap::new(),
            stopped: Some(stopped),
        }
    }

    pub(super) fn set_schedule(&mut self, sender: Option<Sender<RenderToSchedule>>) {
        self.schedule = sender;
    }

    /// Says what the role knows nothing of.
    pub(super) fn say(&self, message: &RenderToSchedule) {
        if let Some(schedule) = &self.schedule {
            let _ = schedule.put(message);
            schedule.flush();
        }
    }

    /// What the slots do, from now on.
    pub(super) fn slots(&self) -> watch::Receiver<Slots> {
        self.slots.subscribe()
    }

    /// How many sessions are being set up or stand.
    pub(super) fn sessions_now(&self) -> usize {
        self.sessions.len()
    }

    /// Whether frames are taken, from now on.
    pub(super) fn door(&self) -> watch::Receiver<Door> {
        self.door.subscribe()
    }

    fn open_session(&mut self, slot: SlotIndex, job: JobId, step: StepIndex, lease: LeaseId) {
        let folder = self.folders.of(job);
        let (handle, kit) = (self.handle.clone(), self.kit.clone());
        let wanted = Wanted { slot, job, step, lease, ticket: kit.sessions.ticket(slot) };
        let opening = tokio::spawn(async move {
            let event = match kit.sessions.open(&kit, &folder, wanted).await {
                Ok(tied) => Event::SessionReady { lease, tied },
                Err(error) => Event::SessionFailed { lease, class: error.class(), why: error.sentence() },
            };
            handle.tell(event).await;
        });
        if let Some((_, earlier)) = self.sessions.insert(slot, (job, opening)) {
            earlier.abort();
        }
    }

    fn close_session(&mut self, slot: SlotIndex, job: JobId, role: &Render) {
        if let Some(line) = self.lines.get(&slot) {
            line.dismiss();
        }
        if let Some((_, opening)) = self.sessions.remove(&slot) {
            opening.abort();
        }
        self.kit.sessions.close(slot);
        self.leaving.insert(job);
        self.drop_unused(role);
    }

    /// Drops the files of jobs that nothing here is for any more.
    fn drop_unused(&mut self, role: &Render) {
        let unused: Vec<JobId> = self.leaving.iter().copied().filter(|job| !self.uses(*job, role)).collect();
        for job in unused {
            self.leaving.remove(&job);
            self.folders.drop_job(job);
        }
    }

    fn uses(&self, job: JobId, role: &Render) -> bool {
        // Attempts of an earlier run have no session here, but the job's files under them.
        self.sessions.values().any(|(other, _)| *other == job)
            || role.attempts().any(|attempt| attempt.grant.frame.job == job)
            || self.kit.sessions.uses(job)
    }

    fn begin(&mut self, grant: Grant, process: Option<ProcessMark>, next: &mut Vec<Event>) {
        let folder = self.folders.of(grant.frame.job);
        let (lease, slot, reins) = (grant.lease, grant.slot, Reins::default());
        match self.line(slot) {
            Ok(line) => {
                line.push(lease, Task { grant, folder, reins: reins.clone(), process });
                self.running.insert(lease, (slot, reins));
            }
            Err(error) if process.is_none() => {
                let why = format!("no thread can be started on this host: {error}");
                next.push(Event::StartFailed { lease, class: FailureClass::Host, why });
            }
            Err(error) => {
                tracing::warn!(%lease, "its process cannot be watched: {error}");
                next.push(nothing_left(lease));
            }
        }
    }

    fn line(&mut self, slot: SlotIndex) -> std::io::Result<Line<Task>> {
        if let Some(line) = self.lines.get(&slot) {
            return Ok(line.clone());
        }
        let line = Line::new();
        runner::start(self.kit.clone(), self.handle.clone(), slot, line.clone())?;
        self.lines.insert(slot, line.clone());
        Ok(line)
    }

    fn take_back(&mut self, lease: LeaseId) -> bool {
        let Some((slot, _)) = self.running.get(&lease) else { return false };
        let taken = self.lines.get(slot).is_some_and(|line| line.take_back(lease));
        if taken {
            self.running.remove(&lease);
        }
        taken
    }

    fn kill(&mut self, lease: LeaseId, next: &mut Vec<Event>) {
        if self.take_back(lease) {
            next.push(nothing_left(lease));
        } else {
            match self.running.get(&lease) {
                Some((_, reins)) => reins.pull(),
                None => next.push(nothing_left(lease)),
            }
        }
    }

    fn collect(&mut self, grant: Grant, exit: Exit) {
        let (lease, slot, job) = (grant.lease, grant.slot, grant.frame.job);
        let reins = self.running.get(&lease).map(|(_, reins)| reins.clone()).unwrap_or_default();
        // After a restart the runner does not know of it.
        match self.line(slot) {
            Ok(line) => line.collect(lease),
            Err(error) => tracing::warn!("slot {slot} has no thread: {error}"),
        }
        let folder: JobFolder = self.folders.of(job);
        let work = collect::collect(self.kit.clone(), folder, grant, exit, reins);
        let handle = self.handle.clone();
        let collecting = tokio::spawn(async move { handle.tell(work.await).await });
        if let Some(earlier) = self.collecting.insert(lease, Collecting { job, slot, work: collecting }) {
            earlier.work.abort();
        }
    }

    fn forget(&mut self, lease: LeaseId, role: &Render) {
        self.kit.live.forget(lease);
        if let Some(Collecting { job, slot, work }) = self.collecting.remove(&lease) {
            work.abort();
            if let Some(line) = self.lines.get(&slot) {
                line.clear(lease);
            }
            // Its slot may have gone on to another job long ago.
            self.leaving.insert(job);
            self.drop_unused(role);
        }
        if let Some((slot, reins)) = self.running.remove(&lease) {
            reins.pull();
            if let Some(line) = self.lines.get(&slot) {
                line.clear(lease);
            }
            if reins.tidied() {
                return;
            }
        }
        let scratch = self.kit.attempts.join(lease.to_string());
        tokio::task::spawn_blocking(move || session::remove(&scratch));
    }
}

impl Drop for RenderHands {
    fn drop(&mut self) {
        self.lines.values().for_each(Line::close);
    }
}

/// The answer where nothing runs, or can be seen to run, under a lease.
fn nothing_left(lease: LeaseId) -> Event {
    Event::Exited { lease, exit: Exit::Unknown, usage: Usage::default() }
}

impl Hands<Render> for RenderHands {
    fn performed(&mut self, _: &mut Vec<Event>) {
        if let Some(schedule) = &self.schedule {
            schedule.flush();
        }
    }

    fn perform(&mut self, effect: Effect, role: &Render, next: &mut Vec<Event>) {
        if !self.leaving.is_empty() {
            self.drop_unused(role);
        }
        match effect {
            // What a link does not take is said again when the next one stands.
            Effect::ToSchedule(message) => {
                if let Some(schedule) = &self.schedule {
                    let _ = schedule.put(&message);
                }
            }
            Effect::SlotChanged { slot, now } => {
                self.slots.send_modify(|slots| {
                    slots.insert(slot, now);
                });
            }
            Effect::DoorChanged { door } => {
                self.door.send_replace(door);
            }
            Effect::OpenSession { slot, job, step, lease } => self.open_session(slot, job, step, lease),
            Effect::CloseSession { slot, job, .. } => self.close_session(slot, job, role),
            Effect::Start { grant } => self.begin(grant, None, next),
            Effect::TakeBack { lease } => {
                if self.take_back(lease) {
                    next.push(Event::NotBegun { lease });
                }
            }
            Effect::Kill { lease } => self.kill(lease, next),
            Effect::Adopt { process, grant, .. } => self.begin(grant, Some(process), next),
            Effect::Collect { grant, exit } => self.collect(grant, exit),
            Effect::Forget { lease } => self.forget(lease, role),
            Effect::Stopped => {
                if let Some(stopped) = self.stopped.take() {
                    let _ = stopped.send(role.end());
                }
            }
        }
    }
}
