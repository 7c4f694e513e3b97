//! Hosts that fail what others render: set aside for that job, then altogether, and forgiven with time.
//!
//! What is told against a host is counted from the ends of its attempts. A frame that failed on one host
//! counts against it; one that failed on several counts against none of them until another has rendered it.
//! Hosts with enough against them are suspects, and the next pass sets them aside unless that would leave a
//! job without a host (`judge`). Nothing is kept of a job that ended, or of a host that works.

use std::collections::{BTreeMap, BTreeSet};

use model::{FrameId, HostId, JobId, SetAsideView, Time};
use serde::{Deserialize, Serialize};

use crate::host_table::HostIndex;

/// So many frames in a row, without a good one between, are told against a host.
const ROW: usize = 3;
/// A host that is set aside for so many jobs at once is set aside altogether.
const JOBS: usize = 2;

/// What is told against hosts, and those that are set aside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SetAsides {
    /// Hosts set aside, for jobs and altogether.
    aside: BTreeMap<HostIndex, Aside>,
    /// The same by when it ends.
    ends: BTreeSet<(Time, HostIndex, Option<JobId>)>,
    /// Rows of failures, by job and host.
    jobs: BTreeMap<JobId, BTreeMap<HostIndex, Row>>,
    /// Failures that were the host's own doing.
    hosts: BTreeMap<HostIndex, Trouble>,
    /// Those with enough against them to be set aside, for a job or altogether.
    suspects: BTreeSet<(HostIndex, Option<JobId>)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Aside {
    altogether: Option<Term>,
    jobs: BTreeMap<JobId, Term>,
}

/// Set aside until when, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Term {
    until: Time,
    why: String,
}

/// Frames of a job that failed on a host in a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Row {
    /// The first few, and no frame twice.
    frames: Vec<FrameId>,
    /// Another host has done a frame of the job since the first of them.
    others_work: bool,
    /// What happened last.
    last: String,
    /// How often it was set aside for the job.
    times: u32,
}

/// Attempts in a row that a host could not do its part of, whatever the job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Trouble {
    row: usize,
    last: String,
    /// How often it was set aside altogether; halved by every frame it does.
    times: u32,
}

/// The end of an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) host: HostIndex,
    pub(crate) frame: FrameId,
    /// Other hosts where the frame failed before.
    pub(crate) failed_on: &'a [HostIndex],
}

/// What is told against a suspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// How often it was set aside before.
    pub(crate) times: u32,
    pub(crate) why: String,
    /// Until when it is set aside for something else.
    pub(crate) until: Time,
}

impl SetAsides {
    /// A frame failed, and it counted; `of_host` where the host says that it was its own doing.
    pub(crate) fn failed(&mut self, ended: Ended<'_>, of_host: bool, problem: &str) {
        let Ended { host, frame, failed_on } = ended;
        let job = frame.job;
        let rows = self.jobs.entry(job).or_default();
        if failed_on.is_empty() {
            rows.entry(host).or_default().add(frame, problem);
        }
        for other in failed_on {
            if let Some(row) = rows.get_mut(other) {
                row.frames.retain(|one| *one != frame);
            }
        }
        for host in failed_on.iter().chain([&host]) {
            self.suspect(*host, Some(job));
        }
        if of_host {
            let trouble = self.hosts.entry(host).or_default();
            trouble.row += 1;
            problem.clone_into(&mut trouble.last);
            self.suspect(host, None);
        }
    }

    /// A frame was done.
    pub(crate) fn done(&mut self, ended: Ended<'_>) {
        let Ended { host, frame, failed_on } = ended;
        let job = frame.job;
        if let Some(trouble) = self.hosts.get_mut(&host) {
            (trouble.row, trouble.times) = (0, trouble.times / 2);
            if trouble.times == 0 {
                self.hosts.remove(&host);
            }
            self.suspect(host, None);
        }
        let Some(rows) = self.jobs.get_mut(&job) else { return };
        if let Some(row) = rows.get_mut(&host) {
            row.frames.clear();
            row.times /= 2;
            if row.times == 0 {
                rows.remove(&host);
            }
        }
        for other in failed_on {
            let row = rows.entry(*other).or_default();
            let last = row.last.clone();
            row.add(frame, &last);
        }
        let others = rows.iter_mut().filter(|(other, row)| **other != host && !row.others_work);
        let proven: Vec<HostIndex> = others.map(|(other, row)| (row.others_work = true, *other).1).collect();
        for other in proven.iter().chain(failed_on).chain([&host]) {
            self.suspect(*other, Some(job));
        }
    }

