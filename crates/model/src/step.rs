//! A step of a job: which frames, in which order and pieces, after what, and what each may take.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::description::slug;
use crate::{Amounts, Environment, FrameSet, Profile, Work};

/// One thing to do for each frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// What a running frame holds of its host, besides slots.
    #[serde(default, skip_serializing_if = "Amounts::is_none")]
    pub reserve: Amounts,
    /// How long an attempt may take.
    #[serde(default, skip_serializing_if = "TimeLimits::is_none")]
    pub times: TimeLimits,
    /// What its sessions are in besides the job's own environments, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Environment>,
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
            reserve: Amounts::default(),
            times: TimeLimits::default(),
            environments: Vec::new(),
        }
    }

    /// The name as files and folders carry it.
    #[must_use]
    pub fn slug(&self) -> String {
        slug(&self.name)
    }

    /// How many chunks its frames make; each is leased as one.
    #[must_use]
    pub fn chunks(&self) -> u32 {
        self.frames.count().div_ceil(self.chunk.max(1))
    }

    /// How many frames the chunk at `index` has; the last may have fewer than others.
    #[must_use]
    pub fn chunk_len(&self, index: u32) -> u32 {
        let chunk = self.chunk.max(1);
        self.frames.count().saturating_sub(index.saturating_mul(chunk)).min(chunk)
    }

    /// The numbers of the frames in the chunk at `index`, in the order of the list; empty beyond the last.
    pub fn chunk_numbers(&self, index: u32) -> impl Iterator<Item = i64> {
        let chunk = self.chunk.max(1);
        let first = u64::from(index) * u64::from(chunk);
        let indices = (first..first + u64::from(chunk)).map_while(|index| u32::try_from(index).ok());
        indices.map_while(|index| self.frames.number(index))
    }

    /// The same as a frame list; none beyond the last.
    #[must_use]
    pub fn chunk_list(&self, index: u32) -> Option<FrameSet> {
        let first = index.checked_mul(self.chunk.max(1))?;
        self.frames.part(first..first.saturating_add(self.chunk.max(1)))
    }

    /// The chunk that the frame `number` is in.
    #[must_use]
    pub fn chunk_of(&self, number: i64) -> Option<u32> {
        self.frames.index_of(number).map(|index| index / self.chunk.max(1))
    }

    /// Whether an attempt may end well without leaving a file: a plain command that names no output.
    #[must_use]
    pub fn may_be_silent(&self) -> bool {
        let Work { package, command, .. } = &self.work;
        package == "command" && !command.iter().any(|argument| argument.contains("{output"))
    }
}

/// A step that must be done first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Dependency {
    /// Its name.
    pub step: String,
    /// How much of it.
    #[serde(default)]
    pub by: DependencyKind,
    /// Whether what it made is brought to the host: a frame finds the files of the frames that it waited for
    /// in the folder `{inputs}/STEP`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub files: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// How much of another step must be done before a frame may start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DependencyKind {
    /// All of its frames.
    #[default]
    Step,
    /// The frames with the same numbers; numbers that the other step does not have are not waited for.
    Frame,
}

/// In which order the frames of a step start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameOrder {
    /// As they are listed.
    #[default]
    Plain,
    /// The first, the last, the middle one, then the middles of what lies between, so that a fault anywhere
    /// in a shot is seen early.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FrameSpan {
    /// First frame number.
    pub first: i64,
    /// Last frame number, not below `first`.
    pub last: i64,
}
