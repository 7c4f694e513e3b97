//! The promises that a farm is held to, each with a name, and how one of them is said to be broken.
//!
//! A broken promise ends the run by unwinding, and so does a failed assertion of a role; the judge catches
//! both and tells which it was.

use std::panic::resume_unwind;

macro_rules! oracles {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A promise.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Oracle {
            $($(#[$doc])* $name,)*
        }
    };
}

oracles! {
    /// A role asserts its own invariants, and never panics.
    RoleHolds,
    /// The state after a replay is the live one.
    ReplayIsLive,
    /// Nothing is spoken before its record is durable.
    SpokenIsDurable,
    /// A lease is new, and a frame has one that is live.
    OneLeasePerFrame,
    /// Only a live lease is ended or finished.
    LiveLeasesEnd,
    /// A slot runs one attempt; a wide one holds all of its slots and nothing else runs there.
    OneAttemptPerSlot,
    /// No more is taken of a limit, by the farm, a host or a job, than there is.
    LimitsHold,
    /// No more memory is given of a host than it has, and no GPU twice; a step has what it reserves.
    AmountsHold,
    /// Nothing is leased to a host that has said that it takes no frames.
    DoorsHold,
    /// Nothing runs before what it depends on.
    DependenciesHold,
    /// Nothing of a job on hold is leased.
    HoldsHold,
    /// Nothing of a killed job is leased.
    KilledStays,
    /// What is finished stays finished, and its files as they were.
    FinishedStays,
    /// Files come into a job's folder from the live lease of their frame, once.
    PublishedOnce,
    /// What becomes of a lease is what its render server has recorded of the attempt.
    ResultsAreReported,
    /// A frame fails when its tries are used up, and nothing that is nobody's fault is counted.
    TriesAreCounted,
    /// What was acknowledged to a person is so, also after a restart.
    AcknowledgedSurvives,
    /// The lease of a host that is not heard of for too long is over.
    HostLossNoticed,
    /// A host that is not heard of is not in the resource database.
    DatabaseForgets,
    /// Kill and hold act within a second where nothing is slow.
    OrdersAct,
    /// What was taken away is being killed, and time limits are kept.
    ProcessesEnd,
    /// A host that is started again goes on with all it had.
    NothingThrownAway,
    /// Time goes on.
    TimeGoesOn,
    /// When nothing goes wrong any more the farm comes to rest: every frame that can be is rendered, every
    /// server is linked, nothing is left behind.
    ComesToRest,
    /// Mails are sent about each job that ended.
    MailsAreSent,
    /// Where nothing goes wrong, every slot has work and is not kept waiting.
    CalmIsBusy,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub oracle: Oracle,
    /// How.
    pub how: String,
}

/// Holds the farm to a promise.
#[track_caller]
pub(crate) fn hold(oracle: Oracle, is_so: bool, how: impl FnOnce() -> String) {
    if !is_so {
        broken(oracle, how());
    }
}

/// Ends the run.
pub(crate) fn broken(oracle: Oracle, how: String) -> ! {
    resume_unwind(Box::new(Broken { oracle, how }))
}
