//! Why frames wait: one reason, the one that has to go first, as a person can use it.
//!
//! The reasons come from what a pass looks at (hold, hosts, lists, free slots, put-off tries), so they cannot
//! say otherwise than it does.

use std::fmt;

use model::{HostId, JobId, LeaseId, ResourceList, Step};

use crate::Schedule;
use crate::frame_table::FrameTable;
use crate::kept::Job;

/// Why frames of a job wait.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reason<'a> {
    Storage { why: &'a str },
    Held,
    NoHostLinked,
    NoResourceServer,
    ListAwaited,
    Rebuilding,
    NoHostMatches(&'a ResourceList),
    MatchesNotLinked { hosts: usize },
    SlotsBusy { slots: u32 },
    Refused { host: HostId, why: &'a str },
    PutOff { seconds: u64, number: i64, failures: u32, attempts_max: u32 },
}

/// Whether some host can take a job, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prospect {
    /// Nothing stands in its way but other jobs.
    Good,
    /// The resource server has not answered yet.
    Unclear,
    /// As things stand none can; why, as a sentence.
    Bad(String),
}

impl Schedule {
    /// Whether some host can take frames of `job`, for whoever has just submitted it.
    #[must_use]
    pub fn prospect(&self, job: JobId) -> Prospect {
        match self.waiting_because(job) {
            Some(Reason::ListAwaited | Reason::Rebuilding) => Prospect::Unclear,
            Some(
                reason @ (Reason::NoHostLinked
                | Reason::NoResourceServer
                | Reason::NoHostMatches(_)
                | Reason::MatchesNotLinked { .. }),
            ) => Prospect::Bad(reason.to_string()),
            _ => Prospect::Good,
        }
    }

    pub(crate) fn waiting_because(&self, id: JobId) -> Option<Reason<'_>> {
        let job = self.kept.jobs.get(&id)?;
        let mut troubles = self.passing.troubles.range((id, LeaseId(0))..=(id, LeaseId(u64::MAX)));
        let trouble = |(_, lease): &(JobId, LeaseId)| self.passing.watches.get(*lease)?.trouble.as_deref();
        if let Some(why) = troubles.find_map(trouble) {
            return Some(Reason::Storage { why });
        }
        let waiting = |(_, table): &(&Step, &FrameTable)| table.counts().waiting > 0;
        let (step, table) = job.description.steps.iter().zip(&job.tables).find(waiting)?;
        if job.held {
            return Some(Reason::Held);
        }
        if self.passing.linked_count == 0 {
            return Some(Reason::NoHostLinked);
        }
        self.no_match(step).or_else(|| self.no_slot(step)).or_else(|| self.put_off(job, step, table))
    }

    fn no_match(&self, step: &Step) -> Option<Reason<'_>> {
        let need = self.passing.needs.get(&step.profile);
        let Some((need, list)) = need.and_then(|need| need.list.as_ref().map(|list| (need, list))) else {
            let linked = self.passing.resource_linked;
            return Some(if linked { Reason::ListAwaited } else { Reason::NoResourceServer });
        };
        if need.matching.meets(&self.passing.linked) {
            return None;
        }
        Some(match list.matches.len() {
            _ if list.rebuilding => Reason::Rebuilding,
            0 => Reason::NoHostMatches(list),
            hosts => Reason::MatchesNotLinked { hosts },
        })
    }

    fn no_slot(&self, step: &Step) -> Option<Reason<'_>> {
        let passing = &self.passing;
        let need = passing.needs.get(&step.profile)?;
        let mut free = passing.free.within(&need.matching).peekable();
        let Some(first) = free.peek().copied() else {
            let linked = need.matching.iter().filter_map(|host| passing.host(host));
            return Some(Reason::SlotsBusy { slots: linked.map(|linked| u32::from(linked.slots)).sum() });
        };
        let ready = |host| passing.host(host).is_some_and(|linked| linked.skip_until <= passing.passed_at);
        if free.any(ready) {
            return None;
        }
        let why = &passing.host(first)?.refused_because;
        Some(Reason::Refused { host: self.kept.host_name(first), why })
    }

    fn put_off(&self, job: &Job, step: &Step, table: &FrameTable) -> Option<Reason<'_>> {
        let (again_at, index) = table.again().next().filter(|_| !table.has_fresh())?;
        let touched = table.touched(index).filter(|_| again_at > self.passing.passed_at)?;
        let ended_at = touched.last()?.end.as_ref()?.at;
        Some(Reason::PutOff {
            seconds: again_at.since_ms(ended_at).div_ceil(1_000),
            number: step.frames.number(index)?,
            failures: touched.failures,
            attempts_max: job.description.attempts_max,
        })
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage { why } => {
                write!(f, "storage trouble: {why}; finished frames are kept and stored when it is over")
            }
            Self::Held => write!(f, "on hold until it is released"),
            Self::NoHostLinked => write!(f, "no render host is linked"),
            Self::NoResourceServer => {
                write!(f, "no resource server is linked, so it is not known which hosts match")
            }
            Self::ListAwaited => write!(f, "the resource server is being asked which hosts match"),
            Self::Rebuilding => write!(f, "the resource server has just started and is still finding hosts"),
            Self::NoHostMatches(list) => no_host_matches(f, list),
            Self::MatchesNotLinked { hosts: 1 } => {
                write!(f, "the only host that matches is not linked to the schedule server")
            }
            Self::MatchesNotLinked { hosts } => {
                write!(f, "none of the {hosts} hosts that match is linked to the schedule server")
            }
            Self::SlotsBusy { slots: 0 } => write!(f, "the hosts that match have no slots"),
            Self::SlotsBusy { slots: 1 } => write!(f, "the only matching slot is busy"),
            Self::SlotsBusy { slots } => write!(f, "all {slots} matching slots are busy"),
            Self::Refused { host, why } => write!(f, "{host} takes no frame for now: {why}"),
            Self::PutOff { seconds, number, failures, attempts_max } => {
                let tries = format_args!("{failures} of {attempts_max} tries have failed");
                write!(f, "frame {number} is tried again after {seconds} s ({tries})")
            }
        }
    }
}

fn no_host_matches(f: &mut fmt::Formatter<'_>, list: &ResourceList) -> fmt::Result {
    let total = list.hosts_total;
    if total == 0 {
        return write!(f, "no host matches: the resource server knows no render host yet");
    }
    write!(f, "no host matches")?;
    let hosts = if total == 1 { "host" } else { "hosts" };
    for (i, rejection) in list.rejections.iter().enumerate() {
        let before = if i == 0 { ": " } else { ", " };
        write!(f, "{before}{} ({} of {total} {hosts})", rejection.lacking, rejection.hosts)?;
    }
    Ok(())
}
