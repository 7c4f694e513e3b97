//! How an attempt ended, as the render server tells it.

use serde::{Deserialize, Serialize};

use crate::{AttemptNumber, Digest, FrameId, LeaseId};

/// The end of an attempt. Kept by the render server and sent again until it is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Report {
    /// The lease that the attempt ran under.
    pub lease: LeaseId,
    /// Its frame.
    pub frame: FrameId,
    /// Which try it was.
    pub attempt: AttemptNumber,
    /// How it ended.
    pub outcome: Outcome,
    /// What it used.
    pub usage: Usage,
    /// What a person should look at though the frame counts, a sentence each: a texture that was missing, a
    /// picture that is all black.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its outputs are whole, verified, and stand in the storage's intake under its lease.
    Done {
        /// The files it made; none only where the step may be silent.
        outputs: Vec<Output>,
    },
    /// It made nothing that counts.
    Failed {
        /// Whose fault it is.
        class: FailureClass,
        /// What happened, as one or two sentences.
        message: String,
    },
}

/// A file that an attempt made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Output {
    /// Its published file name, `lighthouse.0007.png`.
    pub name: String,
    /// Its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// Pixels across and down, for a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<crate::Size>,
    /// A small picture of it, by its content, in the storage's intake with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Digest>,
}

/// What an attempt used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Usage {
    /// Milliseconds from the start of the process to its end.
    pub wall_ms: u64,
    /// Milliseconds of processor time, all processes of the attempt together.
    pub cpu_ms: u64,
    /// Largest resident memory seen, in bytes.
    pub memory_peak_bytes: u64,
    /// Bytes that its processes read, from wherever.
    #[serde(default)]
    pub read_bytes: u64,
    /// Bytes that its processes wrote, wherever to.
    #[serde(default)]
    pub written_bytes: u64,
    /// Exit code, where the process was seen to exit by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

/// Whose fault a failed attempt is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The frame's: wrong exit code, no picture, a broken one. Counted.
    Frame,
    /// The frame's, and no other try would do better: a broken scene, settings that cannot be. It has failed.
    Fatal,
    /// The host's: it could not prepare or start the package. Counted, so that a farm of such hosts ends.
    Host,
    /// A licence was not to be had. Not counted; tried again later.
    Licence,
    /// Memory ran out. Counted.
    Memory,
    /// The host went away. Not counted.
    HostLost,
    /// The render server gave the lease back, for instance because it is stopping. Not counted.
    GivenBack,
    /// A person or the schedule server took the lease away. Not counted.
    Killed,
}

impl FailureClass {
    /// Whether it counts against the frame's tries.
    #[must_use]
    pub const fn counted(self) -> bool {
        matches!(self, Self::Frame | Self::Fatal | Self::Host | Self::Memory)
    }
}
