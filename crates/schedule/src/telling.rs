//! Who is told of what becomes of a job: the addresses that it names, of its end and of waits that will not
//! end by themselves; and its user, of what he wishes.

use std::collections::BTreeSet;

use model::{Digest, Fault, Faults, JobId, NoticeKind, Notices, Time};

use crate::kept::{Job, Kept};
use crate::{NoticeId, Record, Refusal, Schedule};

/// Before the name of a user whose program is told.
const WEBHOOK: &str = "webhook:";
/// The longest address, in bytes.
const ADDRESS_MAX: usize = 2_000;

impl Schedule {
    /// What a user wants to be told of; nothing where he has never said.
    #[must_use]
    pub fn wishes_of(&self, user: &str) -> Option<&Notices> {
        self.kept.wishes.get(user)
    }

    /// The user whose program a notice is for, where it is for one.
    #[must_use]
    pub fn webhook_of(to: &str) -> Option<&str> {
        to.strip_prefix(WEBHOOK)
    }

    pub(crate) fn set_notices(
        &self,
        now: Time,
        user: &str,
        notices: Option<&Notices>,
    ) -> Result<Vec<Record>, Refusal> {
        if let Some(notices) = notices {
            check(notices)?;
        }
        if self.kept.wishes.get(user) == notices {
            return Ok(Vec::new());
        }
        Ok(vec![Record::NoticesSet { user: user.to_owned(), notices: notices.cloned(), at: now }])
    }

    pub(crate) fn notices_set(&mut self, user: &str, notices: Option<&Notices>) {
        match notices {
            Some(notices) => self.kept.wishes.insert(user.to_owned(), notices.clone()),
            None => self.kept.wishes.remove(user),
        };
        let of_user = |job: &Job| job.ended_at.is_none() && job.description.user == user;
        let jobs: Vec<JobId> =
            self.kept.jobs.iter().filter(|(_, job)| of_user(job)).map(|(id, _)| *id).collect();
        jobs.into_iter().for_each(|id| self.file_still(id));
    }

    /// The notices that a job has begun and that its first frames are done, where somebody wishes them now:
    /// `done` frames more than are known have been.
    pub(crate) fn notices_of_progress(&self, at: Time, id: JobId, done: u32) -> Vec<Record> {
        let Some(job) = self.kept.jobs.get(&id) else { return Vec::new() };
        let Some(wishes) = self.kept.wishes.get(&job.description.user) else { return Vec::new() };
        let frames = job.frames();
        let first = wishes.first_frames.min(frames.total()).max(1);
        let due = |kind: &NoticeKind| match kind {
            NoticeKind::Started => true,
            NoticeKind::FirstFrames => done > 0 && frames.done + done >= first,
            _ => false,
        };
        let kinds = wishes.on.iter().copied().filter(due).filter(|kind| !job.was_told(*kind));
        let told: Vec<_> = kinds
            .flat_map(|kind| self.kept.of_user(job, kind).into_iter().map(move |to| (kind, to)))
            .collect();
        let queued = |(notice, (kind, to))| Record::NoticeQueued {
            notice: NoticeId(notice),
            job: id,
            to,
            at,
            waiting: None,
            about: Some(kind),
        };
        (self.kept.last_notice.0 + 1..).zip(told).map(queued).collect()
    }
}

impl Kept {
    /// Everybody who is told of the end of a job, or that it waits.
    pub(crate) fn told_of(&self, job: &Job, kind: NoticeKind) -> BTreeSet<String> {
        let mut told: BTreeSet<String> = job.description.notify.iter().cloned().collect();
        told.extend(self.of_user(job, kind));
        told
    }

    /// Where the user of a job is told of something of it.
    fn of_user(&self, job: &Job, kind: NoticeKind) -> Vec<String> {
        let user = &job.description.user;
        let Some(wishes) = self.wishes.get(user).filter(|wishes| wishes.on.contains(&kind)) else {
            return Vec::new();
        };
        let webhook = wishes.webhook.as_ref().map(|_| format!("{WEBHOOK}{user}"));
        wishes.mail.iter().cloned().chain(webhook).collect()
    }

    /// Whether frames of a job wait and none runs, and somebody is to be told of it who was not.
    pub(crate) fn is_still(&self, job: &Job) -> bool {
        job.is_still() && !self.told_of(job, NoticeKind::Waiting).is_empty()
    }
}

impl Job {
    fn was_told(&self, kind: NoticeKind) -> bool {
        self.notices.iter().any(|notice| notice.about == Some(kind))
    }

    /// Small pictures of its first frames that are done, at most so many.
    pub(crate) fn first_pictures(&self, most: u32) -> Vec<(String, Digest)> {
        let pictures = self.outputs().filter_map(|output| Some((output.name.clone(), output.thumbnail?)));
        pictures.take(most as usize).collect()
    }
}

fn check(notices: &Notices) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    let mut fault = |place: &str, what: String, hint: &str| {
        faults.push(Fault::new(place, what).hint(hint));
    };
    if let Some(mail) = &notices.mail
        && (!model::looks_like_mail(mail) || mail.len() > ADDRESS_MAX)
    {
        fault("mail", format!("{mail:?} is not a mail address"), "write it as name@example.com");
    }
    if let Some(webhook) = &notices.webhook {
        let known = webhook.url.starts_with("https://") || webhook.url.starts_with("http://");
        let plain = webhook.url.chars().all(|c| c.is_ascii_graphic());
        if !known || !plain || webhook.url.len() > ADDRESS_MAX {
            let what = format!("{:?} is not the address of a program", webhook.url);
            fault("webhook", what, "write it as https://example.com/hook");
        }
    }
    if !(1..=Notices::FIRST_FRAMES_MAX).contains(&notices.first_frames) {
        let what = format!("{} frames cannot be the first", notices.first_frames);
        fault("first_frames", what, "choose 1 to 9");
    }
    if notices.gather_s > Notices::GATHER_S_MAX {
        let what = format!("mails cannot be gathered over {} s", notices.gather_s);
        fault("gather_s", what, "a day, 86400, is the most");
    }
    if faults.0.is_empty() { Ok(()) } else { Err(Refusal::Faults(faults)) }
}
