//! Files of the page as answers: packed as the browser can take it, or not at all where it has it.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::{File, headers, kind};

/// Names of these files hold a digest of their bytes.
const ASSETS: &str = "assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The others are asked for anew, and most often have not changed.
const ASK_AGAIN: &str = "no-cache";

/// `file`, whose name is `name`, to somebody who sent `asked`.
pub(crate) fn of_file(file: &File, name: &str, asked: &HeaderMap) -> Response {
    let (packed, bytes) = form_of(file, asked);
    let tag = match packed {
        Some(how) => format!("\"{}-{how}\"", file.digest),
        None => format!("\"{}\"", file.digest),
    };
    let has = has_it(asked, &tag);
    let body = if has { Body::empty() } else { Body::from(bytes.clone()) };
    let mut response = Response::new(body);
    if has {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let caching = if name.starts_with(ASSETS) { FOR_EVER } else { ASK_AGAIN };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind::of(name)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(headers::OF_PAGE));
    if let Some(how) = packed {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(how));
    }
    if !has {
        out.insert(header::CONTENT_LENGTH, bytes.len().into());
    }
    if let Ok(tag) = HeaderValue::try_from(tag) {
        out.insert(header::ETAG, tag);
    }
    response
}

/// There is no such file.
pub(crate) fn not_there() -> Response {
    (
        StatusCode::NOT_FOUND,
        "there is no such file; the page may be newer than the one you see: load it again\n",
    )
        .into_response()
}

/// `response` without its bytes where only what is said of them was asked for.
pub(crate) fn as_asked(response: Response, method: &Method) -> Response {
    match *method {
        Method::HEAD => response.map(|_| Body::empty()),
        _ => response,
    }
}

/// The smallest form of `file` that the browser takes, and how it is packed.
fn form_of<'a>(file: &'a File, asked: &HeaderMap) -> (Option<&'static str>, &'a Bytes) {
    let forms = [("br", &file.brotli), ("gzip", &file.gzip)];
    let forms = forms.into_iter().filter_map(|(how, bytes)| Some((how, bytes.as_ref()?)));
    let taken = forms.into_iter().find(|(how, _)| takes(asked, how));
    taken.map_or((None, &file.plain), |(how, bytes)| (Some(how), bytes))
}

fn takes(asked: &HeaderMap, how: &str) -> bool {
    words(asked, header::ACCEPT_ENCODING).any(|word| {
        let (name, weight) = word.split_once(';').unwrap_or((word, ""));
        let never = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse::<f32>() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(how) && !never
    })
}

fn has_it(asked: &HeaderMap, tag: &str) -> bool {
    words(asked, header::IF_NONE_MATCH).any(|word| {
        let word = word.trim();
        word == "*" || word.strip_prefix("W/").unwrap_or(word) == tag
    })
}

fn words(asked: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let values = asked.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(','))
}
