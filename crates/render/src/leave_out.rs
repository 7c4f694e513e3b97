//! Going on without an attempt one of whose records makes no sense: as if its lease had never come. The shell
//! ends a process that nobody here knows, and the schedule server gives the frame to somebody else.

use model::{LeaseId, LeftOut};

use crate::Render;

impl Render {
    pub(crate) fn without(&mut self, lease: LeaseId) -> LeftOut {
        self.attempts.retain(|_, attempt| attempt.grant.lease != lease);
        self.ahead.retain(|attempt| attempt.grant.lease != lease);
        self.collecting.retain(|attempt| attempt.grant.lease != lease);
        self.outbox.remove(&lease);
        LeftOut { what: format!("lease {lease}"), job: None }
    }
}
