//! Links: typed messages between two roles, as JSON texts over a WebSocket.
//!
//! A dialled and an accepted link are the same type. Each is driven by a task of its own, so that pings are
//! answered while its owner is busy, and is bounded in every direction: a queue that the other end does not
//! empty, a message without measure, and silence all end the link, and the reason is told once, by
//! `Receiver::recv`. What was sent and not yet received is lost then; the roles say again what matters.
//!
//! Whoever dials pings. This module must not know what the messages mean.

mod accept;
mod dial;
mod end;
mod frame;
mod pump;

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, Semaphore, mpsc};

pub use accept::{accept, accept_within};
pub use dial::{DialError, dial, dial_over};
pub use end::{LinkEnd, SendError};

/// The WebSocket sub-protocol: the language of the links and its version.
pub const PROTOCOL: &str = "framefarm.1";

/// What a message weighs in the queue apart from its text.
const MESSAGE_WEIGHT: usize = 64;

/// What a link puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message, in bytes of JSON. A hello names every lease of a host, so it is generous.
    pub message_bytes: usize,
    /// Bytes that may wait to be sent; more than that, and the other end is too slow to be of use. As much
    /// may wait to be received before nothing more is read, not even pings. Not below `message_bytes`.
    pub queue_bytes: usize,
    /// How often the dialling end pings.
    pub ping: Duration,
    /// The link ends when nothing was heard, or nothing could be sent, for this long.
    pub silence: Duration,
    /// How long to wait for the other end to take its leave.
    pub farewell: Duration,
}

impl Limits {
    /// The limits of a farm: 8 MiB a message, 16 MiB waiting, a ping every 5 s, an end after 15 s of silence.
    pub const FARM: Self = Self {
        message_bytes: 8 << 20,
        queue_bytes: 16 << 20,
        ping: Duration::from_secs(5),
        silence: Duration::from_secs(15),
        farewell: Duration::from_secs(2),
    };
}

/// A link that sends `Out` and receives `In`. It lives as long as its receiver and one of its senders do.
#[derive(Debug)]
pub struct Link<Out, In> {
    sender: Sender<Out>,
    receiver: Receiver<In>,
}

/// The sending half; clones of it feed the same queue.
#[derive(Debug)]
pub struct Sender<Out> {
    queue: mpsc::UnboundedSender<Item>,
    load: Arc<Load>,
    messages: PhantomData<fn(Out)>,
}

/// The receiving half.
#[derive(Debug)]
pub struct Receiver<In> {
    received: mpsc::UnboundedReceiver<Result<String, LinkEnd>>,
    room: Arc<Semaphore>,
    queue: mpsc::WeakUnboundedSender<Item>,
    reported: bool,
    messages: PhantomData<fn() -> In>,
}

/// What the task of a link is told to send.
#[derive(Debug)]
enum Item {
    Message(String),
    Close(String),
}

/// How much waits to be sent, shared by the senders and the task.
#[derive(Debug)]
struct Load {
    waiting: AtomicUsize,
    limits: Limits,
    over: Notify,
}

impl Load {
    /// Whether there is room for `text`, which is then taken.
    fn take(&self, text: &str) -> bool {
        let weight = weight(text);
        self.waiting.fetch_add(weight, Ordering::Relaxed) + weight <= self.limits.queue_bytes
    }

    fn give_back(&self, text: &str) {
        self.waiting.fetch_sub(weight(text), Ordering::Relaxed);
    }
}

/// What a message weighs while it waits, in bytes.
fn weight(text: &str) -> usize {
    text.len() + MESSAGE_WEIGHT
}

impl<Out: Serialize, In: DeserializeOwned> Link<Out, In> {
    /// Both halves.
    #[must_use]
    pub fn split(self) -> (Sender<Out>, Receiver<In>) {
        (self.sender, self.receiver)
    }

    /// A link over `socket`, driven by a task of its own.
    fn over(socket: impl frame::Socket, side: pump::Side, limits: Limits) -> Self {
        let (queue, queued) = mpsc::unbounded_channel();
        let (messages, received) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(limits.queue_bytes));
        let load = Arc::new(Load { waiting: AtomicUsize::new(0), limits, over: Notify::new() });
        let weak = queue.downgrade();
        let deliver = pump::Deliver { messages, room: room.clone() };
        tokio::spawn(pump::run(socket, side, queued, deliver, load.clone()));
        Self {
            sender: Sender { queue, load, messages: PhantomData },
            receiver: Receiver { received, room, queue: weak, reported: false, messages: PhantomData },
        }
    }
}

impl<Out> Clone for Sender<Out> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), load: self.load.clone(), messages: PhantomData }
    }
}

impl<Out: Serialize> Sender<Out> {
    /// Puts `message` in the queue and does not wait.
    ///
    /// # Errors
    /// Where the link has ended, or ends because of this message: nothing is skipped in silence.
    pub fn send(&self, message: &Out) -> Result<(), SendError> {
        let text = serde_json::to_string(message).map_err(|source| SendError::Unwritable { source })?;
        let limit = self.load.limits.message_bytes;
        if text.len() > limit {
            return Err(SendError::TooLarge { bytes: text.len(), limit });
        }
        if !self.load.take(&text) {
            self.load.over.notify_one();
            return Err(SendError::Full { limit: self.load.limits.queue_bytes });
        }
        self.queue.send(Item::Message(text)).map_err(|_| SendError::Ended)
    }
}

impl<Out> Sender<Out> {
    /// Ends the link once what is in the queue has been sent. `why` is told to the other end.
    pub fn close(&self, why: impl Into<String>) {
        // A link that has ended needs no closing.
        let _ = self.queue.send(Item::Close(why.into()));
    }
}

impl<In: DeserializeOwned> Receiver<In> {
    /// The next message. May be given up and called again without losing one.
    ///
    /// A JSON object that is no `In` is left out and logged, so that a newer other end may say more than
    /// this one understands. Text that is not JSON ends the link.
    ///
    /// # Errors
    /// When the link has ended, with the reason.
    pub async fn recv(&mut self) -> Result<In, LinkEnd> {
        loop {
            let text = match self.received.recv().await {
                Some(Ok(text)) => text,
                Some(Err(end)) => return Err(end),
                None => return Err(LinkEnd::Over),
            };
            self.room.add_permits(weight(&text));
            match serde_json::from_str(&text) {
                Ok(message) => return Ok(message),
                Err(error) if error.is_data() => self.report(&text, &error),
                Err(error) => {
                    self.close("what you send is not JSON");
                    return Err(LinkEnd::Garbled { why: error.to_string() });
                }
            }
        }
    }

    /// Says once per link that a message was left out, and keeps a trace of the others.
    fn report(&mut self, text: &str, error: &serde_json::Error) {
        let start: String = text.chars().take(200).collect();
        if std::mem::replace(&mut self.reported, true) {
            tracing::debug!(%error, start, "a message of a link was left out");
        } else {
            tracing::warn!(%error, start, "a message of a link was left out; are both ends up to date?");
        }
    }
}

impl<In> Receiver<In> {
    fn close(&mut self, why: &str) {
        self.received.close();
        self.room.close();
        if let Some(queue) = self.queue.upgrade() {
            let _ = queue.send(Item::Close(why.to_owned()));
        }
    }
}

impl<In> Drop for Receiver<In> {
    fn drop(&mut self) {
        self.close("nobody listens here any more");
    }
}
