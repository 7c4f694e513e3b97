//! Notices on their way out: to mail boxes and to programs.
//!
//! Who gets a few mails gets each as it comes; of a storm the rest is gathered and comes as one. What is
//! gathered is not sent yet as far as the journal is concerned, so a restart loses none of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use model::{NoticeKind, Notices};
use schedule::{Event, JobSummary, NoticeId, Schedule};
use serde_json::json;
use store::Content;
use tokio::time::Instant;

use super::hands::ScheduleHandle;
use crate::letter::{Letter, digest, letter};
use crate::mail::Post;
use crate::webhook::{Delivery, Webhooks};
use crate::{clock, error_chain};

/// So many mails go one by one before they are gathered.
const ONE_BY_ONE: usize = 5;
/// The longest that mails are gathered over.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The largest small picture that goes with a mail.
const PICTURE_MAX: usize = 1 << 20;

/// Sends notices. Clones are the same.
#[derive(Clone)]
pub(super) struct PostOffice(Arc<Inner>);

struct Inner {
    handle: ScheduleHandle,
    post: Option<Post>,
    webhooks: Webhooks,
    thumbnails: Content,
    drawers: Mutex<BTreeMap<String, Drawer>>,
}

/// What there is to send to an address.
#[derive(Default)]
struct Drawer {
    /// When mails were sent there.
    sent: VecDeque<Instant>,
    /// Those that are gathered, where some are.
    gathered: Option<Vec<(NoticeId, Letter)>>,
}

/// What is to be done with a letter.
enum Way {
    Now(Letter),
    /// With others, after this time.
    Later(Duration),
    /// With others, for which somebody waits already.
    WithThem,
}

impl PostOffice {
    pub(super) fn new(handle: ScheduleHandle, post: Option<Post>, thumbnails: Content) -> Self {
        let (webhooks, drawers) = (Webhooks::new(), Mutex::default());
        Self(Arc::new(Inner { handle, post, webhooks, thumbnails, drawers }))
    }

    /// Sends a notice about a job whose frames are in `results`, and tells the role what came of it.
    pub(super) fn take(
        &self,
        notice: NoticeId,
        to: String,
        summary: &JobSummary,
        results: String,
        role: &Schedule,
    ) {
        let office = self.clone();
        if let Some(user) = Schedule::webhook_of(&to) {
            let webhook = role.wishes_of(user).and_then(|wishes| wishes.webhook.clone());
            let delivery = delivery(notice, summary, &results);
            tokio::spawn(async move {
                let sent = match webhook {
                    Some(webhook) => office.0.webhooks.send(&webhook, delivery).await,
                    // He wants none any more.
                    None => Ok(()),
                };
                office.told(&[notice], &to, sent.map_err(|error| error_chain(&error))).await;
            });
            return;
        }
        let letter = letter(summary, &results, &TimeZone::system());
        let pictures = summary.pictures.clone();
        let wishes = role.wishes_of(&summary.user).filter(|wishes| wishes.mail.as_deref() == Some(&to));
        let gather_s = wishes.map_or(Notices::GATHER_S, |wishes| wishes.gather_s);
        match self.way(notice, &to, letter, Duration::from_secs(gather_s.into())) {
            Way::WithThem => {}
            Way::Now(mut letter) => drop(tokio::spawn(async move {
                let kept = office.0.thumbnails.clone();
                let read = tokio::task::spawn_blocking(move || {
                    pictures
                        .iter()
                        .filter_map(|(name, digest)| Some((name.clone(), small(&kept, *digest)?)))
                        .collect()
                });
                letter.pictures = read.await.unwrap_or_default();
                office.send(&[notice], &to, letter).await;
            })),
            Way::Later(wait) => drop(tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                let gathered = office.gathered(&to);
                let notices: Vec<NoticeId> = gathered.iter().map(|(notice, _)| *notice).collect();
                let letters = gathered.into_iter().map(|(_, letter)| letter).collect();
                office.send(&notices, &to, digest(letters)).await;
            })),
        }
    }

    /// Which way a letter goes.
    fn way(&self, notice: NoticeId, to: &str, letter: Letter, window: Duration) -> Way {
        let now = Instant::now();
        let mut drawers = self.0.drawers.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody's drawer is kept for ever.
        let recent = |drawer: &Drawer| drawer.sent.back().is_some_and(|at| now.duration_since(*at) < DAY);
        drawers.retain(|_, drawer| drawer.gathered.is_some() || recent(drawer));
        let drawer = drawers.entry(to.to_owned()).or_default();
        drawer.way(notice, letter, window, now)
    }

    fn gathered(&self, to: &str) -> Vec<(NoticeId, Letter)> {
        let mut drawers = self.0.drawers.lock().unwrap_or_else(PoisonError::into_inner);
        let drawer = drawers.entry(to.to_owned()).or_default();
        drawer.sent.push_back(Instant::now());
        drawer.gathered.take().unwrap_or_default()
    }

    async fn send(&self, notices: &[NoticeId], to: &str, letter: Letter) {
        let sent = match &self.0.post {
            Some(post) => post.send(to, letter).await.map_err(|error| error_chain(&error)),
            None => {
                Err("no mail server is set; start the schedule server with --smtp smtp://HOST:PORT".into())
            }
        };
        self.told(notices, to, sent).await;
    }

    async fn told(&self, notices: &[NoticeId], to: &str, sent: Result<(), String>) {
        if let Err(why) = &sent {
            tracing::warn!(to, "a notice could not be sent: {why}");
        }
        for notice in notices.iter().copied() {
            self.0
                .handle
                .tell(match &sent {
                    Ok(()) => Event::NoticeSent { notice },
                    Err(why) => Event::NoticeFailed { notice, why: why.clone() },
                })
                .await;
        }
    }
}

