//! The shape that every role shares.

use crate::{JobId, LeaseId, Time};

/// What a role goes on without, since a record about it made no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name, for people.
    pub what: String,
    /// Further records of this job are of no use any more.
    pub job: Option<JobId>,
}

/// A role that decides and does nothing else (`ARCHITECTURE.md`, "Decide, record, apply, speak").
///
/// The same value runs in a server, which owns it and performs its effects, and in the simulator, which
/// owns a whole farm of them. `decide` reads; `apply` is the only function that changes state, live and
/// on replay alike.
pub trait Role {
    /// What happened: a command, a message, a deadline.
    type Event;
    /// What is now true.
    type Record: Clone;
    /// What is to be done once the records are durable.
    type Effect;
    /// Why an event changes nothing.
    type Refusal;

    /// What `event` makes true, in order.
    ///
    /// # Errors
    /// A refusal where the event cannot be accepted; nothing is recorded then.
    fn decide(&self, now: Time, event: &Self::Event) -> Result<Vec<Self::Record>, Self::Refusal>;

    /// Makes `record` true and adds what has to be done about it.
    fn apply(&mut self, record: &Self::Record, effects: &mut Vec<Self::Effect>);

    /// Whether a record goes to the journal. Passing ones carry soft knowledge that a restart may forget.
    fn durable(record: &Self::Record) -> bool;

    /// What has to be done after a replay, whose effects were dropped.
    fn resume(&self, now: Time, effects: &mut Vec<Self::Effect>);

    /// When the role wants to be asked again though nothing happened.
    fn next_deadline(&self) -> Option<Time>;

    /// The event that says a deadline has passed.
    fn deadline_event() -> Self::Event;

    /// Asserts every invariant of the state.
    fn check(&self);

    /// Ends all that is known of the job, or of the lease, that a record names which cannot be made true.
    /// Their numbers count as given, so that none of them is given twice. Says what is gone; nothing where
    /// the role cannot do without it.
    fn leave_out(&mut self, job: Option<JobId>, lease: Option<LeaseId>) -> Option<LeftOut> {
        let _ = (job, lease);
        None
    }
}
