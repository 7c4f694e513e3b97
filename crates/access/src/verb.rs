//! What can be done at a farm. Every door of its servers has one of these verbs, and `allow` says who may.

use std::fmt;

use model::Rank;

/// Who may do something, whatever it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, unproven.
    Anybody,
    /// Everybody who has proven who he is.
    Known,
    /// People of this rank and above.
    People(Rank),
    /// People of this rank and above, and members.
    PeopleAndMembers(Rank),
    /// People of the first rank for what is their own, of the second for what is not.
    Own(Rank, Rank),
    /// Members that do this, for what is their own.
    Members(&'static str),
    /// Every member, for itself.
    AnyMember,
}

/// What is there to do: its word in the trail, who may, and whether it changes anything.
macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident = $word:literal, $who:expr, $changes:literal;)*) => {
        /// Something that can be done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Verb {
            $($(#[$doc])* $verb,)*
        }

        impl Verb {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$verb,)*];

            /// Its word in the trail of deeds, before what it was done to: `kill`, job 7.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$verb => $word,)* }
            }

            /// Who may do it.
            #[must_use]
            pub const fn who(self) -> Who {
                match self { $(Self::$verb => $who,)* }
            }

            /// Whether it changes something that people answer for, so that it is kept in the trail.
            #[must_use]
            pub const fn is_kept(self) -> bool {
                match self { $(Self::$verb => $changes,)* }
            }
        }
    };
}

const VIEWER: Who = Who::People(Rank::Viewer);
const ARTIST: Who = Who::People(Rank::Artist);
const OPERATOR: Who = Who::People(Rank::Operator);
const ADMIN: Who = Who::People(Rank::Admin);
const OWN_JOB: Who = Who::Own(Rank::Artist, Rank::Operator);
const SELF: Who = Who::Own(Rank::Viewer, Rank::Admin);

