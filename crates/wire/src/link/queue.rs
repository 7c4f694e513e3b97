//! What waits to be sent over a link: messages are written as JSON when they are handed over, one behind the
//! other, so that all that waits travels as one WebSocket message and nothing is kept apart for each.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use axum::body::Bytes;
use futures_util::task::AtomicWaker;
use serde::Serialize;

use super::{Limits, MESSAGE_WEIGHT, SendError};

/// A batch is closed when it has grown to this: large enough to amortise a system call, small enough that the
/// buffers of a link stay small.
const BATCH_BYTES: usize = 16 << 10;

/// What waits to be sent, shared by the senders of a link and what drives it.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) limits: Limits,
    waiting: Mutex<Waiting>,
    /// There may be something to do.
    work: AtomicBool,
    /// More waits than may; whoever drives the link has to see that even while he cannot send.
    over: AtomicBool,
    ended: AtomicBool,
    driver: AtomicWaker,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    /// What all of it weighs.
    weight: usize,
    /// Leave is to be taken, once all of it has been sent; with the reason that is told, if any.
    leave: Option<Option<String>>,
}

/// Messages that travel together: `[` and each of them, with commas between.
#[derive(Debug)]
struct Batch {
    text: Vec<u8>,
    messages: usize,
}

/// What is done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Sends a text: one message, or an array of them.
    Send(Bytes),
    /// Takes leave.
    Leave(Option<String>),
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: Mutex::default(),
            work: AtomicBool::new(false),
            over: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            driver: AtomicWaker::new(),
        }
    }

    /// Puts `message` behind what waits; nobody is woken for it.
    pub(super) fn put(&self, message: &impl Serialize) -> Result<(), SendError> {
        if self.ended.load(Ordering::Relaxed) {
            return Err(SendError::Ended);
        }
        let mut waiting = self.waiting();
        if waiting.leave.is_some() {
            return Err(SendError::Ended);
        }
        let put = waiting.put(message, &self.limits);
        if let Err(SendError::Full { .. }) = put {
            self.over.store(true, Ordering::Release);
            self.driver.wake();
        }
        put
    }

    /// Has what waits sent.
    pub(super) fn wake(&self) {
        self.work.store(true, Ordering::Release);
        self.driver.wake();
    }

    /// Has `waker` woken when there is something to do.
    pub(super) fn wakes(&self, waker: &Waker) {
        self.driver.register(waker);
    }

    /// Whether more waits than may.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Has leave taken once all that waits has been sent. The first reason is the one that is told.
    pub(super) fn leave(&self, why: Option<String>) {
        self.waiting().leave.get_or_insert(why);
        self.wake();
    }

    /// Nothing is taken any more, and what waits is dropped.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.waiting().batches = VecDeque::new();
    }

    /// What is to be done next, where something is.
    pub(super) fn next(&self) -> Option<Work> {
        if !self.work.load(Ordering::Acquire) {
            return None;
        }
        let mut waiting = self.waiting();
        let work = waiting.take();
        if work.is_none() {
            // Still under the lock: whoever puts something now says so afterwards.
            self.work.store(false, Ordering::Release);
        }
        work
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Whoever panicked while it held the lock left at worst half a message, which the other end refuses.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn put(&mut self, message: &impl Serialize, limits: &Limits) -> Result<(), SendError> {
        let batch = match self.batches.back_mut() {
            Some(batch) => batch,
            None => self.batches.push_back_mut(Batch::new()),
        };
        let before = batch.text.len();
        if batch.messages > 0 {
            batch.text.push(b',');
        }
        let start = batch.text.len();
        let written = serde_json::to_writer(&mut batch.text, message);
        let bytes = batch.text.len() - start;
        let weight = bytes + MESSAGE_WEIGHT;
        let refused = match written {
            Err(source) => Some(SendError::Unwritable { source }),
            Ok(()) if bytes > limits.message_bytes => {
                Some(SendError::TooLarge { bytes, limit: limits.message_bytes })
            }
            Ok(()) if self.weight + weight > limits.queue_bytes => {
                Some(SendError::Full { limit: limits.queue_bytes })
            }
            Ok(()) => None,
        };
        if let Some(refused) = refused {
            batch.text.truncate(before);
            return Err(refused);
        }
        self.weight += weight;
        let most = BATCH_BYTES.min(limits.message_bytes);
        if batch.messages > 0 && batch.text.len() >= most {
            let mut next = Batch::new();
            next.text.extend_from_slice(&batch.text[start..]);
            next.messages = 1;
            batch.text.truncate(before);
            self.batches.push_back(next);
        } else {
            batch.messages += 1;
        }
        Ok(())
    }

    fn take(&mut self) -> Option<Work> {
        if let Some(batch) = self.batches.pop_front().filter(|batch| batch.messages > 0) {
            if self.batches.is_empty() {
                self.weight = 0;
            } else {
                self.weight -= (batch.text.len() + batch.messages * MESSAGE_WEIGHT).min(self.weight);
            }
            return Some(Work::Send(batch.finish()));
        }
        self.leave.take().map(Work::Leave)
    }
}