impl Drawer {
    fn way(&mut self, notice: NoticeId, letter: Letter, window: Duration, now: Instant) -> Way {
        if let Some(gathered) = &mut self.gathered {
            gathered.push((notice, letter));
            return Way::WithThem;
        }
        self.sent.retain(|at| now.duration_since(*at) < window);
        match self.sent.front() {
            Some(first) if self.sent.len() >= ONE_BY_ONE => {
                let wait = window.saturating_sub(now.duration_since(*first));
                self.gathered = Some(vec![(notice, letter)]);
                Way::Later(wait)
            }
            _ => {
                self.sent.push_back(now);
                Way::Now(letter)
            }
        }
    }
}

/// A small picture; nothing where it is not there.
fn small(kept: &Content, digest: model::Digest) -> Option<Vec<u8>> {
    let (mut reader, bytes) = kept.reader(digest).ok()?;
    let mut picture = Vec::new();
    while let Some(piece) = reader.piece().ok()?.filter(|_| bytes <= PICTURE_MAX as u64) {
        picture.extend(piece);
    }
    Some(picture).filter(|picture| !picture.is_empty())
}

fn delivery(notice: NoticeId, job: &JobSummary, results: &str) -> Delivery {
    let event = match job.kind() {
        NoticeKind::Started => "job.started",
        NoticeKind::FirstFrames => "job.first_frames",
        NoticeKind::Done => "job.done",
        NoticeKind::Failed => "job.failed",
        NoticeKind::Waiting => "job.waiting",
    };
    let at = clock::now();
    let failed = job
        .failed
        .iter()
        .map(|frame| json!({ "step": frame.step, "frame": frame.number, "problem": frame.problem }));
    let body = json!({
        "event": event,
        "delivery": notice.0,
        "at": at,
        "job": {
            "id": job.job,
            "name": job.name,
            "user": job.user,
            "state": job.state,
            "frames_total": job.frames_total,
            "frames_done": job.frames_done,
            "frames_failed": job.frames_failed,
            "submitted_at": job.submitted_at,
            "started_at": job.started_at,
            "ended_at": job.ended_at,
            "results": results,
            "waiting": job.waiting,
            "failed": failed.collect::<Vec<_>>(),
        },
    });
    Delivery { notice: notice.0, event, at, body: body.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_go_at_once_and_a_storm_as_one() {
        let letter = || Letter { subject: "s".into(), body: "b".into(), pictures: Vec::new() };
        let (mut drawer, window, begun) = (Drawer::default(), Duration::from_secs(60), Instant::now());
        let mut way = |notice: u64, second: u64| {
            let way = drawer.way(NoticeId(notice), letter(), window, begun + Duration::from_secs(second));
            match way {
                Way::Now(_) => "now".to_owned(),
                Way::Later(wait) => format!("in {} s", wait.as_secs()),
                Way::WithThem => "with them".to_owned(),
            }
        };
        let ways: Vec<String> = (0..5).map(|i| way(i, i)).collect();
        assert_eq!(ways, ["now"; 5]);
        assert_eq!((way(5, 10), way(6, 11)), ("in 50 s".to_owned(), "with them".to_owned()));
        let gathered = drawer.gathered.take().unwrap();
        assert_eq!(gathered.iter().map(|(notice, _)| notice.0).collect::<Vec<_>>(), [5, 6]);
        assert!(matches!(
            drawer.way(NoticeId(7), letter(), window, begun + Duration::from_secs(60)),
            Way::Now(_)
        ));
        assert!(matches!(drawer.way(NoticeId(8), letter(), Duration::ZERO, begun), Way::Now(_)));
    }
}
