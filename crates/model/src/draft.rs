//! A job description that is tried, as clients that have the files send it: `POST /api/v1/drafts`.

use serde::{Deserialize, Serialize};

use crate::{Digest, Fault, JobDescription, JobPath};

/// A description in the words of people, and the files that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftRequest {
    /// File name of the description; its ending says the language: `job.toml`, `job.json`.
    pub name: String,
    /// The description. Paths in it are those of `files`, seen from the job's folder.
    pub text: String,
    /// Every file that is to travel.
    #[serde(default)]
    pub files: Vec<DraftFile>,
    /// What scenes name and was not found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Fault>,
}

/// A file that is to travel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftFile {
    /// Its place in the job's folder.
    pub path: JobPath,
    /// Its size.
    pub bytes: u64,
    /// Its content; without it faults are told, and no job is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Where it stands at the client, absolute, if that can be told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub original: String,
    /// Whether it may be run.
    #[serde(default)]
    pub executable: bool,
}

/// What comes of a description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DraftView {
    /// The job, ready to be submitted; absent where there are faults, or a file has no digest.
    pub job: Option<JobDescription>,
    /// Everything that is wrong with it.
    pub faults: Vec<DraftFault>,
    /// What may be wrong and does not keep it from being submitted.
    pub warnings: Vec<DraftFault>,
}

/// Something that is wrong with a description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DraftFault {
    /// The field, where it is one: `frames`, `settings.samples`, `step.0.scene`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Where it stands: `job.json:4`, or what it is about.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
