//! What the shell answers about mails and sums. Both are tried again by a deadline, also after a restart.

use model::{JobId, Time};

use crate::{NoticeId, Passing, Record, Refusal, Schedule, waits};

impl Schedule {
    pub(crate) fn notice_sent(&self, now: Time, notice: NoticeId) -> Result<Vec<Record>, Refusal> {
        self.kept.notice(notice).ok_or(Refusal::UnknownNotice(notice))?;
        Ok(vec![Record::NoticeSent { notice, at: now }])
    }

    pub(crate) fn notice_failed(
        &self,
        now: Time,
        notice: NoticeId,
        why: &str,
    ) -> Result<Vec<Record>, Refusal> {
        let tries = self.kept.notice(notice).ok_or(Refusal::UnknownNotice(notice))?.tries;
        let why = why.to_owned();
        Ok(vec![match waits::mail_at(now, tries + 1) {
            Some(until) => Record::NoticePostponed { notice, until, why },
            None => Record::NoticeGivenUp { notice, at: now, why },
        }])
    }

    pub(crate) fn sealed(&self, job: JobId) -> Result<Vec<Record>, Refusal> {
        self.is_unsealed(job)?;
        Ok(vec![Record::ResultsSealed { job }])
    }

    pub(crate) fn seal_failed(&self, now: Time, job: JobId) -> Result<Vec<Record>, Refusal> {
        self.is_unsealed(job)?;
        Ok(vec![Record::Passing(Passing::SealPutOff { job, until: waits::seal_at(now) })])
    }

    fn is_unsealed(&self, job: JobId) -> Result<(), Refusal> {
        if self.kept.unsealed.contains(&job) { Ok(()) } else { Err(Refusal::NotSealing(job)) }
    }
}
