//! The job description (requirement L2), complete and with its files named by digest: what a client submits.

use serde::{Deserialize, Serialize};

use crate::{Digest, Environment, JobId, JobPath, PARTS, Step};

/// A job as a client hands it over. `check` has found no fault in one that the farm holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// What sessions of all its steps are in, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Environment>,
    /// What to do for each frame.
    pub steps: Vec<Step>,
    /// The scene and everything it needs, by content.
    pub files: Vec<JobFile>,
    /// Whether its packages find files by the paths that the scene names, wherever they stand on a host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub relocate: bool,
    /// What may be wrong with it and was let pass, as sentences: files that were missing, for example.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
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
            environments: Vec::new(),
            steps,
            files: Vec::new(),
            relocate: false,
            warnings: Vec::new(),
            source: None,
        }
    }

    /// The name as files and folders carry it: what is no letter, digit, dot, dash or underscore of ASCII
    /// becomes a dash, and so does a dot at the start.
    #[must_use]
    pub fn slug(&self) -> String {
        slug(&self.name)
    }

    /// What the files of the step at `index` are called: the job's name, and the step's where there are
    /// several, so that their frames stand side by side in one folder. Steps that make parts of pictures do
    /// not count for the others: who gets the pictures need not know of them.
    #[must_use]
    pub fn slug_of(&self, index: usize) -> String {
        let part = |step: &Step| step.work.part.is_some();
        let several = self.steps.iter().filter(|step| !part(step)).count() > 1;
        match self.steps.get(index).filter(|step| several || part(step)) {
            Some(step) => format!("{}.{}", self.slug(), slug(&step.name)),
            None => self.slug(),
        }
    }
}

impl JobDescription {
    /// The folder in the storage of the job that has the number `id`: the number makes it its own, the name
    /// tells people which.
    #[must_use]
    pub fn folder(&self, id: JobId) -> String {
        format!("{id}-{}", self.slug())
    }

    /// The folder of what the step at `index` makes: that of the job, or the one for parts of pictures in it.
    #[must_use]
    pub fn folder_of(&self, id: JobId, index: usize) -> String {
        match self.steps.get(index).is_some_and(|step| step.work.part.is_some()) {
            true => format!("{}/{PARTS}", self.folder(id)),
            false => self.folder(id),
        }
    }
}

/// A name as files and folders carry it.
pub(crate) fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let slug: String = name.chars().map(plain).collect();
    match slug.strip_prefix('.') {
        Some(rest) => format!("-{rest}"),
        None => slug,
    }
}

/// A file that travels with the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Source {
    /// File name, or `command line`.
    pub name: String,
    /// The text itself.
    pub text: String,
}
