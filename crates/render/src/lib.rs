//! The render server's decisions: which frames its slots take and in which order, what becomes of the
//! processes that render them, and which reports still wait to be acknowledged.
//!
//! This crate does no input or output and knows no clock: events and the time come in, records and effects
//! go out. It is the last gate for its own slots: whatever it is told, a slot holds one attempt, and a
//! report is kept until the schedule server says that it has dealt with it. It does not know what a
//! rendering package, a file or a resource database is.
//!
//! A slot has a line: one attempt is at work, others wait behind it. Those that its session serves are handed
//! over to the shell at once, which begins them one after the other without asking in between. What an
//! attempt made is collected beside the next one, as long as not too many are.
//!
//! An attempt goes through the phases of [`Phase`]. A restart keeps every attempt: where a process had been
//! started it is adopted, where one had ended its outputs are collected, all else starts over.

mod check;
mod collecting;
mod door;
mod effect;
mod event;
mod leave_out;
mod line;
mod link;
mod outbox;
mod passing;
mod processes;
mod record;
mod sessions;
mod stopping;
mod times;
mod versions;
mod view;
mod withdrawal;

use std::collections::BTreeMap;

use model::{
    Amounts, Exit, Grant, HostId, InstanceId, JobId, LeaseId, LeftOut, ProcessMark, Report, Role, SlotIndex,
    Time, Usage,
};
use serde::{Deserialize, Serialize};

pub use door::End;
pub use effect::Effect;
pub use event::{Ended, Event, Refusal};
pub use record::Record;
pub use view::{AttemptNow, Phase};

use door::Stopped;
use passing::Passing;

/// How long a session is kept without a frame of its step, in milliseconds.
pub const SESSION_IDLE_MS: u64 = 60_000;
/// So many attempts of a slot are collected beside the one at work; one more holds the slot, so that a slow
/// storage holds rendering back before it fills the disk.
pub const COLLECTED_BESIDE_MAX: usize = 3;
/// How long the end of the render server waits for processes and acknowledgements, in milliseconds.
pub const STOP_MS: u64 = 5_000;

/// The slots of a render host and what is in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Render {
    host: HostId,
    instance: InstanceId,
    slots: u16,
    /// At work, by slot, so that a slot cannot hold two.
    attempts: BTreeMap<SlotIndex, Attempt>,
    /// Waiting for their slots, in the order in which they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ahead: Vec<Attempt>,
    /// Rendered, and off their slots: what they made is being collected, in the order in which they ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    collecting: Vec<Attempt>,
    /// Reports that are not acknowledged.
    outbox: BTreeMap<LeaseId, Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopped: Option<Stopped>,
    #[serde(skip)]
    passing: Passing,
}

/// What a slot works on, or will.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Attempt {
    grant: Grant,
    /// When its slot took it up.
    taken_at: Time,
    process: Option<ProcessMark>,
    /// When its process was told of; older journals do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Time>,
    ended: Option<ProcessEnd>,
    /// The lease is worth nothing any more; the slot waits for its process to be gone.
    dropped: bool,
}

/// The end of an attempt's process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct ProcessEnd {
    exit: Exit,
    usage: Usage,
}

/// A report in the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    slot: SlotIndex,
    report: Report,
}

impl Render {
    /// A render server with `slots` free slots.
    #[must_use]
    pub fn new(host: HostId, instance: InstanceId, slots: u16) -> Self {
        let (attempts, ahead, collecting) = (BTreeMap::new(), Vec::new(), Vec::new());
        let (outbox, passing) = (BTreeMap::new(), Passing::default());
        Self { host, instance, slots, attempts, ahead, collecting, outbox, stopped: None, passing }
    }

    /// The same state on a host that has so much besides slots.
    #[must_use]
    pub fn with_amounts(mut self, amounts: Amounts) -> Self {
        self.passing.amounts = amounts;
        self
    }

    /// The same state under the name and with the slots it is started with now, which need not be those it
    /// had when its snapshot was made. An attempt on a slot that is no longer there goes on to its end.
    #[must_use]
    pub fn identified(self, host: HostId, instance: InstanceId, slots: u16) -> Self {
        Self { host, instance, slots, ..self }
    }

    /// Every attempt: those at work by slot, then those that wait in the order in which they came, then those
    /// that are collected.
    fn all(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.values().chain(&self.ahead).chain(&self.collecting)
    }

    /// Whether there is no attempt at all.
    fn is_idle(&self) -> bool {
        self.all().next().is_none()
    }

    fn attempt(&self, lease: LeaseId) -> Result<&Attempt, Refusal> {
        self.all().find(|attempt| attempt.grant.lease == lease).ok_or(Refusal::UnknownLease(lease))
    }

    fn attempt_mut(&mut self, lease: LeaseId) -> Option<&mut Attempt> {
        let all = self.attempts.values_mut().chain(&mut self.ahead).chain(&mut self.collecting);
        all.into_iter().find(|attempt| attempt.grant.lease == lease)
    }
}

