//! Mails about a job's end.

use model::{JobDescription, JobState, NoticeKind, Notices, RenderToSchedule, Webhook};
use schedule::{Ending, Event, Refusal, Schedule};

use crate::farm::{Farm, job, with_tag};

fn for_two(mut description: JobDescription) -> JobDescription {
    description.notify =
        ["eve@example.com", "bob@example.com", "eve@example.com"].map(str::to_owned).to_vec();
    description
}

#[test]
fn each_address_gets_one_mail_when_the_job_is_done() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(for_two(job("job", "1-2")));
    farm.finishes_one("a");
    assert!(farm.mails.is_empty());
    farm.finishes_one("a");
    let to: Vec<_> = farm.mails.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["bob@example.com", "eve@example.com"]);
    let summary = &farm.mails[0].1;
    assert_eq!((summary.job, summary.state, summary.frames_done), (id, JobState::Done, 2));
    assert_eq!((summary.folder.as_str(), summary.ended_at), ("1-job", Some(farm.now)));
    assert!(farm.job(id).notices.iter().all(|notice| notice.state == "sent" && notice.tries == 1));
}

#[test]
fn a_mail_about_a_failed_job_names_what_failed() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(for_two(JobDescription { attempts_max: 1, ..job("job", "7-8") }));
    farm.fails_one("a");
    farm.finishes_one("a");
    let summary = &farm.mails[0].1;
    assert_eq!((summary.state, summary.frames_done, summary.frames_failed), (JobState::Failed, 1, 1));
    let failed = &summary.failed[0];
    assert_eq!((failed.number, failed.problem.as_str()), (7, "povray exited with 1"));
    assert_eq!((failed.class, summary.failures.clone()), (Some(Ending::Frame), [(Ending::Frame, 1)].into()));
}

#[test]
fn a_mail_that_cannot_be_sent_is_tried_again() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(for_two(job("job", "1")));
    farm.mail_trouble = Some("connection refused".to_owned());
    farm.finishes_one("a");
    let notice = farm.job(id).notices[0].clone();
    assert_eq!((notice.state.as_str(), notice.tries), ("waiting", 1));
    assert_eq!(notice.problem.as_deref(), Some("connection refused"));
    farm.mail_trouble = None;
    farm.after_ms(9_999);
    assert!(farm.mails.is_empty());
    farm.after_ms(1);
    assert_eq!(farm.mails.len(), 2);
    assert_eq!(farm.job(id).notices[0].tries, 2);
}

#[test]
fn a_mail_is_given_up_after_a_day() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(for_two(job("job", "1")));
    farm.mail_trouble = Some("no such address".to_owned());
    farm.finishes_one("a");
    for _ in 0..30 {
        farm.after_ms(3_600_000);
    }
    let notice = farm.job(id).notices[0].clone();
    assert_eq!((notice.state.as_str(), notice.tries), ("given_up", 9));
    assert_eq!(notice.problem.as_deref(), Some("no such address"));
}

#[test]
fn mails_survive_a_restart() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(for_two(job("job", "1")));
    farm.mail_trouble = Some("connection refused".to_owned());
    farm.finishes_one("a");
    farm.mail_trouble = None;
    farm.restarts();
    assert!(farm.mails.is_empty(), "the wait goes on");
    farm.after_ms(10_000);
    assert_eq!(farm.mails.len(), 2);
    farm.restarts();
    farm.after_ms(100_000);
    assert_eq!(farm.mails.len(), 2, "none is sent twice");
    assert!(farm.job(id).notices.iter().all(|notice| notice.state == "sent"));
}

#[test]
fn nobody_is_told_of_a_kill() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(for_two(job("job", "1")));
    farm.happens(schedule::Event::Kill(id));
    assert!(farm.mails.is_empty());
}

#[test]
fn people_are_told_once_of_a_job_that_waits_for_what_will_not_come() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.hosts.get_mut("a").unwrap().unsuitable = true;
    let id = farm.submits(for_two(with_tag("gpu", job("job", "1-2"))));
    farm.after_ms(599_000);
    assert!(farm.mails.is_empty());
    farm.after_ms(61_000);
    assert_eq!(farm.mails.len(), 2);
    let summary = &farm.mails[0].1;
    assert_eq!((summary.state, summary.waiting.as_deref()), (JobState::Queued, Some("no host matches")));
    farm.after_ms(7_200_000);
    farm.restarts();
    farm.links("a", 1);
    farm.after_ms(7_200_000);
    assert_eq!(farm.mails.len(), 2, "once");
    farm.hosts.get_mut("a").unwrap().unsuitable = false;
    farm.after_ms(10_000);
    farm.everything_is_rendered();
    assert_eq!((farm.mails.len(), farm.mails[2].1.waiting.clone()), (4, None), "and of the end");
    assert_eq!(farm.job(id).state, JobState::Done);
}

#[test]
fn nobody_is_told_of_a_job_that_waits_for_its_turn_or_for_a_person() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("busy", "1"));
    farm.submits(for_two(job("job", "1-2")));
    let held = farm.submits(for_two(job("held", "1-2")));
    farm.happens(Event::Hold(held));
    farm.after_ms(3_600_000);
    assert!(farm.mails.is_empty());
}

