//! What drives a link: carries what is queued to the socket and what arrives to the receiver, keeps the time,
//! and says how the link ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::frame::{Frame, Socket};
use super::queue::{Queue, Work};
use super::{Arrival, Limits, LinkEnd, weight};

/// Which end of the link this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// It dialled, so it pings.
    Dialled,
    /// It was dialled.
    Accepted,
}

/// Where what arrives goes.
#[derive(Debug)]
pub(super) struct Deliver {
    pub(super) arrivals: mpsc::UnboundedSender<Arrival>,
    /// Bytes that may still wait for the receiver; closed when it has gone.
    pub(super) room: Arc<Semaphore>,
}

impl Deliver {
    /// Waits for room and delivers. Without a receiver it is dropped.
    async fn message(&self, arrival: Arrival, limits: &Limits) {
        let bytes = if let Arrival::Text(text) = &arrival { &text[..] } else { &[] };
        let weight = u32::try_from(weight(bytes, limits)).unwrap_or(u32::MAX);
        if let Ok(room) = self.room.acquire_many(weight).await {
            room.forget();
            self.give(arrival);
        }
    }

    fn give(&self, arrival: Arrival) {
        // Where the receiver has gone there is nobody to tell.
        let _ = self.arrivals.send(arrival);
    }
}

/// When the other end was last heard of, and last spoken to.
#[derive(Debug)]
struct Traffic {
    start: Instant,
    heard_ms: AtomicU64,
    said_ms: AtomicU64,
}

impl Traffic {
    fn new() -> Self {
        Self { start: Instant::now(), heard_ms: AtomicU64::new(0), said_ms: AtomicU64::new(0) }
    }

    fn note(&self, moment: &AtomicU64) {
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        moment.store(ms, Ordering::Relaxed);
    }

    /// When one of the two directions was last at work, whichever has been quiet for longer.
    fn quiet_since(&self) -> Instant {
        let ms = self.heard_ms.load(Ordering::Relaxed).min(self.said_ms.load(Ordering::Relaxed));
        self.start + Duration::from_millis(ms)
    }

    fn heard_at(&self) -> Instant {
        self.start + Duration::from_millis(self.heard_ms.load(Ordering::Relaxed))
    }
}

pub(super) async fn run<S: Socket>(socket: S, side: Side, queue: Arc<Queue>, deliver: Deliver) {
    let (sink, stream) = socket.split();
    // Set once this end has taken its leave: what the other end does then is an answer to that.
    let closing = AtomicBool::new(false);
    let traffic = Traffic::new();
    let end = tokio::select! {
        end = read(stream, &deliver, &queue.limits, &traffic) => end,
        end = write(sink, side, &queue, &traffic, &closing) => end,
        () = queue.over.notified() => LinkEnd::Full { limit: queue.limits.queue_bytes },
    };
    queue.end();
    let end = if closing.into_inner() { LinkEnd::ClosedHere } else { end };
    deliver.give(Arrival::End(end));
}

/// Delivers what arrives until the socket ends. The time that the receiver takes is not silence.
async fn read<S: Socket>(
    mut stream: SplitStream<S>,
    deliver: &Deliver,
    limits: &Limits,
    traffic: &Traffic,
) -> LinkEnd {
    // Moved when it has run out and not at each message.
    let silence = sleep(limits.silence);
    tokio::pin!(silence);
    loop {
        let arrived = tokio::select! {
            biased;
            arrived = stream.next() => arrived,
            () = &mut silence => {
                let until = traffic.heard_at() + limits.silence;
                if until <= Instant::now() {
                    return LinkEnd::Silent { after: limits.silence };
                }
                silence.as_mut().reset(until);
                continue;
            }
        };
        match arrived {
            None => return LinkEnd::Lost { source: None },
            Some(Err(error)) => return LinkEnd::of(error, limits.message_bytes),
            Some(Ok(Frame::Close(why))) => {
                return LinkEnd::Closed { why: why.filter(|why| !why.is_empty()) };
            }
            // Without a receiver the socket is still read, until the other end has taken its leave.
            Some(Ok(Frame::Text(text))) => deliver.message(Arrival::Text(text), limits).await,
            Some(Ok(Frame::Binary)) => deliver.message(Arrival::Binary, limits).await,
            Some(Ok(Frame::Ping | Frame::Pong)) => (),
        }
        traffic.note(&traffic.heard_ms);
    }
}

/// Sends what is queued, and pings, until it is told to close or nothing can be sent.
async fn write<S: Socket>(
    mut sink: SplitSink<S, Frame>,
    side: Side,
    queue: &Queue,
    traffic: &Traffic,
    closing: &AtomicBool,
) -> LinkEnd {
    let limits = &queue.limits;
    let ping = sleep(limits.ping);
    tokio::pin!(ping);
    loop {
        let frame = tokio::select! {
            biased;
            work = queue.next() => match work {
                Work::Send(text) => Frame::Text(text),
                Work::Leave(why) => return leave(&mut sink, why, limits, closing).await,
            },
            () = &mut ping, if side == Side::Dialled => {
                let until = traffic.quiet_since() + limits.ping;
                if until > Instant::now() {
                    ping.as_mut().reset(until);
                    continue;
                }
                ping.as_mut().reset(Instant::now() + limits.ping);
                Frame::Ping
            }
        };
        if let Err(end) = send(&mut sink, frame, limits).await {
            return end;
        }
        traffic.note(&traffic.said_ms);
    }
}

/// Takes leave and gives the other end time to do the same: a socket that is dropped while something
/// arrives takes back what it sent last.
async fn leave<S: Socket>(
    sink: &mut SplitSink<S, Frame>,
    why: Option<String>,
    limits: &Limits,
    closing: &AtomicBool,
) -> LinkEnd {
    closing.store(true, Ordering::Relaxed);
    if send(sink, Frame::Close(why), limits).await.is_ok() {
        sleep_until(Instant::now() + limits.farewell).await;
    }
    LinkEnd::ClosedHere
}

async fn send<S: Socket>(
    sink: &mut SplitSink<S, Frame>,
    frame: Frame,
    limits: &Limits,
) -> Result<(), LinkEnd> {
    match timeout(limits.silence, sink.send(frame)).await {
        Ok(sent) => sent.map_err(|error| LinkEnd::of(error, limits.message_bytes)),
        Err(_) => Err(LinkEnd::Stuck { after: limits.silence }),
    }
}
