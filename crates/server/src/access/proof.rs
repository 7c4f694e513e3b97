//! What a request shows to prove who sends it.

use axum::http::{HeaderMap, HeaderName, Method, header};
use model::Digest;

/// The cookie that browsers show.
pub(super) const COOKIE: &str = "framefarm";
/// Longer tokens are none of ours.
const TOKEN_MAX: usize = 256;
/// What a page of ours sends with what changes something, and a form of another page cannot.
pub(super) const OURS: HeaderName = HeaderName::from_static("x-framefarm");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The digest of the token that a request shows, where it shows one that counts.
pub(super) fn shown(method: &Method, headers: &HeaderMap) -> Option<Digest> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => bearer(value.to_str().ok()?).map(trust::secret_hash),
        // Another page in the same browser could send it as well, so only looking needs nothing more.
        None => {
            let token = cookie(headers)?;
            let looks =
                matches!(*method, Method::GET | Method::HEAD) && !headers.contains_key(header::UPGRADE);
            (looks || (from_own_page(headers) && headers.contains_key(OURS)))
                .then(|| trust::secret_hash(token))
        }
    }
}

/// The token in the value of an `Authorization` header.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && is_token(token)).then_some(token)
}

/// The token in our cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, token)| *name == COOKIE && is_token(token)).map(|(_, token)| token)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() <= TOKEN_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a browser says that the request comes from a page of this very server.
fn from_own_page(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if text(FETCH_SITE).is_some_and(|site| site != "same-origin") {
        return false;
    }
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else { return false };
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_bearer_token_is_read_and_nothing_else() {
        let cases = [
            ("Bearer abc", true),
            ("bearer  abc ", true),
            ("Bearer ", false),
            ("Bearer", false),
            ("Basic abc", false),
            ("Bearer a b", false),
            ("", false),
        ];
        for (value, good) in cases {
            let wanted = good.then(|| trust::secret_hash("abc"));
            assert_eq!(shown(&Method::POST, &headers(&[("authorization", value)])), wanted, "{value:?}");
        }
        let long = format!("Bearer {}", "x".repeat(300));
        assert_eq!(shown(&Method::GET, &headers(&[("authorization", &long)])), None);
    }

    #[test]
    fn a_cookie_changes_something_only_from_a_page_of_ours() {
        let good = Some(trust::secret_hash("abc"));
        let cookie = ("cookie", "a=1; framefarm=abc");
        let ours = ("x-framefarm", "1");
        let host = ("host", "farm:7117");
        assert_eq!(shown(&Method::GET, &headers(&[cookie])), good);
        assert_eq!(shown(&Method::POST, &headers(&[cookie, host])), None);
        assert_eq!(shown(&Method::GET, &headers(&[cookie, host, ("upgrade", "websocket")])), None);
        for origin in ["http://farm:7117", "https://farm:7117", "https://FARM:7117"] {
            let own = [cookie, host, ("origin", origin), ours];
            assert_eq!(shown(&Method::POST, &headers(&own)), good, "{origin}");
            assert_eq!(shown(&Method::POST, &headers(&own[..3])), None, "{origin}, by a form");
        }
        for origin in ["http://evil:7117", "null", "farm:7117", "http://farm:7117.evil", "http://farm"] {
            let foreign = [cookie, host, ("origin", origin), ours];
            assert_eq!(shown(&Method::POST, &headers(&foreign)), None, "{origin}");
        }
        let sly = [cookie, host, ("origin", "http://farm:7117"), ("sec-fetch-site", "cross-site"), ours];
        assert_eq!(shown(&Method::POST, &headers(&sly)), None);
        let both = [cookie, ("authorization", "Bearer other")];
        assert_eq!(shown(&Method::GET, &headers(&both)), Some(trust::secret_hash("other")));
    }
}
