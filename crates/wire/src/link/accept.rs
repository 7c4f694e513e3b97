//! The accepting end of a link, as a handler of axum.

use axum::extract::ws::WebSocketUpgrade;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::pump::Side;
use super::{Limits, Link, PROTOCOL, frame};

/// Answers a request for a link: `handler` gets the link in a task of its own, once it stands. Who offers
/// another version of the language is refused in words.
pub fn accept<Out, In, F, Handled>(upgrade: WebSocketUpgrade, limits: Limits, handler: F) -> Response
where
    Out: Serialize + 'static,
    In: DeserializeOwned + 'static,
    F: FnOnce(Link<Out, In>) -> Handled + Send + 'static,
    Handled: Future<Output = ()> + Send + 'static,
{
    let upgrade = upgrade.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let offered: Vec<_> =
            upgrade.requested_protocols().map(|name| String::from_utf8_lossy(name.as_bytes())).collect();
        return refuse(&offered.join(", "));
    }
    upgrade
        .read_buffer_size(frame::BUFFER_BYTES)
        .write_buffer_size(frame::BUFFER_BYTES)
        .max_write_buffer_size(frame::write_ceiling(&limits))
        .max_message_size(limits.message_bytes)
        .max_frame_size(limits.message_bytes)
        .on_failed_upgrade(|error| tracing::debug!(%error, "a link was asked for and never stood"))
        .on_upgrade(move |socket| async move {
            handler(Link::over(frame::accepted(socket), Side::Accepted, limits)).await;
        })
}

fn refuse(offered: &str) -> Response {
    let offered = if offered.is_empty() { "nothing" } else { offered };
    let problem = Problem {
        status: StatusCode::BAD_REQUEST.as_u16(),
        title: format!("links of this server speak {PROTOCOL}, and {offered} was offered"),
        hint: Some("run the same version of framefarm at both ends".to_owned()),
        faults: Vec::new(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}
