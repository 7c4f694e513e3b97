//! Links: typed messages between two roles, as JSON texts over a WebSocket.
//!
//! A dialled and an accepted link are the same type. Each is driven by a task, so that pings are answered
//! while its owner is busy, and is bounded in every direction: a queue that the other end does not empty, a
//! message without measure, and silence all end the link, and the reason is told once, by `Receiver::recv`.
//! What was sent and not yet received is lost then; the roles say again what matters.
//!
//! A text holds one message or an array of them: all that waits when the task comes to it travels together.
//! Whoever dials pings where nothing else is said. This module must not know what the messages mean.

mod accept;
mod batch;
mod dial;
mod end;
mod frame;
mod pump;
mod queue;

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, mpsc};

use queue::Queue;

pub use accept::accept;
pub use dial::{DialError, dial, dial_over};
pub use end::{LinkEnd, SendError};

/// The WebSocket sub-protocol: the language of the links and its version.
pub const PROTOCOL: &str = "framefarm.2";

/// What a message weighs in the queue apart from its text.
const MESSAGE_WEIGHT: usize = 64;
/// `Receiver::recv_many` stops to look for more once it has so many.
const BATCH_MESSAGES: usize = 512;

/// What a link puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message, in bytes of JSON.
    pub message_bytes: usize,
    /// Bytes that may wait to be sent; more than that, and the other end is too slow to be of use. As much
    /// may wait to be received before nothing more is read, not even pings. Not below `message_bytes`.
    pub queue_bytes: usize,
    /// The dialling end pings when nothing was said in one of the two directions for this long.
    pub ping: Duration,
    /// The link ends when nothing was heard, or nothing could be sent, for this long.
    pub silence: Duration,
    /// How long to wait for the other end to take its leave.
    pub farewell: Duration,
}

impl Limits {
    /// Between the servers of a farm, of which there are few and whose lists name every host: 64 MiB a
    /// message, 128 MiB waiting, a ping after 5 s, an end after 15 s of silence.
    pub const FARM: Self = Self {
        message_bytes: 64 << 20,
        queue_bytes: 128 << 20,
        ping: Duration::from_secs(5),
        silence: Duration::from_secs(15),
        farewell: Duration::from_secs(2),
    };

    /// With a render host, of which there are thousands. A hello names every lease and a report every file
    /// of a chunk, so a message may have 4 MiB. That a host is gone shows in its heartbeats long before;
    /// pings tell a host that its server still answers, and thousands of them are work, so they are few.
    pub const HOST: Self = Self {
        message_bytes: 4 << 20,
        queue_bytes: 4 << 20,
        ping: Duration::from_secs(20),
        silence: Duration::from_secs(30),
        ..Self::FARM
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
    outlet: Arc<Outlet>,
    messages: PhantomData<fn(Out)>,
}

/// What all senders of a link share; the link takes leave when it is dropped.
#[derive(Debug)]
struct Outlet(Arc<Queue>);

/// The receiving half.
#[derive(Debug)]
pub struct Receiver<In> {
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    room: Arc<Semaphore>,
    queue: Arc<Queue>,
    read: VecDeque<In>,
    /// Told once what was read before has been received.
    end: Option<LinkEnd>,
    left_out: u64,
}

/// What comes from the task of a link.
#[derive(Debug)]
enum Arrival {
    Text(Bytes),
    Binary,
    End(LinkEnd),
}

/// What a text weighs while it waits to be received, in bytes.
fn weight(text: &[u8], limits: &Limits) -> usize {
    (text.len() + MESSAGE_WEIGHT).min(limits.queue_bytes)
}

impl<Out: Serialize, In: DeserializeOwned> Link<Out, In> {
    /// Both halves.
    #[must_use]
    pub fn split(self) -> (Sender<Out>, Receiver<In>) {
        (self.sender, self.receiver)
    }

    fn of(ends: Ends) -> Self {
        let Ends { arrivals, room, queue } = ends;
        let outlet = Arc::new(Outlet(queue.clone()));
        let receiver = Receiver { arrivals, room, queue, read: VecDeque::new(), end: None, left_out: 0 };
        Self { sender: Sender { outlet, messages: PhantomData }, receiver }
    }
}

/// What a link is made of, whatever its messages are.
struct Ends {
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    room: Arc<Semaphore>,
    queue: Arc<Queue>,
}

impl Ends {
    /// The ends of a link over `socket`, and what drives it.
    fn over<S: frame::Socket>(
        socket: S,
        side: pump::Side,
        limits: Limits,
    ) -> (Self, impl Future<Output = ()> + Send + use<S>) {
        let (sender, arrivals) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(limits.queue_bytes));
        let queue = Arc::new(Queue::new(limits));
        let deliver = pump::Deliver { arrivals: sender, room: room.clone() };
        let drive = pump::run(socket, side, queue.clone(), deliver);
        (Self { arrivals, room, queue }, drive)
    }
}

