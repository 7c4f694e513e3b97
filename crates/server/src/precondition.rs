//! What a client knows of a thing already: `ETag` in answers, `If-None-Match` and `If-Match` in requests.
//!
//! A tag has two parts, the second after a dot: what people set, and the whole answer. Whoever changes a
//! thing asks that nobody else has changed it meanwhile, and does not mind that it went on by itself.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Refused;

/// Digits of the digest of an answer in its tag.
const DIGITS: usize = 20;
/// Larger answers have no tag.
const BODY_MAX: usize = 8 << 20;

/// What people set of the thing that an answer shows, as short text; in the extensions of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag(pub(crate) String);

impl Tag {
    /// The tag of what has no shorter text for it.
    pub(crate) fn of(value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).unwrap_or_default();
        Self(digest(&text))
    }
}

fn digest(text: &str) -> String {
    trust::secret_hash(text).to_string().chars().take(DIGITS).collect()
}

/// What a request says of the thing that it changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct IfMatch(Option<String>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(text_of(&parts.headers, &header::IF_MATCH)))
    }
}

fn text_of(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let text = values.collect::<Vec<_>>().join(",");
    headers.contains_key(name).then_some(text)
}

/// The tags in the value of such a header.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
}

impl IfMatch {
    /// Whether it says anything.
    pub(crate) const fn is_said(&self) -> bool {
        self.0.is_some()
    }

    /// Lets a change through that is to what its maker saw; `now` is what people have set, where it is there.
    pub(crate) fn holds(&self, now: Option<&Tag>) -> Result<(), Refused> {
        let Some(text) = &self.0 else { return Ok(()) };
        let is_seen = |Tag(now): &Tag| {
            let same = |tag: &str| {
                tag == "*" || tag == now || tag.rsplit_once('.').is_some_and(|(set, _)| set == now)
            };
            tags(text).any(same)
        };
        if now.is_some_and(is_seen) {
            return Ok(());
        }
        Err(Refused::new(StatusCode::PRECONDITION_FAILED, "it was changed meanwhile")
            .hint("nothing was done; look at it again, and then change it"))
    }
}

/// `response` to a request for looking with its tag, or without its body where the client has that already.
pub(crate) async fn tagged(response: Response, asked: &HeaderMap) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).map(header::HeaderValue::as_bytes);
    if response.status() != StatusCode::OK || kind != Some(b"application/json") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX).await else {
        return Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer is too large").into_response();
    };
    let whole = digest(&String::from_utf8_lossy(&body));
    let tag = match parts.extensions.get::<Tag>() {
        Some(Tag(set)) => format!("{set}.{whole}"),
        None => whole,
    };
    let known = text_of(asked, &header::IF_NONE_MATCH);
    if let Ok(value) = format!("\"{tag}\"").parse() {
        parts.headers.insert(header::ETAG, value);
    }
    if known.is_some_and(|known| tags(&known).any(|known| known == "*" || known == tag)) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, axum::body::Body::empty());
    }
    Response::from_parts(parts, body.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> IfMatch {
        IfMatch(Some(text.to_owned()))
    }

    #[test]
    fn a_change_is_let_through_to_what_was_seen() {
        let now = Tag("50-held".to_owned());
        for good in ["\"50-held\"", "\"50-held.abc\"", "\"x\", \"50-held.1\"", "*", "W/\"50-held.1\""] {
            assert!(said(good).holds(Some(&now)).is_ok(), "{good}");
        }
        for bad in ["\"50\"", "\"50.abc\"", "\"50-held-1\"", ""] {
            assert_eq!(said(bad).holds(Some(&now)).unwrap_err().0.status, 412, "{bad}");
        }
        assert!(said("*").holds(None).is_err(), "it is not there any more");
        assert!(IfMatch::default().holds(None).is_ok());
    }

    #[tokio::test]
    async fn an_answer_that_is_known_is_not_sent_again() {
        let answer = || (axum::Extension(Tag("50".to_owned())), axum::Json(vec![1, 2])).into_response();
        let first = tagged(answer(), &HeaderMap::new()).await;
        let tag = first.headers()[header::ETAG].clone();
        assert!(tag.to_str().unwrap().starts_with("\"50."));
        let asked = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
        assert_eq!(tagged(answer(), &asked).await.status(), StatusCode::NOT_MODIFIED);
        let other = HeaderMap::from_iter([(header::IF_NONE_MATCH, "\"50\"".parse().unwrap())]);
        assert_eq!(tagged(answer(), &other).await.status(), StatusCode::OK, "it went on meanwhile");
    }
}
