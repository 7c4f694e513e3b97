//! The jobs: which of them a queue shows, in which order, and which are marked.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use model::{JobId, JobView, JobsNews};
use serde::{Deserialize, Serialize};

use crate::Key;
use crate::list::move_by;

/// The queues that a person looks through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Queue {
    New,
    #[default]
    Active,
    Done,
}

impl Queue {
    pub(crate) const ALL: [Self; 3] = [Self::New, Self::Active, Self::Done];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Active => "active",
            Self::Done => "done",
        }
    }

    /// The queue that a job is in.
    pub(crate) const fn of(job: &JobView) -> Self {
        match (job.state.is_final(), job.started_at) {
            (true, _) => Self::Done,
            (false, Some(_)) => Self::Active,
            (false, None) => Self::New,
        }
    }
}

/// The jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jobs {
    all: BTreeMap<JobId, JobView>,
    pub(crate) queue: Queue,
    pub(crate) filter: String,
    /// Those that are shown, in their order.
    shown: Vec<JobId>,
    at: Option<JobId>,
    pub(crate) marked: BTreeSet<JobId>,
    pub(crate) loaded: bool,
    /// How many are in each queue.
    pub(crate) counts: [usize; 3],
}

fn id(job: &JobView) -> Option<JobId> {
    job.id.parse().ok()
}

impl Jobs {
    pub(crate) fn load(&mut self, jobs: Vec<JobView>) {
        self.all = jobs.into_iter().filter_map(|job| Some((id(&job)?, job))).collect();
        self.loaded = true;
        self.arrange();
    }

    pub(crate) fn change(&mut self, news: JobsNews) {
        self.all.extend(news.items.into_iter().filter_map(|job| Some((id(&job)?, job))));
        for gone in news.gone.iter().filter_map(|gone| gone.parse::<JobId>().ok()) {
            self.all.remove(&gone);
        }
        self.arrange();
    }

    pub(crate) fn show(&mut self, queue: Queue) {
        self.queue = queue;
        self.at = None;
        self.marked.clear();
        self.arrange();
    }

    pub(crate) fn filter_by(&mut self, filter: String) {
        self.filter = filter;
        self.arrange();
    }

    /// Puts those that are shown in order; the cursor stays on its job, or near where that was.
    fn arrange(&mut self) {
        let before = self.position();
        self.counts = [0; 3];
        for job in self.all.values() {
            self.counts[Queue::of(job) as usize] += 1;
        }
        let words = self.filter.to_lowercase();
        let fits = |job: &JobView| {
            words.is_empty()
                || [&job.name, &job.user, &job.id].iter().any(|field| field.to_lowercase().contains(&words))
        };
        let meant = self.all.iter().filter(|(_, job)| Queue::of(job) == self.queue && fits(job));
        let mut meant: Vec<(&JobId, &JobView)> = meant.collect();
        match self.queue {
            Queue::Done => meant.sort_by_key(|(id, job)| Reverse((job.ended_at, **id))),
            _ => meant.sort_by_key(|(id, job)| (job.priority, **id)),
        }
        self.shown = meant.into_iter().map(|(id, _)| *id).collect();
        self.marked.retain(|job| self.all.contains_key(job));
        if self.position().is_none() {
            let near = before.unwrap_or(0).min(self.shown.len().saturating_sub(1));
            self.at = self.shown.get(near).copied();
        }
    }

    fn position(&self) -> Option<usize> {
        let at = self.at?;
        self.shown.iter().position(|id| *id == at)
    }

    /// Where the cursor is.
    pub(crate) fn cursor(&self) -> usize {
        self.position().unwrap_or(0)
    }

    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    pub(crate) fn at(&self, place: usize) -> Option<&JobView> {
        self.all.get(self.shown.get(place)?)
    }

    pub(crate) fn get(&self, id: JobId) -> Option<&JobView> {
        self.all.get(&id)
    }

    /// The one under the cursor.
    pub(crate) fn current(&self) -> Option<JobId> {
        self.position().map(|at| self.shown[at])
    }

    pub(crate) fn move_by(&mut self, key: Key, rows: usize) -> bool {
        let mut at = self.cursor();
        let moved = move_by(key, &mut at, self.shown.len(), rows);
        if moved {
            self.at = self.shown.get(at).copied();
        }
        moved
    }

    pub(crate) fn mark(&mut self) {
        if let Some(job) = self.current()
            && !self.marked.remove(&job)
        {
            self.marked.insert(job);
        }
    }

    /// The marked ones, or the one under the cursor.
    pub(crate) fn meant(&self) -> Vec<JobId> {
        if self.marked.is_empty() {
            self.current().into_iter().collect()
        } else {
            self.marked.iter().copied().collect()
        }
    }
}
