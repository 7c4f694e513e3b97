//! What has arrived over a link and waits for its receiver: so many bytes at most, after which nothing more
//! is read.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Bytes;
use futures_util::task::AtomicWaker;

use super::{Limits, LinkEnd, MESSAGE_WEIGHT};

/// What comes from whatever drives a link.
#[derive(Debug)]
pub(super) enum Arrival {
    Text(Bytes),
    Binary,
    End(LinkEnd),
}

/// What waits, between whatever drives the link and the receiver.
#[derive(Debug)]
pub(super) struct Inbox {
    limits: Limits,
    waiting: Mutex<Waiting>,
    /// Wakes the receiver.
    arrived: AtomicWaker,
    /// Wakes the driver.
    emptied: AtomicWaker,
}

#[derive(Debug, Default)]
struct Waiting {
    arrivals: VecDeque<Arrival>,
    /// What they weigh, in bytes.
    weight: usize,
    /// Nothing is added any more.
    over: bool,
    /// Nobody takes anything any more.
    gone: bool,
}

impl Inbox {
    pub(super) fn new(limits: Limits) -> Self {
        let (arrived, emptied) = (AtomicWaker::new(), AtomicWaker::new());
        Self { limits, waiting: Mutex::default(), arrived, emptied }
    }

    /// Puts `arrival` behind what waits, once there is room. Without a receiver it is dropped.
    pub(super) fn poll_put(&self, context: &Context<'_>, arrival: &mut Option<Arrival>) -> Poll<()> {
        let weight = arrival.as_ref().map_or(0, |arrival| arrival.weight(&self.limits));
        let mut waiting = self.waiting();
        if waiting.weight + weight > self.limits.queue_bytes && !waiting.gone {
            self.emptied.register(context.waker());
            return Poll::Pending;
        }
        let arrival = arrival.take();
        if !waiting.gone {
            waiting.weight += weight;
            waiting.arrivals.extend(arrival);
        }
        drop(waiting);
        self.arrived.wake();
        Poll::Ready(())
    }

    /// Puts the last thing behind what waits.
    pub(super) fn end(&self, end: Option<LinkEnd>) {
        let mut waiting = self.waiting();
        if !waiting.gone {
            waiting.arrivals.extend(end.map(Arrival::End));
        }
        waiting.over = true;
        drop(waiting);
        self.arrived.wake();
    }

    /// Takes what came first; nothing where nothing will come any more. `wakes` tells whether whoever asks
    /// has to be woken when something arrives.
    pub(super) fn poll_take(&self, context: &Context<'_>, wakes: bool) -> Poll<Option<Arrival>> {
        let mut waiting = self.waiting();
        match waiting.arrivals.pop_front() {
            Some(arrival) => {
                self.taken(waiting, &arrival);
                Poll::Ready(Some(arrival))
            }
            None if waiting.over || waiting.gone => Poll::Ready(None),
            None => {
                if wakes {
                    self.arrived.register(context.waker());
                }
                Poll::Pending
            }
        }
    }

    /// Takes what came first, where something is there.
    pub(super) fn take(&self) -> Option<Arrival> {
        let mut waiting = self.waiting();
        let arrival = waiting.arrivals.pop_front()?;
        self.taken(waiting, &arrival);
        Some(arrival)
    }

    /// The receiver goes: what waits is dropped, and what comes is.
    pub(super) fn leave(&self) {
        let mut waiting = self.waiting();
        waiting.gone = true;
        waiting.arrivals = VecDeque::new();
        drop(waiting);
        self.emptied.wake();
    }

    fn taken(&self, mut waiting: MutexGuard<'_, Waiting>, arrival: &Arrival) {
        waiting.weight -= arrival.weight(&self.limits).min(waiting.weight);
        drop(waiting);
        self.emptied.wake();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that is done under the lock can be left half done.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrival {
    /// What it weighs while it waits, in bytes.
    fn weight(&self, limits: &Limits) -> usize {
        match self {
            Self::Text(text) => (text.len() + MESSAGE_WEIGHT).min(limits.queue_bytes),
            Self::Binary => MESSAGE_WEIGHT.min(limits.queue_bytes),
            Self::End(_) => 0,
        }
    }
}
