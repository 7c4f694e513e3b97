//! How attempts end: reports, the publishing of their outputs, and what that means for frame and job.
//!
//! Only the live lease of a frame is listened to. A frame is done when its outputs are in the job's folder;
//! the host keeps its report until then, so nothing is lost wherever a restart falls.

use model::{
    FailureClass, FrameId, JobId, LeaseId, NoticeKind, Outcome, Report, ScheduleToRender, Time, Usage,
};

use crate::host_table::HostIndex;
use crate::kept::{Job, Lease};
use crate::passing_state::Publishing;
use crate::touched::Touched;
use crate::{Ending, LinkId, NoticeId, Passing, Record, Refusal, Schedule, waits};

/// So many warnings of an attempt are kept.
const WARNINGS_MAX: usize = 16;
/// Characters of one.
const WARNING_MAX: usize = 300;

impl Schedule {
    pub(crate) fn report(&self, now: Time, link: LinkId, host: HostIndex, report: &Report) -> Vec<Record> {
        let lease = report.lease;
        let live = self.kept.lease_on(lease, host);
        let Some(live) = live.filter(|live| (live.frame, live.attempt) == (report.frame, report.attempt))
        else {
            return self.stale_report(link, host, report);
        };
        if self.passing.publishing(lease).is_some() {
            return Vec::new();
        }
        let (class, message) = match &report.outcome {
            Outcome::Done { outputs } if !outputs.is_empty() => {
                let (outputs, usage, warnings) = (outputs.clone(), report.usage, told(&report.warnings));
                return vec![Record::Passing(Passing::PublishBegun { lease, outputs, usage, warnings })];
            }
            Outcome::Done { .. } if self.may_be_silent(live.frame) => {
                let (outputs, usage, warnings) = (Vec::new(), report.usage, told(&report.warnings));
                let finished = Record::FrameFinished { lease, at: now, outputs, usage, warnings };
                return self.finished(now, live.frame, finished);
            }
            Outcome::Done { .. } => (FailureClass::Frame, "it was reported done without any file".to_owned()),
            Outcome::Failed { class, message } => (*class, message.clone()),
        };
        let mut records = self.end_lease(now, lease, class.into(), message.clone(), Some(report.usage));
        records.push(acknowledge(link, lease));
        if class == FailureClass::GivenBack {
            records.extend(self.skip(now, host, &message));
        }
        records
    }

    /// A report that nothing hangs on any more: the host may forget it, and its outputs go. Those of a live
    /// lease stay, whoever talks about it.
    fn stale_report(&self, link: LinkId, host: HostIndex, report: &Report) -> Vec<Record> {
        let lease = report.lease;
        let mut records = vec![acknowledge(link, lease)];
        let given = LeaseId(1)..=self.kept.last_lease;
        let never = Record::Passing(Passing::NeverGiven { link, lease });
        records.extend((!given.contains(&lease)).then_some(never));
        let delivered = !matches!(&report.outcome, Outcome::Done { outputs } if outputs.is_empty());
        if delivered && !self.kept.leases.contains(lease) {
            records.push(Record::Passing(Passing::ReportDropped { lease }));
        }
        records.extend(self.drained(host, lease));
        records
    }

    pub(crate) fn published(&self, now: Time, lease: LeaseId) -> Result<Vec<Record>, Refusal> {
        let (live, publishing) = self.published_lease(lease)?;
        let (outputs, usage) = (publishing.outputs.clone(), publishing.usage);
        let warnings = publishing.warnings.clone();
        let finished = Record::FrameFinished { lease, at: now, outputs, usage, warnings };
        Ok(self.finished(now, live.frame, finished))
    }

    fn finished(&self, at: Time, frame: FrameId, finished: Record) -> Vec<Record> {
        let ends = self.kept.jobs.get(&frame.job).is_some_and(|job| job.ends_with(frame, false));
        let notices = match ends {
            true => self.notices_of_end(at, frame, false),
            false => self.notices_of_progress(at, frame.job, self.frames_of(frame)),
        };
        std::iter::once(finished).chain(notices).collect()
    }

    /// How many frames a chunk has.
    fn frames_of(&self, frame: FrameId) -> u32 {
        let step = self.kept.step(frame).map(|(step, _)| step);
        step.map_or(1, |step| u32::try_from(step.chunk_numbers(frame.index).count()).unwrap_or(u32::MAX))
    }

    /// Whether an attempt at the frame may end well without a file.
    pub(crate) fn may_be_silent(&self, frame: FrameId) -> bool {
        self.kept.step(frame).is_some_and(|(step, _)| step.may_be_silent())
    }

