//! The job description (requirement L2), complete and with its files named by digest: what a client submits.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Digest, FrameSet, JobId, JobPath, Profile};

/// A job as a client hands it over. `check` has found no fault in one that the farm holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDescription {
    /// What people call it.
    pub name: String,
    /// Who submitted it.
    pub user: String,
    /// The group or project it is made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Lower goes first; equal numbers keep the order of arrival.
    pub priority: i32,
    /// Mail addresses that are told of the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<String>,
    /// Submitted on hold.
    #[serde(default)]
    pub held: bool,
    /// Tries of a frame before it is failed.
    pub attempts_max: u32,
    /// Jobs that must be done before any frame of this one starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<JobId>,
    /// So many slots it may hold at once; as many as there are where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots_max: Option<u32>,
    /// On so many hosts it may run at once; on all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts_max: Option<u32>,
    /// What to do for each frame.
    pub steps: Vec<Step>,
    /// The scene and everything it needs, by content.
    pub files: Vec<JobFile>,
    /// The text as submitted, kept with the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

impl JobDescription {
    /// A job that asks for nothing special, of the usual priority and number of tries.
    #[must_use]
    pub fn new(name: impl Into<String>, user: impl Into<String>, steps: Vec<Step>) -> Self {
        Self {
            name: name.into(),
            user: user.into(),
            group: None,
            priority: 50,
            notify: Vec::new(),
            held: false,
            attempts_max: 3,
            after: Vec::new(),
            slots_max: None,
            hosts_max: None,
            steps,
            files: Vec::new(),
            source: None,
        }
    }

    /// The name as files and folders carry it: what is no letter, digit, dot, dash or underscore of ASCII
    /// becomes a dash, and so does a dot at the start.
    #[must_use]
    pub fn slug(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
        let slug: String = self.name.chars().map(plain).collect();
        match slug.strip_prefix('.') {
            Some(rest) => format!("-{rest}"),
            None => slug,
        }
    }
}

/// One thing to do for each frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What people call it; `render` where there is one.
    pub name: String,
    /// The frames to render.
    pub frames: FrameSet,
    /// The whole animation that the frames are part of; a package derives its clock from it.
    pub animation: FrameSpan,
    /// What a slot does for a frame.
    pub work: Work,
    /// What it wants of a host.
    #[serde(default)]
    pub profile: Profile,
    /// Steps of the same job that it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
    /// Frames that are leased, rendered and delivered together by one run of the package, at least 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub chunk: u32,
    /// In which order its frames start.
    #[serde(default, skip_serializing_if = "FrameOrder::is_plain")]
    pub order: FrameOrder,
    /// How many slots of one host a frame holds.
    #[serde(default, skip_serializing_if = "SlotNeed::is_one")]
    pub slots: SlotNeed,
    /// What a running frame takes of the farm's limits, by their names; each at least 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, u32>,
    /// How long an attempt may take.
    #[serde(default, skip_serializing_if = "TimeLimits::is_none")]
    pub times: TimeLimits,
}

impl Step {
    /// A step that asks for nothing special.
    #[must_use]
    pub fn new(name: impl Into<String>, frames: FrameSet, animation: FrameSpan, work: Work) -> Self {
        Self {
            name: name.into(),
            frames,
            animation,
            work,
            profile: Profile::default(),
            depends_on: Vec::new(),
            chunk: 1,
            order: FrameOrder::Plain,
            slots: SlotNeed::Count(1),
            limits: BTreeMap::new(),
            times: TimeLimits::default(),
        }
    }

    /// How many chunks its frames make; each is leased as one.
    #[must_use]
    pub fn chunks(&self) -> u32 {
        self.frames.count().div_ceil(self.chunk.max(1))
    }

    /// The numbers of the frames in the chunk at `index`, in the order of the list; empty beyond the last.
    pub fn chunk_numbers(&self, index: u32) -> impl Iterator<Item = i64> {
        let chunk = self.chunk.max(1);
        let first = u64::from(index) * u64::from(chunk);
        let indices = (first..first + u64::from(chunk)).map_while(|index| u32::try_from(index).ok());
        indices.map_while(|index| self.frames.number(index))
    }

    /// Whether an attempt may end well without leaving a file: a plain command that names no output.
    #[must_use]
    pub fn may_be_silent(&self) -> bool {
        let Work { package, command, .. } = &self.work;
        package == "command" && !command.iter().any(|argument| argument.contains("{output"))
    }
}

/// A step that must be done first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// Its name.
    pub step: String,
    /// How much of it.
    #[serde(default)]
    pub by: DependencyKind,
}

/// How much of another step must be done before a frame may start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DependencyKind {
    /// All of its frames.
    #[default]
    Step,
    /// The frames with the same numbers; numbers that the other step does not have are not waited for.
    Frame,
}

/// In which order the frames of a step start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameOrder {
    /// As they are listed.
    #[default]
    Plain,
    /// The first, the last, the middle one, then the middles of what lies between, so that a fault anywhere in a
    /// shot is seen early.
    FirstLastMiddle,
    /// Every Nth of the list first, then the ones next to those, and so on.
    EveryNth(u32),
}

impl FrameOrder {
    const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }
}

/// How many slots of one host a frame holds while it is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotNeed {
    /// So many, at least 1.
    Count(u16),
    /// All that the host has.
    Whole,
}

impl Default for SlotNeed {
    fn default() -> Self {
        Self::Count(1)
    }
}

impl SlotNeed {
    const fn is_one(&self) -> bool {
        matches!(self, Self::Count(1))
    }
}

/// How long an attempt may take. What is absent is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLimits {
    /// Milliseconds after which it is ended and has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<u64>,
    /// Milliseconds below which success is not believed: too fast is suspicious.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_ms: Option<u64>,
    /// Milliseconds without progress after which it is ended and has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall_ms: Option<u64>,
}

impl TimeLimits {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_one(chunk: &u32) -> bool {
    *chunk == 1
}

/// First and last frame of an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameSpan {
    /// First frame number.
    pub first: i64,
    /// Last frame number, not below `first`.
    pub last: i64,
}

/// What a rendering package is asked to do for a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The rendering package, by the name of its definition.
    pub package: String,
    /// The render file among the job's files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<JobPath>,
    /// Wanted size of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Ending of the pictures, `png`; the package's first where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Folders among the job's files that the package searches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<String>,
    /// Settings that the package's definition declares.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Arguments handed to the package as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// For the package `command`: the program and its arguments, with `{frame}`, `{output}` and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
}

/// Width and height in pixels, written `640x360`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size {
    /// Pixels across, at least 1.
    pub width: u32,
    /// Pixels down, at least 1.
    pub height: u32,
}

/// A file that travels with the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFile {
    /// Where it stands in the job's folder on a render host.
    pub path: JobPath,
    /// Where it stood at the client, absolute.
    pub original: String,
    /// Its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether it may be run.
    #[serde(default)]
    pub executable: bool,
}

/// The text that a job was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// File name, or `command line`.
    pub name: String,
    /// The text itself.
    pub text: String,
}

/// Text that is not a picture size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size; write width x height in pixels, for example 640x360, up to 65535 each")]
pub struct SizeError(String);

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let pixels = |part: &str| part.parse().ok().filter(|n| (1..=65_535).contains(n));
        text.split_once('x')
            .and_then(|(w, h)| Some(Self { width: pixels(w)?, height: pixels(h)? }))
            .ok_or_else(|| SizeError(text.to_owned()))
    }
}

impl TryFrom<String> for Size {
    type Error = SizeError;

    fn try_from(text: String) -> Result<Self, SizeError> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}x{}", self.width, self.height))
    }
}
