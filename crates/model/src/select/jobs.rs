//! Which jobs.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::page::{PageWish, Sorted, read_sorted, write_sorted};
use super::words::{Fields, Word, list, push};
use crate::{Faults, JobId, JobState, Time};

/// What people see of the jobs as queues (requirement M4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobQueue {
    /// No frame of it was begun.
    New,
    /// Some frame was, and it has not ended.
    Active,
    /// Given to another farm.
    Outsourced,
    /// It has ended, in whichever way.
    Done,
}

/// What jobs are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobSort {
    /// Those under way in the order in which they are served, then those that ended, the latest first.
    #[default]
    Queue,
    /// Their number.
    Id,
    /// What people call them, great and small letters alike.
    Name,
    /// Who submitted them.
    User,
    /// Their priority.
    Priority,
    /// When they were submitted.
    SubmittedAt,
    /// When they ended; those that have not come last.
    EndedAt,
    /// How far they are.
    Progress,
}

impl Word for JobQueue {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::New, "new"),
        (Self::Active, "active"),
        (Self::Outsourced, "outsourced"),
        (Self::Done, "done"),
    ];
}

impl Word for JobSort {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Queue, "queue"),
        (Self::Id, "id"),
        (Self::Name, "name"),
        (Self::User, "user"),
        (Self::Priority, "priority"),
        (Self::SubmittedAt, "submitted_at"),
        (Self::EndedAt, "ended_at"),
        (Self::Progress, "progress"),
    ];
}

impl Word for JobState {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Queued, "queued"),
        (Self::Active, "active"),
        (Self::Held, "held"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Killed, "killed"),
    ];
}

/// Some of the jobs: those to which all that is said here applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JobSelect {
    /// One of these, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<JobId>,
    /// In one of these states; as text, with commas between.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "write", deserialize_with = "read")]
    #[schema(value_type = Option<String>, example = "active,held")]
    pub state: Vec<JobState>,
    /// In this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<JobQueue>,
    /// Submitted by this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// For this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// With a step of this rendering package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// With this in their name, great and small letters alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Submitted then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}

impl JobSelect {
    /// Whether nothing is said, which every job fits.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    fn take(fields: &mut Fields) -> Self {
        Self {
            ids: ids(fields),
            state: fields.words("state"),
            queue: fields.word("queue"),
            user: fields.text("user"),
            group: fields.text("group"),
            package: fields.text("package"),
            text: fields.text("text"),
            since: fields.read("since").map(Time),
        }
    }

    fn write(&self, pairs: &mut Vec<(&'static str, String)>) {
        let ids: Vec<String> = self.ids.iter().map(ToString::to_string).collect();
        push(pairs, "ids", Some(ids.join(",")));
        push(pairs, "state", Some(list(&self.state)));
        push(pairs, "queue", self.queue.map(|queue| queue.word().to_owned()));
        push(pairs, "user", self.user.clone());
        push(pairs, "group", self.group.clone());
        push(pairs, "package", self.package.clone());
        push(pairs, "text", self.text.clone());
        push(pairs, "since", self.since.map(|since| since.0.to_string()));
    }
}

fn ids(fields: &mut Fields) -> Vec<JobId> {
    let text = fields.text("ids").unwrap_or_default();
    let mut ids = Vec::new();
    for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        match id.parse() {
            Ok(id) => ids.push(id),
            Err(_) => fields.fault("ids", (format!("{id:?} is no job"), "numbers with commas".to_owned())),
        }
    }
    ids
}

fn read<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let text = String::deserialize(from)?;
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| T::of(word).map_err(|(what, hint)| de::Error::custom(format!("{what}: {hint}"))))
        .collect()
}

fn write<T: Word, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&list(values))
}

/// A page of the jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// Which.
    pub select: JobSelect,
    /// In which order.
    pub sort: Sorted<JobSort>,
    /// Which page.
    pub page: PageWish,
}

impl JobQuery {
    /// The query that the fields of a URL tell.
    ///
    /// # Errors
    /// Every field and value that is none.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Faults> {
        let mut fields = Fields::new(pairs);
        let select = JobSelect::take(&mut fields);
        let (sort, page) = (read_sorted(&mut fields), PageWish::read(&mut fields));
        fields.done(Self { select, sort, page })
    }

    /// The same as fields of a URL.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        self.select.write(&mut pairs);
        write_sorted(self.sort, &mut pairs);
        self.page.write(&mut pairs);
        pairs
    }
}
