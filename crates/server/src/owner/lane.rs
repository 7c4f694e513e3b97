//! The ways into an owner. Each is bounded by itself, so that what people ask does not wait behind a flood
//! of what hosts report; within a way, order is kept.

use std::sync::Arc;

use model::Role;
use tokio::sync::{Semaphore, mpsc};

use super::BATCH_MAX;
use super::handle::Input;

/// Events that may wait for the owner. Senders wait beyond that, so a flood slows its source down.
pub(super) const TOLD_MAX: usize = 4_096;
/// Questions that may wait for it.
const ASKED_MAX: usize = 256;
/// Questions taken into one turn; each is decided and made durable alone.
const ASKED_BATCH: usize = 32;

/// One way in.
pub(super) struct Lane<R: Role, H> {
    inputs: mpsc::UnboundedSender<Input<R, H>>,
    /// How much may still be handed over before senders wait; closed when the owner has ended.
    room: Arc<Semaphore>,
}

/// Its other end.
struct Mouth<R: Role, H> {
    inputs: mpsc::UnboundedReceiver<Input<R, H>>,
    room: Arc<Semaphore>,
}

/// What was handed over and not yet taken.
pub(super) struct Queue<R: Role, H> {
    asked: Mouth<R, H>,
    told: Mouth<R, H>,
}

impl<R: Role, H> Queue<R, H> {
    /// An empty queue, and the ways to it: for questions, and for all else.
    pub(super) fn new() -> (Self, Lane<R, H>, Lane<R, H>) {
        let (asking, asked) = lane(ASKED_MAX);
        let (telling, told) = lane(TOLD_MAX);
        (Self { asked, told }, asking, telling)
    }

    /// Waits for input and takes what there is, up to a batch: nothing where every way has gone. May be given
    /// up without losing any.
    pub(super) async fn wait(&mut self, batch: &mut Vec<Input<R, H>>) {
        let first = tokio::select! {
            biased;
            first = self.asked.inputs.recv() => first.map(|input| (input, true)),
            first = self.told.inputs.recv() => first.map(|input| (input, false)),
        };
        if let Some((input, asked)) = first {
            let mouth = if asked { &self.asked } else { &self.told };
            mouth.room.add_permits(input.weight());
            batch.push(input);
            self.take(batch);
        }
    }

    /// Takes what there is, up to a batch.
    pub(super) fn take(&mut self, batch: &mut Vec<Input<R, H>>) {
        self.asked.take(ASKED_BATCH, batch);
        self.told.take(BATCH_MAX, batch);
    }
}

impl<R: Role, H> Mouth<R, H> {
    fn take(&mut self, most: usize, batch: &mut Vec<Input<R, H>>) {
        let mut taken = 0;
        while taken < most
            && let Ok(input) = self.inputs.try_recv()
        {
            taken += input.weight();
            batch.push(input);
        }
        self.room.add_permits(taken);
    }
}

impl<R: Role, H> Drop for Mouth<R, H> {
    fn drop(&mut self) {
        self.room.close();
    }
}

impl<R: Role, H> Clone for Lane<R, H> {
    fn clone(&self) -> Self {
        Self { inputs: self.inputs.clone(), room: self.room.clone() }
    }
}

impl<R: Role, H> Lane<R, H> {
    /// Waits for room and hands over; false where the owner has ended, and what is said then no longer
    /// matters.
    pub(super) async fn hand_over(&self, input: Input<R, H>) -> bool {
        let weight = u32::try_from(input.weight()).unwrap_or(u32::MAX);
        match self.room.acquire_many(weight).await {
            Ok(room) => {
                room.forget();
                self.inputs.send(input).is_ok()
            }
            Err(_) => false,
        }
    }

    /// Waits until the owner has ended.
    pub(super) async fn closed(&self) {
        self.inputs.closed().await;
    }
}

fn lane<R: Role, H>(most: usize) -> (Lane<R, H>, Mouth<R, H>) {
    let (sender, inputs) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(most));
    (Lane { inputs: sender, room: room.clone() }, Mouth { inputs, room })
}
