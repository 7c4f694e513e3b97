//! The ways into an owner. Each is bounded by itself, so that what people ask does not wait behind a flood
//! of what hosts report; within a way, order is kept.
//!
//! What can wait, like heartbeats, wakes the owner at moments that are the same for all: those of thousands
//! of hosts cost a few wakings a second then, and not one each.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Role;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::BATCH_MAX;
use super::handle::Input;

/// Events that may wait for the owner. Senders wait beyond that, so a flood slows its source down.
pub(super) const TOLD_MAX: usize = 4_096;
/// Questions that may wait for it.
const ASKED_MAX: usize = 256;
/// Questions taken into one turn; each is decided and made durable alone.
const ASKED_BATCH: usize = 32;
/// What can wait is taken at moments so far apart.
const TICK: Duration = Duration::from_millis(100);

/// The moments are counted from here.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// One way in.
pub(super) struct Lane<R: Role, H>(Arc<Entrance<R, H>>);

/// What the clones of a lane share; the last of them closes it.
struct Entrance<R: Role, H> {
    hall: Arc<Hall<R, H>>,
    /// The owner of both lanes waits for this.
    bell: Arc<Notify>,
}

/// What was handed over on one way and not yet taken.
struct Hall<R: Role, H> {
    waiting: Mutex<Waiting<R, H>>,
    /// How much may still be handed over before senders wait; closed when the owner has ended.
    room: Semaphore,
}

struct Waiting<R: Role, H> {
    inputs: VecDeque<Input<R, H>>,
    /// Something among them cannot wait.
    urgent: bool,
    /// Nobody can hand anything over any more.
    closed: bool,
    /// Nobody takes anything any more.
    gone: bool,
}

/// The other end of a lane.
struct Mouth<R: Role, H> {
    hall: Arc<Hall<R, H>>,
    /// Came before all that waits in the hall.
    inputs: VecDeque<Input<R, H>>,
}

/// What was handed over and not yet taken.
pub(super) struct Queue<R: Role, H> {
    asked: Mouth<R, H>,
    told: Mouth<R, H>,
    bell: Arc<Notify>,
}

/// What an owner does about what waits.
enum Waits {
    /// Takes it.
    No,
    /// Takes it at the next moment, where it is not taken before.
    UntilTick,
    /// There is none.
    ForInput,
}

impl<R: Role, H> Queue<R, H> {
    /// An empty queue, and the ways to it: for questions, and for all else.
    pub(super) fn new() -> (Self, Lane<R, H>, Lane<R, H>) {
        let bell = Arc::new(Notify::new());
        let (asking, asked) = lane(ASKED_MAX, &bell);
        let (telling, told) = lane(TOLD_MAX, &bell);
        (Self { asked, told, bell }, asking, telling)
    }

    /// Waits for input and takes what there is, up to a batch: nothing where every way has gone. May be given
    /// up without losing any.
    pub(super) async fn wait(&mut self, batch: &mut Vec<Input<R, H>>) {
        loop {
            match self.waits() {
                Waits::No => return self.take(batch),
                Waits::UntilTick if timeout_at(next_tick(), self.bell.notified()).await.is_err() => {
                    return self.take(batch);
                }
                Waits::UntilTick => {}
                Waits::ForInput => self.bell.notified().await,
            }
        }
    }

    /// Takes what there is, up to a batch.
    pub(super) fn take(&mut self, batch: &mut Vec<Input<R, H>>) {
        self.asked.take(ASKED_BATCH, batch);
        self.told.take(BATCH_MAX, batch);
    }

    fn waits(&self) -> Waits {
        let (mut some, mut open) = (false, false);
        for mouth in [&self.asked, &self.told] {
            let waiting = mouth.hall.waiting();
            if waiting.urgent || !mouth.inputs.is_empty() {
                return Waits::No;
            }
            some |= !waiting.inputs.is_empty();
            open |= !waiting.closed;
        }
        match (some, open) {
            (true, _) => Waits::UntilTick,
            (false, true) => Waits::ForInput,
            (false, false) => Waits::No,
        }
    }
}

impl<R: Role, H> Mouth<R, H> {
    fn take(&mut self, most: usize, batch: &mut Vec<Input<R, H>>) {
        if self.inputs.is_empty() {
            // All at once: those who hand over do not wait while it is moved.
            let mut waiting = self.hall.waiting();
            std::mem::swap(&mut self.inputs, &mut waiting.inputs);
            waiting.urgent = false;
        }
        let mut taken = 0;
        while taken < most
            && let Some(input) = self.inputs.pop_front()
        {
            taken += input.weight();
            batch.push(input);
        }
        if taken > 0 {
            self.hall.room.add_permits(taken);
        }
    }
}

impl<R: Role, H> Drop for Mouth<R, H> {
    fn drop(&mut self) {
        self.hall.room.close();
        let mut waiting = self.hall.waiting();
        waiting.gone = true;
        let left = std::mem::take(&mut waiting.inputs);
        drop(waiting);
        // Whoever waits for an answer hears now that there will be none.
        drop(left);
    }
}

impl<R: Role, H> Clone for Lane<R, H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Role, H> Lane<R, H> {
    /// Waits for room and hands over; false where the owner has ended, and what is said then no longer
    /// matters.
    pub(super) async fn hand_over(&self, input: Input<R, H>) -> bool {
        self.put(input, true).await
    }

    /// Likewise what can wait a moment. It keeps its place before what is handed over after it.
    pub(super) async fn leave(&self, input: Input<R, H>) -> bool {
        self.put(input, false).await
    }

    async fn put(&self, input: Input<R, H>, mut urgent: bool) -> bool {
        let Entrance { hall, bell } = &*self.0;
        let weight = u32::try_from(input.weight()).unwrap_or(u32::MAX);
        let room = match hall.room.try_acquire_many(weight) {
            Ok(room) => Ok(room),
            Err(_) => {
                // So much waits that it has to be taken now.
                urgent = true;
                hall.hurry();
                bell.notify_one();
                hall.room.acquire_many(weight).await
            }
        };
        let Ok(room) = room else { return false };
        room.forget();
        let mut waiting = hall.waiting();
        if waiting.gone {
            return false;
        }
        let wakes = !waiting.urgent && (urgent || waiting.inputs.is_empty());
        waiting.urgent |= urgent;
        waiting.inputs.push_back(input);
        drop(waiting);
        if wakes {
            bell.notify_one();
        }
        true
    }
}

impl<R: Role, H> Hall<R, H> {
    /// Nothing of what is there can wait any longer.
    fn hurry(&self) {
        let mut waiting = self.waiting();
        waiting.urgent |= !waiting.inputs.is_empty();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<R, H>> {
        // Nothing that is done under the lock can be left half done.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Role, H> Drop for Entrance<R, H> {
    fn drop(&mut self) {
        self.hall.waiting().closed = true;
        self.bell.notify_one();
    }
}

fn lane<R: Role, H>(most: usize, bell: &Arc<Notify>) -> (Lane<R, H>, Mouth<R, H>) {
    let waiting = Mutex::new(Waiting { inputs: VecDeque::new(), urgent: false, closed: false, gone: false });
    let hall = Arc::new(Hall { waiting, room: Semaphore::new(most) });
    let entrance = Arc::new(Entrance { hall: hall.clone(), bell: bell.clone() });
    (Lane(entrance), Mouth { hall, inputs: VecDeque::new() })
}

fn next_tick() -> Instant {
    let ticks = START.elapsed().as_millis() / TICK.as_millis();
    *START + TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX).saturating_add(1))
}
