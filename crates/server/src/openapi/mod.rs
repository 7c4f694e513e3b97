//! The OpenAPI document of the farm: every door with what it takes and gives. It is made from the types and
//! the table here, committed as `docs/openapi.json`, and served as it is committed; a test compares both.

#[cfg(test)]
mod document;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod operation;
#[cfg(test)]
mod tests;

use axum::http::header;
use axum::response::IntoResponse;

#[cfg(test)]
pub(crate) use document::who;

/// The document as it is committed.
const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

pub(crate) async fn told() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
