//! What the one stream of changes tells, and what can be asked of it: `GET /api/v1/events`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{HostId, HostState, HostView, JobId, JobView, MemberView, SlotIndex, StepIndex, Time};

/// Says that a type goes over the wire as the text that it is written as.
macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Something whose changes can be followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The list of jobs: `jobs`.
    Jobs,
    /// One job with its steps and what runs: `job:17`.
    Job(JobId),
    /// The chunks of a job: `grid:17`.
    Grid(JobId),
    /// The list of hosts: `hosts`.
    Hosts,
    /// One host with its slots: `host:NAME`.
    Host(HostId),
    /// The farm in numbers: `farm`.
    Farm,
    /// Servers that ask to join: `joins`.
    Joins,
    /// What goes on in a slot: `slot:HOST/INDEX`.
    Slot(HostId, SlotIndex),
    /// What goes on in a frame, by its number: `frame:JOB/STEP_INDEX/NUMBER`.
    Frame(JobId, StepIndex, i64),
}

as_text!(Topic);

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jobs => f.write_str("jobs"),
            Self::Job(job) => write!(f, "job:{job}"),
            Self::Grid(job) => write!(f, "grid:{job}"),
            Self::Hosts => f.write_str("hosts"),
            Self::Host(host) => write!(f, "host:{host}"),
            Self::Farm => f.write_str("farm"),
            Self::Joins => f.write_str("joins"),
            Self::Slot(host, slot) => write!(f, "slot:{host}/{slot}"),
            Self::Frame(job, step, number) => write!(f, "frame:{job}/{step}/{number}"),
        }
    }
}

/// What is no topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no topic {0:?}")]
pub struct TopicError(String);

impl FromStr for Topic {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
        let found = match (kind, rest) {
            ("jobs", None) => Some(Self::Jobs),
            ("hosts", None) => Some(Self::Hosts),
            ("farm", None) => Some(Self::Farm),
            ("joins", None) => Some(Self::Joins),
            ("job", Some(job)) => number(job).map(Self::Job),
            ("grid", Some(job)) => number(job).map(Self::Grid),
            ("host", Some(host)) if !host.is_empty() => Some(Self::Host(host.into())),
            ("slot", Some(slot)) => slot.rsplit_once('/').and_then(|(host, slot)| {
                (!host.is_empty()).then_some(Self::Slot(host.into(), number(slot)?))
            }),
            ("frame", Some(frame)) => frame_topic(frame),
            _ => None,
        };
        found.ok_or_else(|| TopicError(text.to_owned()))
    }
}

fn frame_topic(text: &str) -> Option<Topic> {
    let mut parts = text.splitn(3, '/');
    Some(Topic::Frame(number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?))
}

/// A number in the one way in which it is written.
fn number<T: FromStr + fmt::Display>(text: &str) -> Option<T> {
    text.parse().ok().filter(|number: &T| number.to_string() == text)
}

/// How far a stream is: `EPOCH.SEQ`. What comes back as `Last-Event-ID` goes on from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventId {
    /// Names one start of the schedule server; an id of another cannot be gone on from.
    pub epoch: String,
    /// Grows with each change.
    pub seq: u64,
}

as_text!(EventId);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

/// What is no id of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of an event is EPOCH.SEQ")]
pub struct EventIdError;

impl FromStr for EventId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, EventIdError> {
        let (epoch, seq) = text.rsplit_once('.').ok_or(EventIdError)?;
        let seq = number(seq).ok_or(EventIdError)?;
        Ok(Self { epoch: epoch.to_owned(), seq })
    }
}

/// First of each connection: `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hello {
    /// Names this start of the schedule server.
    pub epoch: String,
    /// How far it is.
    pub seq: u64,
    /// Its time.
    pub at: Time,
    /// What is followed.
    pub topics: Vec<Topic>,
    /// Whether it goes on where the client was: what is not told anew and not in a `reset` has not changed.
    pub resumed: bool,
}

/// Jobs that changed: `jobs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobsNews {
    /// As they are now; steps, what runs and notices are left out.
    pub items: Vec<JobView>,
    /// Numbers of those that are no more, as text.
    #[serde(default)]
    pub gone: Vec<String>,
}

/// Chunks of a job that changed: `grid`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GridNews {
    /// Number of the job, as text.
    pub job: String,
    /// Step, place in the step, and cell, each from 0.
    pub changes: Vec<(StepIndex, u32, u8)>,
}

