//! What a browser may do with what comes from a farm.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

/// What the page may do: scripts, styles, pictures and answers come from the farm itself, nothing is inline,
/// nobody frames it, and no form leaves it. Pictures of files that are not sent yet are blobs.
pub(crate) const OF_PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: \
     data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// What an answer of the API may do that a browser shows as a page: nothing. Files of jobs are among them.
const OF_ANSWERS: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// What no page of a farm needs.
const ABILITIES: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()";

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), ABILITIES),
];

/// `response` such that a browser takes it for what it is said to be, runs nothing in it, and shows it to no
/// other site. What is said already stays.
#[must_use]
pub fn keep_to_itself(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(OF_ANSWERS));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    response
}
