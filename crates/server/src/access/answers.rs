//! What every answer of the API has in common, whoever made it: faults are problems, what can be asked again
//! has a tag.

use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::precondition::tagged;
use crate::problem::Refused;

/// Where the API begins.
const API: &str = "/api/";
/// The longest text of a fault that is told.
const TEXT_MAX: usize = 4 << 10;

/// What of a request its answer depends on.
pub(super) struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    /// Methods that there are at this path.
    methods: Vec<Method>,
}

impl Asked {
    pub(super) fn of(parts: &axum::http::request::Parts, methods: Vec<Method>) -> Self {
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        Self { method, path, headers: parts.headers.clone(), methods }
    }

    /// `response`, as people and programs are used to it.
    pub(super) async fn finish(self, response: Response) -> Response {
        if !self.path.starts_with(API) {
            return response;
        }
        if response.status().is_client_error() || response.status().is_server_error() {
            return self.told(response).await;
        }
        match self.method {
            Method::GET | Method::HEAD => tagged(response, &self.headers).await,
            _ => response,
        }
    }

    /// A fault that has no words, or words for programmers alone, in the form that all have.
    async fn told(self, response: Response) -> Response {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| !kind.starts_with("text/plain")) {
            return response;
        }
        let status = response.status();
        match status {
            StatusCode::NOT_FOUND => self.nothing().into_response(),
            StatusCode::METHOD_NOT_ALLOWED => self.not_so(),
            _ => {
                let text = axum::body::to_bytes(response.into_body(), TEXT_MAX).await.unwrap_or_default();
                let text = String::from_utf8_lossy(&text).trim().to_owned();
                let usual = || status.canonical_reason().unwrap_or("it cannot be done").to_lowercase();
                let title = if text.is_empty() { usual() } else { text };
                Refused::new(status, title).into_response()
            }
        }
    }

    fn nothing(&self) -> Refused {
        Refused::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", self.path))
            .hint("what there is stands in /api/v1/openapi.json")
    }

    fn not_so(&self) -> Response {
        let methods: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        let methods = methods.join(", ");
        let title = format!("{} is nothing that can be done at {}", self.method, self.path);
        let refused = Refused::new(StatusCode::METHOD_NOT_ALLOWED, title).hint(format!("there is {methods}"));
        let mut response = refused.into_response();
        if let Ok(value) = methods.parse() {
            response.headers_mut().insert(header::ALLOW, value);
        }
        response
    }
}