impl<Out> Clone for Sender<Out> {
    fn clone(&self) -> Self {
        Self { outlet: self.outlet.clone(), messages: PhantomData }
    }
}

impl<Out: Serialize> Sender<Out> {
    /// Puts `message` in the queue and does not wait.
    ///
    /// # Errors
    /// Where the link has ended, or ends because of this message: nothing is skipped in silence.
    pub fn send(&self, message: &Out) -> Result<(), SendError> {
        self.put(message)?;
        self.flush();
        Ok(())
    }

    /// Like `send`, but it is sent at the latest with the next `flush`, together with all that was put
    /// before.
    ///
    /// # Errors
    /// As for `send`.
    pub fn put(&self, message: &Out) -> Result<(), SendError> {
        self.outlet.0.put(message)
    }
}

impl<Out> Sender<Out> {
    /// Sends what was put.
    pub fn flush(&self) {
        self.outlet.0.wake();
    }

    /// Ends the link once what is in the queue has been sent. `why` is told to the other end.
    pub fn close(&self, why: impl Into<String>) {
        self.outlet.0.leave(Some(why.into()));
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.0.leave(None);
    }
}

impl<In: DeserializeOwned> Receiver<In> {
    /// The next message. May be given up and called again without losing one.
    ///
    /// JSON that is no `In` is left out, logged once and counted, so that a newer other end may say more than
    /// this one understands. Text that is not JSON ends the link.
    ///
    /// # Errors
    /// When the link has ended, with the reason.
    pub async fn recv(&mut self) -> Result<In, LinkEnd> {
        loop {
            if let Some(message) = self.read.pop_front() {
                return Ok(message);
            }
            self.arrive().await?;
        }
    }

    /// Waits for messages and adds those that have arrived to `messages`: at most a few thousand, and none
    /// where what arrived was left out. May be given up and called again without losing one.
    ///
    /// # Errors
    /// When the link has ended, with the reason; what arrived before has been handed over then.
    pub async fn recv_many(&mut self, messages: &mut Vec<In>) -> Result<(), LinkEnd> {
        if self.read.is_empty() {
            self.arrive().await?;
        }
        if self.read.is_empty()
            && let Some(end) = self.end.take()
        {
            return Err(end);
        }
        while self.read.len() < BATCH_MESSAGES
            && self.end.is_none()
            && let Ok(arrival) = self.arrivals.try_recv()
        {
            self.take(arrival);
        }
        messages.extend(self.read.drain(..));
        Ok(())
    }

    /// How many messages were left out so far, since they are none that this end knows.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Waits for something to arrive.
    async fn arrive(&mut self) -> Result<(), LinkEnd> {
        if let Some(end) = self.end.take() {
            return Err(end);
        }
        let arrival = self.arrivals.recv().await.ok_or(LinkEnd::Over)?;
        self.take(arrival);
        Ok(())
    }

    fn take(&mut self, arrival: Arrival) {
        let text = match arrival {
            Arrival::Text(text) => Some(text),
            Arrival::Binary => None,
            Arrival::End(end) => {
                self.end = Some(end);
                return;
            }
        };
        let bytes = text.as_deref().unwrap_or_default();
        self.room.add_permits(weight(bytes, &self.queue.limits));
        if text.is_none() {
            self.report(1, &"it is binary", "");
            return;
        }
        match batch::read(bytes, &mut self.read) {
            Ok(batch::Read { left_out, example: Some((error, start)) }) => {
                self.report(left_out, &error, &start);
            }
            Ok(_) => {}
            Err(error) => {
                self.close("what you send is not JSON");
                self.end = Some(LinkEnd::Garbled { why: error.to_string() });
            }
        }
    }

    /// Says once per link that a message was left out, and keeps a trace of the others.
    fn report(&mut self, left_out: u64, error: &dyn std::fmt::Display, start: &str) {
        if self.left_out > 0 {
            tracing::debug!(%error, start, "a message of a link was left out");
        } else {
            tracing::warn!(%error, start, "a message of a link was left out; are both ends up to date?");
        }
        self.left_out += left_out;
    }
}

impl<In> Receiver<In> {
    fn close(&mut self, why: &str) {
        self.arrivals.close();
        self.room.close();
        self.queue.leave(Some(why.to_owned()));
    }
}

impl<In> Drop for Receiver<In> {
    fn drop(&mut self) {
        self.close("nobody listens here any more");
    }
}
