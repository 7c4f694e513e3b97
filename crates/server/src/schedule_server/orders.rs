//! Orders over a selection: to many jobs at once, and to frames of one.

use ::access::{Object, Verb};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{
    Fault, Faults, FrameVerb, FramesOrder, FramesOrdered, JobId, JobVerb, JobsOrder, JobsOrdered, RefusedJob,
    Role,
};
use schedule::{Event, Refusal, Schedule};

use super::Desk;
use super::api::{Answer, no_job};
use super::steering::{read, refused};
use crate::access::{Done, Pass};
use crate::clock;
use crate::precondition::IfMatch;
use crate::problem::Refused;

/// A job that is meant, whose it is, and why nothing can be done to it where that is so.
struct Meant {
    id: JobId,
    user: String,
    refusal: Option<Refusal>,
}

pub(super) async fn order_jobs(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    body: Result<Json<JobsOrder>, JsonRejection>,
) -> Answer<JobsOrdered> {
    let order = read(body, r#"{"verb": "hold", "select": {"user": "anna", "state": "active"}}"#)?;
    check(&order)?;
    let (verb, priority, ids) = (order.verb, order.priority, order.select.ids.clone());
    let select = order.select.clone();
    let meant = desk.handle.read(move |role| meant(role, role.jobs_meant(&select), verb, priority)).await?;
    let matched = meant.len() as u64;
    if let Some(expected) = order.expect.filter(|expected| *expected != matched) {
        return Err(Refused::new(
            StatusCode::CONFLICT,
            format!("{expected} jobs were expected and {matched} are meant, so nothing was done"),
        )
        .hint("look at them again, and then order it"));
    }
    let missing = ids.into_iter().filter(|id| meant.iter().all(|meant| meant.id != *id));
    let mut refused: Vec<RefusedJob> = missing.map(|id| RefusedJob { id, problem: no_job(id).0 }).collect();
    let mut done = Vec::new();
    for Meant { id, user, refusal } in meant {
        let allowed = pass.allows(access_verb(verb), Object::Of(&user));
        match (allowed, refusal) {
            (Err(denied), _) => refused.push(RefusedJob { id, problem: denied.0 }),
            (Ok(()), Some(refusal)) => refused.push(RefusedJob { id, problem: Refused::from(refusal).0 }),
            (Ok(()), None) => done.push(id),
        }
    }
    if !order.dry_run && !done.is_empty() {
        let events = done.iter().map(|id| event(verb, priority, *id)).collect();
        desk.handle.ask(Event::Each(events), |_| ()).await.map_err(super::steering::refused)?;
        pass.keep(access_verb(verb), named(&done));
    }
    Ok(Json(JobsOrdered { matched, done, refused }))
}

/// What is wrong with an order by itself.
fn check(order: &JobsOrder) -> Result<(), Refused> {
    let mut faults = Faults::default();
    if order.select.is_all() {
        let hint = "say which, for instance by user, state or ids";
        faults.push(Fault::new("select", "it means every job of the farm").hint(hint));
    }
    match (order.verb, order.priority) {
        (JobVerb::Priority, None) => {
            faults.push(Fault::new("priority", "it is missing").hint("lower goes first, 50 is usual"));
        }
        (JobVerb::Priority, _) | (_, None) => {}
        _ => faults.push(Fault::new("priority", "only the verb priority has one")),
    }
    faults.or(()).map_err(|faults| Refused::faulty("the order cannot be given", faults))
}

fn meant(role: &Schedule, ids: Vec<JobId>, verb: JobVerb, priority: Option<i32>) -> Vec<Meant> {
    let now = clock::now();
    let meant = ids.into_iter().map(|id| {
        let user = role.description(id).map(|job| job.user.clone()).unwrap_or_default();
        Meant { id, user, refusal: role.decide(now, &event(verb, priority, id)).err() }
    });
    meant.collect()
}

fn event(verb: JobVerb, priority: Option<i32>, job: JobId) -> Event {
    match verb {
        JobVerb::Kill => Event::Kill(job),
        JobVerb::Hold => Event::Hold(job),
        JobVerb::Release => Event::Release(job),
        JobVerb::Retry => Event::Retry(job),
        JobVerb::Priority => Event::SetPriority { job, priority: priority.unwrap_or_default() },
    }
}

const fn access_verb(verb: JobVerb) -> Verb {
    match verb {
        JobVerb::Kill => Verb::KillJob,
        JobVerb::Hold => Verb::HoldJob,
        JobVerb::Release => Verb::ReleaseJob,
        JobVerb::Retry => Verb::RetryJob,
        JobVerb::Priority => Verb::SetPriority,
    }
}

/// Jobs for the trail: `jobs 1-3,7`.
fn named(ids: &[JobId]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for JobId(id) in ids {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *id => *last = *id,
            _ => runs.push((*id, *id)),
        }
    }
    let text = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    let list: Vec<String> = runs.iter().map(text).collect();
    format!("job{} {}", if ids.len() == 1 { "" } else { "s" }, list.join(","))
}

pub(super) async fn order_frames(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path(job): Path<JobId>,
    known: IfMatch,
    body: Result<Json<FramesOrder>, JsonRejection>,
) -> Result<(Extension<Done>, Json<FramesOrdered>), Refused> {
    let order = read(body, r#"{"verb": "requeue", "numbers": "7,9-12"}"#)?;
    let verb = match order.verb {
        FrameVerb::Retry => Verb::RetryJob,
        FrameVerb::Kill | FrameVerb::Requeue => Verb::KillJob,
    };
    let asked = order.clone();
    let (user, counted) = desk
        .handle
        .read(move |role| {
            let user = role.description(job).map(|job| job.user.clone());
            (user, role.frames_ordered(job, &asked))
        })
        .await?;
    pass.allows(verb, Object::Of(&user.ok_or_else(|| no_job(job))?))?;
    desk.unchanged(job, &known).await?;
    let counted = counted.map_err(Refused::from)?;
    let numbers = order.numbers.as_ref().map(|numbers| format!(" {numbers}")).unwrap_or_default();
    let done = Done(format!("job {job}: {} frames{numbers}, {} of them", order.verb.word(), counted.frames));
    let event = Event::OrderFrames { job, order: Box::new(order), by: pass.actor.trail_name() };
    desk.handle.ask(event, |_| ()).await.map_err(refused)?;
    Ok((Extension(done), Json(counted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_named_by_runs() {
        let ids = |list: &[u64]| list.iter().map(|id| JobId(*id)).collect::<Vec<_>>();
        assert_eq!(named(&ids(&[1, 2, 3, 7])), "jobs 1-3,7");
        assert_eq!(named(&ids(&[4])), "job 4");
    }
}
