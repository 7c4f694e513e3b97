//! The page as it is sent: what for which path, packed how, kept how long.

use axum::body::to_bytes;
use axum::http::{HeaderName, StatusCode, header};

use super::*;

fn page() -> Page {
    let files = [
        ("index.html", "<page>"),
        ("index.html.br", "<br>"),
        ("index.html.gz", "<gz>"),
        ("favicon.svg", "<svg>"),
        ("assets/app-Ab12.js", "script"),
        ("notes.br", "of nothing"),
    ];
    Page::of(files.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect())
}

fn asked(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

/// Status, text and a header of the answer.
async fn told(path: &str, pairs: &[(HeaderName, &str)], name: HeaderName) -> (u16, String, String) {
    let response = page().answer(&Method::GET, path, &asked(pairs));
    let value = response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap(), value.unwrap_or_default())
}

fn block<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}

#[test]
fn a_deep_link_is_the_page_and_a_missing_file_is_none() {
    let table = [
        ("/", 200, "<page>"),
        ("/index.html", 200, "<page>"),
        ("/jobs/7/frames/12", 200, "<page>"),
        ("/jobs/7/results/a.js", 200, "<page>"),
        ("/favicon.svg", 200, "<svg>"),
        ("/assets/app-Ab12.js", 200, "script"),
    ];
    for (path, status, text) in table {
        let (found, body, _) = block(told(path, &[], header::ETAG));
        assert_eq!((found, body.as_str()), (status, text), "{path}");
    }
    for path in ["/assets/app-Old1.js", "/assets/", "/robots.txt", "/sw.js"] {
        assert_eq!(block(told(path, &[], header::ETAG)).0, 404, "{path}");
    }
}

#[test]
fn it_comes_packed_as_the_browser_takes_it_and_not_again() {
    for (accepted, wanted) in [
        ("gzip, deflate, br, zstd", "<br>"),
        ("gzip;q=1.0, br;q=0", "<gz>"),
        ("br;q=0.0, GZIP", "<gz>"),
        ("identity", "<page>"),
        ("", "<page>"),
    ] {
        let pairs = [(header::ACCEPT_ENCODING, accepted)];
        let (_, body, tag) = block(told("/", &pairs, header::ETAG));
        assert_eq!(body, wanted, "{accepted}");
        let with = |tag: &str| asked(&[(header::ACCEPT_ENCODING, accepted), (header::IF_NONE_MATCH, tag)]);
        for same in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let response = page().answer(&Method::GET, "/", &with(&same));
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{same}");
        }
        assert_eq!(page().answer(&Method::GET, "/", &with("\"other\"")).status(), StatusCode::OK);
    }
}

#[test]
fn what_has_its_digest_in_its_name_is_kept_for_ever() {
    let of = |path| block(told(path, &[], header::CACHE_CONTROL)).2;
    assert_eq!(of("/assets/app-Ab12.js"), "public, max-age=31536000, immutable");
    assert_eq!((of("/"), of("/favicon.svg")), ("no-cache".to_owned(), "no-cache".to_owned()));
}

#[test]
fn doors_keep_their_paths() {
    for path in ["/api", "/api/", "/api/v1/jobs", "/api/v2", "/link/schedule"] {
        assert!(!Page::answers(&Method::GET, path), "{path}");
    }
    for path in ["/", "/jobs/1", "/apiary", "/linked"] {
        assert!(Page::answers(&Method::GET, path) && Page::answers(&Method::HEAD, path), "{path}");
    }
    assert!(!Page::answers(&Method::POST, "/"));
}

#[test]
fn a_browser_runs_nothing_inline_and_frames_nothing() {
    let response = keep_to_itself(page().answer(&Method::GET, "/", &HeaderMap::new()));
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let answer = keep_to_itself(Response::default());
    assert!(answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
    for headers in [response.headers(), answer.headers()] {
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}

#[test]
fn without_a_built_page_there_is_one_that_says_how() {
    let page = Page::of(BTreeMap::new());
    let response = page.answer(&Method::GET, "/jobs/1", &HeaderMap::new());
    let body = block(to_bytes(response.into_body(), 1 << 20)).unwrap();
    assert!(String::from_utf8_lossy(&body).contains("scripts/build-web"));
    let head = page.answer(&Method::HEAD, "/", &HeaderMap::new());
    assert!(head.headers().contains_key(header::CONTENT_LENGTH));
    assert!(block(to_bytes(head.into_body(), 1 << 20)).unwrap().is_empty());
}

#[test]
fn programs_for_peoples_own_machines_lie_beside_the_page() {
    for (path, kind, begins) in [
        ("/clients/framefarm.py", "text/x-python; charset=utf-8", "\"\"\""),
        ("/clients/framefarm-blender.zip", "application/zip", "PK\u{3}\u{4}"),
    ] {
        for page in [page(), Page::of(BTreeMap::new())] {
            let response = page.answer(&Method::GET, path, &HeaderMap::new());
            let (status, told) = (response.status(), &response.headers()[header::CONTENT_TYPE]);
            assert_eq!((status, told.to_str().unwrap()), (StatusCode::OK, kind));
            let body = block(to_bytes(response.into_body(), 1 << 20)).unwrap();
            assert!(body.starts_with(begins.as_bytes()), "{path}");
        }
    }
    assert_eq!(block(told("/clients/other.py", &[], header::ETAG)).0, 404);
}