#[test]
fn a_wait_that_ended_in_between_begins_anew() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.hosts.get_mut("a").unwrap().unsuitable = true;
    farm.submits(for_two(with_tag("gpu", job("job", "1-2"))));
    farm.after_ms(500_000);
    farm.hosts.get_mut("a").unwrap().unsuitable = false;
    farm.after_ms(10_000);
    assert_eq!(farm.held("a"), [1]);
    farm.hosts.get_mut("a").unwrap().unsuitable = true;
    farm.hosts.entry("b".to_owned()).or_default().unsuitable = true;
    farm.links("b", 1);
    farm.dies("a");
    farm.after_ms(500_000);
    assert!(farm.mails.is_empty());
    farm.after_ms(300_000);
    assert_eq!(farm.mails.len(), 2);
}

/// All wishes, by mail alone.
fn wishes(on: &[NoticeKind]) -> Notices {
    let on = on.iter().copied().collect();
    Notices { mail: Some("ada@example.com".to_owned()), on, first_frames: 2, ..Notices::default() }
}

fn wish(farm: &mut Farm, user: &str, notices: Notices) {
    farm.happens(Event::SetNotices { user: user.to_owned(), notices: Some(notices) });
}

fn kinds(farm: &Farm) -> Vec<NoticeKind> {
    farm.mails.iter().map(|(_, summary)| summary.kind()).collect()
}

#[test]
fn a_user_is_told_of_what_he_wishes_once_each() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let user = job("job", "1-4").user;
    wish(&mut farm, &user, wishes(&NoticeKind::ALL));
    let id = farm.submits(job("job", "1-4"));
    let lease = *farm.hosts["a"].held.keys().next().unwrap();
    farm.says("a", RenderToSchedule::Started { lease });
    assert_eq!(kinds(&farm), [NoticeKind::Started]);
    farm.says("a", RenderToSchedule::Started { lease });
    farm.finishes_one("a");
    assert_eq!(kinds(&farm).len(), 1, "one frame is not the first two");
    farm.restarts();
    farm.links("a", 1);
    (0..3).for_each(|_| assert!(farm.finishes_one("a") > 0));
    assert_eq!(kinds(&farm), [NoticeKind::Started, NoticeKind::FirstFrames, NoticeKind::Done]);
    let first = &farm.mails[1].1;
    assert_eq!((first.frames_done, first.state), (2, JobState::Active));
    assert!(
        farm.job(id).notices.iter().all(|notice| notice.to == "ada@example.com" && notice.state == "sent")
    );

    let only = Notices {
        mail: None,
        webhook: Some(hook("https://bot.example.com/")),
        ..wishes(&[NoticeKind::Failed])
    };
    wish(&mut farm, &user, only);
    let id = farm.submits(JobDescription { attempts_max: 1, ..job("bad", "1") });
    farm.fails_one("a");
    assert_eq!(kinds(&farm)[3..], [NoticeKind::Failed]);
    let to = farm.job(id).notices[0].to.clone();
    assert_eq!(Schedule::webhook_of(&to), Some(user.as_str()));
    farm.happens(Event::SetNotices { user, notices: None });
    farm.submits(job("quiet", "1"));
    farm.finishes_one("a");
    assert_eq!(farm.mails.len(), 4);
}

fn hook(url: &str) -> Webhook {
    Webhook { url: url.to_owned(), secret: "secret".to_owned() }
}

#[test]
fn who_wishes_it_is_told_of_a_wait_also_of_jobs_that_were_there() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.hosts.get_mut("a").unwrap().unsuitable = true;
    let description = with_tag("gpu", job("job", "1"));
    let user = description.user.clone();
    let id = farm.submits(description);
    (0..20).for_each(|_| farm.after_ms(60_000));
    assert_eq!(farm.job(id).notices, []);
    wish(&mut farm, &user, wishes(&[NoticeKind::Waiting]));
    (0..20).for_each(|_| farm.after_ms(60_000));
    assert_eq!(kinds(&farm), [NoticeKind::Waiting]);
    assert!(farm.mails[0].1.waiting.is_some());
}

#[test]
fn wishes_that_nobody_can_serve_are_refused() {
    let mut farm = Farm::with_hosts(&[]);
    let mut refused = |notices: Notices| {
        matches!(
            farm.tries(Event::SetNotices { user: "ada".to_owned(), notices: Some(notices) }),
            Err(Refusal::Faults(_))
        )
    };
    let good = || wishes(&[NoticeKind::Done]);
    assert!(refused(Notices { mail: Some("ada".to_owned()), ..good() }));
    assert!(refused(Notices { webhook: Some(hook("ftp://x")), ..good() }));
    assert!(refused(Notices { webhook: Some(hook("http://x/ y")), ..good() }));
    assert!(refused(Notices { first_frames: 0, ..good() }));
    assert!(refused(Notices { gather_s: 86_401, ..good() }));
    assert!(!refused(good()));
}
