//! The door to the trail of deeds.

use ::access::DeedFilter;
use axum::Json;
use axum::extract::{Query, State};
use model::{DeedView, Time};
use serde::Deserialize;

use super::Desk;
use super::people::Answer;

/// Deeds in one answer, where nobody says how many.
const USUAL: usize = 200;

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    by: Option<String>,
    /// Milliseconds since 1970.
    #[serde(default)]
    since: Option<u64>,
    /// Only those with larger numbers, to go on where one was.
    #[serde(default)]
    after: Option<u64>,
    #[serde(default)]
    most: Option<usize>,
}

pub(super) async fn list(
    State(desk): State<Desk>,
    Query(Wanted { by, since, after, most }): Query<Wanted>,
) -> Answer<Vec<DeedView>> {
    let filter = DeedFilter { by, since: since.map(Time), after, most: most.unwrap_or(USUAL) };
    Ok(Json(desk.handle.read(move |role| role.deeds(&filter)).await?))
}
