//! Watching a job: its view as server-sent events, at most a few times a second.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{self, Stream};
use model::{JobId, JobView};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::Desk;
use crate::problem::Refused;

/// Between two events, so that a watcher is told the present state and not each step to it.
const PAUSE: Duration = Duration::from_millis(200);
/// Between two looks meanwhile: the end of a job is told at once.
const LOOK: Duration = Duration::from_millis(10);

pub(super) async fn watch(
    State(desk): State<Desk>,
    Path(job): Path<JobId>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refused> {
    // First the ears, then the first look: nothing falls between.
    let changes = desk.changes.subscribe();
    let first = desk.job(job).await?;
    let watcher = Watcher { desk, job, changes, next: Some(first), told_at: Instant::now() };
    let events = stream::unfold(watcher, |mut watcher| async {
        let view = watcher.view().await?;
        let event = Event::default().json_data(&view).unwrap_or_default();
        Some((Ok(event), watcher))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Watcher {
    desk: Desk,
    job: JobId,
    changes: Receiver<JobId>,
    /// When the last view was told.
    told_at: Instant,
    /// What to tell without waiting; nothing any more once a final state has been told.
    next: Option<JobView>,
}

impl Watcher {
    /// The next view to tell; `None` once the job has ended or the server stops.
    async fn view(&mut self) -> Option<JobView> {
        let view = match self.next.take() {
            Some(first) => first,
            None => {
                self.changed().await?;
                self.present().await?
            }
        };
        self.told_at = Instant::now();
        if view.state.is_final() {
            // A receiver that is told of nothing ends the next call at once.
            self.changes = tokio::sync::broadcast::channel(1).1;
        }
        Some(view)
    }

    /// The job as it is once enough time has passed since the last view, or as it ended before that.
    async fn present(&mut self) -> Option<JobView> {
        let due = self.told_at + PAUSE;
        loop {
            // All changes up to now are in what is read next.
            self.changes = self.changes.resubscribe();
            let view = self.desk.job(self.job).await.ok()?;
            let now = Instant::now();
            if view.state.is_final() || now >= due {
                return Some(view);
            }
            tokio::time::sleep_until(due.min(now + LOOK)).await;
        }
    }

    async fn changed(&mut self) -> Option<()> {
        loop {
            match self.changes.recv().await {
                Ok(job) if job == self.job => return Some(()),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return Some(()),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
