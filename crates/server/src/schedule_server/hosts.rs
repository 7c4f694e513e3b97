//! What people see of the render hosts: all, one, or those that match a profile.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use model::{Clause, Faults, Field, HostView, MatchView, Need, Profile, Requirement, preferences};
use serde::Deserialize;

use super::Desk;
use super::api::Answer;
use super::hands::HostsTold;
use crate::problem::Refused;

/// How long people wait for the resource server.
const HOSTS_WAIT: Duration = Duration::from_secs(5);

/// The profile that is asked for, as people write it.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    need: String,
    #[serde(default)]
    prefer: String,
}

pub(super) async fn host(State(desk): State<Desk>, Path(host): Path<String>) -> Answer<HostView> {
    let named = Need::Field(Field::Host, Requirement::OneOf(vec![host.clone()]));
    let (hosts, _) = desk.hosts(Some(Profile::of([named]))).await?;
    // Whoever means one host does not mean another whose name differs in the case of letters.
    let found = hosts.into_iter().find(|found| found.name.0 == host);
    found.map(Json).ok_or_else(|| {
        let refused =
            Refused::new(StatusCode::NOT_FOUND, format!("there is no render host {host} on the farm"));
        refused.hint("`framefarm hosts` lists those that are; one that is switched off is not")
    })
}

pub(super) async fn matching(State(desk): State<Desk>, Query(wanted): Query<Wanted>) -> Answer<MatchView> {
    let profile = profile(&wanted.need, &wanted.prefer)?;
    let text = profile.to_string();
    let (hosts, list) = desk.hosts(Some(profile)).await?;
    Ok(Json(MatchView { profile: text, hosts, list: list.map(|list| *list).unwrap_or_default() }))
}

/// The profile that is asked for, as people write it.
pub(super) fn profile(need: &str, prefer: &str) -> Result<Profile, Refused> {
    let mut faults = Faults::default();
    let needs = Clause::gather(Clause::read("need", need, &mut faults));
    let profile = Profile { needs, prefer: preferences("prefer", prefer, &mut faults) };
    profile.check(&mut faults);
    faults.or(profile).map_err(Refused::query)
}

impl Desk {
    pub(super) async fn hosts(&self, profile: Option<Profile>) -> Result<HostsTold, Refused> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.handle.look(move |_, hands| drop(sender.send(hands.ask_hosts(profile)))).await;
        let unlinked = || {
            Refused::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the schedule server has no link to a resource server",
            )
            .hint("is one running? start it with `framefarm serve resource`; it is found by itself")
        };
        let answer = receiver.await.ok().flatten().ok_or_else(unlinked)?;
        match tokio::time::timeout(HOSTS_WAIT, answer).await {
            Ok(Ok(told)) => Ok(told),
            _ => Err(unlinked()),
        }
    }
}
