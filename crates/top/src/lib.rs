//! The farm in a terminal: what happens comes in, what is to be done goes out, and a screen is drawn of what
//! is known meanwhile.
//!
//! The core (`Top`) does no input or output and knows no clock, so that what happened can be written down and
//! played again. `run` is the shell around it: a terminal, and the client of the API, which is all that it
//! knows of a farm.

mod cells;
mod draw;
mod event;
mod farm;
mod hosts;
mod jobs;
mod keys;
mod list;
mod news;
mod place;
mod record;
mod terminal;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;

use model::{FarmCounts, FrameView, HostView, JobId, JobView, MemberView, Rank, Time, Topic};

use cells::Grid;
use hosts::Hosts;
use jobs::Jobs;
use place::{Overlay, Place};

pub use draw::Look;
pub use event::{Action, Event, Fetched, HostDeed, JobDeed, Key, Order, Told, Want};
pub use record::RecordError;
pub use terminal::{RunError, Source, run};

/// What is known and shown.
#[derive(Clone, Debug)]
pub struct Top {
    now: Time,
    /// Rows of lists that fit the screen.
    rows: usize,
    /// Columns of the screen.
    columns: usize,
    link: Link,
    farm: Option<(String, FarmCounts)>,
    rank: Option<Rank>,
    jobs: Jobs,
    hosts: Hosts,
    joins: Vec<MemberView>,
    join_at: usize,
    /// The job that is looked at.
    job: Option<Box<JobView>>,
    grid: Option<Grid>,
    frame: Option<Box<FrameView>>,
    log: String,
    host: Option<Box<HostView>>,
    /// Where one is, and how one came there.
    places: Vec<Place>,
    overlay: Option<Overlay>,
    note: Option<Note>,
    /// What is followed.
    topics: Vec<Topic>,
    /// What is being fetched.
    fetching: BTreeSet<Want>,
    /// What changed while it was being fetched.
    stale: BTreeSet<Want>,
}

/// Whether the farm is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Link {
    Connecting,
    Live,
    Lost(String),
}

/// What is said at the bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    text: String,
    is_bad: bool,
    /// How many moments it stays.
    moments: u32,
}

/// A note stays so many seconds.
const NOTE_MOMENTS: u32 = 8;

impl Default for Top {
    fn default() -> Self {
        Self {
            now: Time(0),
            rows: 20,
            columns: 80,
            link: Link::Connecting,
            farm: None,
            rank: None,
            jobs: Jobs::default(),
            hosts: Hosts::default(),
            joins: Vec::new(),
            join_at: 0,
            job: None,
            grid: None,
            frame: None,
            log: String::new(),
            host: None,
            places: vec![Place::Jobs],
            overlay: None,
            note: None,
            topics: Vec::new(),
            fetching: BTreeSet::new(),
            stale: BTreeSet::new(),
        }
    }
}

impl Top {
    /// What is to be done about what happened.
    pub fn happens(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Key(key) => self.key(key, &mut actions),
            Event::Size { columns, rows } => self.resize(columns, rows),
            Event::Moment(now) => self.moment(now, &mut actions),
            Event::Told(told) => self.told(*told, &mut actions),
            Event::Fetched(fetched) => self.fetched(*fetched, &mut actions),
            Event::Done { what, failure } => self.done(&what, failure),
            Event::Lost(why) => self.link = Link::Lost(why),
        }
        self.follow(&mut actions);
        actions
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        (self.columns, self.rows) = (usize::from(columns), usize::from(rows).saturating_sub(draw::FURNITURE));
    }

    fn moment(&mut self, now: Time, actions: &mut Vec<Action>) {
        let seconds = now.since_ms(self.now) / 1_000;
        self.now = now;
        if let Some(note) = &mut self.note {
            note.moments = note.moments.saturating_sub(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX));
        }
        self.note.take_if(|note| note.moments == 0);
        // A frame that runs is looked at again: its log grows, which no stream tells.
        if let Some(Place::Frame { .. }) = self.places.last()
            && self.frame.as_ref().is_none_or(|frame| frame.ended_at.is_none())
        {
            self.fetch_place(actions);
        }
    }

    fn done(&mut self, what: &str, failure: Option<String>) {
        match failure {
            None => self.say(what.to_owned()),
            Some(why) => self.complain(format!("{what}: {why}")),
        }
    }

    fn say(&mut self, text: String) {
        self.note = Some(Note { text, is_bad: false, moments: NOTE_MOMENTS });
    }

    fn complain(&mut self, text: String) {
        self.note = Some(Note { text, is_bad: true, moments: 2 * NOTE_MOMENTS });
    }

    fn place(&self) -> &Place {
        self.places.last().unwrap_or(&Place::Jobs)
    }

    /// Says what is to be followed, where that is not what it was.
    fn follow(&mut self, actions: &mut Vec<Action>) {
        let topics = self.place().topics(self.rank);
        if topics != self.topics && self.rank.is_some() {
            self.topics.clone_from(&topics);
            actions.push(Action::Follow(topics));
        }
    }

    /// The job that is looked at.
    fn job_at(&self) -> Option<JobId> {
        self.place().job()
    }
}
