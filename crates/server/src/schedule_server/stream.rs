//! The one stream of changes: what a client follows, told as it is now and at most ten times a second.
//!
//! A stream asks for what it was not told yet once the client has taken what was told before, so it has
//! never more than one answer in hand.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use ::access::{Object, Verb};
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{self, Stream};
use model::{
    EventId, FarmCounts, GridNews, Hello, HostView, HostsNews, JobId, JobView, JobsNews, JoinsNews, Reset,
    StepIndex, Topic,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use wire::{FarmNews, FarmView};

use super::Desk;
use super::changes::{News, Since};
use super::hands::{ScheduleHandle, ScheduleHands};
use super::looks::Eye;
use crate::access::Pass;
use crate::clock;
use crate::problem::Refused;

/// Between two answers.
const PAUSE: Duration = Duration::from_millis(100);
/// So much longer for each KiB of the first: about 2 MiB a second.
const PAUSE_PER_KIB: Duration = Duration::from_micros(500);
/// Between two looks at what does not tell by itself that it has changed.
const LOOK: Duration = Duration::from_secs(1);
/// How long a stream waits for the hosts before it begins.
const HOSTS_WAIT: Duration = Duration::from_secs(1);
/// How long a client that broke off may take to come back.
const RETURN: Duration = Duration::from_mins(1);
/// More topics than this nobody looks at.
const TOPICS_MAX: usize = 100;

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    topics: Option<String>,
    after: Option<String>,
}

pub(super) async fn events(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refused> {
    let Query(wanted) = wanted.map_err(|error| unclear(error.body_text()))?;
    let topics = topics_of(&wanted)?;
    for topic in &topics {
        pass.allows(verb(topic), Object::Farm)?;
    }
    // A browser that comes back says by the header how far it was; that is newer than its address.
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok().map(str::to_owned));
    let after = header.filter(|after| !after.is_empty()).or(wanted.after);
    let follower = Follower::come(&desk.handle, topics).await.ok_or_else(stopping)?;
    let feed = Feed::begin(desk, pass, follower, after).await.ok_or_else(stopping)?;
    let events = stream::unfold(feed, |mut feed| async { Some((Ok(feed.next().await?), feed)) });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn stopping() -> Refused {
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping").come_back()
}

fn unclear(what: String) -> Refused {
    let hint = "for example /api/v1/events?topics=jobs,hosts,job:17,grid:17";
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, what).hint(hint)
}

