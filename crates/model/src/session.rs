//! What a slot is set up with before the frames of a step, and cleared of after them.
//!
//! The words and their order are those of Open Job Description 2023-09: environments are entered one after
//! the other, those of the job first, and left in reverse, also where entering one of them failed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Something that a session is in while it renders frames: variables, files, and what is run on the way in
/// and out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Environment {
    /// What people call it; no two of a job or of a step are called the same.
    pub name: String,
    /// Variables that hold from its own entering to its leaving. Templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Files that its actions find as `{file_NAME}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<EmbeddedFile>,
    /// Run on the way in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter: Option<Action>,
    /// Run on the way out, also where entering was tried and failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Action>,
}

/// A program that is run for a session, not for a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Action {
    /// The program and its arguments, never through a shell. Templates.
    pub command: Vec<String>,
    /// Milliseconds after which it is cancelled and has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// How it is cancelled.
    #[serde(default, skip_serializing_if = "Cancel::is_default")]
    pub cancel: Cancel,
}

/// How a running program is cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cancel {
    /// It and all it started are ended by force, at once.
    Terminate,
    /// It is asked to end, and ended by force after so many milliseconds.
    Notify {
        /// How long it has.
        wait_ms: u64,
    },
    /// As the render server does by itself.
    #[default]
    Usual,
}

impl Cancel {
    const fn is_default(&self) -> bool {
        matches!(self, Self::Usual)
    }
}

/// A small text file that a job carries in its description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EmbeddedFile {
    /// Its name, of letters, digits and `_`: actions find it as `{file_NAME}`.
    pub name: String,
    /// The file name it has on the host; its name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Its text, a template, written anew before each action.
    pub text: String,
    /// Whether it may be run.
    #[serde(default)]
    pub executable: bool,
}
