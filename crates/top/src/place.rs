//! Where one is among the screens, what lies over them, and what each of them needs.

use model::{HostId, JobId, Rank, Topic};

use crate::{Action, Order, Top, Want};

/// A screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The queues of jobs.
    Jobs,
    /// A job, its steps and its chunks.
    Job(JobId),
    /// A frame with its tries and its log.
    Frame { job: JobId, step: String, number: i64 },
    /// The hosts.
    Hosts,
    /// A host with its slots.
    Host(HostId),
    /// Servers that ask to join.
    Joins,
}

/// Something that lies over a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Overlay {
    /// The keys.
    Help,
    /// Whether it is really meant.
    Confirm { question: String, orders: Vec<Order> },
    /// A line of text.
    Line { of: LineOf, text: String },
}

/// What a line of text is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LineOf {
    /// Which entries of the list are shown.
    Filter,
    /// The priority of these jobs.
    Priority(Vec<JobId>),
}

impl Place {
    /// What is followed there.
    pub(crate) fn topics(&self, rank: Option<Rank>) -> Vec<Topic> {
        let mut topics = vec![Topic::Farm, Topic::Jobs];
        match self {
            Self::Jobs | Self::Joins => {}
            Self::Job(job) => topics.extend([Topic::Job(*job), Topic::Grid(*job)]),
            Self::Frame { job, .. } => topics.extend([Topic::Job(*job), Topic::Grid(*job)]),
            Self::Hosts => topics.push(Topic::Hosts),
            Self::Host(host) => topics.extend([Topic::Hosts, Topic::Host(host.clone())]),
        }
        // Whoever may not see them is told nothing at all of the rest.
        if rank >= Some(Rank::Operator) {
            topics.push(Topic::Joins);
        }
        topics
    }

    /// What is fetched for it.
    pub(crate) fn wants(&self) -> Vec<Want> {
        match self {
            Self::Jobs => vec![Want::Jobs],
            Self::Job(job) => vec![Want::Job(*job), Want::Grid(*job)],
            Self::Frame { job, step, number } => {
                vec![Want::Frame(*job, step.clone(), *number), Want::Log(*job, step.clone(), *number)]
            }
            Self::Hosts => vec![Want::Hosts],
            Self::Host(host) => vec![Want::Host(host.clone())],
            Self::Joins => vec![],
        }
    }

    pub(crate) const fn job(&self) -> Option<JobId> {
        match self {
            Self::Job(job) | Self::Frame { job, .. } => Some(*job),
            _ => None,
        }
    }
}

impl Top {
    /// Goes to a screen, from where `leave` comes back.
    pub(crate) fn enter(&mut self, place: Place, actions: &mut Vec<Action>) {
        if place.job() != self.job_at() {
            (self.job, self.grid) = (None, None);
        }
        (self.frame, self.host) = (None, None);
        self.log.clear();
        self.places.push(place);
        self.fetch_place(actions);
    }

    /// Goes to one of the screens that one begins at.
    pub(crate) fn turn_to(&mut self, place: Place, actions: &mut Vec<Action>) {
        if self.place() == &place {
            return;
        }
        self.places.clear();
        let known = match place {
            Place::Jobs => self.jobs.loaded,
            Place::Joins => true,
            // They were not followed meanwhile.
            _ => false,
        };
        self.places.push(place);
        if !known {
            self.fetch_place(actions);
        }
    }

    /// Goes back to where one came from; false where one came from nowhere.
    pub(crate) fn leave(&mut self, actions: &mut Vec<Action>) -> bool {
        if self.places.len() < 2 {
            return false;
        }
        self.places.pop();
        if *self.place() == Place::Hosts {
            self.fetch_place(actions);
        }
        true
    }

    /// Fetches what the screen shows.
    pub(crate) fn fetch_place(&mut self, actions: &mut Vec<Action>) {
        for want in self.place().wants() {
            self.fetch(want, actions);
        }
    }

    /// Fetches it, once at a time: what changes while it is on its way is fetched again after.
    pub(crate) fn fetch(&mut self, want: Want, actions: &mut Vec<Action>) {
        if self.fetching.insert(want.clone()) {
            actions.push(Action::Fetch(want));
        } else {
            self.stale.insert(want);
        }
    }

    /// It came, or will not.
    pub(crate) fn came(&mut self, want: &Want, actions: &mut Vec<Action>) {
        self.fetching.remove(want);
        if self.stale.remove(want) {
            self.fetch(want.clone(), actions);
        }
    }
}
