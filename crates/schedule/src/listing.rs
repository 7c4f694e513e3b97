//! Pages of the lists that people look at. What is not on a page is not made: a page of a large farm costs
//! about a page.

use model::{
    FrameId, FrameQuery, FrameSelect, FrameState, FrameView, JobId, JobQuery, JobQueue, JobSelect, JobSort,
    JobView, Page, Place, StepIndex, Time,
};

use crate::Schedule;
use crate::frame_table::FrameTable;
use crate::kept::Job;
use crate::pass::Whys;
use crate::touched::AttemptEnd;

/// What of a selection is worked out once and not for each job.
struct Wanted<'a> {
    select: &'a JobSelect,
    text: Option<String>,
}

impl Schedule {
    /// Some of the jobs. What runs, their steps and what became of mails is left out.
    #[must_use]
    pub fn jobs_page(&self, now: Time, query: &JobQuery) -> Page<JobView> {
        let mut whys = Whys::new(self);
        let meant = self.selected(&query.select).map(|(id, job)| (place(id, job, query.sort.by), (id, job)));
        query.page.cut(query.sort.down, meant, |(id, job)| {
            Some(JobView { eta: self.eta(now, id), ..self.job_view(id, job, &mut whys) })
        })
    }

    /// The numbers of the jobs that are meant, in order.
    #[must_use]
    pub fn jobs_meant(&self, select: &JobSelect) -> Vec<JobId> {
        self.selected(select).map(|(id, _)| id).collect()
    }

    fn selected<'a>(&'a self, select: &'a JobSelect) -> impl Iterator<Item = (JobId, &'a Job)> {
        let wanted = Wanted { select, text: select.text.as_ref().map(|text| text.to_lowercase()) };
        let all = self.kept.jobs.iter().map(|(id, job)| (*id, job));
        all.filter(move |(id, job)| wanted.has(*id, job))
    }

    /// Some of the frames of a job, step by step in the order written; those of a chunk are one.
    #[must_use]
    pub fn frames_page(&self, id: JobId, query: &FrameQuery) -> Option<Page<FrameView>> {
        let job = self.kept.jobs.get(&id)?;
        let (mut total, mut items, mut last, mut more) = (0, Vec::new(), None, false);
        for (at, step, table) in job.steps() {
            let from = query.page.after.as_ref().map(|after| after.numbers);
            self.each_meant(id, job, at, &query.select, |index| {
                total += 1;
                let here = [i64::from(at.0), i64::from(index)];
                if from.is_some_and(|from| here <= from) {
                } else if items.len() == query.page.limit {
                    more = true;
                } else {
                    items.extend(self.frame_view(job, FrameId { job: id, step: at, index }, step, table));
                    last = Some(Place::of(here, 0));
                }
            });
        }
        let next = last.filter(|_| more).map(|place| place.to_string());
        Some(Page { items, total, next })
    }

    /// The frame `number` of a job, of the first step that has it where `step` is absent.
    #[must_use]
    pub fn frame(&self, id: JobId, wanted: Option<&str>, number: i64) -> Option<FrameView> {
        let job = self.kept.jobs.get(&id)?;
        let mut named = job.steps().filter(|(_, step, _)| wanted.is_none_or(|name| step.name == name));
        named.find_map(|(at, step, table)| {
            let index = step.chunk_of(number)?;
            self.frame_view(job, FrameId { job: id, step: at, index }, step, table)
        })
    }

    /// Has `each` see every chunk of a step that is meant, in order.
    fn each_meant(
        &self,
        id: JobId,
        job: &Job,
        at: StepIndex,
        select: &FrameSelect,
        mut each: impl FnMut(u32),
    ) {
        let Some((step, table)) = self.kept.step(FrameId { job: id, step: at, index: 0 }) else { return };
        let is_meant = |index: &u32| {
            let in_state = select.state.is_empty() || {
                let state = table.state(*index).map(|state| match state {
                    FrameState::Running if job.ahead > 0 && self.is_ahead(table, *index) => {
                        FrameState::Waiting
                    }
                    state => state,
                });
                state.is_some_and(|state| select.state.contains(&state))
            };
            let numbered = |set: &model::FrameSet| {
                step.chunk_numbers(*index).any(|number| set.index_of(number).is_some())
            };
            in_state
                && select.numbers.as_ref().is_none_or(numbered)
                && (!select.warned || is_warned(table, *index))
        };
        if select.step.as_ref().is_some_and(|name| *name != step.name) {
            return;
        }
        (0..table.len()).filter(is_meant).for_each(&mut each);
    }

    /// Whether a leased chunk waits for the one before it on its slot.
    fn is_ahead(&self, table: &FrameTable, index: u32) -> bool {
        let lease = table.touched(index).and_then(|touched| touched.last()).map(|attempt| attempt.lease);
        let held = lease.and_then(|id| Some((id, self.kept.leases.get(id)?)));
        held.is_some_and(|(id, lease)| self.waits_ahead(id, lease))
    }
}

fn is_warned(table: &FrameTable, index: u32) -> bool {
    let end = table.touched(index).and_then(|touched| touched.last()?.end.as_ref());
    table.warned() > 0 && end.is_some_and(|end| AttemptEnd::warnings(end).next().is_some())
}

impl Wanted<'_> {
    fn has(&self, id: JobId, job: &Job) -> bool {
        let JobSelect { ids, state, queue, user, group, package, since, .. } = self.select;
        let description = &job.description;
        let queued = |queue: &JobQueue| match queue {
            JobQueue::New => job.ended_at.is_none() && job.started_at.is_none(),
            JobQueue::Active => job.ended_at.is_none() && job.started_at.is_some(),
            JobQueue::Outsourced => false,
            JobQueue::Done => job.ended_at.is_some(),
        };
        (ids.is_empty() || ids.contains(&id))
            && (state.is_empty() || state.contains(&job.state()))
            && queue.as_ref().is_none_or(queued)
            && user.as_ref().is_none_or(|user| description.user == *user)
            && group.as_ref().is_none_or(|group| description.group.as_ref() == Some(group))
            && since.is_none_or(|since| job.submitted_at >= since)
            && package
                .as_ref()
                .is_none_or(|package| description.steps.iter().any(|step| step.work.package == *package))
            && self.text.as_ref().is_none_or(|text| description.name.to_lowercase().contains(text))
    }
}

/// Where a job stands in a list that is sorted so.
fn place(id: JobId, job: &Job, by: JobSort) -> Place {
    let number = |time: Time| i64::try_from(time.0).unwrap_or(i64::MAX);
    let by_number = |one, two| Place::of([one, two], id.0);
    let by_text = |text: String| Place { text, ..Place::of([0, 0], id.0) };
    match (by, job.ended_at) {
        (JobSort::Queue, None) => by_number(0, i64::from(job.priority)),
        (JobSort::Queue, Some(at)) => by_number(1, -number(at)),
        (JobSort::Id, _) => by_number(0, 0),
        (JobSort::Name, _) => by_text(job.description.name.to_lowercase()),
        (JobSort::User, _) => by_text(job.description.user.clone()),
        (JobSort::Priority, _) => by_number(i64::from(job.priority), 0),
        (JobSort::SubmittedAt, _) => by_number(number(job.submitted_at), 0),
        (JobSort::EndedAt, ended_at) => by_number(ended_at.map_or(i64::MAX, number), 0),
        (JobSort::Progress, _) => {
            let counts = job.counts();
            let done = u64::from(counts.done) * 1_000 / u64::from(counts.total().max(1));
            by_number(i64::try_from(done).unwrap_or(0), 0)
        }
    }
}
