//! What happens to the screen, and what it wants done. All of it can be written down.

use model::{
    FarmCounts, FrameVerb, FrameView, GridNews, GridView, HostId, HostView, HostsNews, JobId, JobView,
    JobsNews, JoinsNews, Rank, Time, Topic,
};
use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// The screen is so large now.
    Size {
        /// From left to right.
        columns: u16,
        /// From top to bottom.
        rows: u16,
    },
    /// It is so late.
    Moment(Time),
    /// The stream of changes told something.
    Told(Box<Told>),
    /// Something came that was asked for.
    Fetched(Box<Fetched>),
    /// An order was carried out, or not.
    Done {
        /// What it was, as a sentence.
        what: String,
        /// Why not.
        failure: Option<String>,
    },
    /// The farm is not heard any more.
    Lost(String),
}

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// A letter, a digit, a sign.
    Char(char),
    /// Go on.
    Enter,
    /// Go back.
    Esc,
    /// To the next.
    Tab,
    /// To the one before.
    BackTab,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the first.
    Home,
    /// To the last.
    End,
    /// Take the last letter away.
    Backspace,
    /// Leave, wherever one is.
    Interrupt,
}

/// What the stream of changes tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It stands; where it does not go on from before, lists are fetched.
    Hello {
        /// Whether it does.
        resumed: bool,
    },
    /// These are to be fetched anew.
    Reset(Vec<Topic>),
    /// Jobs changed.
    Jobs(JobsNews),
    /// The job that is looked at changed.
    Job(JobView),
    /// Chunks of it changed.
    Grid(GridNews),
    /// Hosts changed.
    Hosts(HostsNews),
    /// The host that is looked at changed.
    Host(HostView),
    /// The farm changed.
    Farm {
        /// Its name.
        name: String,
        /// What is going on.
        counts: FarmCounts,
    },
    /// These ask to join.
    Joins(JoinsNews),
}

/// Something that came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetched {
    /// What whoever sits here may do.
    Rank(Rank),
    /// All jobs that have not ended, and the latest of those that have.
    Jobs(Vec<JobView>),
    /// All hosts.
    Hosts(Vec<HostView>),
    /// One job.
    Job(JobView),
    /// Its chunks.
    Grid(JobId, GridView),
    /// One frame.
    Frame(JobId, FrameView),
    /// The end of its log.
    Log(JobId, i64, String),
    /// One host.
    Host(HostView),
    /// It did not come.
    Failed(Want, String),
}

/// Something that is wanted of the farm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// The jobs.
    Jobs,
    /// The hosts.
    Hosts,
    /// A job.
    Job(JobId),
    /// Its chunks.
    Grid(JobId),
    /// A frame of it, of a step, by its number.
    Frame(JobId, String, i64),
    /// The end of its log.
    Log(JobId, String, i64),
    /// A host.
    Host(HostId),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Follow these topics from now on, and no others.
    Follow(Vec<Topic>),
    /// Fetch it.
    Fetch(Want),
    /// Have it done.
    Order(Order),
    /// Leave.
    Quit,
}

/// Something that people want done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// To a job.
    Job(JobId, JobDeed),
    /// To a frame of a job, of a step, by its number.
    Frame(JobId, String, i64, FrameVerb),
    /// To a host.
    Host(HostId, HostDeed),
    /// Let a server join, or not.
    Member {
        /// Its name.
        name: String,
        /// Which of both.
        joins: bool,
    },
}

/// What can be done to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobDeed {
    /// Start nothing new of it.
    Hold,
    /// Let it go on.
    Release,
    /// Try its failed frames again.
    Retry,
    /// End it.
    Kill,
    /// Give it another priority.
    Priority(i32),
}

/// What can be done to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostDeed {
    /// It takes frames again.
    Open,
    /// It takes none, and finishes what it has.
    Drain,
    /// It takes none, and gives back what it has.
    Close,
    /// Its render server begins anew.
    Restart,
    /// It is forgiven what it did.
    Forgive,
}
