//! What the faces see of jobs, frames and leases.

use model::{
    AttemptNumber, AttemptView, FrameId, FrameState, FrameView, HostId, JobDescription, JobId, JobView,
    LeaseId, NoticeKind, NoticeView, Output, OutputView, SlotIndex, Step, StepIndex, Time,
};

use crate::Schedule;
use crate::frame_table::FrameTable;
use crate::kept::{Job, Lease, Notice, NoticeState};
use crate::pass::Whys;
use crate::touched::{Attempt, AttemptEnd, Touched};

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
        let mut whys = Whys::new(self);
        let ended = self.kept.jobs.iter().filter(|(_, job)| job.ended_at.is_some()).map(|(id, _)| *id);
        let all = self.kept.queue.open().chain(ended);
        all.filter_map(|id| Some(self.job_view(id, self.kept.jobs.get(&id)?, &mut whys))).collect()
    }

    /// A job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<JobView> {
        let job = self.kept.jobs.get(&id)?;
        let leases = job.leases().filter_map(|id| self.kept.leases.get(id).map(|lease| (id, lease)));
        let leases = leases.filter(|(id, lease)| !self.waits_ahead(*id, lease)).map(|(_, lease)| lease);
        let mut hosts = job.spent.hosts.clone();
        let seen = leases.inspect(|lease| hosts.set(lease.host, true));
        let mut frames: Vec<FrameId> = seen.map(|lease| lease.frame).collect();
        frames.sort_unstable();
        let hosts = u32::try_from(hosts.iter().count()).ok();
        let running = frames.iter().filter_map(|frame| {
            let (step, table) = self.kept.step(*frame)?;
            self.frame_view(job, *frame, step, table)
        });
        let notices = job.notices.iter().map(notice_view).collect();
        let (steps, running) = (self.step_views(id), running.collect());
        Some(JobView { hosts, steps, running, notices, ..self.job_view(id, job, &mut Whys::new(self)) })
    }

    /// Its frames, step by step in the order written; those of a chunk are one.
    #[must_use]
    pub fn frames(&self, id: JobId) -> Option<Vec<FrameView>> {
        let job = self.kept.jobs.get(&id)?;
        let steps = (0..).map(StepIndex).zip(job.description.steps.iter().zip(&job.tables));
        let frames = steps.flat_map(|(at, (step, table))| {
            let frame = move |index| FrameId { job: id, step: at, index };
            (0..table.len()).filter_map(move |index| self.frame_view(job, frame(index), step, table))
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
        let held = self.kept.leases.get(lease)?;
        Some(LeaseView {
            lease,
            job: held.frame.job,
            frame: held.frame,
            number: self.kept.number(held.frame)?,
            attempt: held.attempt,
            host: self.kept.host_name(held.host),
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
            let index = held.chunk_of(number)?;
            Some((FrameId { job: id, step: StepIndex(at), index }, table))
        })?;
        let touched = table.touched(frame.index)?;
        let found = match attempt {
            Some(wanted) => touched.attempts().find(|held| held.number == wanted),
            None => touched.last(),
        }?;
        let Attempt { lease, number: attempt, host, slot, .. } = *found;
        let number = self.kept.number(frame)?;
        Some(LeaseView { lease, job: id, frame, number, attempt, host: self.kept.host_name(host), slot })
    }

    pub(crate) fn job_view(&self, id: JobId, job: &Job, whys: &mut Whys<'_>) -> JobView {
        let (description, counts, frames) = (&job.description, job.counts(), job.frames());
        let first = description.steps.first();
        let under_way = self.passing.under_way.get(&id).copied().unwrap_or(0);
        let permille = (u64::from(counts.done) * 1_000 + under_way) / u64::from(counts.total().max(1));
        JobView {
            id: id.to_string(),
            name: description.name.clone(),
            state: job.state(),
            priority: job.priority,
            user: description.user.clone(),
            group: description.group.clone(),
            package: first.map(|step| step.work.package.clone()).unwrap_or_default(),
            frames: first.map(|step| step.frames.to_string()).unwrap_or_default(),
            size: first.and_then(|step| step.work.size).map(|size| size.to_string()),
            frames_total: frames.total(),
            frames_done: frames.done,
            frames_failed: frames.failed,
            frames_running: frames.running - job.ahead,
            frames_waiting: frames.waiting + job.ahead,
            frames_warned: job.tables.iter().map(FrameTable::warned).sum(),
            attempts_failed: job.attempts_failed,
            progress_permille: u32::try_from(permille).unwrap_or(1_000),
            submitted_at: job.submitted_at,
            started_at: job.started_at,
            ended_at: job.ended_at,
            waiting_because: whys.first(id).map(|reason| reason.to_string()),
            results: job.folder(id),
            cover: job.spent.shown(),
            eta: None,
            cpu_ms: job.spent.cpu_ms,
            wall_ms: job.spent.wall_ms,
            hosts: None,
            tag: job.tag(),
            steps: Vec::new(),
            running: Vec::new(),
            notices: Vec::new(),
        }
    }

    pub(crate) fn frame_view(
        &self,
        job: &Job,
        frame: FrameId,
        step: &Step,
        table: &FrameTable,
    ) -> Option<FrameView> {
        let state = table.state(frame.index)?;
        let untouched = Touched::default();
        let touched = table.touched(frame.index).unwrap_or(&untouched);
        let last = touched.last();
        let end = last.and_then(|attempt| attempt.end.as_ref());
        let live = last.and_then(|attempt| Some((attempt.lease, self.kept.leases.get(attempt.lease)?)));
        let ahead = live.is_some_and(|(id, lease)| self.waits_ahead(id, lease));
        let state = if ahead { FrameState::Waiting } else { state };
        Some(FrameView {
            number: step.chunk_numbers(frame.index).next()?,
            chunk: match step.chunk_len(frame.index) {
                0 | 1 => None,
                _ => step.chunk_list(frame.index).map(|list| list.to_string()),
            },
            step: step.name.clone(),
            step_index: frame.step.0,
            index: frame.index,
            state,
            host: last.map(|attempt| self.kept.host_name(attempt.host)),
            slot: last.map(|attempt| attempt.slot),
            attempts: touched.tries(),
            progress_permille: match (state, last) {
                (FrameState::Done, _) => 1_000,
                (FrameState::Running, Some(attempt)) => self.passing.permille(attempt.lease),
                _ => 0,
            },
            started_at: last.map(|attempt| self.started_at(attempt)),
            ended_at: end.map(|end| end.at),
            problem: job.problem(frame),
            warnings: end.into_iter().flat_map(AttemptEnd::warnings).map(str::to_owned).collect(),
            // Parts of pictures go once the pictures are done.
            outputs: match step.work.part.is_some() && job.is_done() {
                true => Vec::new(),
                false => touched.outputs.iter().map(output_view).collect(),
            },
            history: touched.attempts().map(|attempt| self.attempt_view(attempt)).collect(),
        })
    }

    /// Whether a lease waits for the one before it on its slot, as far as its host has said.
    pub(crate) fn waits_ahead(&self, id: LeaseId, lease: &Lease) -> bool {
        lease.ahead && self.passing.watches.get(id).is_none_or(|watch| watch.started_at.is_none())
    }

    /// When an attempt started: when its host said so, or when it was leased.
    fn started_at(&self, attempt: &Attempt) -> Time {
        let watch = self.passing.watches.get(attempt.lease);
        watch.and_then(|watch| watch.started_at).unwrap_or(attempt.started_at)
    }

    fn attempt_view(&self, attempt: &Attempt) -> AttemptView {
        let outcome = match &attempt.end {
            None => "running",
            Some(end) => end.ending.map_or("done", crate::Ending::word),
        };
        AttemptView {
            attempt: attempt.number,
            host: self.kept.host_name(attempt.host),
            slot: attempt.slot,
            started_at: self.started_at(attempt),
            ended_at: attempt.end.as_ref().map(|end| end.at),
            outcome: outcome.to_owned(),
            problem: problem(attempt),
            usage: attempt.end.as_ref().and_then(|end| end.usage),
        }
    }
}

fn problem(attempt: &Attempt) -> Option<String> {
    attempt.end.as_ref().filter(|end| end.ending.is_some()).map(|end| end.message().to_owned())
}

fn output_view(output: &Output) -> OutputView {
    OutputView {
        name: output.name.clone(),
        digest: output.digest,
        bytes: output.bytes,
        size: output.size,
        thumbnail: output.thumbnail,
    }
}

fn notice_view(notice: &Notice) -> NoticeView {
    let state = match notice.state {
        NoticeState::Waiting { .. } => "waiting",
        NoticeState::Sent => "sent",
        NoticeState::GivenUp => "given_up",
    };
    NoticeView {
        to: notice.to.clone(),
        about: notice.about.or(notice.waiting.as_ref().map(|_| NoticeKind::Waiting)),
        state: state.to_owned(),
        tries: notice.tries,
        problem: notice.problem.clone(),
    }
}