/// Hosts that changed: `hosts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HostsNews {
    /// Hosts that came, or have other things than before.
    pub items: Vec<HostView>,
    /// Hosts of which only what their slots do has changed.
    #[serde(default)]
    pub rows: Vec<HostRow>,
    /// Hosts that are no more.
    #[serde(default)]
    pub gone: Vec<HostId>,
}

/// What changes all the time about a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HostRow {
    /// Its name.
    pub name: HostId,
    /// What it does.
    pub state: HostState,
    /// Slots it has.
    pub slots_total: u32,
    /// Slots busy.
    pub slots_busy: u32,
    /// When it was last heard of.
    pub heard_at: Time,
}

impl From<&HostView> for HostRow {
    fn from(host: &HostView) -> Self {
        Self {
            name: host.name.clone(),
            state: host.state,
            slots_total: host.slots_total,
            slots_busy: host.slots_busy,
            heard_at: host.heard_at,
        }
    }
}

/// Servers that ask to join: `joins`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JoinsNews {
    /// All of them.
    pub items: Vec<MemberView>,
}

/// What cannot be gone on from: `reset`. The client fetches these anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reset {
    /// Which.
    pub topics: Vec<Topic>,
}

/// How many jobs are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobCounts {
    /// No frame of them has been started.
    pub queued: u32,
    /// Some frame of them has.
    pub active: u32,
    /// On hold.
    pub held: u32,
    /// Every frame is done.
    pub done: u32,
    /// Every frame has ended, some of them failed.
    pub failed: u32,
    /// Killed.
    pub killed: u32,
}

/// How many jobs are in which queue, as `GET /api/v1/jobs?queue=` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QueueCounts {
    /// No frame of them was begun.
    pub new: u32,
    /// Some frame was, and they have not ended.
    pub active: u32,
    /// Given to another farm.
    pub outsourced: u32,
    /// They have ended, in whichever way.
    pub done: u32,
}

/// The farm in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FarmCounts {
    /// Jobs.
    pub jobs: JobCounts,
    /// The same by queue.
    #[serde(default)]
    pub queues: QueueCounts,
    /// Frames on a slot now.
    pub frames_running: u32,
    /// Slots of the hosts that are linked.
    pub slots_total: u32,
    /// Those of them that are busy.
    pub slots_busy: u32,
    /// Hosts that are linked.
    pub hosts_total: u32,
}

/// All chunks of a job: the answer to `GET /api/v1/jobs/{job}/grid`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GridView {
    /// With `seq`: from where a stream can go on.
    pub epoch: String,
    /// How far the changes are that are in it.
    pub seq: u64,
    /// Its steps, in the order written.
    pub steps: Vec<GridStep>,
}

/// The chunks of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GridStep {
    /// What people call the step.
    pub name: String,
    /// Its frame list.
    pub numbers: String,
    /// Frames in a chunk.
    pub chunk_size: u32,
    /// Chunks in all.
    pub total: u32,
    /// A byte for each chunk, as base64: bits 0 to 2 the state (0 waiting, 1 running, 2 done, 3 failed,
    /// 4 killed), bit 3 whether there are warnings, bits 4 to 7 how far it is, in sixteenths.
    pub cells: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_they_are_written() {
        let all = "jobs job:17 grid:17 hosts host:a.b-c farm joins slot:node-1/3 frame:17/0/-5 slot:a/b/0";
        for text in all.split(' ') {
            assert_eq!(text.parse::<Topic>().unwrap().to_string(), text);
        }
        let none = [
            "",
            "job",
            "job:",
            "job:x",
            "job:+1",
            "job:01",
            "host:",
            "slot:a",
            "slot:/1",
            "jobs:1",
            "frame:1/2",
        ];
        for text in none {
            assert_eq!(text.parse::<Topic>(), Err(TopicError(text.to_owned())));
        }
    }

    #[test]
    fn ids_of_events_are_read_as_they_are_written() {
        let id: EventId = "3f.a.12".parse().unwrap();
        assert_eq!((id.epoch.as_str(), id.seq, id.to_string().as_str()), ("3f.a", 12, "3f.a.12"));
        for text in ["", "12", "a.", "a.-1", "a.1x", "a.99999999999999999999999"] {
            assert_eq!(text.parse::<EventId>(), Err(EventIdError), "{text}");
        }
    }
}
