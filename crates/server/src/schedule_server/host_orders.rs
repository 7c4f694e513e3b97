//! What people order render servers to do: the order goes over the host's link, and what came of it shows
//! among the hosts.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{HostId, HostOrder, HostVerb};
use schedule::{Event, Refusal};
use serde::Deserialize;

use super::Desk;
use crate::access::Pass;
use crate::owner::AskError;
use crate::problem::Refused;

/// An order, whose giver the guard knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    verb: HostVerb,
    #[serde(default)]
    now: bool,
}

pub(super) async fn order(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path(host): Path<String>,
    body: Result<Json<Order>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    let Json(Order { verb, now }) = body.map_err(|error| {
        let what = format!("this order cannot be understood: {}", error.body_text());
        Refused::new(error.status(), what).hint("send for example {\"verb\": \"stop\", \"now\": false}")
    })?;
    let order = HostOrder { verb, now, by: pass.actor.trail_name() };
    let event = Event::OrderHost { host: HostId(host), order };
    desk.handle.ask(event, |_| ()).await.map_err(refused)?;
    Ok(StatusCode::ACCEPTED)
}

fn refused(error: AskError<Refusal>) -> Refused {
    let unlinked = matches!(&error, AskError::Refused(Refusal::HostNotLinked(_)));
    let refused = Refused::from(error);
    if unlinked {
        return refused.hint(
            "where its render server was ended, start it there: `systemctl start framefarm-render`, or \
             `framefarm serve render`",
        );
    }
    refused
}
