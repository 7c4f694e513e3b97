//! Links: typed messages between two roles, as JSON texts over a WebSocket.
//!
//! A dialled and an accepted link are the same type. Each is driven by a task, so that pings are answered
//! while its owner is busy, or by its receiver, where there are thousands. It is bounded in every direction:
//! a queue that the other end does not empty, a message without measure, and silence all end the link, and
//! the reason is told once, by `Receiver::recv`. What was sent and not yet received is lost then; the roles
//! say again what matters.
//!
//! A text holds one message or an array of them: all that waits when the task comes to it travels together.
//! Whoever dials pings where nothing else is said. This module must not know what the messages mean.

mod accept;
mod batch;
mod dial;
mod end;
mod frame;
mod inbox;
mod pump;
mod queue;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;

use inbox::{Arrival, Inbox};
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
    /// of a chunk, so a message may have 4 MiB. That a host is gone shows in its heartbeats long before, and
    /// that a server's machine is gone in that nothing of them is acknowledged. Pings tell a host that its
    /// server still works, and thousands of them are work, so they are few.
    pub const HOST: Self = Self {
        message_bytes: 4 << 20,
        queue_bytes: 4 << 20,
        ping: Duration::from_secs(60),
        silence: Duration::from_secs(75),
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
    inbox: Arc<Inbox>,
    queue: Arc<Queue>,
    /// What drives the link, where no task does.
    drive: Option<Drive>,
    read: VecDeque<In>,
    /// Told once what was read before has been received.
    end: Option<LinkEnd>,
    left_out: u64,
}

/// What carries the messages of a link, for as long as it is polled.
struct Drive(Pin<Box<dyn Future<Output = ()> + Send>>);

impl<Out: Serialize, In: DeserializeOwned> Link<Out, In> {
    /// Both halves. A task drives the link from here on.
    #[must_use]
    pub fn split(mut self) -> (Sender<Out>, Receiver<In>) {
        if let Some(Drive(drive)) = self.receiver.drive.take() {
            tokio::spawn(drive);
        }
        (self.sender, self.receiver)
    }

    /// Both halves of a link that goes on only while the receiver is waited with: for links of which there
    /// are thousands, each with a task that does little but receive. A task more for each would be woken with
    /// every message.
    #[must_use]
    pub fn split_without_task(self) -> (Sender<Out>, Receiver<In>) {
        (self.sender, self.receiver)
    }

    fn over<S: frame::Socket>(socket: S, side: pump::Side, limits: Limits) -> Self {
        let (inbox, queue) = (Arc::new(Inbox::new(limits)), Arc::new(Queue::new(limits)));
        let deliver = pump::Deliver(inbox.clone());
        let drive = Some(Drive(Box::pin(pump::run(socket, side, queue.clone(), deliver))));
        let sender = Sender { outlet: Arc::new(Outlet(queue.clone())), messages: PhantomData };
        let read = VecDeque::new();
        Self { sender, receiver: Receiver { inbox, queue, drive, read, end: None, left_out: 0 } }
    }
}

impl Drive {
    /// Carries what there is to carry.
    fn go_on(drive: &mut Option<Self>, context: &mut Context<'_>) {
        if let Some(Self(driving)) = drive
            && driving.as_mut().poll(context).is_ready()
        {
            *drive = None;
        }
    }
}

impl fmt::Debug for Drive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drive")
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
            let mut read = VecDeque::new();
            self.arrive(&mut read).await?;
            self.read = read;
        }
    }

    /// Waits for messages and adds those that have arrived to `messages`: at most a few thousand, and none
    /// where what arrived was left out. May be given up and called again without losing one.
    ///
    /// # Errors
    /// When the link has ended, with the reason; what arrived before has been handed over then.
    pub async fn recv_many(&mut self, messages: &mut Vec<In>) -> Result<(), LinkEnd> {
        let before = messages.len();
        messages.extend(std::mem::take(&mut self.read));
        if messages.len() == before {
            self.arrive(messages).await?;
        }
        if messages.len() == before
            && let Some(end) = self.end.take()
        {
            return Err(end);
        }
        while messages.len() - before < BATCH_MESSAGES
            && self.end.is_none()
            && let Some(arrival) = self.inbox.take()
        {
            self.take(arrival, messages);
        }
        Ok(())
    }

    /// Waits for `other` while the link goes on.
    pub async fn meanwhile<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        let drive = &mut self.drive;
        poll_fn(|context| {
            let done = other.as_mut().poll(context);
            if done.is_pending() {
                Drive::go_on(drive, context);
            }
            done
        })
        .await
    }

    /// How many messages were left out so far, since they are none that this end knows.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Waits for something to arrive.
    async fn arrive(&mut self, messages: &mut impl Extend<In>) -> Result<(), LinkEnd> {
        if let Some(end) = self.end.take() {
            return Err(end);
        }
        let Self { inbox, drive, .. } = self;
        let arrival = poll_fn(|context| {
            Drive::go_on(drive, context);
            // Whoever drives the link himself sees by himself what has arrived.
            inbox.poll_take(context, drive.is_none())
        });
        let arrival = arrival.await.ok_or(LinkEnd::Over)?;
        self.take(arrival, messages);
        Ok(())
    }

    fn take(&mut self, arrival: Arrival, messages: &mut impl Extend<In>) {
        let text = match arrival {
            Arrival::Text(text) => Some(text),
            Arrival::Binary => None,
            Arrival::End(end) => {
                self.end = Some(end);
                return;
            }
        };
        let Some(text) = text else {
            self.report(1, &"it is binary", "");
            return;
        };
        match batch::read(&text, messages) {
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
        self.inbox.leave();
        self.queue.leave(Some(why.to_owned()));
    }
}

impl<In> Drop for Receiver<In> {
    fn drop(&mut self) {
        self.close("nobody listens here any more");
        // The other end is told, and what was sent before is on its way.
        if let Some(Drive(drive)) = self.drive.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(drive);
        }
    }
}
