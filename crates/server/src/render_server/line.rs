//! What waits for a slot of this host: handed over by the render role, begun by the slot's runner in order.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Grant, LeaseId, ProcessMark};
use render::COLLECTED_BESIDE_MAX;

use super::session::JobFolder;

/// How a running attempt is told to end, and what is learnt of it. Clones hold the same reins.
#[derive(Clone, Default)]
pub(super) struct Reins(Arc<Learnt>);

#[derive(Default)]
struct Learnt {
    pulled: AtomicBool,
    out_of_memory: AtomicBool,
    over_memory: AtomicU64,
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

    /// It had so many bytes of memory, which is more than it may.
    pub(super) fn note_over_memory(&self, bytes: u64) {
        self.0.over_memory.store(bytes, Ordering::Relaxed);
    }

    /// How many, where it had too many.
    pub(super) fn over_memory(&self) -> Option<u64> {
        Some(self.0.over_memory.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0)
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

impl Task {
    /// The numbers of its frames.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i64> {
        std::iter::once(self.grant.number).chain(self.grant.more.iter().copied())
    }
}

/// The line of a slot. Clones are the same line.
pub(super) struct Line<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<(LeaseId, T)>,
    /// The attempt that was begun last, until its process has ended.
    busy: Option<LeaseId>,
    /// Attempts whose processes have ended, until they are forgotten.
    collected: BTreeSet<LeaseId>,
    closed: bool,
    /// The session of the slot is over, and so is a package that stayed for it.
    dismissed: bool,
}

impl<T> State<T> {
    /// Whether nothing may be begun. As many may be collected as the render role lets: one more holds the
    /// slot.
    fn is_busy(&self) -> bool {
        self.busy.is_some() || self.collected.len() > COLLECTED_BESIDE_MAX
    }
}

/// What a runner is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    Begin(T),
    /// Nothing for now.
    Rest,
    /// Let a package go that has stayed.
    Dismiss,
    /// Nothing any more.
    End,
}

impl<T> Clone for Line<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Line<T> {
    /// An empty one.
    pub(super) fn new() -> Self {
        let (waiting, collected) = (VecDeque::new(), BTreeSet::new());
        let state = State { waiting, busy: None, collected, closed: false, dismissed: false };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    pub(super) fn push(&self, lease: LeaseId, task: T) {
        self.state().waiting.push_back((lease, task));
        self.0.changed.notify_one();
    }

    /// Takes an attempt out that has not begun, and says whether it had not.
    pub(super) fn take_back(&self, lease: LeaseId) -> bool {
        let mut state = self.state();
        let before = state.waiting.len();
        state.waiting.retain(|(waiting, _)| *waiting != lease);
        state.waiting.len() < before
    }

    /// The slot is clear of an attempt: nothing is left to do for it.
    pub(super) fn clear(&self, lease: LeaseId) {
        let mut state = self.state();
        let was_busy = state.busy == Some(lease);
        if was_busy {
            state.busy = None;
        }
        if state.collected.remove(&lease) || was_busy {
            self.0.changed.notify_one();
        }
    }

    /// The process of an attempt has ended, and what it made is collected beside the next one.
    pub(super) fn collect(&self, lease: LeaseId) {
        let mut state = self.state();
        if state.busy == Some(lease) {
            state.busy = None;
        }
        state.collected.insert(lease);
        self.0.changed.notify_one();
    }

    /// The slot is clear, and what waits is not to be begun.
    pub(super) fn give_up(&self) -> Vec<LeaseId> {
        let mut state = self.state();
        state.busy = None;
        state.waiting.drain(..).map(|(lease, _)| lease).collect()
    }

    /// What comes is for another session.
    pub(super) fn dismiss(&self) {
        self.state().dismissed = true;
        self.0.changed.notify_one();
    }

    /// Nothing is begun any more.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.0.changed.notify_one();
    }

    /// What to begin next, waiting for it for `patience` or, where there is no such, for ever.
    pub(super) fn next(&self, patience: Option<Duration>) -> Next<T> {
        let idle = |state: &mut State<T>| {
            !state.closed && !state.dismissed && (state.is_busy() || state.waiting.is_empty())
        };
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
        if std::mem::take(&mut state.dismissed) {
            return Next::Dismiss;
        }
        if state.is_busy() {
            return Next::Rest;
        }
        let Some((lease, task)) = state.waiting.pop_front() else { return Next::Rest };
        state.busy = Some(lease);
        Next::Begin(task)
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(leases: impl IntoIterator<Item = u64>) -> Line<u64> {
        let line = Line::new();
        leases.into_iter().for_each(|lease| line.push(LeaseId(lease), lease));
        line
    }

    fn next(line: &Line<u64>) -> Next<u64> {
        line.next(Some(Duration::ZERO))
    }

    #[test]
    fn one_is_begun_at_a_time_and_in_order() {
        let line = line([1, 2]);
        assert_eq!(next(&line), Next::Begin(1));
        assert_eq!(next(&line), Next::Rest, "the slot is not clear");
        line.clear(LeaseId(2));
        assert_eq!(next(&line), Next::Rest, "that was not the one");
        line.clear(LeaseId(1));
        assert_eq!(next(&line), Next::Begin(2));
        line.clear(LeaseId(2));
        assert_eq!(line.next(Some(Duration::from_millis(1))), Next::Rest);
    }

    #[test]
    fn what_has_not_begun_can_be_taken_back() {
        let line = line([1, 2, 3]);
        assert_eq!(next(&line), Next::Begin(1));
        assert!(!line.take_back(LeaseId(1)), "it has begun");
        assert!(line.take_back(LeaseId(2)));
        assert!(!line.take_back(LeaseId(2)));
        line.clear(LeaseId(1));
        assert_eq!(next(&line), Next::Begin(3));
    }

    #[test]
    fn what_is_given_up_is_named_and_the_slot_is_clear() {
        let line = line([1, 2, 3]);
        assert_eq!(next(&line), Next::Begin(1));
        assert_eq!(line.give_up(), [LeaseId(2), LeaseId(3)]);
        line.push(LeaseId(4), 4);
        assert_eq!(next(&line), Next::Begin(4));
    }

    #[test]
    fn the_next_is_begun_while_a_few_are_collected() {
        let most = COLLECTED_BESIDE_MAX as u64;
        let line = line(1..=most + 2);
        for lease in 1..=most + 1 {
            assert_eq!(next(&line), Next::Begin(lease));
            line.collect(LeaseId(lease));
        }
        assert_eq!(next(&line), Next::Rest, "too much is collected");
        line.clear(LeaseId(2));
        assert_eq!(next(&line), Next::Begin(most + 2));
    }

    #[test]
    fn what_stays_is_let_go_before_anything_is_begun() {
        let line = line([1]);
        line.dismiss();
        assert_eq!(next(&line), Next::Dismiss);
        assert_eq!(next(&line), Next::Begin(1));
        line.dismiss();
        assert_eq!(line.next(None), Next::Dismiss, "also while something is at work");
    }

    #[test]
    fn a_runner_is_woken_by_what_comes_and_by_the_end() {
        let line = line([]);
        let runner = std::thread::spawn({
            let line = line.clone();
            move || {
                let mut begun = Vec::new();
                while let Next::Begin(task) = line.next(None) {
                    begun.push(task);
                }
                begun
            }
        });
        for lease in 1..=3 {
            line.push(LeaseId(lease), lease);
            while line.take_back(LeaseId(lease)) {
                line.push(LeaseId(lease), lease);
            }
            line.clear(LeaseId(lease));
        }
        line.close();
        assert_eq!(runner.join().unwrap(), [1, 2, 3]);
    }
}
