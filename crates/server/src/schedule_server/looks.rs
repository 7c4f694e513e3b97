//! Who looks at what slots and frames use now.
//!
//! Render servers are told which of their slots somebody looks at, again and again while that is so, and
//! tell what those do once a second. Where nobody looks nobody says anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::access::{Object, Verb};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{FrameId, HostId, JobId, RenderToSchedule, SlotIndex, SlotStats, StepIndex, Topic};
use schedule::LinkId;
use std::time::Instant;
use tokio::sync::{Notify, broadcast};

use super::Desk;
use super::hands::ScheduleHandle;
use crate::access::Pass;
use crate::clock;
use crate::problem::Refused;

/// Which frame is on which slot is looked up so often while somebody looks.
const PERIOD: Duration = Duration::from_secs(1);
/// A render server is told again after this time; what it was told is good for three times as long.
const SAID_AGAIN: Duration = Duration::from_secs(5);
/// Stats that a slow reader may be behind; then it goes on with the latest.
const TOLD_MAX: usize = 1024;
/// How long a render server may take to say what a slot does.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// Who looks at what. Clones are the same.
#[derive(Clone)]
pub(super) struct Looks(Arc<Inner>);

struct Inner {
    told: broadcast::Sender<Arc<SlotStats>>,
    wanted: Mutex<BTreeMap<LookAt, usize>>,
    changed: Notify,
}

/// What somebody looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LookAt {
    Slot {
        host: HostId,
        slot: SlotIndex,
    },
    /// Wherever it is rendered.
    Frame {
        frame: FrameId,
        /// The first number of its chunk.
        number: i64,
    },
}

impl LookAt {
    fn is(&self, stats: &SlotStats) -> bool {
        match self {
            Self::Slot { host, slot } => (host, slot) == (&stats.host, &stats.slot),
            Self::Frame { frame, number } => {
                (stats.job, stats.step_index, stats.frame)
                    == (Some(frame.job), Some(frame.step), Some(*number))
            }
        }
    }
}

/// Somebody's look. It ends with this.
pub(super) struct Looking {
    looks: Looks,
    at: LookAt,
    told: broadcast::Receiver<Arc<SlotStats>>,
}

impl Looks {
    pub(super) fn new() -> Self {
        let inner =
            Inner { told: broadcast::channel(TOLD_MAX).0, wanted: Mutex::default(), changed: Notify::new() };
        Self(Arc::new(inner))
    }

    fn wanted(&self) -> MutexGuard<'_, BTreeMap<LookAt, usize>> {
        self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a slot or a frame from now on.
    pub(super) fn look(&self, at: LookAt) -> Looking {
        let told = self.0.told.subscribe();
        *self.wanted().entry(at.clone()).or_default() += 1;
        self.0.changed.notify_one();
        Looking { looks: self.clone(), at, told }
    }

    /// What a render server says that its slots do.
    fn told(&self, stats: Vec<SlotStats>) {
        for stats in stats {
            // Its clock may be wrong.
            let stats = SlotStats { at: clock::now(), ..stats };
            // Who looked may look no more.
            let _ = self.0.told.send(Arc::new(stats));
        }
    }

    /// Takes what is said of slots out of the words of a render server.
    pub(super) fn hear(&self, pass: &Pass, messages: &mut Vec<RenderToSchedule>) {
        for told in messages.extract_if(.., |message| matches!(message, RenderToSchedule::Slots { .. })) {
            if let RenderToSchedule::Slots { mut stats } = told {
                stats.retain(|stats| pass.allows(Verb::LinkSchedule, Object::Of(&stats.host.0)).is_ok());
                self.told(stats);
            }
        }
    }
}

impl Looking {
    /// What it does next, as soon as that is told; nothing once the server stops.
    pub(super) async fn next(&mut self) -> Option<Arc<SlotStats>> {
        loop {
            match self.told.recv().await {
                Ok(stats) if self.at.is(&stats) => return Some(stats),
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let mut wanted = self.looks.wanted();
        if let Some(count) = wanted.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                wanted.remove(&self.at);
            }
        }
        drop(wanted);
        self.looks.0.changed.notify_one();
    }
}

/// Slots that render servers were told somebody looks at, and when.
pub(super) type Told = BTreeMap<LinkId, (BTreeSet<SlotIndex>, Instant)>;

