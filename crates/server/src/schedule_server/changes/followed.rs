//! What is followed, by how many, and what is kept for a while for those who may come back.

use std::collections::{BTreeMap, BTreeSet};

use model::{JobId, Topic};

/// Topics that are followed, or were a moment ago.
#[derive(Debug, Default)]
pub(super) struct Followed {
    topics: BTreeMap<Topic, Count>,
    /// Grows with each stream that ends.
    ends: u64,
}

#[derive(Debug, Default)]
struct Count {
    streams: usize,
    /// Which end left it without any.
    left: u64,
}

/// What has to be known for the sake of what is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needed {
    pub(super) jobs: bool,
    pub(super) hosts: bool,
    pub(super) grids: BTreeSet<JobId>,
}

impl Followed {
    /// Another stream follows these.
    pub(super) fn come(&mut self, topics: &[Topic]) {
        for topic in topics {
            self.topics.entry(topic.clone()).or_default().streams += 1;
        }
    }

    /// A stream that followed these has ended. What nobody follows any more may be forgotten by `forget`
    /// with the number returned.
    pub(super) fn go(&mut self, topics: &[Topic]) -> u64 {
        self.ends += 1;
        for topic in topics {
            if let Some(count) = self.topics.get_mut(topic) {
                count.streams = count.streams.saturating_sub(1);
                count.left = self.ends;
            }
        }
        self.ends
    }

    /// Forgets what nobody has followed since that end.
    pub(super) fn forget(&mut self, end: u64) {
        self.topics.retain(|_, count| count.streams > 0 || count.left > end);
    }

    pub(super) fn has(&self, topic: &Topic) -> bool {
        self.topics.contains_key(topic)
    }

    pub(super) fn needed(&self) -> Needed {
        let mut needed = Needed::default();
        for topic in self.topics.keys() {
            match topic {
                Topic::Jobs | Topic::Job(_) => needed.jobs = true,
                Topic::Hosts | Topic::Host(_) => needed.hosts = true,
                Topic::Grid(job) => {
                    needed.grids.insert(*job);
                }
                Topic::Farm | Topic::Joins | Topic::Slot(..) | Topic::Frame(..) => {}
            }
        }
        needed
    }
}
