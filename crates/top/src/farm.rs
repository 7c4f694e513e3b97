//! The farm behind the screen: what the screen wants is asked of the API, and what the API says is told it.

use model::{
    EventId, FrameSet, FrameVerb, FramesOrder, HostSelect, HostVerb, JobQuery, JobSelect, JobState, PageWish,
    Rank, Topic,
};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;
use wire::client::LogOf;
use wire::{Client, ClientError, News};

use crate::{Event, Fetched, HostDeed, JobDeed, Order, Told, Want};

/// So many jobs that have ended are shown, the latest.
pub(crate) const ENDED_MAX: usize = 1_000;
/// So much of the end of a log.
const LOG_BYTES: u64 = 32 << 10;

/// Something that comes from the farm.
pub(crate) struct Came {
    pub(crate) event: Event,
    /// Which stream tells it, and how far that is; others than the last are of no interest any more.
    stream: Option<(u64, Option<EventId>)>,
}

/// The farm.
pub(crate) struct Farm {
    client: Client,
    to: Sender<Came>,
    /// The stream that is followed, by its number.
    stream: u64,
    following: Option<JoinHandle<()>>,
    last: Option<EventId>,
}

impl Farm {
    pub(crate) const fn new(client: Client, to: Sender<Came>) -> Self {
        Self { client, to, stream: 0, following: None, last: None }
    }

    /// Finds out what whoever sits here may do.
    pub(crate) async fn rank(&self) -> Result<Event, ClientError> {
        let who = self.client.who_am_i().await?;
        Ok(Event::Fetched(Box::new(Fetched::Rank(who.role.unwrap_or(Rank::Viewer)))))
    }

    /// What came, where it is of interest.
    pub(crate) fn take(&mut self, came: Came) -> Option<Event> {
        if let Some((stream, id)) = came.stream {
            if stream != self.stream {
                return None;
            }
            self.last = id.or(self.last.take());
        }
        Some(came.event)
    }

    /// Follows other topics, from where it was.
    pub(crate) fn follow(&mut self, topics: Vec<Topic>) {
        if let Some(before) = self.following.take() {
            before.abort();
        }
        self.stream += 1;
        let (number, to) = (self.stream, self.to.clone());
        let mut events = self.client.events(topics, self.last.as_ref());
        self.following = Some(tokio::spawn(async move {
            loop {
                let event = match events.next().await {
                    Ok(news) => told(news).map(|told| Event::Told(Box::new(told))),
                    Err(error) => Some(Event::Lost(words(&error))),
                };
                let Some(event) = event else { continue };
                let stream = Some((number, events.last()));
                if to.send(Came { event, stream }).await.is_err() {
                    return;
                }
            }
        }));
    }

    /// Asks for something.
    pub(crate) fn fetch(&self, want: Want) {
        let (client, to) = (self.client.clone(), self.to.clone());
        tokio::spawn(async move {
            let fetched = match fetched(&client, &want).await {
                Ok(fetched) => fetched,
                Err(error) => Fetched::Failed(want, words(&error)),
            };
            let _ = to.send(Came { event: Event::Fetched(Box::new(fetched)), stream: None }).await;
        });
    }

    /// Has something done.
    pub(crate) fn order(&self, order: Order) {
        let (client, to) = (self.client.clone(), self.to.clone());
        tokio::spawn(async move {
            let what = described(&order);
            let failure = carry_out(&client, &order).await.err().map(|error| words(&error));
            let _ = to.send(Came { event: Event::Done { what, failure }, stream: None }).await;
        });
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        if let Some(following) = self.following.take() {
            following.abort();
        }
    }
}

fn told(news: News) -> Option<Told> {
    Some(match news {
        News::Hello(hello) => Told::Hello { resumed: hello.resumed },
        News::Reset(reset) => Told::Reset(reset.topics),
        News::Jobs(news) => Told::Jobs(news),
        News::Job(job) => Told::Job(*job),
        News::Grid(news) => Told::Grid(news),
        News::Hosts(news) => Told::Hosts(news),
        News::Host(host) => Told::Host(*host),
        News::Farm(news) => Told::Farm { name: news.farm.farm, counts: news.counts },
        News::Joins(news) => Told::Joins(news),
        News::Other { .. } => return None,
    })
}

