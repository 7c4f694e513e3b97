//! What people have been told is so: the book of acknowledged orders. Of an order without an answer it is not
//! known whether it was carried out.

use std::collections::{BTreeMap, BTreeSet};

use model::{JobId, JobState};
use schedule::{Event, Schedule};

use crate::node::Ticket;
use crate::oracle::{Oracle, hold};

#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    /// Submits, by their keys.
    pub(crate) submitted: BTreeMap<String, JobId>,
    /// The last order to hold or release a job, and whether it is on hold, where that is known.
    held: BTreeMap<JobId, (Ticket, Option<bool>)>,
    killed: BTreeSet<JobId>,
}

impl Orders {
    /// An order is given.
    pub(crate) fn given(&mut self, event: &Event, ticket: Ticket) {
        if let Event::Hold(job) | Event::Release(job) = event {
            self.held.insert(*job, (ticket, None));
        }
    }

    /// An order is acknowledged.
    pub(crate) fn acknowledged(&mut self, event: &Event, ticket: Ticket) {
        match event {
            Event::Hold(job) | Event::Release(job) => {
                // Of a later one without an answer it is not known whether it was carried out.
                if let Some((_, held)) = self.held.get_mut(job).filter(|(last, _)| *last == ticket) {
                    *held = Some(matches!(event, Event::Hold(_)));
                }
            }
            Event::Kill(job) => {
                self.killed.insert(*job);
            }
            _ => {}
        }
    }

    /// All that was acknowledged is so.
    pub(crate) fn hold_in(&self, role: &Schedule) {
        for (key, job) in &self.submitted {
            let is_so = role.job_with_key(key) == Some(*job);
            hold(Oracle::AcknowledgedSurvives, is_so, || format!("job {job} was taken under {key}"));
        }
        for (job, (_, held)) in &self.held {
            let state = role.job(*job).map(|view| view.state);
            let (Some(held), Some(state)) = (held, state.filter(|state| !state.is_final())) else { continue };
            let is_so = (state == JobState::Held) == *held;
            hold(Oracle::AcknowledgedSurvives, is_so, || format!("job {job} is {state:?}; on hold: {held}"));
        }
        for job in &self.killed {
            let state = role.job(*job).map(|view| view.state);
            let is_so = state.is_some_and(JobState::is_final);
            hold(Oracle::AcknowledgedSurvives, is_so, || format!("job {job} was killed and is {state:?}"));
        }
    }
}
