//! The environments that slots are in: entered before the first frame of a session, left in reverse after its
//! last, also where entering failed or somebody took the frame away.
//!
//! Each slot whose jobs have environments has a thread, which does one thing after the other: what is opened
//! waits until what stood before is left. The owner of the role never waits for it. A session is also on
//! disk, so that a render server that was killed leaves it when it is started again.

mod action;
mod folder;
mod kept;
mod slot;
mod standing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::{FailureClass, JobId, LeaseId, SlotIndex, StepIndex};
use tokio::sync::oneshot;

use super::Kit;
use super::session::{JobFolder, PlaceError, Placed};
use crate::error_chain;
use action::ActionError;
pub(super) use folder::FolderError;
use folder::SessionFolder;
use slot::{Slot, Wish};
pub(super) use standing::SessionNow;
use standing::Standing;

/// Between two looks at whether all sessions have ended.
const PAUSE: Duration = Duration::from_millis(20);

/// Why a slot is not in the environments of a frame.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("environment {name:?} cannot be entered: {fault}")]
    Enter { name: String, fault: ActionError },
    #[error("no thread can be started on this host")]
    Thread(#[source] std::io::Error),
    #[error("the session is not wanted any more")]
    Unwanted,
}

impl SessionError {
    /// Whose fault it is. A program that ends badly on the way in is the job's, as one of a frame is.
    pub(super) const fn class(&self) -> FailureClass {
        match self {
            Self::Place(error) => error.class(),
            Self::Enter { fault, .. } => fault.class(),
            Self::Folder(_) | Self::Thread(_) => FailureClass::Host,
            Self::Unwanted => FailureClass::GivenBack,
        }
    }

    pub(super) fn sentence(&self) -> String {
        error_chain(self)
    }
}

/// What a slot is to be set up for.
pub(super) struct Wanted {
    pub(super) slot: SlotIndex,
    pub(super) job: JobId,
    pub(super) step: StepIndex,
    pub(super) lease: LeaseId,
    /// Says whether somebody has called it off by now.
    pub(super) ticket: u64,
}

/// The sessions of this host.
pub(super) struct Sessions {
    /// Holds a folder for each.
    root: PathBuf,
    slots: Mutex<BTreeMap<SlotIndex, Arc<Slot>>>,
    /// The last ticket of each slot.
    tickets: Mutex<BTreeMap<SlotIndex, u64>>,
    made: AtomicU64,
}

impl Sessions {
    /// None yet, with their folders in `root`.
    pub(super) fn new(root: PathBuf) -> Self {
        let (slots, tickets) = (Mutex::default(), Mutex::default());
        Self { root, slots, tickets, made: AtomicU64::new(0) }
    }

    /// A ticket for what is opened next on `slot`; those before it are worth nothing any more.
    pub(super) fn ticket(&self, slot: SlotIndex) -> u64 {
        let mut tickets = locked(&self.tickets);
        let ticket = tickets.entry(slot).or_default();
        *ticket += 1;
        *ticket
    }

    fn is_valid(&self, slot: SlotIndex, ticket: u64) -> bool {
        locked(&self.tickets).get(&slot) == Some(&ticket)
    }

    /// Places the job's files and enters the environments of its step, where it has any. What stood on the
    /// slot is left first.
    pub(super) async fn open(
        &self,
        kit: &Arc<Kit>,
        folder: &JobFolder,
        wanted: Wanted,
    ) -> Result<bool, SessionError> {
        let placed = folder.ready().await?;
        let none = environments(&placed, wanted.step).next().is_none();
        if none && !locked(&self.slots).contains_key(&wanted.slot) {
            return Ok(false);
        }
        let slot = self.slot(kit, wanted.slot).map_err(SessionError::Thread)?;
        let (answer, answered) = oneshot::channel();
        let (index, ticket) = (wanted.slot, wanted.ticket);
        slot.open(Wish::Open { wanted, placed, answer }, || self.is_valid(index, ticket));
        answered.await.unwrap_or(Err(SessionError::Unwanted)).map(|()| !none)
    }

