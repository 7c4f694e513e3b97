//! The schedule server's decisions: job queues, priority, leases, retries, notifications, why-is-it-waiting.
//!
//! Nothing here does input or output: events come in, records and effects go out, time is a parameter.
//! The state is what the journal holds plus, in one field, what a restart may forget.

mod effect;
mod event;
mod passing;
mod record;
mod refusal;
mod view;

use model::{Role, Time};
use serde::{Deserialize, Serialize};

pub use effect::{Effect, FailedFrame, JobSummary};
pub use event::{Event, LinkId};
pub use passing::Passing;
pub use record::{Ending, NoticeId, Record};
pub use refusal::Refusal;
pub use view::LeaseView;

/// The schedule server's state. `Schedule::default()` is a new farm; a serialised one is a snapshot.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Schedule {}

impl Role for Schedule {
    type Event = Event;
    type Record = Record;
    type Effect = Effect;
    type Refusal = Refusal;

    fn decide(&self, _now: Time, _event: &Event) -> Result<Vec<Record>, Refusal> {
        Ok(Vec::new())
    }

    fn apply(&mut self, _record: &Record, _effects: &mut Vec<Effect>) {}

    fn durable(record: &Record) -> bool {
        !matches!(record, Record::Passing(_))
    }

    fn resume(&self, _now: Time, effects: &mut Vec<Effect>) {
        effects.push(Effect::PassWanted);
    }

    fn next_deadline(&self) -> Option<Time> {
        None
    }

    fn deadline_event() -> Event {
        Event::DeadlinePassed
    }

    fn check(&self) {}
}
