//! What a user wants to be told of, and how.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that users are told of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The first frame of a job has begun.
    Started,
    /// Its first frames are done.
    FirstFrames,
    /// All of it is done.
    Done,
    /// It has ended, and frames failed.
    Failed,
    /// It waits for what will not come by itself.
    Waiting,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Started, Self::FirstFrames, Self::Done, Self::Failed, Self::Waiting];

    /// Its word, as it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::FirstFrames => "first_frames",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
        }
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for NoticeKind {
    type Err = NoticeKindError;

    fn from_str(text: &str) -> Result<Self, NoticeKindError> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == text.replace('-', "_"));
        found.ok_or_else(|| NoticeKindError(text.to_owned()))
    }
}

/// A word that is no kind of notice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is nothing that one is told of: started, first_frames, done, failed or waiting")]
pub struct NoticeKindError(String);

/// Where a program of the user's is told, over HTTP.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Webhook {
    /// Its address.
    pub url: String,
    /// What signatures are made with.
    pub secret: String,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What a user wants to be told of, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notices {
    /// His mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// His program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// Of what he is told.
    pub on: BTreeSet<NoticeKind>,
    /// So many frames are the first.
    pub first_frames: u32,
    /// Where more than a few mails come within so many seconds, the others are gathered into one.
    pub gather_s: u32,
}

impl Notices {
    /// So many frames are the first, where nobody says.
    pub const FIRST_FRAMES: u32 = 3;
    /// So many frames can be the first.
    pub const FIRST_FRAMES_MAX: u32 = 9;
    /// Mails are gathered over so many seconds, where nobody says.
    pub const GATHER_S: u32 = 600;
    /// They are gathered over so many seconds at most.
    pub const GATHER_S_MAX: u32 = 24 * 60 * 60;
}

impl Default for Notices {
    fn default() -> Self {
        let on = [NoticeKind::Done, NoticeKind::Failed, NoticeKind::Waiting].into();
        Self { mail: None, webhook: None, on, first_frames: Self::FIRST_FRAMES, gather_s: Self::GATHER_S }
    }
}

/// The same for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoticesView {
    /// The user.
    pub user: String,
    /// His mail address; absent where he is sent no mail.
    pub mail: Option<String>,
    /// The address of his program; absent where none is told.
    pub webhook: Option<String>,
    /// Of what he is told.
    pub on: BTreeSet<NoticeKind>,
    /// So many frames are the first.
    pub first_frames: u32,
    /// Mails are gathered over so many seconds where there are more than a few.
    pub gather_s: u32,
    /// What signatures of the webhook are made with; told once, when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// What a user wants from now on. What is absent is as it is where nobody says anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticesChange {
    /// His mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// The address of his program: `https://example.com/hook`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// Of what he is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<BTreeSet<NoticeKind>>,
    /// So many frames are the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_frames: Option<u32>,
    /// Mails are gathered over so many seconds where there are more than a few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gather_s: Option<u32>,
    /// Whether signatures are to be made with another secret from now on.
    #[serde(default)]
    pub new_secret: bool,
}
