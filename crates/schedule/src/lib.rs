//! The schedule server's decisions: job queues, priority, leases, retries, notifications, why-is-it-waiting.
//!
//! Nothing here does input or output: events come in, records and effects go out, time is a parameter. The
//! state is what the journal holds (`kept`) and what a restart may forget (`passing`); two states are equal
//! when they keep the same.

mod amounts;
mod apply;
mod apply_hosts;
mod apply_leases;
mod apply_lists;
mod apply_passing;
mod apply_policy;
mod apply_publish;
mod check;
mod check_passing;
mod deadline;
mod dependency;
mod effect;
mod eta;
mod event;
mod figures;
mod frame_orders;
mod frame_table;
mod grid;
mod host_set;
mod host_table;
mod hosts;
mod id_map;
mod inputs;
mod judging;
mod kept;
mod kinds;
mod leave_out;
mod licences;
mod limits;
mod line;
mod listing;
mod lists;
mod next_job;
mod notice;
mod nowhere;
mod old_snapshot;
mod pass;
mod passing;
mod passing_state;
mod queue;
mod record;
mod refusal;
mod report;
mod reservation;
mod set_aside;
mod settings;
mod shares;
mod spent;
mod steer;
mod step_view;
mod stuck;
mod submit;
mod summary;
mod telling;
mod touched;
mod versions;
mod view;
mod waiting;
mod waiting_jobs;
mod waits;
mod whereabouts;

use model::{JobId, LeaseId, LeftOut, Role, Time};
use serde::{Deserialize, Serialize};

use crate::kept::Kept;
use crate::passing_state::PassingState;
use crate::spent::Spent;

pub use effect::{Effect, FailedFrame, JobSummary};
pub use event::{Event, LinkId};
pub use figures::Figures;
pub use grid::StepCells;
pub use host_table::HostIndex;
pub use licences::Shortage;
pub use passing::Passing;
pub use record::{Ending, NoticeId, Record};
pub use refusal::Refusal;
pub use reservation::Reservation;
pub use view::LeaseView;
pub use waiting::Prospect;

/// The schedule server's state. `Schedule::default()` is a new farm; a serialised one is a snapshot.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Snapshot")]
pub struct Schedule {
    #[serde(rename = "state")]
    kept: Kept,
    #[serde(skip)]
    passing: PassingState,
}

/// A snapshot, by the name of what it holds: one of now, or one from before hosts had numbers.
#[derive(Deserialize)]
struct Snapshot {
    state: Option<Kept>,
    kept: Option<old_snapshot::OldKept>,
}

/// A snapshot with nothing in it.
#[derive(Debug, thiserror::Error)]
#[error("it holds no state")]
struct EmptySnapshot;

impl TryFrom<Snapshot> for Schedule {
    type Error = EmptySnapshot;

    fn try_from(snapshot: Snapshot) -> Result<Self, EmptySnapshot> {
        match (snapshot.state, snapshot.kept) {
            (Some(mut kept), _) => {
                kept.jobs.values_mut().for_each(|job| job.spent = Spent::of(job));
                Ok(Self { kept, passing: PassingState::default() })
            }
            (None, Some(old)) => Ok(old.into()),
            (None, None) => Err(EmptySnapshot),
        }
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.kept == other.kept
    }
}

impl Role for Schedule {
    type Event = Event;
    type Record = Record;
    type Effect = Effect;
    type Refusal = Refusal;

    fn decide(&self, now: Time, event: &Event) -> Result<Vec<Record>, Refusal> {
        match event {
            Event::Submit(request) => self.submit(now, request),
            Event::Hold(job) => self.hold(now, *job),
            Event::Release(job) => self.release(now, *job),
            Event::Kill(job) => self.kill(now, *job),
            Event::Retry(job) => self.retry(now, *job),
            Event::Each(events) => {
                Ok(events.iter().flat_map(|event| self.decide(now, event).unwrap_or_default()).collect())
            }
            Event::OrderFrames { job, order, by } => self.order_frames(now, *job, order, by),
            Event::SetPriority { job, priority } => self.set_priority(now, *job, *priority),
            Event::SetLimit { name, amount, per_host } => self.set_limit(now, name, *amount, *per_host),
            Event::SetShare { name, weight } => self.set_share(now, name, *weight),
            Event::SetPathRule { name, rule } => self.set_path_rule(now, name, rule.as_ref()),
            Event::SetNotices { user, notices } => self.set_notices(now, user, notices.as_ref()),
            Event::Forgive(host) => self.forgive(now, host),
            Event::OrderHost { host, order } => self.order_host(host, order),
            Event::HostSpoke { link, message } => self.host_spoke(now, *link, message),
            Event::HostLinkClosed { link } => self.host_link_closed(*link),
            Event::ResourceLinked => Ok(self.resource_linked(now)),
            Event::ResourceUnlinked => Ok(Self::resource_unlinked()),
            Event::ResourceSpoke(message) => self.resource_spoke(now, message),
            Event::Published { lease } => self.published(now, *lease),
            Event::PublishFailed { lease, why } => self.publish_failed(now, *lease, why),
            Event::IntakeFailed { lease, why } => self.intake_failed(*lease, why),
            Event::OutputsMissing { lease, why } => self.outputs_missing(now, *lease, why),
            Event::Sealed { job } => self.sealed(*job),
            Event::SealFailed { job, .. } => self.seal_failed(now, *job),
            Event::NoticeSent { notice } => self.notice_sent(now, *notice),
            Event::NoticeFailed { notice, why } => self.notice_failed(now, *notice, why),
            Event::WatchGrids(jobs) => Ok(Self::watch_grids(jobs)),
            Event::Pass => Ok(self.pass(now)),
            Event::DeadlinePassed => Ok(self.deadline_passed(now)),
        }
    }

    fn apply(&mut self, record: &Record, effects: &mut Vec<Effect>) {
        self.apply_record(record, effects);
    }

    fn durable(record: &Record) -> bool {
        !matches!(record, Record::Passing(_))
    }

    /// Nearly all that a restart leaves to do is due at once (`next_deadline`), so that it is done in the
    /// same way as in a farm that goes on; only the first pass has to be asked for.
    fn resume(&self, _now: Time, effects: &mut Vec<Effect>) {
        effects.push(Effect::PassWanted);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.next_due()
    }

    fn deadline_event() -> Event {
        Event::DeadlinePassed
    }

    fn check(&self) {
        self.check_kept();
        self.check_passing();
    }

    fn leave_out(&mut self, job: Option<JobId>, lease: Option<LeaseId>) -> Option<LeftOut> {
        self.without(job, lease)
    }
}
