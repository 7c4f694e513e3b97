//! The job description (requirement L2), complete and with its files named by digest: what a client submits.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Digest, FrameSet, JobPath, Profile};

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
    /// What to do for each frame; native descriptions have one step.
    pub steps: Vec<Step>,
    /// The scene and everything it needs, by content.
    pub files: Vec<JobFile>,
    /// The text as submitted, kept with the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

impl JobDescription {
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
