//! The thread of a slot that has environments: does what is wished, one after the other.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use model::{JobId, SlotIndex};
use tokio::runtime;
use tokio::sync::oneshot;

use super::super::Kit;
use super::super::session::Placed;
use super::standing::{SessionNow, Standing};
use super::{SessionError, Wanted};

/// What a slot's thread is to do.
pub(super) enum Wish {
    /// Leave what stands, and enter others.
    Open { wanted: Wanted, placed: Arc<Placed>, answer: oneshot::Sender<Result<(), SessionError>> },
    /// Leave what stands.
    Close,
    /// What an earlier run left stands here now.
    TakeUp(Box<Standing>),
}

/// How what is being done is to be broken off. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Halt(Arc<AtomicU8>);

/// No frame wants it any more: an action is cancelled as it says itself.
const CANCELLED: u8 = 1;
/// There is no time left: it is ended by force, and no other action is begun.
const HURRIED: u8 = 2;
/// Somebody else goes on with it.
const LEFT: u8 = 3;

impl Halt {
    fn raise(&self, to: u8) {
        self.0.fetch_max(to, Ordering::Relaxed);
    }

    pub(super) fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= CANCELLED
    }

    pub(super) fn hurried(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= HURRIED
    }

    pub(super) fn left(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= LEFT
    }
}

/// The thread of a slot, and what it is to do.
pub(super) struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    wishes: VecDeque<Wish>,
    /// Of what is being opened now.
    opening: Option<Halt>,
    /// Of whatever is being done now.
    doing: Halt,
    /// The jobs of what stands and of what is being done.
    jobs: Vec<JobId>,
    now: Option<Arc<SessionNow>>,
    busy: bool,
    ended: bool,
}

impl Slot {
    /// Starts it.
    pub(super) fn start(kit: Arc<Kit>, index: SlotIndex) -> std::io::Result<Arc<Self>> {
        let slot = Arc::new(Self { state: Mutex::default(), changed: Condvar::new() });
        let worker = Worker { kit, slot: slot.clone(), standing: None };
        let runtime = runtime::Handle::current();
        std::thread::Builder::new().name(format!("session {index}")).spawn(move || {
            // The sending of logs is a task of the server's runtime.
            let _entered = runtime.enter();
            worker.run();
        })?;
        Ok(slot)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, wish: Wish) {
        let mut state = self.state();
        if !state.ended {
            state.wishes.push_back(wish);
            self.changed.notify_all();
        }
    }

    /// The same, where it is still `wanted` when its turn comes; who waits for the answer learns that too.
    pub(super) fn open(&self, wish: Wish, wanted: impl FnOnce() -> bool) {
        let mut state = self.state();
        if !state.ended && wanted() {
            state.wishes.push_back(wish);
            self.changed.notify_all();
        }
    }

    /// Breaks off what is being opened, forgets what is to be, and leaves what stands.
    pub(super) fn close(&self) {
        {
            let mut state = self.state();
            // Who waits for the answer learns that there is none.
            state.wishes.retain(|wish| !matches!(wish, Wish::Open { .. }));
            if let Some(halt) = &state.opening {
                halt.raise(CANCELLED);
            }
        }
        self.push(Wish::Close);
    }

    /// Ends by force what is being done, and begins nothing more but to end what stands.
    pub(super) fn hurry(&self) {
        self.state().doing.raise(HURRIED);
    }

    /// Does nothing more, and leaves all as it is.
    pub(super) fn let_go(&self) {
        let mut state = self.state();
        state.doing.raise(LEFT);
        state.ended = true;
        state.wishes.clear();
        self.changed.notify_all();
    }

    pub(super) fn now(&self) -> Option<Arc<SessionNow>> {
        self.state().now.clone()
    }

    pub(super) fn jobs(&self) -> Vec<JobId> {
        self.state().jobs.clone()
    }

    pub(super) fn uses(&self, job: JobId) -> bool {
        let state = self.state();
        let waits = state.wishes.iter().any(|wish| match wish {
            Wish::Open { wanted, .. } => wanted.job == job,
            Wish::TakeUp(standing) => standing.job() == job,
            Wish::Close => false,
        });
        waits || state.jobs.contains(&job)
    }

    /// Whether nothing stands and nothing is to be done.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.state();
        !state.busy && state.wishes.is_empty() && state.jobs.is_empty()
    }

    /// The next thing to do, and how it is told to stop.
    fn next(&self) -> Option<(Wish, Halt)> {
        let mut state = self.state();
        loop {
            if state.ended {
                return None;
            }
            if let Some(wish) = state.wishes.pop_front() {
                let halt = Halt::default();
                // One who hurries does not look at what is done when.
                halt.raise(if state.doing.hurried() { HURRIED } else { 0 });
                state.doing = halt.clone();
                state.opening = matches!(wish, Wish::Open { .. }).then(|| halt.clone());
                if let Wish::Open { wanted, .. } = &wish {
                    state.jobs.push(wanted.job);
                    state.now = None;
                }
                if matches!(wish, Wish::Close) {
                    state.now = None;
                }
                state.busy = true;
                return Some((wish, halt));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What was to be done is done, and `standing` stands.
    fn done(&self, standing: Option<&Standing>, now: Option<SessionNow>) {
        let mut state = self.state();
        state.jobs = standing.map(Standing::job).into_iter().collect();
        state.now = now.map(Arc::new);
        state.opening = None;
        state.busy = false;
    }
}

struct Worker {
    kit: Arc<Kit>,
    slot: Arc<Slot>,
    standing: Option<Standing>,
}

impl Worker {
    fn run(mut self) {
        while let Some((wish, halt)) = self.slot.next() {
            match wish {
                Wish::Open { wanted, placed, answer } => {
                    let opened = self.open(&wanted, &placed, &halt);
                    let now = opened.is_ok().then(|| self.standing.as_ref().map(Standing::now)).flatten();
                    self.slot.done(self.standing.as_ref(), now);
                    // Nobody waits where it was called off, and then it is closed next.
                    let _called_off = answer.send(opened);
                }
                Wish::Close => {
                    self.close(&halt);
                    self.slot.done(self.standing.as_ref(), None);
                }
                Wish::TakeUp(standing) => {
                    self.close(&halt);
                    self.standing = Some(*standing);
                    self.slot.done(self.standing.as_ref(), None);
                }
            }
        }
    }

    fn close(&mut self, halt: &Halt) {
        if let Some(standing) = self.standing.take() {
            self.standing = standing.end(halt);
        }
    }

    fn open(&mut self, wanted: &Wanted, placed: &Placed, halt: &Halt) -> Result<(), SessionError> {
        let environments: Vec<_> = super::environments(placed, wanted.step).collect();
        self.close(halt);
        if environments.is_empty() {
            return Ok(());
        }
        let standing = self.standing.insert(Standing::begin(&self.kit, wanted, placed)?);
        standing.enter_all(&environments, halt)
    }
}
