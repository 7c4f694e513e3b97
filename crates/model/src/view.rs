//! What the faces see of the farm. Field names are the public API's and stay.

use serde::{Deserialize, Serialize};

use crate::{
    AttemptNumber, Dependency, Digest, FailureClass, HostId, JobDescription, JobId, Outcome, SlotIndex, Time,
    Usage,
};

/// A job, asked to be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SubmitRequest {
    /// Made by the client; the same key again is the same job. Empty: that of the header `Idempotency-Key`.
    #[serde(default)]
    pub key: String,
    /// The job.
    pub description: JobDescription,
}

/// A job, taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SubmitReply {
    /// Its number.
    pub id: JobId,
    /// False where the key had been used before.
    pub new: bool,
    /// What the client should know though the job is taken, for instance that no host matches now.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// What a job does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// No frame of it has been started.
    Queued,
    /// Some frame of it has.
    Active,
    /// On hold: what runs goes on, nothing new starts.
    Held,
    /// Every frame is done.
    Done,
    /// Every frame has ended, some of them failed.
    Failed,
    /// Killed.
    Killed,
}

impl JobState {
    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Killed)
    }
}

/// What a frame does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FrameState {
    /// Waiting for a slot.
    Waiting,
    /// Leased to a slot.
    Running,
    /// Its pictures are in the storage.
    Done,
    /// Its tries are used up.
    Failed,
    /// Its job was killed before it was done.
    Killed,
}

/// A job for people and scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobView {
    /// Its number, as text.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it does.
    pub state: JobState,
    /// Lower goes first.
    pub priority: i32,
    /// Who submitted it.
    pub user: String,
    /// For which group.
    pub group: Option<String>,
    /// The rendering package of its first step.
    pub package: String,
    /// Frame list of its first step.
    pub frames: String,
    /// Picture size of its first step.
    pub size: Option<String>,
    /// Frames in all.
    pub frames_total: u32,
    /// Frames done.
    pub frames_done: u32,
    /// Frames failed.
    pub frames_failed: u32,
    /// Frames on a slot now.
    pub frames_running: u32,
    /// Frames waiting for a slot.
    pub frames_waiting: u32,
    /// Frames done of which there are warnings; those of a chunk count as one.
    #[serde(default)]
    pub frames_warned: u32,
    /// Attempts that failed so far and counted.
    pub attempts_failed: u32,
    /// Thousandths done, running frames counted by what they report.
    pub progress_permille: u32,
    /// Milliseconds since the Unix epoch.
    pub submitted_at: Time,
    /// First frame started.
    pub started_at: Option<Time>,
    /// Final state reached.
    pub ended_at: Option<Time>,
    /// Why frames wait, as a sentence, where they do.
    pub waiting_because: Option<String>,
    /// Folder of its frames in the storage, absolute at the schedule server.
    pub results: String,
    /// A small picture of the latest frame that was done, by its content; none before there is one.
    #[serde(default)]
    pub cover: Option<Digest>,
    /// When it will end, as far as that can be told.
    #[serde(default)]
    pub eta: Option<Eta>,
    /// Milliseconds of processor time that its attempts said they used.
    #[serde(default)]
    pub cpu_ms: u64,
    /// Milliseconds that its attempts said they took, together.
    #[serde(default)]
    pub wall_ms: u64,
    /// On how many hosts it was or is rendered; told of a single job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<u32>,
    /// Another text whenever people changed it (priority, hold, its end), and not by its progress; for
    /// `If-Match`.
    #[serde(default)]
    pub tag: String,
    /// Its steps, in the order written; told of a single job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepView>,
    /// The frames that run now.
    pub running: Vec<FrameView>,
    /// Notifications and what became of them.
    pub notices: Vec<NoticeView>,
}

/// When something will be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Eta {
    /// Most likely.
    pub at: Time,
    /// Hardly before that.
    pub low: Time,
    /// Hardly after that.
    pub high: Time,
}

/// A step of a job for people and scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepView {
    /// What people call it.
    pub name: String,
    /// Its rendering package.
    pub package: String,
    /// Its frame list.
    pub frames: String,
    /// What it wants of a host, as people write it; empty where it does not care.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub profile: String,
    /// What a running frame holds of its host besides slots, as people write it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reserve: String,
    /// The steps that it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
    /// Frames in all.
    pub frames_total: u32,
    /// Frames done.
    pub frames_done: u32,
    /// Frames failed.
    pub frames_failed: u32,
    /// Frames on a slot now.
    pub frames_running: u32,
    /// Frames waiting, for a slot or for another step.
    pub frames_waiting: u32,
    /// Frames done of which there are warnings; those of a chunk count as one.
    #[serde(default)]
    pub frames_warned: u32,
    /// Why frames of it wait, as a sentence, where they do.
    pub waiting_because: Option<String>,
}

