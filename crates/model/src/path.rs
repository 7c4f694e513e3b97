//! Where a file of a job stands, on every machine alike.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A relative path with `/` between its parts, that cannot leave the folder it is joined to: no `..`, no
/// `.`, no empty part, no backslash, no NUL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobPath(String);

/// Text that cannot be a path inside a job's folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} cannot be a path inside a job: {why}")]
pub struct JobPathError {
    path: String,
    why: &'static str,
}

impl JobPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// All but the last part; `None` at the top.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }
}

impl FromStr for JobPath {
    type Err = JobPathError;

    fn from_str(text: &str) -> Result<Self, JobPathError> {
        let why = if text.is_empty() {
            "it is empty"
        } else if text.len() > 1024 {
            "it is longer than 1024 bytes"
        } else if text.starts_with('/') {
            "it is absolute"
        } else if text.contains(['\0', '\\']) {
            "it holds a NUL or a backslash"
        } else if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            "a part of it is empty, '.' or '..'"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(JobPathError { path: text.to_owned(), why })
    }
}

impl TryFrom<String> for JobPath {
    type Error = JobPathError;

    fn try_from(text: String) -> Result<Self, JobPathError> {
        text.parse()
    }
}

impl From<JobPath> for String {
    fn from(path: JobPath) -> Self {
        path.0
    }
}

impl fmt::Display for JobPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