async fn fetched(client: &Client, want: &Want) -> Result<Fetched, ClientError> {
    Ok(match want {
        Want::Jobs => {
            let open = vec![JobState::Queued, JobState::Active, JobState::Held];
            let mut jobs = client.jobs(&JobSelect { state: open, ..JobSelect::default() }).await?;
            let ended = vec![JobState::Done, JobState::Failed, JobState::Killed];
            let select = JobSelect { state: ended, ..JobSelect::default() };
            // In the order of the queue the latest of those that ended come first.
            let query = JobQuery { select, page: PageWish::largest(), ..JobQuery::default() };
            jobs.extend(client.jobs_page(&query).await?.items);
            Fetched::Jobs(jobs)
        }
        Want::Hosts => Fetched::Hosts(client.hosts(&HostSelect::default()).await?),
        Want::Job(job) => Fetched::Job(client.job(*job).await?),
        Want::Grid(job) => Fetched::Grid(*job, client.grid(*job).await?),
        Want::Frame(job, step, number) => {
            Fetched::Frame(*job, client.frame(*job, Some(step), *number).await?)
        }
        Want::Log(job, step, number) => {
            let of = LogOf { step: Some(step), ..LogOf::default() };
            Fetched::Log(*job, *number, client.log_end(*job, *number, of, LOG_BYTES).await?)
        }
        Want::Host(host) => Fetched::Host(client.host(&host.0).await?),
    })
}

async fn carry_out(client: &Client, order: &Order) -> Result<(), ClientError> {
    match order {
        Order::Job(job, deed) => match deed {
            JobDeed::Hold => client.hold(*job).await.map(drop),
            JobDeed::Release => client.release(*job).await.map(drop),
            JobDeed::Retry => client.retry(*job).await.map(drop),
            JobDeed::Kill => client.kill(*job).await.map(drop),
            JobDeed::Priority(priority) => client.set_priority(*job, *priority).await.map(drop),
        },
        Order::Frame(job, step, number, verb) => {
            let numbers = Some(FrameSet::single(*number));
            let order = FramesOrder { verb: *verb, numbers, states: None, step: Some(step.clone()) };
            client.order_frames(*job, &order).await.map(drop)
        }
        Order::Host(host, deed) => match deed {
            HostDeed::Open => client.order_host(&host.0, HostVerb::Start, false).await,
            HostDeed::Drain => client.order_host(&host.0, HostVerb::Stop, false).await,
            HostDeed::Close => client.order_host(&host.0, HostVerb::Stop, true).await,
            HostDeed::Restart => client.order_host(&host.0, HostVerb::Restart, false).await,
            HostDeed::Forgive => client.forgive(&host.0).await,
        },
        Order::Member { name, joins: true } => client.approve_member(name).await.map(drop),
        Order::Member { name, joins: false } => client.deny_member(name).await,
    }
}

fn described(order: &Order) -> String {
    match order {
        Order::Job(job, deed) => match deed {
            JobDeed::Hold => format!("job {job} is on hold"),
            JobDeed::Release => format!("job {job} goes on"),
            JobDeed::Retry => format!("failed frames of job {job} are tried again"),
            JobDeed::Kill => format!("job {job} is killed"),
            JobDeed::Priority(priority) => format!("job {job} has priority {priority}"),
        },
        Order::Frame(job, step, number, verb) => {
            let done = match verb {
                FrameVerb::Retry => "is tried again",
                FrameVerb::Kill => "is killed",
                FrameVerb::Requeue => "waits again",
            };
            format!("frame {number} of {step} of job {job} {done}")
        }
        Order::Host(host, deed) => match deed {
            HostDeed::Open => format!("{host} takes frames"),
            HostDeed::Drain => format!("{host} finishes what it has and takes no more"),
            HostDeed::Close => format!("{host} gives back what it has and takes no more"),
            HostDeed::Restart => format!("{host} begins anew"),
            HostDeed::Forgive => format!("{host} is forgiven"),
        },
        Order::Member { name, joins: true } => format!("{name} is let join"),
        Order::Member { name, joins: false } => format!("{name} is turned away"),
    }
}

/// An error with its causes, in a line.
fn words(error: &ClientError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