    pub(crate) fn publish_failed(
        &self,
        now: Time,
        lease: LeaseId,
        why: &str,
    ) -> Result<Vec<Record>, Refusal> {
        let (_, publishing) = self.published_lease(lease)?;
        let until = waits::publish_at(now, publishing.tries + 1);
        Ok(vec![Record::Passing(Passing::PublishPutOff { lease, until, why: why.to_owned() })])
    }

    pub(crate) fn intake_failed(&self, lease: LeaseId, why: &str) -> Result<Vec<Record>, Refusal> {
        if !self.kept.leases.contains(lease) {
            return Err(Refusal::StaleLease(lease));
        }
        Ok(vec![Record::Passing(Passing::IntakeRefused { lease, why: why.to_owned() })])
    }

    pub(crate) fn outputs_missing(
        &self,
        now: Time,
        lease: LeaseId,
        why: &str,
    ) -> Result<Vec<Record>, Refusal> {
        let (live, publishing) = self.published_lease(lease)?;
        let mut records = self.end_lease(now, lease, Ending::Host, why.to_owned(), Some(publishing.usage));
        records.extend(self.passing.host(live.host).map(|linked| acknowledge(linked.link, lease)));
        Ok(records)
    }

    fn published_lease(&self, lease: LeaseId) -> Result<(&Lease, &Publishing), Refusal> {
        let live = self.kept.leases.get(lease);
        live.zip(self.passing.publishing(lease)).ok_or(Refusal::StaleLease(lease))
    }

    /// Ends a live lease without a finished frame: the frame waits for another try, or has had its last.
    pub(crate) fn end_lease(
        &self,
        now: Time,
        lease: LeaseId,
        ending: Ending,
        message: String,
        usage: Option<Usage>,
    ) -> Vec<Record> {
        let Some(frame) = self.kept.leases.get(lease).map(|lease| lease.frame) else {
            return Vec::new();
        };
        let again_at = self.again_at(now, frame, ending);
        let short = (ending == Ending::Licence).then(|| self.licence_short(now, frame, &message)).flatten();
        let mut records = vec![Record::LeaseEnded { lease, at: now, ending, message, usage, again_at }];
        if again_at.is_none() {
            records.extend(self.notices_of_end(now, frame, true));
        }
        records.extend(short);
        records
    }

    /// When a frame may be tried again whose running try ends so now; never, where it was the last.
    fn again_at(&self, now: Time, frame: FrameId, ending: Ending) -> Option<Time> {
        let job = self.kept.jobs.get(&frame.job)?;
        let touched = job.tables.get(usize::from(frame.step.0))?.touched(frame.index);
        let failures = 1 + touched.map_or(0, |touched| touched.failures);
        let times = match ending {
            Ending::Licence => 1 + touched.map_or(0, Touched::without_licence),
            _ => failures,
        };
        let again = !ending.counted() || ending != Ending::Fatal && failures < job.description.attempts_max;
        again.then(|| waits::again_at(now, ending, times))
    }

    /// The mails to send if the job ends with `frame`, which is running and is done or fails for good now.
    fn notices_of_end(&self, now: Time, frame: FrameId, failed: bool) -> Vec<Record> {
        let Some(job) = self.kept.jobs.get(&frame.job).filter(|job| job.ends_with(frame, failed)) else {
            return Vec::new();
        };
        self.notices_of(now, frame.job, job, failed)
    }

    /// The notices to send where a job ends, in which a frame fails now or not.
    pub(crate) fn notices_of(&self, now: Time, id: JobId, job: &Job, failed: bool) -> Vec<Record> {
        let failed = failed || job.counts().failed > 0;
        let kind = if failed { NoticeKind::Failed } else { NoticeKind::Done };
        let addresses = self.kept.told_of(job, kind);
        let queued = |(notice, to): (u64, String)| Record::NoticeQueued {
            notice: NoticeId(notice),
            job: id,
            to,
            at: now,
            waiting: None,
            about: None,
        };
        (self.kept.last_notice.0 + 1..).zip(addresses).map(queued).collect()
    }
}

fn acknowledge(link: LinkId, lease: LeaseId) -> Record {
    let message = Box::new(ScheduleToRender::Acknowledge { lease });
    Record::Passing(Passing::HostTold { link, message })
}

/// Warnings as they are kept: a line each and no more than a render server says of itself.
fn told(warnings: &[String]) -> Vec<String> {
    let line = |warning: &String| warning.lines().next().unwrap_or("").chars().take(WARNING_MAX).collect();
    warnings.iter().take(WARNINGS_MAX).map(line).filter(|line: &String| !line.is_empty()).collect()
}
