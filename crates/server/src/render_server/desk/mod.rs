//! A desktop that renders while its owner is away: looks at the machine, and tells the role what keeps it
//! from rendering.

mod hours;
mod idle;
mod inputs;
mod load;
mod policy;

use std::sync::Arc;
use std::time::Duration;

use render::Event;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

pub use hours::Hours;
pub use policy::DeskPolicy;

use super::Kit;
use super::hands::RenderHandle;
use idle::Idle;
pub(super) use load::OwnUsage;
use load::{Load, free_memory};
use policy::{Judge, Reading, Verdict};

/// Between two looks at the machine; a key is noticed at once.
const LOOK: Duration = Duration::from_secs(2);

/// Before the first look.
fn unknown() -> Verdict {
    Verdict { owner: Some("it is not known yet whether its owner is here".to_owned()), hours: None }
}

/// Watches over a desktop for ever. `rendering` says that frames of an earlier run were found at work: its
/// owner was away then.
pub(super) async fn watch(handle: RenderHandle, policy: DeskPolicy, kit: Arc<Kit>, rendering: bool) {
    let rests = if rendering { policy.idle_after } else { Duration::ZERO };
    let begun = Instant::now();
    let (mut judge, mut load, mut idle) = (Judge::new(policy), Load::default(), Idle::watched(rests));
    let mut touches = idle.touches();
    let mut told = (!rendering).then(unknown);
    if let Some(unknown) = &told {
        tell(&handle, unknown).await;
    }
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = begun.elapsed();
        let reading = Reading {
            now,
            idle: idle.time().await,
            others_permille: load.others_permille(now, &kit.usage),
            free_memory: free_memory(&kit.usage),
            at: jiff::Zoned::now().datetime(),
        };
        let verdict = judge.judges(&reading);
        tracing::trace!(?reading, ?verdict);
        if told.as_ref() != Some(&verdict) {
            tell(&handle, &verdict).await;
            told = Some(verdict);
        }
        let rests = told.as_ref().is_some_and(|told| told.owner.is_some());
        next(&mut looks, &mut touches, rests).await;
    }
}

/// Waits for the next look; while somebody is there, each touch of his is no news.
async fn next(
    looks: &mut tokio::time::Interval,
    touches: &mut watch::Receiver<Option<Instant>>,
    rests: bool,
) {
    tokio::select! {
        _ = looks.tick() => {}
        Ok(()) = touches.changed(), if !rests => {}
    }
}

async fn tell(handle: &RenderHandle, verdict: &Verdict) {
    let Verdict { owner, hours } = verdict.clone();
    match owner.as_ref().or(hours.as_ref()) {
        Some(why) => tracing::info!("this desktop takes no frames: {why}"),
        None => tracing::info!("this desktop takes frames"),
    }
    handle.tell(Event::Desk { owner, hours }).await;
}
