//! The task of a link: carries what is queued to the socket and what arrives to the receiver, keeps the
//! time, and says how the link ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::frame::{Frame, Socket};
use super::{Item, Limits, LinkEnd, Load, weight};

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
    pub(super) messages: mpsc::UnboundedSender<Result<String, LinkEnd>>,
    /// Bytes that may still wait for the receiver; closed when it has gone.
    pub(super) room: Arc<Semaphore>,
}

impl Deliver {
    /// Waits for room and delivers. Without a receiver the message is dropped.
    async fn message(&self, text: String, limits: &Limits) {
        let weight = u32::try_from(weight(&text).min(limits.queue_bytes)).unwrap_or(u32::MAX);
        if let Ok(room) = self.room.acquire_many(weight).await {
            room.forget();
            self.end_or_message(Ok(text));
        }
    }

    fn end_or_message(&self, item: Result<String, LinkEnd>) {
        // Where the receiver has gone there is nobody to tell.
        let _ = self.messages.send(item);
    }
}

pub(super) async fn run<S: Socket>(
    socket: S,
    side: Side,
    queued: mpsc::UnboundedReceiver<Item>,
    deliver: Deliver,
    load: Arc<Load>,
) {
    let (sink, stream) = socket.split();
    // Set once this end has taken its leave: what the other end does then is an answer to that.
    let closing = AtomicBool::new(false);
    let end = tokio::select! {
        end = read(stream, &deliver, &load.limits) => end,
        end = write(sink, side, queued, &load, &closing) => end,
        () = load.over.notified() => LinkEnd::Full { limit: load.limits.queue_bytes },
    };
    let end = if closing.into_inner() { LinkEnd::ClosedHere } else { end };
    deliver.end_or_message(Err(end));
}

/// Delivers what arrives until the socket ends. The time that the receiver takes is not silence.
async fn read<S: Socket>(mut stream: SplitStream<S>, deliver: &Deliver, limits: &Limits) -> LinkEnd {
    loop {
        match timeout(limits.silence, stream.next()).await {
            Err(_) => return LinkEnd::Silent { after: limits.silence },
            Ok(None) => return LinkEnd::Lost { source: None },
            Ok(Some(Err(error))) => return LinkEnd::of(error, limits.message_bytes),
            Ok(Some(Ok(Frame::Close(why)))) => {
                return LinkEnd::Closed { why: why.filter(|why| !why.is_empty()) };
            }
            // Without a receiver the socket is still read, until the other end has taken its leave.
            Ok(Some(Ok(Frame::Text(text)))) => deliver.message(text, limits).await,
            Ok(Some(Ok(Frame::Binary))) => tracing::debug!("a binary message of a link was left out"),
            Ok(Some(Ok(Frame::Ping | Frame::Pong))) => (),
        }
    }
}

/// Sends what is queued, and pings, until it is told to close or nothing can be sent.
async fn write<S: Socket>(
    mut sink: SplitSink<S, Frame>,
    side: Side,
    mut queued: mpsc::UnboundedReceiver<Item>,
    load: &Load,
    closing: &AtomicBool,
) -> LinkEnd {
    let limits = &load.limits;
    let mut ping = interval(limits.ping);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let item = tokio::select! {
            item = queued.recv() => item,
            _ = ping.tick(), if side == Side::Dialled => {
                match send(&mut sink, Frame::Ping, limits).await {
                    Ok(()) => continue,
                    Err(end) => return end,
                }
            }
        };
        let sent = match item {
            Some(Item::Message(text)) => {
                load.give_back(&text);
                let sent = feed(&mut sink, Frame::Text(text), limits).await;
                // One flush for all that is queued, not one for each.
                if sent.is_ok() && queued.is_empty() { flush(&mut sink, limits).await } else { sent }
            }
            Some(Item::Close(why)) => return leave(&mut sink, Some(why), limits, closing).await,
            None => return leave(&mut sink, None, limits, closing).await,
        };
        if let Err(end) = sent {
            return end;
        }
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
        sleep(limits.farewell).await;
    }
    LinkEnd::ClosedHere
}

async fn send<S: Socket>(
    sink: &mut SplitSink<S, Frame>,
    frame: Frame,
    limits: &Limits,
) -> Result<(), LinkEnd> {
    feed(sink, frame, limits).await?;
    flush(sink, limits).await
}

async fn feed<S: Socket>(
    sink: &mut SplitSink<S, Frame>,
    frame: Frame,
    limits: &Limits,
) -> Result<(), LinkEnd> {
    in_time(sink.feed(frame), limits).await
}

async fn flush<S: Socket>(sink: &mut SplitSink<S, Frame>, limits: &Limits) -> Result<(), LinkEnd> {
    in_time(sink.flush(), limits).await
}

async fn in_time(
    sending: impl Future<Output = Result<(), tokio_tungstenite::tungstenite::Error>>,
    limits: &Limits,
) -> Result<(), LinkEnd> {
    match timeout(limits.silence, sending).await {
        Ok(sent) => sent.map_err(|error| LinkEnd::of(error, limits.message_bytes)),
        Err(_) => Err(LinkEnd::Stuck { after: limits.silence }),
    }
}