impl Role for Render {
    type Event = Event;
    type Record = Record;
    type Effect = Effect;
    type Refusal = Refusal;

    fn decide(&self, now: Time, event: &Event) -> Result<Vec<Record>, Refusal> {
        match event {
            Event::ScheduleLinked => Ok(vec![Record::Linked { at: now }]),
            Event::ScheduleSpoke(message) => self.schedule_spoke(now, message),
            Event::ScheduleUnlinked => Ok(vec![Record::Unlinked]),
            Event::SessionReady { lease, tied } => self.session_ready(*lease, *tied),
            Event::SessionFailed { lease, class, why } => self.session_failed(now, *lease, *class, why),
            Event::Started { lease, process } => self.started(now, *lease, *process),
            Event::StartFailed { lease, class, why } => self.start_failed(now, *lease, *class, why),
            Event::Progress { lease, permille } => self.progressed(now, *lease, *permille),
            Event::Exited { lease, exit, usage } => self.exited(now, *lease, *exit, *usage),
            Event::Ended { ended } => self.ended(now, ended),
            Event::NotBegun { lease } => self.not_begun(now, *lease),
            Event::Collected { lease, outputs, warnings } => self.collected(now, *lease, outputs, warnings),
            Event::NotCollected { lease, class, message, warnings } => {
                self.not_collected(now, *lease, (*class, message), warnings)
            }
            Event::Amounts(amounts) => Ok(self.amounts_told(now, *amounts)),
            Event::Desk { owner, hours } => Ok(self.desk_said(now, owner.as_deref(), hours.as_deref())),
            Event::Stop => Ok(self.stop(now)),
            Event::DeadlinePassed => Ok(self.deadline_passed(now)),
        }
    }

    fn apply(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        match record {
            Record::HostStopped { .. }
            | Record::HostStarted { .. }
            | Record::DeskSaid { .. }
            | Record::EndWanted { .. }
            | Record::StopBegun { .. } => self.apply_to_door(record, effects),
            Record::GrantTaken { grant, at } => self.grant_taken(grant, *at, effects),
            Record::ProcessStarted { lease, process, at } => {
                self.process_started(*lease, *process, *at, effects);
            }
            Record::ProcessExited { lease, exit, usage, at } => {
                self.process_exited(*lease, ProcessEnd { exit: *exit, usage: *usage }, *at, effects);
            }
            Record::AttemptEnded { report, at } => self.attempt_ended(report, *at, effects),
            Record::ReportAcknowledged { lease } => {
                self.outbox.remove(lease);
            }
            Record::GrantDropped { lease } => self.grant_dropped(*lease, effects),
            Record::GrantForgotten { lease, at } => {
                self.leave(*lease, *at, effects);
            }
            Record::Linked { at } => self.linked(*at, effects),
            Record::Welcomed => self.welcomed(),
            Record::TurnedAway { why } => self.turned_away(why),
            Record::Unlinked => self.unlinked(),
            Record::AliveSaid { at } => self.alive_said(*at, effects),
            Record::GrantRefused { lease, why } => self.grant_refused(*lease, why, effects),
            Record::ReportRepeated { lease } => self.send_report(*lease, effects),
            Record::SessionClosed { slot } => self.session_closed(*slot, effects),
            Record::SessionOpened { slot, job, step, tied } => {
                self.session_opened(*slot, (*job, *step), *tied, effects);
            }
            Record::ProcessWatched { lease, at } => self.process_watched(*lease, *at),
            Record::ProgressMade { lease, permille, at } => {
                self.progress_made(*lease, *permille, *at, effects);
            }
            Record::TimeExceeded { lease, why } => self.time_exceeded(*lease, why, effects),
            Record::TakeBackWanted { lease } => effects.push(Effect::TakeBack { lease: *lease }),
            Record::GiveBackWanted { lease, why } => self.give_back_wanted(*lease, why, effects),
            Record::AmountsSaid { amounts } => self.passing.amounts = *amounts,
            Record::StopForced => self.stop_ended(effects),
        }
        self.end_stop_when_quiet(effects);
    }

    fn durable(record: &Record) -> bool {
        record.is_durable()
    }

    fn resume(&self, _now: Time, effects: &mut Vec<Effect>) {
        for attempt in self.all() {
            self.resume_attempt(attempt, effects);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let own = [self.stop_deadline(), self.end_deadline()];
        let all = [self.alive_deadline(), self.idle_deadline(), self.time_deadline()];
        own.into_iter().chain(all).flatten().min()
    }

    fn deadline_event() -> Event {
        Event::DeadlinePassed
    }

    fn check(&self) {
        self.assert_invariants();
    }

    fn leave_out(&mut self, _: Option<JobId>, lease: Option<LeaseId>) -> Option<LeftOut> {
        lease.map(|lease| self.without(lease))
    }
}
