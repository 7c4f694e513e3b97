//! The words of the farm: ids, time, jobs, frames, profiles, resource information, messages.
//!
//! Every other crate speaks in these types, and the roles speak in nothing else. This crate checks and
//! prints values; it decides nothing, and it must not know of clocks, sockets, files or processes.

mod access;
mod amounts;
mod check;
mod description;
mod digest;
mod door;
mod draft;
mod fault;
mod frames;
mod host_view;
mod id;
mod info;
mod join;
mod link;
mod live;
mod nearest;
mod news;
mod notices;
mod package_file;
mod package_view;
mod path;
mod paths;
mod process;
mod profile;
mod report;
mod role;
mod schema;
mod select;
mod servers;
mod session;
mod step;
mod time;
mod version;
mod versioned;
mod view;
mod waiting;
mod work;

pub use access::{
    DeedView, JoinTokenView, LoginReply, LoginRequest, MadeJoinToken, MadeToken, MemberState, MemberView,
    NewJoinToken, NewPassword, NewToken, NewUser, NewWindow, Rank, RankError, Secret, TokenKind, TokenView,
    UserChange, UserView, WhoView, WindowView,
};
pub use amounts::Amounts;
pub use check::looks_like_mail;
pub use description::{JobDescription, JobFile, Source};
pub use digest::{Digest, DigestError};
pub use door::{ClosedBy, Door, HostOrder, HostVerb};
pub use draft::{DraftFault, DraftFile, DraftRequest, DraftView};
pub use fault::{Fault, Faults};
pub use frames::{FrameListError, FrameRange, FrameSet};
pub use host_view::{HostState, HostView, KindMatch, MatchView, NearHost, Rejection, ResourceList, SlotView};
pub use id::{AttemptNumber, FrameId, HostId, InstanceId, JobId, KindId, LeaseId, SlotIndex, StepIndex};
pub use info::{AddressInfo, GpuInfo, LicenceInfo, PackageInfo, ResourceInfo, ShareInfo};
pub use join::{FarmIdentity, JoinReply, JoinRequest, JoinState, RenewReply, RenewRequest, TokenProof};
pub use link::{
    AHEAD_MAX, Grant, HEARTBEAT_MS, HeldLease, HostSlots, HostsSeen, LEASE_MS, LOOK_MS, RenderToResource,
    RenderToSchedule, ResourceToRender, ResourceToSchedule, ScheduleToRender, ScheduleToResource, SlotState,
};
pub use live::{GpuStats, ProcessStats, SlotStats, UsageHistory, UsageSample, UsageView};
pub use nearest::nearest;
pub use news::{
    EventId, EventIdError, FarmCounts, GridNews, GridStep, GridView, Hello, HostRow, HostsNews, JobCounts,
    JobsNews, JoinsNews, QueueCounts, Reset, Topic, TopicError,
};
pub use notices::{NoticeKind, NoticeKindError, Notices, NoticesChange, NoticesView, Webhook};
pub use package_file::PackageFile;
pub use package_view::{PackageName, PackageView, SettingType, SettingView, Trial};
pub use path::{JobPath, JobPathError};
pub use paths::{
    ELSEWHERE, Explained, Judged, MapFile, MapRule, PathFormat, PathRule, PathRules, Platform, PlatformError,
    Verdict, travelled,
};
pub use process::{Exit, ProcessMark};
pub use profile::{
    Clause, Field, Need, PackageNeed, Preference, Profile, Requirement, Value, Wish, decimal, is_need_name,
    prefer_clause, preferences, weighted,
};
pub use report::{FailureClass, Outcome, Output, Report, Usage};
pub use role::{LeftOut, Role};
pub use select::{
    FrameQuery, FrameSelect, FrameVerb, FramesOrder, FramesOrdered, HostQuery, HostSelect, HostSort,
    JobQuery, JobQueue, JobSelect, JobSort, JobVerb, JobsOrder, JobsOrdered, Page, PageWish, Place,
    RefusedJob, Sorted,
};
pub use servers::{ServerOrder, ServerState, ServerVerb, ServerView, WakeView};
pub use session::{Action, Cancel, EmbeddedFile, Environment};
pub use step::{Dependency, DependencyKind, FrameOrder, FrameSpan, SlotNeed, Step, TimeLimits};
pub use time::Time;
pub use version::{VersionPattern, VersionPatternError};
pub use versioned::Versioned;
pub use view::{
    AttemptView, Eta, FrameState, FrameView, InputView, JobState, JobView, LimitView, NoticeView, OutputView,
    Problem, SetAsideView, ShareView, StepView, SubmitReply, SubmitRequest,
};
pub use waiting::{AmountKind, WaitingReason, WhyView};
pub use work::{Crop, PARTS, Part, Refuse, Size, SizeError, Work};
