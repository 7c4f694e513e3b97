//! A port that gives out figures and nothing else: for servers that open no port of their own, and for those
//! who would rather not give Prometheus a token of the farm.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Sources, expose};

/// Where figures are given out besides the server's own port.
#[derive(Clone, Debug)]
pub struct MetricsPort {
    /// The address and port.
    pub at: SocketAddr,
    /// What has to be shown there; nothing where absent, which only a loopback address allows.
    pub token: Option<String>,
}

/// Why figures are not given out.
#[derive(Debug, thiserror::Error)]
pub enum MetricsPortError {
    /// Everybody who reaches the machine could read them.
    #[error(
        "{at} can be reached from other machines, so whoever reads the figures there has to show a token"
    )]
    Open {
        /// The address.
        at: SocketAddr,
    },
    /// The port.
    #[error("cannot listen at {at} for Prometheus")]
    Listen {
        /// The address.
        at: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl MetricsPortError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Open { .. } => "set FRAMEFARM_METRICS_TOKEN, or listen at 127.0.0.1",
            Self::Listen { .. } => "choose another port with --metrics",
        }
    }
}

/// Gives figures out at `port` until it is aborted.
pub(crate) async fn serve(port: &MetricsPort, sources: Sources) -> Result<JoinHandle<()>, MetricsPortError> {
    let at = port.at;
    if port.token.is_none() && !at.ip().is_loopback() {
        return Err(MetricsPortError::Open { at });
    }
    let listener = TcpListener::bind(at).await.map_err(|source| MetricsPortError::Listen { at, source })?;
    let shown = port.token.as_ref().map(|token| format!("Bearer {token}"));
    let router = Router::new().route("/metrics", get(expose)).with_state(sources);
    let router = router.layer(from_fn_with_state(shown, stand_guard));
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("figures are given out no more at {at}: {error}");
        }
    }))
}

async fn stand_guard(State(wanted): State<Option<String>>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let good = |wanted: &str| shown.is_some_and(|shown| same(shown, wanted.as_bytes()));
    if wanted.as_deref().is_none_or(good) {
        return next.run(request).await;
    }
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
}

/// Whether both are the same, in a time that does not tell where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |odd, (a, b)| odd | (a ^ b)) == 0
}