/// Tells render servers which of their slots are looked at, for ever.
pub(super) async fn keep_telling(handle: ScheduleHandle, looks: Looks) {
    loop {
        let wanted: Vec<LookAt> = looks.wanted().keys().cloned().collect();
        let idle = wanted.is_empty();
        handle
            .look(move |role, hands| {
                let mut slots: BTreeMap<LinkId, BTreeSet<SlotIndex>> = BTreeMap::new();
                for at in wanted {
                    let place = match at {
                        LookAt::Slot { host, slot } => Some((host, slot)),
                        LookAt::Frame { frame, .. } => role.slot_of(frame),
                    };
                    let linked = place.and_then(|(host, slot)| Some((role.link_of(&host)?, slot)));
                    if let Some((link, slot)) = linked {
                        slots.entry(link).or_default().insert(slot);
                    }
                }
                hands.look_at(slots, SAID_AGAIN);
            })
            .await;
        if idle {
            looks.0.changed.notified().await;
        } else {
            // A page that opens looks at several at once.
            let _ = tokio::time::timeout(PERIOD, looks.0.changed.notified()).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Desk {
    /// Looks at a frame from now on; nothing where there is no such frame.
    pub(super) async fn look_at_frame(
        &self,
        job: JobId,
        step: StepIndex,
        number: i64,
    ) -> Result<Option<Looking>, Refused> {
        let found = self.handle.read(move |role| role.chunk_with(job, step, number)).await?;
        Ok(found.map(|(frame, number)| self.looks.look(LookAt::Frame { frame, number })))
    }
}

/// Tells those who follow a topic what the slot or frame does, as long as this is there.
pub(super) struct Eye(tokio::task::JoinHandle<()>);

impl Drop for Eye {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Desk {
    /// Looks at what `topic` is about, where that is a slot or a frame.
    pub(super) fn look_for(&self, topic: &Topic) -> Option<Eye> {
        let (desk, topic) = (self.clone(), topic.clone());
        matches!(topic, Topic::Slot(..) | Topic::Frame(..))
            .then(|| Eye(tokio::spawn(async move { desk.tell_of(topic).await })))
    }

    async fn tell_of(&self, topic: Topic) {
        let looking = match &topic {
            Topic::Slot(host, slot) => {
                Ok(Some(self.looks.look(LookAt::Slot { host: host.clone(), slot: *slot })))
            }
            Topic::Frame(job, step, number) => self.look_at_frame(*job, *step, *number).await,
            _ => Ok(None),
        };
        // Of what is not there nothing is told.
        let Ok(Some(mut looking)) = looking else { return };
        while let Some(stats) = looking.next().await {
            let (topic, value) = (topic.clone(), serde_json::to_string(&*stats).unwrap_or_default());
            self.handle.look(move |_, hands| hands.changes.put(&topic, &value)).await;
        }
    }
}

/// What a slot does, asked now.
pub(super) async fn slot(
    State(desk): State<Desk>,
    Path((host, slot)): Path<(HostId, SlotIndex)>,
) -> Result<Json<SlotStats>, Refused> {
    let missing = |what: String| Refused::new(StatusCode::NOT_FOUND, what);
    let asked = host.clone();
    match desk.handle.read(move |role| role.slots_of(&asked)).await? {
        Some(slots) if slot.0 < slots => {}
        Some(slots) => {
            let hint = format!("its slots are 0 to {}", slots.saturating_sub(1));
            return Err(missing(format!("render host {host} has no slot {slot}")).hint(hint));
        }
        None => {
            return Err(missing(format!("render host {host} is not there"))
                .hint("`framefarm hosts` lists those that are"));
        }
    }
    let mut looking = desk.looks.look(LookAt::Slot { host: host.clone(), slot });
    match tokio::time::timeout(ANSWER_WAIT, looking.next()).await {
        Ok(Some(stats)) => Ok(Json(SlotStats::clone(&stats))),
        _ => Err(Refused::new(
            StatusCode::GATEWAY_TIMEOUT,
            format!("render host {host} did not say within {} s what it does", ANSWER_WAIT.as_secs()),
        )
        .hint("is its render server as new as the schedule server, and not overloaded?")),
    }
}