impl Batch {
    fn new() -> Self {
        Self { text: vec![b'['], messages: 0 }
    }

    /// A single message is no array, so that a link without load reads like a conversation.
    fn finish(mut self) -> Bytes {
        if self.messages == 1 {
            return Bytes::from(self.text).slice(1..);
        }
        self.text.push(b']');
        Bytes::from(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(queue: &Queue) -> Option<String> {
        match queue.waiting().take()? {
            Work::Send(bytes) => Some(String::from_utf8(bytes.to_vec()).unwrap()),
            Work::Leave(why) => Some(format!("leave {why:?}")),
        }
    }

    #[test]
    fn all_that_waits_goes_together_and_one_goes_alone() {
        let queue = Queue::new(Limits::FARM);
        queue.put(&"one").unwrap();
        assert_eq!(taken(&queue).unwrap(), r#""one""#);
        for number in 0..3 {
            queue.put(&number).unwrap();
        }
        queue.leave(Some("enough".to_owned()));
        assert!(matches!(queue.put(&4), Err(SendError::Ended)));
        assert_eq!(taken(&queue).unwrap(), "[0,1,2]");
        assert_eq!(taken(&queue).unwrap(), r#"leave Some("enough")"#);
        assert_eq!(taken(&queue), None);
    }

    #[test]
    fn a_batch_is_no_larger_than_a_message_may_be() {
        let limits = Limits { message_bytes: 10, queue_bytes: 1000, ..Limits::FARM };
        let queue = Queue::new(limits);
        for text in ["abc", "de", "12345678", "123456789", "f"] {
            let put = queue.put(&text);
            assert_eq!(put.is_ok(), text.len() <= 8, "{put:?}");
        }
        let texts: Vec<_> = std::iter::from_fn(|| taken(&queue)).collect();
        assert_eq!(texts, [r#""abc""#, r#""de""#, r#""12345678""#, r#""f""#]);
        assert_eq!(queue.waiting().weight, 0);
    }

    #[test]
    fn what_is_full_takes_no_more_until_it_is_emptied() {
        let limits = Limits { message_bytes: 100, queue_bytes: 3 * MESSAGE_WEIGHT, ..Limits::FARM };
        let queue = Queue::new(limits);
        let put = (0..5).map(|number| queue.put(&number).is_ok()).collect::<Vec<_>>();
        assert_eq!(put, [true, true, false, false, false]);
        assert_eq!(taken(&queue).unwrap(), "[0,1]");
        queue.put(&7).unwrap();
        assert_eq!(taken(&queue).unwrap(), "7");
        queue.end();
        assert!(matches!(queue.put(&8), Err(SendError::Ended)));
    }
}