verbs! {
    /// Ask which farm it is.
    Identify = "identify", Who::Anybody, false;
    /// Ask to become a member.
    Join = "join", Who::Anybody, false;
    /// Log in.
    LogIn = "log in", Who::Anybody, false;
    /// Read what the API is.
    ReadApi = "read about the API", Who::Known, false;
    /// Ask for whom one is taken.
    WhoAmI = "ask who one is", Who::Known, false;
    /// Log out.
    LogOut = "log out", Who::Known, true;
    /// See what the farm says of itself.
    SeeFarm = "see the farm", Who::PeopleAndMembers(Rank::Viewer), false;
    /// Read figures, as Prometheus does.
    SeeMetrics = "see metrics", Who::PeopleAndMembers(Rank::Viewer), false;
    /// See jobs, their frames and why they wait.
    SeeJobs = "see jobs", VIEWER, false;
    /// See what a job was made from.
    SeeDescription = "see a description", Who::PeopleAndMembers(Rank::Viewer), false;
    /// Read what packages wrote.
    ReadLogs = "read logs", VIEWER, false;
    /// Fetch finished frames.
    ReadResults = "fetch frames", VIEWER, false;
    /// See render hosts and servers.
    SeeHosts = "see hosts", VIEWER, false;
    /// See limits, shares and who is set aside.
    SeeLimits = "see limits", VIEWER, false;
    /// See where folders stand on each platform.
    SeePaths = "see path rules", Who::PeopleAndMembers(Rank::Viewer), false;
    /// Submit a job.
    Submit = "submit", ARTIST, true;
    /// Send the files of a job.
    SendContent = "send files", ARTIST, false;
    /// Fetch the files of a job.
    ReadContent = "fetch files", Who::PeopleAndMembers(Rank::Artist), false;
    /// Start nothing new of a job.
    HoldJob = "hold", OWN_JOB, true;
    /// Let a job go on.
    ReleaseJob = "release", OWN_JOB, true;
    /// End a job.
    KillJob = "kill", OWN_JOB, true;
    /// Try failed frames again.
    RetryJob = "retry", OWN_JOB, true;
    /// Give a job another priority.
    SetPriority = "set the priority of", OWN_JOB, true;
    /// Do something to every job of a selection; what is done to each is kept by its own verb.
    OrderJobs = "order jobs", OWN_JOB, false;
    /// Kill frames, send them back to the queue, or have them tried again.
    OrderFrames = "order frames of", OWN_JOB, true;
    /// Set or remove a limit.
    SetLimit = "set limit", OPERATOR, true;
    /// Set a share.
    SetShare = "set share", OPERATOR, true;
    /// Set or remove a path rule.
    SetPath = "set path rule", OPERATOR, true;
    /// Forgive a host.
    Forgive = "forgive", OPERATOR, true;
    /// Start, stop or restart a render server.
    OrderHost = "order", OPERATOR, true;
    /// Wake a host.
    WakeHost = "wake", OPERATOR, true;
    /// Start, stop or restart another server.
    OrderServer = "order server", ADMIN, true;
    /// See members and who asks to be one.
    SeeMembers = "see members", OPERATOR, false;
    /// Approve who asks to be a member.
    ApproveMember = "approve", ADMIN, true;
    /// Deny who asks to be a member.
    DenyMember = "deny", ADMIN, true;
    /// End a membership.
    RevokeMember = "revoke member", ADMIN, true;
    /// See join tokens and enrolment windows.
    SeeJoining = "see join tokens", ADMIN, false;
    /// Make a join token.
    MakeJoinToken = "make join token", ADMIN, true;
    /// End a join token.
    RevokeJoinToken = "revoke join token", ADMIN, true;
    /// Open an enrolment window.
    OpenWindow = "open window", ADMIN, true;
    /// Close an enrolment window.
    CloseWindow = "close window", ADMIN, true;
    /// See users.
    SeeUsers = "see users", ADMIN, false;
    /// Add a user.
    AddUser = "add user", ADMIN, true;
    /// Change a user's role, or disable him.
    ChangeUser = "change user", ADMIN, true;
    /// Remove a user.
    RemoveUser = "remove user", ADMIN, true;
    /// Set a password.
    SetPassword = "set the password of", SELF, true;
    /// See what somebody is told of.
    SeeNotices = "see the notices of", SELF, false;
    /// Set what somebody is told of.
    SetNotices = "set the notices of", SELF, true;
    /// See tokens.
    SeeTokens = "see tokens", SELF, false;
    /// Make a token.
    MakeToken = "make token", SELF, true;
    /// End a token.
    RevokeToken = "revoke token", SELF, true;
    /// See the trail of deeds.
    SeeTrail = "see the trail", OPERATOR, false;
    /// Link to the schedule server as a render host.
    LinkSchedule = "link as a render host", Who::Members("render"), false;
    /// Link to the resource server as a render host.
    LinkResource = "link as a render host", Who::Members("render"), false;
    /// Link to the resource server as the schedule server.
    LinkMatch = "link as the schedule server", Who::Members("schedule"), false;
    /// Fetch what earlier steps made for a lease.
    ReadInputs = "fetch inputs", Who::Members("render"), false;
    /// Hand over what a lease made.
    PutOutput = "hand over frames", Who::Members("render"), false;
    /// Hand over the log of a lease.
    PutLog = "hand over logs", Who::Members("render"), false;
    /// Have a certificate renewed.
    Renew = "renew a certificate", Who::AnyMember, false;
}

impl Verb {
    /// What it is in general, for refusals: `kill jobs`.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Submit => "submit jobs",
            Self::HoldJob => "hold jobs",
            Self::ReleaseJob => "release jobs",
            Self::KillJob => "kill jobs",
            Self::RetryJob => "retry jobs",
            Self::SetPriority => "set the priority of jobs",
            Self::OrderFrames => "give orders about frames",
            Self::SetLimit => "set limits",
            Self::SetShare => "set shares",
            Self::SetPath => "set path rules",
            Self::Forgive => "forgive hosts",
            Self::OrderHost => "give orders to hosts",
            Self::WakeHost => "wake hosts",
            Self::OrderServer => "stop and start servers",
            Self::ApproveMember => "approve members",
            Self::DenyMember => "deny members",
            Self::RevokeMember => "revoke members",
            Self::MakeJoinToken => "make join tokens",
            Self::RevokeJoinToken => "revoke join tokens",
            Self::OpenWindow => "open windows",
            Self::CloseWindow => "close windows",
            Self::AddUser => "add users",
            Self::ChangeUser => "change users",
            Self::RemoveUser => "remove users",
            Self::SetPassword => "set passwords",
            Self::SeeNotices => "see notices",
            Self::SetNotices => "set notices",
            Self::MakeToken => "make tokens",
            Self::RevokeToken => "revoke tokens",
            other => other.word(),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
