//! What the attempts of a job came to so far: time, hosts, and the picture to know it by. It follows from the
//! attempts, and is kept beside them so that a list of jobs need not look at each.

use model::{Digest, Output, Step, Time};

use crate::host_set::HostSet;
use crate::host_table::HostIndex;
use crate::kept::Job;
use crate::touched::AttemptEnd;

/// What the attempts of a job that ended came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spent {
    pub(crate) cpu_ms: u64,
    pub(crate) wall_ms: u64,
    /// Where they were.
    pub(crate) hosts: HostSet,
    /// A small picture of the latest frame, by when that was done and which it is.
    cover: Option<(Time, u32, Digest)>,
}

impl Spent {
    /// Whether what a step makes is to be looked at: parts of pictures are not.
    pub(crate) fn shows(step: &Step) -> bool {
        step.work.part.is_none()
    }

    /// An attempt ended.
    pub(crate) fn add(&mut self, host: HostIndex, end: &AttemptEnd) {
        self.was_on(host);
        let usage = end.usage.unwrap_or_default();
        self.cpu_ms = self.cpu_ms.saturating_add(usage.cpu_ms);
        self.wall_ms = self.wall_ms.saturating_add(usage.wall_ms);
    }

    /// An attempt ended there of which nothing is known.
    pub(crate) fn was_on(&mut self, host: HostIndex) {
        self.hosts.set(host, true);
    }

    /// A frame is done that made these.
    pub(crate) fn cover(&mut self, at: Time, index: u32, outputs: &[Output]) {
        let shown = outputs.iter().find_map(|output| output.thumbnail).map(|digest| (at, index, digest));
        self.cover = self.cover.max(shown);
    }

    /// The picture to know the job by.
    pub(crate) fn shown(&self) -> Option<Digest> {
        self.cover.map(|(_, _, digest)| digest)
    }

    /// The same from the attempts themselves.
    pub(crate) fn of(job: &Job) -> Self {
        let mut spent = Self::default();
        for (step, table) in job.description.steps.iter().zip(&job.tables) {
            for (index, touched) in table.all_touched() {
                for attempt in touched.attempts() {
                    let Some(end) = &attempt.end else { continue };
                    spent.add(attempt.host, end);
                    if end.ending.is_none() && Self::shows(step) {
                        spent.cover(end.at, index, &touched.outputs);
                    }
                }
            }
        }
        spent
    }
}
