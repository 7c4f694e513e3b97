//! The web page as a browser gets it, before it runs any of it.

use std::sync::Arc;

use reqwest::header::{ETAG, IF_NONE_MATCH, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::farm::Farm;
use super::{lines, until};

struct Browser {
    runtime: Runtime,
    client: Client,
    url: String,
}

/// Status, headers and text.
type Told = (u16, reqwest::header::HeaderMap, String);

impl Browser {
    fn at(url: &str) -> Self {
        let tls = Arc::unwrap_or_clone(trust::stranger_config().unwrap());
        let client = Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime, client, url: url.to_owned() }
    }

    fn asks(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    fn is_told(&self, request: RequestBuilder) -> Told {
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            (status, headers, response.text().await.unwrap())
        })
    }

    fn gets(&self, path: &str) -> Told {
        self.is_told(self.asks(Method::GET, path))
    }
}

#[test]
fn deep_links_are_the_page_and_no_site_can_use_it() {
    let farm = Farm::up(1);
    let browser = Browser::at(farm.url("up"));
    let (status, headers, index) = browser.gets("/");
    assert_eq!((status, &headers["content-type"]), (200, &"text/html; charset=utf-8".parse().unwrap()));
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!index.contains("<script>") && !index.contains(" style="), "nothing inline: {index}");
    for path in ["/jobs/7", "/hosts/barn-1/slots/0", "/nothing/at/all"] {
        assert_eq!(browser.gets(path).2, index, "{path}");
    }
    let again = browser.asks(Method::GET, "/").header(IF_NONE_MATCH, &headers[ETAG]);
    assert_eq!(browser.is_told(again).0, 304);
    for path in ["/assets/old-1234.js", "/nothing.js"] {
        assert_eq!(browser.gets(path).0, 404, "{path}");
    }
    for (path, status) in [("/api", 401), ("/api/v1/jobs", 401), ("/api/v1/identity", 200)] {
        let (found, headers, _) = browser.gets(path);
        assert_eq!((found, &headers["x-content-type-options"]), (status, &"nosniff".parse().unwrap()));
        assert!(headers["content-security-policy"].to_str().unwrap().contains("sandbox"), "{path}");
    }
}

#[test]
fn the_owners_link_lets_a_browser_in_once() {
    let farm = Farm::up(1);
    let browser = Browser::at(farm.url("up"));
    let link = until("the owner's link", || {
        let line = lines(&farm.path("up.out")).into_iter().find(|line| line.contains("/#owner="))?;
        Some(line.rsplit_once(' ')?.1.to_owned())
    });
    let (url, secret) = link.split_once("/#owner=").unwrap();
    assert_eq!(url, farm.url("up"));
    let log_in = || {
        let request = browser.asks(Method::POST, "/api/v1/login").header("x-framefarm", "1");
        request.json(&json!({ "owner": secret, "cookie": true }))
    };
    let (status, headers, told) = browser.is_told(log_in());
    assert_eq!((status, told.contains("token")), (200, false), "{told}");
    let cookie = headers[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let (status, _, who) =
        browser.is_told(browser.asks(Method::GET, "/api/v1/whoami").header("cookie", cookie));
    let who: Value = serde_json::from_str(&who).unwrap();
    assert_eq!((status, &who["name"], &who["role"]), (200, &json!("owner"), &json!("admin")));
    let foreign = browser.asks(Method::POST, "/api/v1/logout").header("cookie", cookie);
    let foreign = foreign.header("x-framefarm", "1");
    assert_eq!(browser.is_told(foreign.header(ORIGIN, "http://evil.example")).0, 401);
    assert_eq!(browser.is_told(log_in()).0, 401, "a link is good once");
}