    /// Breaks off what is being opened on `slot` and leaves what stands there.
    pub(super) fn close(&self, slot: SlotIndex) {
        self.ticket(slot);
        if let Some(slot) = locked(&self.slots).get(&slot) {
            slot.close();
        }
    }

    /// What `slot` is in, where that is anything.
    pub(super) fn now(&self, slot: SlotIndex) -> Option<Arc<SessionNow>> {
        locked(&self.slots).get(&slot)?.now()
    }

    /// Whether a session of `job` stands or is being left, and needs its files.
    pub(super) fn uses(&self, job: JobId) -> bool {
        locked(&self.slots).values().any(|slot| slot.uses(job))
    }

    /// Takes up what an earlier run left: where `holds` says that a frame of it still runs on its slot it
    /// stays until it is closed, all else is left now.
    pub(super) fn take_up(&self, kit: &Arc<Kit>, holds: &dyn Fn(SlotIndex, JobId) -> bool) {
        let mut folders = SessionFolder::all(&self.root);
        folders.sort_by_key(SessionFolder::number);
        let last = folders.last().map_or(0, SessionFolder::number);
        self.made.fetch_max(last + 1, Ordering::Relaxed);
        for folder in folders {
            let Some(kept) = folder.read() else {
                folder.remove_with_leftovers();
                continue;
            };
            let (index, job) = (kept.slot, kept.job);
            let slot = match self.slot(kit, index) {
                Ok(slot) => slot,
                Err(error) => {
                    tracing::warn!("no thread can be started for slot {index}: {error}");
                    folder.remove_with_leftovers();
                    continue;
                }
            };
            slot.push(Wish::TakeUp(Box::new(Standing::again(kit.clone(), folder, kept))));
            if !holds(index, job) {
                slot.push(Wish::Close);
            }
        }
    }

    /// The jobs whose sessions an earlier run left here.
    pub(super) fn jobs(&self) -> Vec<JobId> {
        SessionFolder::all(&self.root).iter().filter_map(SessionFolder::read).map(|kept| kept.job).collect()
    }

    /// The thread of a slot, started where there is none.
    fn slot(&self, kit: &Arc<Kit>, index: SlotIndex) -> std::io::Result<Arc<Slot>> {
        let mut slots = locked(&self.slots);
        if let Some(slot) = slots.get(&index) {
            return Ok(slot.clone());
        }
        let slot = Slot::start(kit.clone(), index)?;
        slots.insert(index, slot.clone());
        Ok(slot)
    }

    fn new_folder(&self, kit: &Kit) -> Result<SessionFolder, FolderError> {
        SessionFolder::make(&self.root, self.made.fetch_add(1, Ordering::Relaxed), kit.user.as_ref())
    }

    /// Leaves all of them, cuts short what takes longer than `most`, and gives the jobs they were of.
    pub(super) async fn finish(&self, most: Duration) -> Vec<JobId> {
        let slots: Vec<Arc<Slot>> = locked(&self.slots).values().cloned().collect();
        let jobs = slots.iter().flat_map(|slot| slot.jobs()).collect();
        slots.iter().for_each(|slot| slot.close());
        let begun = Instant::now();
        let mut hurried = false;
        while !slots.iter().all(|slot| slot.is_idle()) && begun.elapsed() < most * 2 {
            if !hurried && begun.elapsed() >= most {
                hurried = true;
                tracing::warn!("sessions are ended by force: leaving them takes longer than {most:?}");
                slots.iter().for_each(|slot| slot.hurry());
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.let_go();
        jobs
    }

    /// Does nothing more; what stands is for whoever takes it up.
    pub(super) fn let_go(&self) {
        locked(&self.slots).values().for_each(|slot| slot.let_go());
    }
}

/// The environments of a step, outermost first.
fn environments(placed: &Placed, step: StepIndex) -> impl Iterator<Item = &model::Environment> {
    let own = placed.description.steps.get(usize::from(step.0));
    placed.description.environments.iter().chain(own.into_iter().flat_map(|step| &step.environments))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
