//! What waits for a slot of this host: handed over by the render role, begun by the slot's runner in order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Grant, LeaseId, ProcessMark};

use super::session::JobFolder;

/// How a running attempt is told to end, and what is learnt of it. Clones hold the same reins.
#[derive(Clone, Default)]
pub(super) struct Reins(Arc<Learnt>);

#[derive(Default)]
struct Learnt {
    pulled: AtomicBool,
    out_of_memory: AtomicBool,
    tidied: AtomicBool,
}

impl Reins {
    /// The attempt is to end.
    pub(super) fn pull(&self) {
        self.0.pulled.store(true, Ordering::Relaxed);
    }

    /// Whether it is.
    pub(super) fn pulled(&self) -> bool {
        self.0.pulled.load(Ordering::Relaxed)
    }

    /// The system killed its process for want of memory.
    pub(super) fn note_out_of_memory(&self) {
        self.0.out_of_memory.store(true, Ordering::Relaxed);
    }

    /// Whether it did.
    pub(super) fn out_of_memory(&self) -> bool {
        self.0.out_of_memory.load(Ordering::Relaxed)
    }

    /// Nothing of it is left on disk.
    pub(super) fn note_tidied(&self) {
        self.0.tidied.store(true, Ordering::Relaxed);
    }

    /// Whether nothing is.
    pub(super) fn tidied(&self) -> bool {
        self.0.tidied.load(Ordering::Relaxed)
    }
}

/// An attempt to be begun.
pub(super) struct Task {
    pub(super) grant: Grant,
    /// The folder of its job.
    pub(super) folder: JobFolder,
    pub(super) reins: Reins,
    /// The process, where an earlier run of this render server started it.
    pub(super) process: Option<ProcessMark>,
}

/// The line of a slot. Clones are the same line.
#[derive(Clone, Default)]
pub(super) struct Line(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Task>,
    /// The attempt that was begun last, until it is forgotten.
    busy: Option<LeaseId>,
    closed: bool,
}

/// What a runner is to do.
pub(super) enum Next {
    Begin(Box<Task>),
    /// Nothing for now.
    Rest,
    /// Nothing any more.
    End,
}

impl Line {
    pub(super) fn push(&self, task: Task) {
        self.state().waiting.push_back(task);
        self.0.changed.notify_one();
    }

    /// Takes an attempt out that has not begun, and says whether it had not.
    pub(super) fn take_back(&self, lease: LeaseId) -> bool {
        let mut state = self.state();
        let before = state.waiting.len();
        state.waiting.retain(|task| task.grant.lease != lease);
        state.waiting.len() < before
    }

    /// The slot is clear of an attempt, if it was this one's.
    pub(super) fn clear(&self, lease: LeaseId) {
        let mut state = self.state();
        if state.busy == Some(lease) {
            state.busy = None;
            self.0.changed.notify_one();
        }
    }

    /// The slot is clear, and what waits is not to be begun.
    pub(super) fn give_up(&self) -> Vec<LeaseId> {
        let mut state = self.state();
        state.busy = None;
        state.waiting.drain(..).map(|task| task.grant.lease).collect()
    }

    /// Nothing is begun any more.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.0.changed.notify_one();
    }

    /// What to begin next, waiting for it for `patience` or, where there is no such, for ever.
    pub(super) fn next(&self, patience: Option<Duration>) -> Next {
        let idle = |state: &mut State| !state.closed && (state.busy.is_some() || state.waiting.is_empty());
        let state = self.state();
        let mut state = match patience {
            Some(Duration::ZERO) => state,
            Some(patience) => {
                let waited = self.0.changed.wait_timeout_while(state, patience, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.0.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner),
        };
        if state.closed {
            return Next::End;
        }
        if state.busy.is_some() {
            return Next::Rest;
        }
        let Some(task) = state.waiting.pop_front() else { return Next::Rest };
        state.busy = Some(task.grant.lease);
        Next::Begin(Box::new(task))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
