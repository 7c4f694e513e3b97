//! Orders over a selection of jobs, or of the frames of a job.

use serde::{Deserialize, Serialize};

use super::jobs::JobSelect;
use crate::{FrameState, JobId, Problem};

/// What can be done to many jobs at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobVerb {
    /// End them.
    Kill,
    /// Start nothing new of them.
    Hold,
    /// Let them go on.
    Release,
    /// Try their failed frames again.
    Retry,
    /// Give them another priority.
    Priority,
}

/// Something to be done to every job of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobsOrder {
    /// What.
    pub verb: JobVerb,
    /// The priority from now on, where the verb is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// To which; it may not be empty.
    pub select: JobSelect,
    /// Say what would be done, and do nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// So many have to be meant, or nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<u64>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobsOrdered {
    /// How many jobs were meant.
    pub matched: u64,
    /// Those to which it was done, or would be.
    pub done: Vec<JobId>,
    /// Those to which it was not.
    pub refused: Vec<RefusedJob>,
}

/// A job to which it was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RefusedJob {
    /// Which.
    pub id: JobId,
    /// Why.
    pub problem: Problem,
}

/// What can be done to frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameVerb {
    /// Failed frames wait again, as if they had never been tried.
    Retry,
    /// What runs ends, and what waits is not begun: they have failed, by a person.
    Kill,
    /// What runs ends, and the frame waits again, preferably for another host. No try is counted.
    Requeue,
}

impl FrameVerb {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Kill => "kill",
            Self::Requeue => "requeue",
        }
    }
}

/// Something to be done to frames of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FramesOrder {
    /// What.
    pub verb: FrameVerb,
    /// To those of these numbers; of every number where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<crate::FrameSet>,
    /// To those in these states; in every state in which it can be done where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states: Option<Vec<FrameState>>,
    /// To those of this step; of every step where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FramesOrdered {
    /// How many chunks were meant and could be ordered so; of single frames, that is how many frames.
    pub matched: u32,
    /// How many frames those are.
    pub frames: u32,
}