    /// A host is set aside for a job; or altogether, which takes the place of all jobs.
    pub(crate) fn set_aside(&mut self, host: HostIndex, job: Option<JobId>, until: Time, why: &str) {
        match job {
            Some(job) => {
                self.end_term(host, Some(job));
                self.jobs.entry(job).or_default().entry(host).or_default().times += 1;
            }
            None => {
                for (_, job) in self.terms(host) {
                    self.ended(host, job);
                }
                self.hosts.entry(host).or_default().times += 1;
            }
        }
        let term = Term { until, why: why.to_owned() };
        let aside = self.aside.entry(host).or_default();
        match job {
            Some(job) => drop(aside.jobs.insert(job, term)),
            None => aside.altogether = Some(term),
        }
        self.ends.insert((until, host, job));
        self.suspect_all(host);
    }

    /// The time is over that a host was set aside for. The next failure sets it aside again, for longer.
    pub(crate) fn ended(&mut self, host: HostIndex, job: Option<JobId>) {
        self.end_term(host, job);
        match job {
            Some(job) => {
                if let Some(row) = self.jobs.get_mut(&job).and_then(|rows| rows.get_mut(&host)) {
                    row.frames.truncate(ROW - 1);
                }
            }
            None => {
                if let Some(trouble) = self.hosts.get_mut(&host) {
                    trouble.row = trouble.row.min(ROW - 1);
                }
            }
        }
        self.suspect_all(host);
    }

    /// Nothing is held against a host any more.
    pub(crate) fn forgive(&mut self, host: HostIndex) {
        for (_, job) in self.terms(host) {
            self.end_term(host, job);
        }
        self.hosts.remove(&host);
        self.jobs.values_mut().for_each(|rows| drop(rows.remove(&host)));
        self.suspects.retain(|(suspect, _)| *suspect != host);
    }

    /// A job has ended: nothing is held against anybody because of it.
    pub(crate) fn forget_job(&mut self, job: JobId) {
        for host in self.jobs.remove(&job).into_iter().flat_map(BTreeMap::into_keys) {
            self.end_term(host, Some(job));
            self.suspects.remove(&(host, Some(job)));
            // Where that was all it was set aside for, it has the benefit of the doubt again for other jobs.
            self.suspect_all(host);
        }
    }

    /// Whether a host is to be given no frames of a job.
    pub(crate) fn is_aside(&self, host: HostIndex, job: JobId) -> bool {
        !self.aside.is_empty()
            && self
                .aside
                .get(&host)
                .is_some_and(|aside| aside.altogether.is_some() || aside.jobs.contains_key(&job))
    }

    /// Whether a host is to be given no frames at all.
    pub(crate) fn is_aside_altogether(&self, host: HostIndex) -> bool {
        self.aside.get(&host).is_some_and(|aside| aside.altogether.is_some())
    }

