//! What drives a link: carries what is queued to the socket and what arrives to the receiver, keeps the time,
//! and says how the link ended.
//!
//! It is polled by hand and has one timer, which is moved only when it has run out: a farm holds thousands of
//! links that say something every few seconds, and what is touched for each of them is no longer in the
//! processor's caches then.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, Sleep, sleep};

use super::frame::{Frame, Socket};
use super::inbox::{Arrival, Inbox};
use super::queue::{Queue, Work};
use super::{Limits, LinkEnd};

/// Which end of the link this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// It dialled, so it pings.
    Dialled,
    /// It was dialled.
    Accepted,
}

/// Where what arrives goes. The receiver hears of it when it is dropped, whatever the reason.
#[derive(Debug)]
pub(super) struct Deliver(pub(super) Arc<Inbox>);

impl Drop for Deliver {
    fn drop(&mut self) {
        self.0.end(None);
    }
}

pub(super) async fn run<S: Socket>(socket: S, side: Side, queue: Arc<Queue>, deliver: Deliver) {
    let now = Instant::now();
    let (silence, ping) = (queue.limits.silence, queue.limits.ping);
    let first = if side == Side::Dialled { silence.min(ping) } else { silence };
    let mut pump = Pump {
        socket,
        side,
        queue: &queue,
        inbox: &deliver.0,
        undelivered: None,
        sending: Sending::Nothing,
        sending_since: now,
        leave_at: None,
        closing: false,
        now,
        heard: now,
        said: now,
        pinged: now,
        timer: Box::pin(sleep(first)),
        polled_by: None,
    };
    let end = poll_fn(|context| pump.poll(context)).await;
    // What the other end does once this one has taken its leave is an answer to that.
    let end = if pump.closing { LinkEnd::ClosedHere } else { end };
    drop(pump);
    queue.end();
    deliver.0.end(Some(end));
}

/// A link under way.
struct Pump<'a, S> {
    socket: S,
    side: Side,
    queue: &'a Queue,
    inbox: &'a Inbox,
    /// What arrived and finds no room. Nothing is read meanwhile.
    undelivered: Option<Arrival>,
    sending: Sending,
    sending_since: Instant,
    /// Leave was taken, and the other end is given until then to do the same: a socket that is dropped while
    /// something arrives takes back what it sent last.
    leave_at: Option<Instant>,
    /// Leave is being taken.
    closing: bool,
    now: Instant,
    heard: Instant,
    said: Instant,
    pinged: Instant,
    /// Never later than what is waited for.
    timer: Pin<Box<Sleep>>,
    polled_by: Option<Waker>,
}

/// What is on its way into the socket.
enum Sending {
    Nothing,
    Frame(Frame),
    /// It is in the socket's buffer.
    Rest,
}

