//! What the faces see of jobs, frames and leases.

use model::{
    AttemptNumber, AttemptView, FrameId, FrameState, FrameView, HostId, JobDescription, JobId, JobView,
    LeaseId, NoticeView, Output, OutputView, SlotIndex, Step, StepIndex,
};

use crate::Schedule;
use crate::frame_table::{Attempt, FrameTable, Touched};
use crate::kept::{Job, Notice, NoticeState};

/// An attempt, as intake and logs name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseView {
    /// Its lease.
    pub lease: LeaseId,
    /// Its job.
    pub job: JobId,
    /// Its frame.
    pub frame: FrameId,
    /// The frame's number.
    pub number: i64,
    /// Which try it is.
    pub attempt: AttemptNumber,
    /// Where.
    pub host: HostId,
    /// On which slot.
    pub slot: SlotIndex,
}

impl Schedule {
    /// The job that was submitted under `key`.
    #[must_use]
    pub fn job_with_key(&self, key: &str) -> Option<JobId> {
        self.kept.keys.get(key).copied()
    }

    /// Every job: those under way in the order of the queue, then those that ended, by number. What runs and
    /// what became of mails is left out.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobView> {
        let ended = self.kept.jobs.iter().filter(|(_, job)| job.ended_at.is_some()).map(|(id, _)| *id);
        let all = self.kept.queue.open().chain(ended);
        all.filter_map(|id| Some(self.job_view(id, self.kept.jobs.get(&id)?))).collect()
    }

    /// A job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<JobView> {
        let job = self.kept.jobs.get(&id)?;
        let leases = job.live.iter().filter_map(|lease| self.kept.leases.get(lease));
        let mut frames: Vec<FrameId> = leases.map(|lease| lease.frame).collect();
        frames.sort_unstable();
        let running = frames.iter().filter_map(|frame| {
            let (step, table) = self.kept.step(*frame)?;
            self.frame_view(step, table, frame.index)
        });
        let notices = job.notices.iter().map(notice_view).collect();
        Some(JobView { running: running.collect(), notices, ..self.job_view(id, job) })
    }

    /// Its frames, step by step in the order written.
    #[must_use]
    pub fn frames(&self, id: JobId) -> Option<Vec<FrameView>> {
        let job = self.kept.jobs.get(&id)?;
        let steps = job.description.steps.iter().zip(&job.tables);
        let frames = steps.flat_map(|(step, table)| {
            (0..table.len()).filter_map(move |index| self.frame_view(step, table, index))
        });
        Some(frames.collect())
    }

    /// What was submitted.
    #[must_use]
    pub fn description(&self, id: JobId) -> Option<&JobDescription> {
        self.kept.jobs.get(&id).map(|job| &job.description)
    }

    /// A live lease; none once it is over.
    #[must_use]
    pub fn lease(&self, lease: LeaseId) -> Option<LeaseView> {
        let held = self.kept.leases.get(&lease)?;
        Some(LeaseView {
            lease,
            job: held.frame.job,
            frame: held.frame,
            number: self.kept.number(held.frame)?,
            attempt: held.attempt,
            host: held.host.clone(),
            slot: held.slot,
        })
    }

    /// The job's folder in the storage, relative to it.
    #[must_use]
    pub fn folder(&self, id: JobId) -> Option<String> {
        self.kept.jobs.get(&id).map(|job| job.folder(id))
    }

    /// Every stored file of a job, step by step in the order of the frames.
    #[must_use]
    pub fn results(&self, id: JobId) -> Option<Vec<OutputView>> {
        self.kept.jobs.get(&id).map(|job| job.outputs().map(output_view).collect())
    }

    /// An attempt of frame `number`, running or ended: the latest where `attempt` is absent; of the first
    /// step that has such a frame where `step` is absent.
    #[must_use]
    pub fn attempt_of(
        &self,
        id: JobId,
        step: Option<&str>,
        number: i64,
        attempt: Option<AttemptNumber>,
    ) -> Option<LeaseView> {
        let job = self.kept.jobs.get(&id)?;
        let steps = (0..).zip(job.description.steps.iter().zip(&job.tables));
        let mut named = steps.filter(|(_, (held, _))| step.is_none_or(|step| held.name == step));
        let (frame, table) = named.find_map(|(at, (held, table))| {
            let index = held.frames.index_of(number)?;
            Some((FrameId { job: id, step: StepIndex(at), index }, table))
        })?;
        let attempts = &table.touched(frame.index)?.attempts;
        let found = match attempt {
            Some(wanted) => attempts.iter().find(|held| held.number == wanted),
            None => attempts.last(),
        }?;
        let Attempt { lease, number: attempt, ref host, slot, .. } = *found;
        Some(LeaseView { lease, job: id, frame, number, attempt, host: host.clone(), slot })
    }

    fn job_view(&self, id: JobId, job: &Job) -> JobView {
        let (description, counts) = (&job.description, job.counts());
        let first = description.steps.first();
        let under_way: u64 = job.live.iter().map(|lease| u64::from(self.permille(*lease))).sum();
        let permille = (u64::from(counts.done) * 1_000 + under_way) / u64::from(counts.total().max(1));
        JobView {
            id: id.to_string(),
            name: description.name.clone(),
            state: job.state(),
            priority: description.priority,
            user: description.user.clone(),
            group: description.group.clone(),
            package: first.map(|step| step.work.package.clone()).unwrap_or_default(),
            frames: first.map(|step| step.frames.to_string()).unwrap_or_default(),
            size: first.and_then(|step| step.work.size).map(|size| size.to_string()),
            frames_total: counts.total(),
            frames_done: counts.done,
            frames_failed: counts.failed,
            frames_running: counts.running,
            frames_waiting: counts.waiting,
            attempts_failed: job.attempts_failed,
            progress_permille: u32::try_from(permille).unwrap_or(1_000),
            submitted_at: job.submitted_at,
            started_at: job.started_at,
            ended_at: job.ended_at,
            waiting_because: self.waiting_because(id).map(|reason| reason.to_string()),
            results: job.folder(id),
            steps: Vec::new(),
            running: Vec::new(),
            notices: Vec::new(),
        }
    }

    fn frame_view(&self, step: &Step, table: &FrameTable, index: u32) -> Option<FrameView> {
        let state = table.state(index)?;
        let untouched = Touched::default();
        let touched = table.touched(index).unwrap_or(&untouched);
        let last = touched.attempts.last();
        let end = last.and_then(|attempt| attempt.end.as_ref());
        Some(FrameView {
            number: step.frames.number(index)?,
            chunk: None,
            step: step.name.clone(),
            state,
            host: last.map(|attempt| attempt.host.clone()),
            slot: last.map(|attempt| attempt.slot),
            attempts: u32::try_from(touched.attempts.len()).unwrap_or(u32::MAX),
            progress_permille: match (state, last) {
                (FrameState::Done, _) => 1_000,
                (FrameState::Running, Some(attempt)) => self.permille(attempt.lease),
                _ => 0,
            },
            started_at: last.map(|attempt| attempt.started_at),
            ended_at: end.map(|end| end.at),
            problem: touched.attempts.iter().rev().find_map(problem),
            outputs: touched.outputs.iter().map(output_view).collect(),
            history: touched.attempts.iter().map(attempt_view).collect(),
        })
    }

    fn permille(&self, lease: LeaseId) -> u16 {
        self.passing.watches.get(&lease).map_or(0, |watch| watch.permille)
    }
}

fn problem(attempt: &Attempt) -> Option<String> {
    attempt.end.as_ref().filter(|end| end.ending.is_some()).map(|end| end.message.clone())
}

fn attempt_view(attempt: &Attempt) -> AttemptView {
    let outcome = match &attempt.end {
        None => "running",
        Some(end) => end.ending.map_or("done", crate::Ending::word),
    };
    AttemptView {
        attempt: attempt.number,
        host: attempt.host.clone(),
        slot: attempt.slot,
        started_at: attempt.started_at,
        ended_at: attempt.end.as_ref().map(|end| end.at),
        outcome: outcome.to_owned(),
        problem: problem(attempt),
        usage: attempt.end.as_ref().and_then(|end| end.usage),
    }
}

fn output_view(output: &Output) -> OutputView {
    OutputView { name: output.name.clone(), digest: output.digest, bytes: output.bytes }
}

fn notice_view(notice: &Notice) -> NoticeView {
    let state = match notice.state {
        NoticeState::Waiting { .. } => "waiting",
        NoticeState::Sent => "sent",
        NoticeState::GivenUp => "given_up",
    };
    NoticeView {
        to: notice.to.clone(),
        state: state.to_owned(),
        tries: notice.tries,
        problem: notice.problem.clone(),
    }
}
