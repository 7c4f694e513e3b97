//! A server of links over in-memory streams, so that time can stand still and nothing is left to chance.

use std::io;

use axum::extract::ws::WebSocketUpgrade;
use axum::routing::any;
use axum::{Router, serve};
use serde::{Deserialize, Serialize};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use wire::link::{DialError, Limits, accept, dial_over};
use wire::{Credential, Link, ServerUrl};

/// What the tests send one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Question {
    Double { number: u32 },
    Echo { text: String },
}

/// And the other way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Reply {
    Doubled { number: u32 },
    Echoed { text: String },
}

pub(crate) type Near = Link<Question, Reply>;
pub(crate) type Far = Link<Reply, Question>;

/// Bytes that a stream holds between its ends.
pub(crate) const STREAM_BYTES: usize = 4096;

/// A listener that hands out the far ends of in-memory streams.
struct Streams(mpsc::UnboundedReceiver<DuplexStream>);

impl serve::Listener for Streams {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A server in memory.
pub(crate) struct Ring {
    dialled: mpsc::UnboundedSender<DuplexStream>,
    accepted: mpsc::UnboundedReceiver<Far>,
}

impl Ring {
    /// A server of links at `/link`.
    pub(crate) fn new(limits: Limits) -> Self {
        let (deliver, accepted) = mpsc::unbounded_channel();
        let route = any(move |upgrade: WebSocketUpgrade| {
            let deliver = deliver.clone();
            async move {
                accept(upgrade, limits, |link: Far| async move {
                    let _ = deliver.send(link);
                })
            }
        });
        Self { dialled: in_memory(Router::new().route("/link", route)), accepted }
    }

    /// A stream to the server.
    pub(crate) fn stream(&self) -> DuplexStream {
        stream_to(&self.dialled)
    }

    /// Both ends of a new link.
    pub(crate) async fn link(&mut self, limits: Limits) -> (Near, Far) {
        let near =
            dial_over(self.stream(), &somewhere(), "/link", limits, &Credential::default()).await.unwrap();
        (near, self.accepted().await)
    }

    /// The far end of the link that was dialled last.
    pub(crate) async fn accepted(&mut self) -> Far {
        self.accepted.recv().await.unwrap()
    }
}

/// Serves `app` in memory; streams are handed to it through what is returned.
pub(crate) fn in_memory(app: Router) -> mpsc::UnboundedSender<DuplexStream> {
    let (dialled, streams) = mpsc::unbounded_channel();
    tokio::spawn(async move { serve(Streams(streams), app).await });
    dialled
}

pub(crate) fn stream_to(server: &mpsc::UnboundedSender<DuplexStream>) -> DuplexStream {
    let (near, far) = tokio::io::duplex(STREAM_BYTES);
    server.send(far).unwrap();
    near
}

/// Links with a server in memory that serves `app`.
pub(crate) async fn dial_app(app: Router) -> Result<Near, DialError> {
    dial_over(stream_to(&in_memory(app)), &somewhere(), "/link", Limits::FARM, &Credential::default()).await
}

/// In memory every address is as good as another.
pub(crate) fn somewhere() -> ServerUrl {
    "http://farm.example:7117".parse().unwrap()
}

pub(crate) fn echo(text: impl Into<String>) -> Question {
    Question::Echo { text: text.into() }
}

pub(crate) fn echoed(text: impl Into<String>) -> Reply {
    Reply::Echoed { text: text.into() }
}
