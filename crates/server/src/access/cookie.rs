//! The cookie by which browsers prove who they are.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::proof::COOKIE;

/// `response` with the cookie that holds `token`, for as long as `life`. No script sees it, no other site
/// makes a browser send it, and it goes over TLS alone where it came over TLS.
pub(super) fn set(response: impl IntoResponse, token: &str, life: Duration, tls: bool) -> Response {
    let secure = if tls { "; Secure" } else { "" };
    let seconds = life.as_secs();
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut response = response.into_response();
    if let Ok(mut value) = HeaderValue::try_from(cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// `response` without it.
pub(super) fn clear(response: impl IntoResponse) -> Response {
    set(response, "", Duration::ZERO, false)
}