/// The topics that are wanted, each once.
fn topics_of(wanted: &Wanted) -> Result<Vec<Topic>, Refused> {
    let mut topics: Vec<Topic> = Vec::new();
    for text in wanted.topics.iter().flat_map(|topics| topics.split(',')).filter(|text| !text.is_empty()) {
        let topic = text.parse().map_err(|error: model::TopicError| unclear(error.to_string()))?;
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    match topics.len() {
        0 => Err(unclear("a stream of changes needs topics".to_owned())),
        1..=TOPICS_MAX => Ok(topics),
        many => Err(unclear(format!("{many} topics are more than a stream follows, which is {TOPICS_MAX}"))),
    }
}

/// What it takes to see a topic.
const fn verb(topic: &Topic) -> Verb {
    match topic {
        Topic::Jobs | Topic::Job(_) | Topic::Grid(_) | Topic::Frame(..) => Verb::SeeJobs,
        Topic::Hosts | Topic::Host(_) | Topic::Slot(..) => Verb::SeeHosts,
        Topic::Farm => Verb::SeeFarm,
        Topic::Joins => Verb::SeeMembers,
    }
}

/// A stream's place among those that follow something; given up when it is dropped.
struct Follower {
    handle: ScheduleHandle,
    topics: Vec<Topic>,
    /// Rings when something has changed.
    bell: watch::Receiver<u64>,
}

impl Follower {
    async fn come(handle: &ScheduleHandle, topics: Vec<Topic>) -> Option<Self> {
        let wanted = topics.clone();
        let come = move |_: &schedule::Schedule, hands: &mut ScheduleHands| {
            hands.changes.come(&wanted);
            hands.bell.subscribe()
        };
        let bell = handle.consult(come).await?;
        Some(Self { handle: handle.clone(), topics, bell })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let (handle, topics) = (self.handle.clone(), std::mem::take(&mut self.topics));
        tokio::spawn(async move {
            let Some(end) = handle.consult(move |_, hands| hands.changes.go(&topics)).await else { return };
            sleep(RETURN).await;
            handle.look(move |_, hands| hands.changes.forget(end)).await;
        });
    }
}

/// Chunks of a job: step, place in it, and cell.
type Cells = Vec<(StepIndex, u32, u8)>;

/// What the owner's thread gives of the news; the rest is done elsewhere.
struct Found {
    news: News,
    jobs: Vec<JobView>,
    single_jobs: Vec<JobView>,
    grids: Vec<(JobId, Cells)>,
}

/// A stream of changes.
struct Feed {
    desk: Desk,
    pass: Pass,
    follower: Follower,
    epoch: String,
    since: Since,
    ready: VecDeque<Event>,
    /// When the next answer may be asked for.
    due: Instant,
    /// When it is looked at what does not tell by itself that it has changed.
    look_at: Option<Instant>,
    /// Has slots and frames tell what they do.
    _eyes: Vec<Eye>,
}

impl Feed {
    async fn begin(desk: Desk, pass: Pass, follower: Follower, after: Option<String>) -> Option<Self> {
        let is_watched = |topic: &Topic| matches!(topic, Topic::Hosts | Topic::Host(_));
        if follower.topics.iter().any(is_watched) {
            // Where they come later, or not at all, that is told like any change.
            let _ = timeout(HOSTS_WAIT, has_hosts(&follower)).await;
        }
        let (epoch, seq) = desk.handle.consult(|_, hands| hands.position()).await?;
        let after = after.map(|after| after.parse().ok().filter(|id: &EventId| id.epoch == epoch));
        let since = match after {
            None => Since::Now,
            Some(Some(EventId { seq, .. })) => Since::Seq(seq),
            // It is of another start, or no id at all.
            Some(None) => Since::Seq(u64::MAX),
        };
        let resumed = matches!(since, Since::Seq(after) if after <= seq);
        let polled = |topic: &Topic| matches!(topic, Topic::Farm | Topic::Joins);
        let look_at = follower.topics.iter().any(polled).then(Instant::now);
        let hello =
            Hello { epoch: epoch.clone(), seq, at: clock::now(), topics: follower.topics.clone(), resumed };
        let eyes = follower.topics.iter().filter_map(|topic| desk.look_for(topic)).collect();
        let (ready, due) = (VecDeque::new(), Instant::now());
        let mut feed = Self { desk, pass, follower, epoch, since, ready, due, look_at, _eyes: eyes };
        feed.tell("hello", &hello);
        // Who was elsewhere before goes on from here, and fetches the lists.
        if !resumed {
            feed.stamp(seq);
        }
        feed.look_around().await?;
        feed.answer().await?;
        Some(feed)
    }

    /// The next event; `None` where the server stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.wait().await?;
            self.look_around().await?;
            self.answer().await?;
        }
    }

    /// Waits until something may have changed and may be told.
    async fn wait(&mut self) -> Option<()> {
        let look_at = self.look_at;
        tokio::select! {
            changed = self.follower.bell.changed() => changed.ok()?,
            () = async { match look_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            } } => {}
        }
        sleep_until(self.due).await;
        // What changed up to now is in the next answer.
        self.follower.bell.mark_unchanged();
        Some(())
    }

    /// Looks at what does not tell by itself that it has changed.
    async fn look_around(&mut self) -> Option<()> {
        if self.look_at.is_none_or(|at| at > Instant::now()) {
            return Some(());
        }
        self.look_at = Some(Instant::now() + LOOK);
        if self.follower.topics.contains(&Topic::Farm) {
            let farm = self.desk.farm_now();
            let put = move |role: &schedule::Schedule, hands: &mut ScheduleHands| {
                if hands.counts_due() {
                    let counts: FarmCounts = role.counts();
                    let farm = FarmView { resource_linked: hands.is_resource_linked(), ..farm };
                    let news = FarmNews { farm, counts };
                    hands.changes.put(&Topic::Farm, &serde_json::to_string(&news).unwrap_or_default());
                }
            };
            self.desk.handle.consult(put).await?;
        }
        if self.follower.topics.contains(&Topic::Joins)
            && let Some(items) = self.pass.asking().await
        {
            let joins = serde_json::to_string(&JoinsNews { items }).unwrap_or_default();
            self.desk.handle.consult(move |_, hands| hands.changes.put(&Topic::Joins, &joins)).await?;
        }
        Some(())
    }

    /// Asks for what was not told yet and lays it out.
    async fn answer(&mut self) -> Option<()> {
        let (topics, since) = (self.follower.topics.clone(), self.since);
        let found = self.desk.handle.consult(move |role, hands| hands.found(role, &topics, since)).await?;
        let seq = found.news.seq;
        self.since = Since::Seq(seq);
        let told = self.lay_out(found);
        if told > 0 {
            self.stamp(seq);
        }
        let kib = u32::try_from(told / 1024).unwrap_or(u32::MAX);
        self.due = Instant::now() + PAUSE + PAUSE_PER_KIB.saturating_mul(kib);
        Some(())
    }

    /// Lays out events; returns how many bytes they are.
    fn lay_out(&mut self, found: Found) -> usize {
        let Found { news, mut jobs, mut single_jobs, grids } = found;
        let News { hosts, single_hosts, values, mut reset, .. } = news;
        let mut bytes = 0;
        // Who asks for one that is not there hears so when he fetches it.
        let is_there = |id: &&JobId| single_jobs.iter().any(|job| job.id == id.to_string());
        let missing = news.single_jobs.iter().filter(|id| !is_there(id));
        reset.extend(missing.map(|id| Topic::Job(*id)));
        if !reset.is_empty() {
            bytes += self.tell("reset", &Reset { topics: reset });
        }
        jobs.iter_mut().chain(&mut single_jobs).for_each(|job| self.desk.place(job));
        let gone: Vec<String> = news.jobs.iter().map(JobId::to_string).collect();
        let gone: Vec<String> =
            gone.into_iter().filter(|gone| jobs.iter().all(|job| job.id != *gone)).collect();
        if !jobs.is_empty() || !gone.is_empty() {
            bytes += self.tell("jobs", &JobsNews { items: jobs, gone });
        }
        bytes += single_jobs.iter().map(|job| self.tell("job", job)).sum::<usize>();
        for (job, changes) in grids {
            bytes += self.tell("grid", &GridNews { job: job.to_string(), changes });
        }
        let HostsNews { items, rows, gone } = &hosts;
        if !(items.is_empty() && rows.is_empty() && gone.is_empty()) {
            bytes += self.tell("hosts", &hosts);
        }
        bytes += single_hosts.iter().map(|host: &HostView| self.tell("host", host)).sum::<usize>();
        for (topic, value) in values {
            let name = match topic {
                Topic::Farm => "farm",
                Topic::Joins => "joins",
                Topic::Slot(..) => "slot",
                _ => "frame",
            };
            self.ready.push_back(Event::default().event(name).data(&value));
            bytes += value.len();
        }
        bytes
    }

    fn tell(&mut self, name: &str, data: &impl Serialize) -> usize {
        let data = serde_json::to_string(data).unwrap_or_default();
        self.ready.push_back(Event::default().event(name).data(&data));
        data.len()
    }

    /// Says with the last event how far the stream is: with those before it there is still more to tell.
    fn stamp(&mut self, seq: u64) {
        if let Some(last) = self.ready.pop_back() {
            let id = EventId { epoch: self.epoch.clone(), seq };
            self.ready.push_back(last.id(id.to_string()));
        }
    }
}

/// Waits until the hosts are known.
async fn has_hosts(follower: &Follower) {
    let mut bell = follower.bell.clone();
    while let Some(false) = follower.handle.consult(|_, hands| hands.changes.has_hosts()).await {
        if bell.changed().await.is_err() {
            return;
        }
    }
}

impl ScheduleHands {
    /// What a stream is told.
    fn found(&mut self, role: &schedule::Schedule, topics: &[Topic], since: Since) -> Found {
        let news = self.changes.news(topics, since);
        let cell = |job: JobId, (step, index): (StepIndex, u32)| {
            let frame = model::FrameId { job, step, index };
            Some((step, index, role.cell(frame)?))
        };
        let grid = |(job, chunks): &(JobId, Vec<(StepIndex, u32)>)| {
            (*job, chunks.iter().filter_map(|chunk| cell(*job, *chunk)).collect())
        };
        Found {
            jobs: role.some_jobs(&news.jobs),
            single_jobs: news.single_jobs.iter().filter_map(|job| role.job(*job)).collect(),
            grids: news.grids.iter().map(grid).collect(),
            news,
        }
    }
}
