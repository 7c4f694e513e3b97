//! Snapshots from before hosts had numbers. What they hold is told again as the records that it came from, so
//! that it becomes the present state in the same way as a journal does.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AttemptNumber, FrameId, HostId, JobDescription, JobId, LeaseId, Output, Role, SlotIndex, StepIndex, Time,
    Usage,
};
use serde::Deserialize;

use crate::kept::Notice;
use crate::{Ending, NoticeId, Record, Schedule};

/// What such a snapshot holds, as far as it does not follow from the rest.
#[derive(Deserialize)]
pub(crate) struct OldKept {
    jobs: BTreeMap<JobId, OldJob>,
    keys: BTreeMap<String, JobId>,
    outbox: BTreeMap<NoticeId, JobId>,
    unsealed: BTreeSet<JobId>,
    last_job: JobId,
    last_lease: LeaseId,
    last_notice: NoticeId,
}

#[derive(Deserialize)]
struct OldJob {
    description: JobDescription,
    submitted_at: Time,
    started_at: Option<Time>,
    ended_at: Option<Time>,
    held: bool,
    killed: bool,
    tables: Vec<OldTable>,
    notices: Vec<Notice>,
}

#[derive(Deserialize)]
struct OldTable {
    touched: BTreeMap<u32, OldTouched>,
}

#[derive(Deserialize)]
struct OldTouched {
    attempts: Vec<OldAttempt>,
    again_at: Option<Time>,
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct OldAttempt {
    lease: LeaseId,
    number: AttemptNumber,
    host: HostId,
    slot: SlotIndex,
    started_at: Time,
    end: Option<OldEnd>,
}

#[derive(Deserialize)]
struct OldEnd {
    at: Time,
    ending: Option<Ending>,
    message: String,
    usage: Option<Usage>,
}

impl From<OldKept> for Schedule {
    fn from(old: OldKept) -> Self {
        let mut schedule = Self::default();
        let keys: BTreeMap<JobId, &String> = old.keys.iter().map(|(key, job)| (*job, key)).collect();
        for (id, job) in &old.jobs {
            let key = keys.get(id).map(|key| (*key).clone()).unwrap_or_default();
            for record in job.records(*id, key) {
                schedule.apply(&record, &mut Vec::new());
            }
            if let Some(held) = schedule.kept.jobs.get_mut(id) {
                // Frames were told in the order of the list, not in that of their ends.
                (held.started_at, held.ended_at) = (job.started_at, job.ended_at);
                held.notices.clone_from(&job.notices);
            }
            schedule.file_job(*id);
        }
        let kept = &mut schedule.kept;
        kept.keys = old.keys;
        kept.outbox = old.outbox;
        kept.unsealed = old.unsealed;
        kept.last_job = kept.last_job.max(old.last_job);
        kept.last_lease = kept.last_lease.max(old.last_lease);
        kept.last_notice = kept.last_notice.max(old.last_notice);
        schedule
    }
}

impl OldJob {
    fn records(&self, job: JobId, key: String) -> Vec<Record> {
        let description = Box::new(self.description.clone());
        let mut records = vec![Record::JobSubmitted { job, key, at: self.submitted_at, description }];
        for (step, table) in (0..).zip(&self.tables) {
            for (index, touched) in &table.touched {
                let frame = FrameId { job, step: StepIndex(step), index: *index };
                touched.tell(frame, self.killed, &mut records);
            }
        }
        let at = self.ended_at.unwrap_or(self.submitted_at);
        records.extend(self.killed.then_some(Record::JobKilled { job, at }));
        match (self.description.held, self.held) {
            (false, true) => records.push(Record::JobHeld { job, at }),
            (true, false) => records.push(Record::JobReleased { job, at }),
            _ => {}
        }
        records
    }
}

impl OldTouched {
    fn tell(&self, frame: FrameId, killed: bool, records: &mut Vec<Record>) {
        let last = self.attempts.len().saturating_sub(1);
        for (place, attempt) in self.attempts.iter().enumerate() {
            let OldAttempt { lease, number, ref host, slot, started_at, .. } = *attempt;
            records.push(Record::FrameLeased {
                lease,
                frame,
                attempt: number,
                host: host.clone(),
                slot,
                also: Vec::new(),
                memory_bytes: 0,
                gpus: Vec::new(),
                ahead: false,
                at: started_at,
            });
            let Some(end) = &attempt.end else { continue };
            let (at, usage) = (end.at, end.usage);
            records.push(match end.ending {
                None => {
                    let (outputs, usage) = (self.outputs.clone(), usage.unwrap_or_default());
                    Record::FrameFinished { lease, at, outputs, usage, warnings: Vec::new() }
                }
                // Its job's end tells of it.
                Some(Ending::Killed) if killed && place == last => continue,
                Some(ending) => {
                    let waits = place < last || killed;
                    let again_at = self.again_at.or_else(|| waits.then_some(at));
                    let message = end.message.clone();
                    Record::LeaseEnded { lease, at, ending, message, usage, again_at }
                }
            });
        }
    }
}
