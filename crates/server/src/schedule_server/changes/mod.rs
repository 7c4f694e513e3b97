//! What changed last when, of all that somebody follows: from it each stream of changes is told what it was
//! not told yet, as it is then. Nothing is queued for anybody, so a slow client costs nothing and one that
//! comes back asks the same question as one that stayed.
//!
//! Nothing here knows of connections or of time. While nobody follows anything a change costs one look at a
//! flag.

mod followed;
mod marks;
mod mirror;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{FrameId, HostId, HostRow, HostView, HostsNews, HostsSeen, JobId, StepIndex, Topic};

use followed::{Followed, Needed};
use marks::Marks;
use mirror::Mirror;

/// So many chunks of a job are remembered; to fetch all anew is cheaper than to be told of more.
const CHUNKS_MAX: usize = 16_384;
/// So many jobs, and so many hosts.
const THINGS_MAX: usize = 1 << 20;

/// What changed when.
#[derive(Debug)]
pub(crate) struct Changes {
    epoch: String,
    /// The number of the last change.
    seq: u64,
    /// The last number that somebody was told.
    asked: u64,
    followed: Followed,
    needed: Needed,
    /// What is needed has changed since the shell was told.
    unwished: bool,
    jobs: Marks<JobId>,
    grids: BTreeMap<JobId, Marks<(StepIndex, u32)>>,
    mirror: Mirror,
    hosts: Marks<HostId>,
    /// Hosts of which more changed than what their slots do.
    hosts_whole: Marks<HostId>,
    /// The present state of single things, as JSON.
    values: BTreeMap<Topic, Arc<str>>,
    values_at: Marks<Topic>,
}

/// What the shell has to see to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// The role tells of the chunks of these jobs.
    pub(crate) grids: BTreeSet<JobId>,
    /// The resource server tells of hosts.
    pub(crate) hosts: bool,
}

/// From where a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// It begins: what it follows of single things is told as it is, lists are the client's to fetch.
    Now,
    /// It was told all up to this change.
    Seq(u64),
}

/// What a stream is told.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct News {
    /// All up to this change is in it.
    pub(crate) seq: u64,
    /// Jobs for the list of jobs.
    pub(crate) jobs: Vec<JobId>,
    /// Jobs that are followed by themselves.
    pub(crate) single_jobs: Vec<JobId>,
    /// Chunks, by their jobs.
    pub(crate) grids: Vec<(JobId, Vec<(StepIndex, u32)>)>,
    /// Hosts for the list of hosts.
    pub(crate) hosts: HostsNews,
    /// Hosts that are followed by themselves.
    pub(crate) single_hosts: Vec<HostView>,
    /// Single things, as JSON.
    pub(crate) values: Vec<(Topic, Arc<str>)>,
    /// What has to be fetched anew.
    pub(crate) reset: Vec<Topic>,
}

impl Changes {
    /// Nothing has changed yet; `epoch` names this start of the server.
    pub(crate) fn new(epoch: String) -> Self {
        Self {
            epoch,
            seq: 0,
            asked: 0,
            followed: Followed::default(),
            needed: Needed::default(),
            unwished: false,
            jobs: Marks::new(0, THINGS_MAX),
            grids: BTreeMap::new(),
            mirror: Mirror::default(),
            hosts: Marks::new(0, THINGS_MAX),
            hosts_whole: Marks::new(0, THINGS_MAX),
            values: BTreeMap::new(),
            values_at: Marks::new(0, THINGS_MAX),
        }
    }

    /// Names this start of the server.
    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The number of the last change.
    pub(crate) const fn seq(&self) -> u64 {
        self.seq
    }

    /// The same, for somebody who goes on from there.
    pub(crate) const fn position(&mut self) -> u64 {
        self.asked = self.seq;
        self.seq
    }

    // Who follows what.

    /// A stream begins.
    pub(crate) fn come(&mut self, topics: &[Topic]) {
        self.followed.come(topics);
        self.need();
    }

    /// A stream has ended. After a while `forget` is called with the number returned.
    pub(crate) fn go(&mut self, topics: &[Topic]) -> u64 {
        self.followed.go(topics)
    }

    /// Nobody came back after that end who could go on from what is known.
    pub(crate) fn forget(&mut self, end: u64) {
        self.followed.forget(end);
        self.need();
    }

    /// What the shell has to see to, where that is not what it was told last.
    pub(crate) fn wish(&mut self) -> Option<Wish> {
        let wish = || Wish { grids: self.needed.grids.clone(), hosts: self.needed.hosts };
        std::mem::take(&mut self.unwished).then(wish)
    }

    fn need(&mut self) {
        let needed = self.followed.needed();
        if needed.jobs != self.needed.jobs {
            self.jobs = Marks::new(self.seq, THINGS_MAX);
        }
        if needed.hosts != self.needed.hosts {
            self.mirror = Mirror::default();
            self.hosts = Marks::new(self.seq, THINGS_MAX);
            self.hosts_whole = Marks::new(self.seq, THINGS_MAX);
        }
        self.grids.retain(|job, _| needed.grids.contains(job));
        for job in &needed.grids {
            self.grids.entry(*job).or_insert_with(|| Marks::new(self.seq, CHUNKS_MAX));
        }
        self.values.retain(|topic, _| self.followed.has(topic));
        self.unwished |= (&needed.grids, needed.hosts) != (&self.needed.grids, self.needed.hosts);
        self.needed = needed;
    }

    // What changes.