/// A limit of the farm, such as the licences of a package (requirement: how much may be in use at once).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LimitView {
    /// Its name, as steps ask for it.
    pub name: String,
    /// How much there is for the whole farm; not limited where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u32>,
    /// How much each host may use; not limited where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_host: Option<u32>,
    /// How much is in use.
    #[serde(default)]
    pub in_use: u32,
}

/// What a user or group gets of the farm beside others of the same priority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShareView {
    /// The user or the group.
    pub name: String,
    /// Twice the weight is twice the slots where both want more; 1 where nothing was set.
    pub weight: u32,
    /// Slots held now.
    #[serde(default)]
    pub slots: u32,
}

/// A host that is given no frames because of what it did to earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetAsideView {
    /// The host.
    pub host: HostId,
    /// For which job; for every job where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Until when; by then it is forgiven.
    pub until: Time,
    /// What it did, as a sentence.
    pub why: String,
}

/// A mail about a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoticeView {
    /// Mail address, or `webhook:` and the user whose program is told.
    pub to: String,
    /// Of what; absent where it is about the end of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<crate::NoticeKind>,
    /// `waiting`, `sent` or `given_up`.
    pub state: String,
    /// Tries so far.
    pub tries: u32,
    /// Why the last try failed.
    pub problem: Option<String>,
}

/// A frame for people and scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FrameView {
    /// Frame number; of a chunk, that of its first frame.
    pub number: i64,
    /// Numbers of the frames of the chunk, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<String>,
    /// Name of its step.
    pub step: String,
    /// The place of that step in the job, from 0.
    #[serde(default)]
    pub step_index: u16,
    /// Its own place in the step, from 0; that of its chunk, where frames are rendered together.
    #[serde(default)]
    pub index: u32,
    /// What it does.
    pub state: FrameState,
    /// Host of the running or last attempt.
    pub host: Option<HostId>,
    /// Slot of the running or last attempt.
    pub slot: Option<SlotIndex>,
    /// Attempts begun.
    pub attempts: u32,
    /// Thousandths done, as the package says.
    pub progress_permille: u16,
    /// Start of the running or last attempt.
    pub started_at: Option<Time>,
    /// End of the last attempt.
    pub ended_at: Option<Time>,
    /// Why the last attempt failed.
    pub problem: Option<String>,
    /// Its files, once done.
    pub outputs: Vec<OutputView>,
    /// What a person should look at though the frame counts, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Every attempt that ended or runs, first to last.
    pub history: Vec<AttemptView>,
}

/// A stored file of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OutputView {
    /// File name in the job's folder.
    pub name: String,
    /// Its content.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: u64,
    /// Pixels across and down, for a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<crate::Size>,
    /// A small picture of it, by its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Digest>,
}

/// A file that an attempt works with and that an earlier step made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InputView {
    /// The folder that it belongs into, named after the step that made it.
    pub folder: String,
    /// Its file name.
    pub name: String,
    /// Its content.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: u64,
}

/// One attempt of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttemptView {
    /// Which try.
    pub attempt: AttemptNumber,
    /// Where.
    pub host: HostId,
    /// On which slot.
    pub slot: SlotIndex,
    /// Leased when.
    pub started_at: Time,
    /// Ended when; absent while it runs.
    pub ended_at: Option<Time>,
    /// `running`, `done`, or the class of failure.
    pub outcome: String,
    /// Why it failed.
    pub problem: Option<String>,
    /// What it used.
    pub usage: Option<Usage>,
}

impl AttemptView {
    /// The word for `outcome` that `AttemptView::outcome` holds.
    #[must_use]
    pub const fn word(outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Done { .. } => "done",
            Outcome::Failed { class, .. } => match class {
                FailureClass::Frame => "failed",
                FailureClass::Fatal => "fatal",
                FailureClass::Host => "host_failed",
                FailureClass::Licence => "licence",
                FailureClass::Memory => "memory",
                FailureClass::HostLost => "host_lost",
                FailureClass::GivenBack => "given_back",
                FailureClass::Killed => "killed",
            },
        }
    }
}

/// An API error (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// What went wrong, as a sentence.
    pub title: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Every fault of a refused description.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<crate::Fault>,
}