    /// Whether nothing is held against any host, so that good frames need not be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.aside.is_empty() && self.jobs.is_empty() && self.hosts.is_empty()
    }

    /// Whether anything is held against a host.
    pub(crate) fn is_known(&self, host: HostIndex) -> bool {
        let row = || self.jobs.values().any(|rows| rows.contains_key(&host));
        self.aside.contains_key(&host) || self.hosts.contains_key(&host) || row()
    }

    /// When the next host is forgiven, which, and for what.
    pub(crate) fn next_end(&self) -> Option<Time> {
        self.ends.first().map(|(until, ..)| *until)
    }

    /// What is over by `now`.
    pub(crate) fn over(&self, now: Time) -> impl Iterator<Item = (HostIndex, Option<JobId>)> {
        self.ends.iter().take_while(move |(until, ..)| *until <= now).map(|(_, host, job)| (*host, *job))
    }

    /// Those with enough against them to be set aside.
    pub(crate) fn suspects(&self) -> impl Iterator<Item = (HostIndex, Option<JobId>)> {
        self.suspects.iter().copied()
    }

    /// What is told against a suspect, how often it was set aside before, and until when it is anyway.
    pub(crate) fn charge(&self, host: HostIndex, job: Option<JobId>) -> Charge {
        let row = |job: &JobId| self.jobs.get(job).and_then(|rows| rows.get(&host));
        let until = self.terms(host).into_iter().map(|(term, _)| term.until).max().unwrap_or_default();
        let Some(job) = job else {
            let trouble = self.hosts.get(&host);
            let times = trouble.map_or(0, |trouble| trouble.times);
            let why = match trouble.filter(|trouble| trouble.row >= ROW) {
                Some(Trouble { row, last, .. }) => {
                    with_last(format!("could not do its part of {row} frames in a row"), last)
                }
                None => {
                    let jobs = || self.aside.get(&host).into_iter().flat_map(|aside| aside.jobs.keys());
                    let last = jobs().rev().find_map(row).map_or("", |row| &row.last);
                    with_last(format!("failed frames of {} jobs that others rendered", jobs().count()), last)
                }
            };
            return Charge { times, why, until };
        };
        let (times, last) = row(&job).map_or((0, ""), |row| (row.times, &row.last));
        let others = match row(&job).is_some_and(|row| row.others_work) {
            true => "while others rendered theirs",
            false => "and is set aside for another job",
        };
        let why = format!("failed {ROW} frames of job {job} in a row {others}");
        Charge { times, why: with_last(why, last), until }
    }

    /// Who is set aside, by host; altogether before for a job.
    pub(crate) fn views(&self, name: impl Fn(HostIndex) -> HostId) -> Vec<SetAsideView> {
        let hosts = self
            .aside
            .keys()
            .flat_map(|host| self.terms(*host).into_iter().map(|(term, job)| (*host, job, term)));
        hosts.map(|(host, job, term)| view(name(host), job, &term)).collect()
    }

    /// Why a host is set aside for a job.
    pub(crate) fn why(&self, host: HostIndex, job: JobId, name: HostId) -> Option<SetAsideView> {
        let aside = self.aside.get(&host)?;
        let for_job = aside.jobs.get(&job).map(|term| (Some(job), term));
        let (job, term) = aside.altogether.as_ref().map(|term| (None, term)).or(for_job)?;
        Some(view(name, job, term))
    }

    fn terms(&self, host: HostIndex) -> Vec<(Term, Option<JobId>)> {
        let Some(aside) = self.aside.get(&host) else { return Vec::new() };
        let jobs = aside.jobs.iter().map(|(job, term)| (term.clone(), Some(*job)));
        aside.altogether.iter().map(|term| (term.clone(), None)).chain(jobs).collect()
    }

    fn end_term(&mut self, host: HostIndex, job: Option<JobId>) {
        let Some(aside) = self.aside.get_mut(&host) else { return };
        let term = match job {
            Some(job) => aside.jobs.remove(&job),
            None => aside.altogether.take(),
        };
        if aside.altogether.is_none() && aside.jobs.is_empty() {
            self.aside.remove(&host);
        }
        if let Some(term) = term {
            self.ends.remove(&(term.until, host, job));
        }
    }

    /// Notes whether a host is a suspect, after anything about it has changed.
    fn suspect(&mut self, host: HostIndex, job: Option<JobId>) {
        let suspect = self.is_suspect(host, job);
        if suspect {
            self.suspects.insert((host, job));
        } else {
            self.suspects.remove(&(host, job));
        }
    }

    fn suspect_all(&mut self, host: HostIndex) {
        let jobs = self.jobs.iter().filter(|(_, rows)| rows.contains_key(&host)).map(|(job, _)| Some(*job));
        for job in jobs.chain([None]).collect::<Vec<_>>() {
            self.suspect(host, job);
        }
    }

    fn is_suspect(&self, host: HostIndex, job: Option<JobId>) -> bool {
        let aside = self.aside.get(&host);
        if aside.is_some_and(|aside| aside.altogether.is_some()) {
            return false;
        }
        match job {
            Some(job) => {
                let row = self.jobs.get(&job).and_then(|rows| rows.get(&host));
                // Whoever is set aside for another job is not given the benefit of the doubt.
                let guilty =
                    row.is_some_and(|row| row.frames.len() >= ROW && (row.others_work || aside.is_some()));
                guilty && !aside.is_some_and(|aside| aside.jobs.contains_key(&job))
            }
            None => {
                let alone = self.hosts.get(&host).is_some_and(|trouble| trouble.row >= ROW);
                alone || aside.is_some_and(|aside| aside.jobs.len() >= JOBS)
            }
        }
    }

    /// Asserts what must hold of it, `open` telling which jobs have not ended.
    pub(crate) fn check(&self, open: impl Fn(JobId) -> bool) {
        let mut ends = BTreeSet::new();
        for (host, aside) in &self.aside {
            assert!(
                aside.altogether.is_some() || !aside.jobs.is_empty(),
                "a host is set aside for something"
            );
            ends.extend(aside.altogether.iter().map(|term| (term.until, *host, None)));
            ends.extend(aside.jobs.iter().map(|(job, term)| (term.until, *host, Some(*job))));
        }
        assert_eq!(self.ends, ends, "whoever is set aside is forgiven at some time");
        assert!(self.jobs.keys().all(|job| open(*job)), "nothing is held against hosts for jobs that ended");
        for (host, job) in &self.suspects {
            assert!(self.is_suspect(*host, *job), "suspects have something against them");
        }
    }
}

impl Row {
    fn add(&mut self, frame: FrameId, problem: &str) {
        if self.frames.is_empty() {
            self.others_work = false;
        }
        if self.frames.len() < ROW && !self.frames.contains(&frame) {
            self.frames.push(frame);
        }
        problem.clone_into(&mut self.last);
    }
}

fn with_last(why: String, last: &str) -> String {
    if last.is_empty() { why } else { format!("{why}; last: {last}") }
}

fn view(host: HostId, job: Option<JobId>, term: &Term) -> SetAsideView {
    SetAsideView { host, job, until: term.until, why: term.why.clone() }
}

#[cfg(test)]
mod tests;