    /// A job has changed.
    pub(crate) fn job_changed(&mut self, job: JobId) {
        if self.needed.jobs && self.jobs.mark(&job, self.seq + 1, self.asked) {
            self.seq += 1;
        }
    }

    /// A chunk has changed.
    pub(crate) fn chunk_changed(&mut self, frame: FrameId) {
        if let Some(grid) = self.grids.get_mut(&frame.job)
            && grid.mark(&(frame.step, frame.index), self.seq + 1, self.asked)
        {
            self.seq += 1;
        }
    }

    /// So many chunks of a job have changed that they are not told one by one.
    pub(crate) fn grid_changed(&mut self, job: JobId) {
        if let Some(grid) = self.grids.get_mut(&job) {
            self.seq += 1;
            *grid = Marks::new(self.seq, CHUNKS_MAX);
        }
    }

    /// The resource server has told of hosts.
    pub(crate) fn hosts_seen(&mut self, seen: HostsSeen) {
        if !self.needed.hosts {
            return; // it will hear so in a moment
        }
        let first = !self.mirror.was_whole();
        let turned = self.mirror.hear(seen);
        if first {
            // Nobody was told of any yet: who follows the list fetches it.
            self.seq += 1;
            self.hosts = Marks::new(self.seq, THINGS_MAX);
            self.hosts_whole = Marks::new(self.seq, THINGS_MAX);
            return;
        }
        for turned in turned {
            if turned.all {
                self.hosts_whole.mark(&turned.host, self.seq + 1, self.asked);
            }
            if self.hosts.mark(&turned.host, self.seq + 1, self.asked) || turned.all {
                self.seq += 1;
            }
        }
    }

    /// Whether somebody follows hosts.
    pub(crate) const fn needs_hosts(&self) -> bool {
        self.needed.hosts
    }

    /// The link to the resource server is gone.
    pub(crate) const fn hosts_unseen(&mut self) {
        self.mirror.interrupt();
    }

    /// Whether all hosts are known.
    pub(crate) const fn has_hosts(&self) -> bool {
        self.mirror.is_whole()
    }

    /// The present state of a single thing, as JSON; nothing where nobody follows it or it is what it was.
    pub(crate) fn put(&mut self, topic: &Topic, value: &str) {
        if !self.followed.has(topic) || self.values.get(topic).is_some_and(|old| **old == *value) {
            return;
        }
        self.values.insert(topic.clone(), value.into());
        if self.values_at.mark(topic, self.seq + 1, self.asked) {
            self.seq += 1;
        }
    }

    // What is told.

    /// What who follows `topics` is to be told.
    pub(crate) fn news(&mut self, topics: &[Topic], since: Since) -> News {
        let mut news = News { seq: self.position(), ..News::default() };
        let since = match since {
            Since::Seq(seq) if seq <= self.seq => seq,
            // No change has that number: it is from somewhere else.
            Since::Seq(_) => {
                let lists = topics.iter().filter(|topic| is_list(topic)).cloned().collect();
                return News { reset: lists, ..self.news(topics, Since::Now) };
            }
            Since::Now => {
                topics.iter().for_each(|topic| self.tell_state(topic, &mut news));
                return news;
            }
        };
        for topic in topics {
            self.tell_changes(topic, since, &mut news);
        }
        news
    }

    /// A single thing as it is.
    fn tell_state(&self, topic: &Topic, news: &mut News) {
        match topic {
            Topic::Job(job) => news.single_jobs.push(*job),
            Topic::Host(host) => match self.mirror.get(host) {
                Some(host) => news.single_hosts.push(host.clone()),
                None => news.reset.push(topic.clone()),
            },
            Topic::Jobs | Topic::Grid(_) | Topic::Hosts => {}
            Topic::Farm | Topic::Joins | Topic::Slot(..) | Topic::Frame(..) => {
                news.values.extend(self.values.get(topic).map(|value| (topic.clone(), value.clone())));
            }
        }
    }

    fn tell_changes(&self, topic: &Topic, since: u64, news: &mut News) {
        let changed = match topic {
            Topic::Jobs => match self.jobs.since(since) {
                Some(jobs) => return news.jobs.extend(jobs),
                None => return news.reset.push(Topic::Jobs),
            },
            Topic::Grid(job) => match self.grids.get(job).and_then(|grid| grid.since(since)) {
                Some(chunks) => {
                    let chunks: Vec<_> = chunks.copied().collect();
                    if !chunks.is_empty() {
                        news.grids.push((*job, chunks));
                    }
                    return;
                }
                None => return news.reset.push(topic.clone()),
            },
            Topic::Hosts => return self.tell_hosts(since, news),
            Topic::Job(job) => self.jobs.changed(job, since),
            Topic::Host(host) => self.hosts.changed(host, since),
            Topic::Farm | Topic::Joins | Topic::Slot(..) | Topic::Frame(..) => {
                self.values_at.changed(topic, since)
            }
        };
        if changed {
            self.tell_state(topic, news);
        }
    }

    fn tell_hosts(&self, since: u64, news: &mut News) {
        let Some(hosts) = self.hosts.since(since) else {
            news.reset.push(Topic::Hosts);
            return;
        };
        for name in hosts {
            match self.mirror.get(name) {
                None => news.hosts.gone.push(name.clone()),
                Some(host) if self.hosts_whole.changed(name, since) => news.hosts.items.push(host.clone()),
                Some(host) => news.hosts.rows.push(HostRow::from(host)),
            }
        }
    }
}

/// Whether the client fetches it by itself.
const fn is_list(topic: &Topic) -> bool {
    matches!(topic, Topic::Jobs | Topic::Hosts | Topic::Grid(_))
}
