//! Requests that come twice because an answer was lost: the same key by the same person gets the same answer,
//! and nothing is done again. Kept in memory for a day; a key that makes a job is kept with the job for good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use model::Digest;

use crate::problem::Refused;

/// The header that holds the key.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long an answer is kept.
const LIFE: Duration = Duration::from_hours(24);
/// So many answers are kept; beyond that the oldest go.
const KEPT_MAX: usize = 4_096;
/// The longest key.
const KEY_MAX: usize = 200;
/// The largest body of a request or of an answer that is compared or kept.
const BODY_MAX: usize = 1 << 20;

/// Answers by what was asked. Clones share.
#[derive(Clone, Default)]
pub(super) struct Repeats(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    /// Of the body that came first.
    body: Digest,
    at: Instant,
    /// Absent while it is being made.
    answer: Option<(StatusCode, HeaderMap, Bytes)>,
}

/// A request that came the first time. Its answer is kept, or nothing where there is none.
pub(super) struct First {
    repeats: Repeats,
    key: String,
    kept: bool,
}

/// What a key in the headers is, where it is one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| (1..=KEY_MAX).contains(&text.len()));
    text.map(Some).ok_or_else(|| {
        let hint = format!("from 1 to {KEY_MAX} letters, digits and signs");
        Refused::new(StatusCode::BAD_REQUEST, "this Idempotency-Key is none").hint(hint)
    })
}

impl Repeats {
    /// The body of a request, and what is to keep its answer; or the answer to the one before.
    pub(super) async fn first(&self, key: String, body: Body) -> Result<(Bytes, First), Response> {
        let body = axum::body::to_bytes(body, BODY_MAX).await.map_err(|_| {
            Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "a request with an Idempotency-Key is at most 1 MiB")
                .into_response()
        })?;
        let digest = trust::secret_hash(&String::from_utf8_lossy(&body));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, entry| entry.at.elapsed() < LIFE);
        if let Some(entry) = kept.get(&key) {
            return Err(entry.again(digest));
        }
        if kept.len() >= KEPT_MAX
            && let Some(oldest) = kept.iter().min_by_key(|(_, entry)| entry.at).map(|(key, _)| key.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(key.clone(), Entry { body: digest, at: Instant::now(), answer: None });
        Ok((body, First { repeats: self.clone(), key, kept: false }))
    }
}

impl Entry {
    fn again(&self, body: Digest) -> Response {
        if self.body != body {
            return Refused::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "this Idempotency-Key came with another request before",
            )
            .hint("make a new key for each thing that is to be done")
            .into_response();
        }
        match &self.answer {
            Some((status, headers, body)) => {
                (*status, headers.clone(), Body::from(body.clone())).into_response()
            }
            None => Refused::new(StatusCode::CONFLICT, "the same request is being dealt with")
                .come_back()
                .into_response(),
        }
    }
}

impl First {
    /// Keeps an answer of success; after any other the same may be tried again.
    pub(super) async fn keep(mut self, response: Response) -> Response {
        if !response.status().is_success() {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = axum::body::to_bytes(body, BODY_MAX).await else {
            return Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer is too large")
                .into_response();
        };
        let mut kept = self.repeats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = kept.get_mut(&self.key) {
            entry.answer = Some((parts.status, parts.headers.clone(), body.clone()));
        }
        drop(kept);
        self.kept = true;
        Response::from_parts(parts, body.into())
    }
}

impl Drop for First {
    fn drop(&mut self) {
        if !self.kept {
            self.repeats.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(response: Response) -> (u16, String) {
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn the_same_request_gets_the_same_answer() {
        let repeats = Repeats::default();
        let (body, first) = repeats.first("k".to_owned(), Body::from("one")).await.ok().unwrap();
        assert_eq!(body, "one");
        let meanwhile = repeats.first("k".to_owned(), Body::from("one")).await.err().unwrap();
        assert_eq!(meanwhile.status(), StatusCode::CONFLICT);
        let made = first.keep((StatusCode::CREATED, "made").into_response()).await;
        assert_eq!(text(made).await, (201, "made".to_owned()));
        let again = repeats.first("k".to_owned(), Body::from("one")).await.err().unwrap();
        assert_eq!(text(again).await, (201, "made".to_owned()));
        let other = repeats.first("k".to_owned(), Body::from("two")).await.err().unwrap();
        assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(repeats.first("l".to_owned(), Body::from("one")).await.is_ok());
    }

    #[tokio::test]
    async fn what_failed_may_be_tried_again() {
        let repeats = Repeats::default();
        for _ in 0..2 {
            let (_, first) = repeats.first("k".to_owned(), Body::empty()).await.ok().unwrap();
            first.keep(StatusCode::CONFLICT.into_response()).await;
        }
    }
}