impl<S: Socket> Pump<'_, S> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<LinkEnd> {
        self.queue.wakes(context.waker());
        self.now = Instant::now();
        loop {
            if self.queue.is_over() {
                return Poll::Ready(LinkEnd::Full { limit: self.limits().queue_bytes });
            }
            if let Poll::Ready(end) = self.write(context) {
                return Poll::Ready(end);
            }
            if let Poll::Ready(end) = self.read(context) {
                return Poll::Ready(end);
            }
            if let Some(end) = self.too_late() {
                return Poll::Ready(end);
            }
            if self.is_ping_due() {
                self.pinged = self.now;
                self.send(Frame::Ping);
            } else if self.await_time(context).is_pending() {
                return Poll::Pending;
            }
        }
    }

    const fn limits(&self) -> &Limits {
        &self.queue.limits
    }

    fn send(&mut self, frame: Frame) {
        self.sending = Sending::Frame(frame);
        self.sending_since = self.now;
    }

    /// Sends what is queued, until nothing is or nothing can be sent.
    fn write(&mut self, context: &mut Context<'_>) -> Poll<LinkEnd> {
        let limit = self.limits().message_bytes;
        loop {
            match std::mem::replace(&mut self.sending, Sending::Nothing) {
                Sending::Nothing if self.closing => return Poll::Pending,
                Sending::Nothing => match self.queue.next() {
                    Some(Work::Send(text)) => self.send(Frame::Text(text)),
                    Some(Work::Leave(why)) => {
                        self.closing = true;
                        self.send(Frame::Close(why));
                    }
                    None => return Poll::Pending,
                },
                Sending::Frame(frame) => {
                    let sent = match self.socket.poll_ready_unpin(context) {
                        Poll::Pending => {
                            self.sending = Sending::Frame(frame);
                            return Poll::Pending;
                        }
                        Poll::Ready(Ok(())) => self.socket.start_send_unpin(frame),
                        Poll::Ready(failed) => failed,
                    };
                    if let Err(error) = sent {
                        return Poll::Ready(LinkEnd::of(error, limit));
                    }
                    self.sending = Sending::Rest;
                }
                Sending::Rest => match self.socket.poll_flush_unpin(context) {
                    Poll::Pending => {
                        self.sending = Sending::Rest;
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(LinkEnd::of(error, limit)),
                    Poll::Ready(Ok(())) => {
                        self.said = self.now;
                        self.leave_at = self.closing.then(|| self.now + self.limits().farewell);
                    }
                },
            }
        }
    }

    /// Delivers what arrives. Without a receiver the socket is still read, until the other end has taken its
    /// leave.
    fn read(&mut self, context: &mut Context<'_>) -> Poll<LinkEnd> {
        loop {
            if self.undelivered.is_some() {
                ready!(self.inbox.poll_put(context, &mut self.undelivered));
                // The time that the receiver takes is not silence.
                self.heard = self.now;
            }
            match ready!(self.socket.poll_next_unpin(context)) {
                None => return Poll::Ready(LinkEnd::Lost { source: None }),
                Some(Err(error)) => return Poll::Ready(LinkEnd::of(error, self.limits().message_bytes)),
                Some(Ok(Frame::Close(why))) => {
                    return Poll::Ready(LinkEnd::Closed { why: why.filter(|why| !why.is_empty()) });
                }
                Some(Ok(Frame::Text(text))) => self.undelivered = Some(Arrival::Text(text)),
                Some(Ok(Frame::Binary)) => self.undelivered = Some(Arrival::Binary),
                Some(Ok(Frame::Ping | Frame::Pong)) => self.heard = self.now,
            }
        }
    }

    /// How the link ends, where something has taken too long.
    fn too_late(&self) -> Option<LinkEnd> {
        let after = self.limits().silence;
        match () {
            () if self.leave_at.is_some_and(|at| at <= self.now) => Some(LinkEnd::ClosedHere),
            () if self.silent_at().is_some_and(|at| at <= self.now) => Some(LinkEnd::Silent { after }),
            () if self.stuck_at().is_some_and(|at| at <= self.now) => Some(LinkEnd::Stuck { after }),
            () => None,
        }
    }

    fn silent_at(&self) -> Option<Instant> {
        self.undelivered.is_none().then(|| self.heard + self.limits().silence)
    }

    fn stuck_at(&self) -> Option<Instant> {
        let is_sending = !matches!(self.sending, Sending::Nothing);
        is_sending.then(|| self.sending_since + self.limits().silence)
    }

    fn ping_at(&self) -> Option<Instant> {
        let pings = self.side == Side::Dialled && !self.closing && matches!(self.sending, Sending::Nothing);
        // Whichever direction has been quiet for longer.
        pings.then(|| self.heard.min(self.said).max(self.pinged) + self.limits().ping)
    }

    fn is_ping_due(&self) -> bool {
        self.ping_at().is_some_and(|at| at <= self.now)
    }

    /// Waits for the next thing that is a matter of time.
    fn await_time(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let waited = [self.leave_at, self.silent_at(), self.stuck_at(), self.ping_at()];
        let Some(next) = waited.into_iter().flatten().min() else { return Poll::Pending };
        let known = self.polled_by.as_ref().is_some_and(|waker| waker.will_wake(context.waker()));
        let set = self.timer.deadline();
        if known && self.now < set && set <= next {
            return Poll::Pending;
        }
        if set <= self.now || next < set {
            self.timer.as_mut().reset(next);
        }
        self.polled_by = Some(context.waker().clone());
        ready!(self.timer.as_mut().poll(context));
        self.now = Instant::now();
        Poll::Ready(())
    }
}
