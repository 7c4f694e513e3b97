//! One face for the WebSockets of both ends, which come from different crates.

use axum::body::Bytes;
use axum::extract::ws;
use futures_util::{Sink, SinkExt, Stream, StreamExt, future};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Limits;

/// Buffers of a socket: small, since a farm holds thousands of them. They grow with what passes through.
pub(super) const BUFFER_BYTES: usize = 4 << 10;
/// A WebSocket tells at most this many bytes of reason on closing.
const REASON_MAX: usize = 123;

/// What travels over a WebSocket, as far as links care.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Text(Bytes),
    Binary,
    Ping,
    Pong,
    Close(Option<String>),
}

/// A WebSocket of either end.
pub(super) trait Socket:
    Stream<Item = Result<Frame, Error>> + Sink<Frame, Error = Error> + Send + Unpin + 'static
{
}

impl<S> Socket for S where
    S: Stream<Item = Result<Frame, Error>> + Sink<Frame, Error = Error> + Send + Unpin + 'static
{
}

/// The settings of a dialled socket.
pub(super) fn config(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(write_ceiling(limits))
        .max_message_size(Some(limits.message_bytes))
        .max_frame_size(Some(limits.message_bytes))
}

/// Room for one message and what was written before it.
pub(super) fn write_ceiling(limits: &Limits) -> usize {
    limits.message_bytes + 4 * BUFFER_BYTES
}

/// The socket that dialled.
pub(super) fn dialled<S>(socket: WebSocketStream<S>) -> impl Socket
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let socket = socket.map(|message| message.map(from_tungstenite));
    socket.with(|frame| future::ready(Ok(to_tungstenite(frame))))
}

/// The socket that was accepted.
pub(super) fn accepted(socket: ws::WebSocket) -> impl Socket {
    let socket = socket.map(|message| message.map(from_axum).map_err(inner));
    socket.sink_map_err(inner).with(|frame| future::ready(Ok(to_axum(frame))))
}

fn from_tungstenite(message: Message) -> Frame {
    match message {
        Message::Text(text) => Frame::Text(text.into()),
        Message::Ping(_) => Frame::Ping,
        Message::Pong(_) => Frame::Pong,
        Message::Close(close) => Frame::Close(close.map(|close| close.reason.as_str().to_owned())),
        Message::Binary(_) | Message::Frame(_) => Frame::Binary,
    }
}

fn to_tungstenite(frame: Frame) -> Message {
    match frame {
        // What a queue has written is UTF-8; anything else would be refused by the other end as this is.
        Frame::Text(text) => text.try_into().map_or_else(|_| Message::binary(Vec::new()), Message::Text),
        Frame::Binary => Message::binary(Vec::new()),
        Frame::Ping => Message::Ping(Default::default()),
        Frame::Pong => Message::Pong(Default::default()),
        Frame::Close(why) => {
            Message::Close(why.map(|why| CloseFrame { code: CloseCode::Normal, reason: short(&why).into() }))
        }
    }
}

fn from_axum(message: ws::Message) -> Frame {
    match message {
        ws::Message::Text(text) => Frame::Text(text.into()),
        ws::Message::Ping(_) => Frame::Ping,
        ws::Message::Pong(_) => Frame::Pong,
        ws::Message::Close(close) => Frame::Close(close.map(|close| close.reason.as_str().to_owned())),
        ws::Message::Binary(_) => Frame::Binary,
    }
}

fn to_axum(frame: Frame) -> ws::Message {
    match frame {
        Frame::Text(text) => {
            text.try_into().map_or_else(|_| ws::Message::Binary(Default::default()), ws::Message::Text)
        }
        Frame::Binary => ws::Message::Binary(Default::default()),
        Frame::Ping => ws::Message::Ping(Default::default()),
        Frame::Pong => ws::Message::Pong(Default::default()),
        Frame::Close(why) => ws::Message::Close(
            why.map(|why| ws::CloseFrame { code: ws::close_code::NORMAL, reason: short(&why).into() }),
        ),
    }
}

/// The error under that of axum, which speaks through the same WebSocket crate.
fn inner(error: axum::Error) -> Error {
    match error.into_inner().downcast::<Error>() {
        Ok(error) => *error,
        Err(other) => Error::Io(std::io::Error::other(other)),
    }
}

/// As much of `why` as a closing frame holds.
fn short(why: &str) -> &str {
    let mut end = why.len().min(REASON_MAX);
    while !why.is_char_boundary(end) {
        end -= 1;
    }
    &why[..end]
}
