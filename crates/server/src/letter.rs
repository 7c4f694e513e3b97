//! What a mail about a job says. Pure: the view of the job in, words out.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{JobState, NoticeKind, Time};
use schedule::{Ending, JobSummary};

/// Of so many letters in one the whole text is told.
const WHOLE_MAX: usize = 20;

/// A mail, but for its addresses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) body: String,
    /// Small pictures that go with it, by name.
    pub(crate) pictures: Vec<(String, Vec<u8>)>,
}

impl Letter {
    const fn plain(subject: String, body: String) -> Self {
        Self { subject, body, pictures: Vec::new() }
    }
}

/// The mail that says how a job ended, or what it waits for; `results` is the folder of its frames.
pub(crate) fn letter(job: &JobSummary, results: &str, zone: &TimeZone) -> Letter {
    match (job.kind(), &job.waiting) {
        (NoticeKind::Started, _) => of_start(job, zone),
        (NoticeKind::FirstFrames, _) => of_first_frames(job, results, zone),
        (_, Some(waiting)) => of_wait(job, waiting, zone),
        (_, None) => of_end(job, results, zone),
    }
}

fn of_wait(job: &JobSummary, waiting: &str, zone: &TimeZone) -> Letter {
    let JobSummary { job: id, name, .. } = job;
    let left = job.frames_total.saturating_sub(job.frames_done + job.frames_failed);
    let mut body = format!(
        "Job {id} \"{name}\" waits, and not for its turn: no frame of it has run for 10 minutes.\n\n\
        Why: {waiting}.\n\n"
    );
    row(&mut body, "Submitted", &moment(Some(job.submitted_at), zone));
    row(&mut body, "Frames left", &format!("{left} of {}", job.frames_total));
    body.push_str(&format!(
        "\nIt goes on by itself when that has changed; there is no second mail about it.\n\
        What it waits for now: framefarm why {id}\nTo give it up: framefarm kill {id}\n"
    ));
    Letter::plain(format!("{name}: waiting, {waiting}"), body)
}

fn of_end(job: &JobSummary, results: &str, zone: &TimeZone) -> Letter {
    let JobSummary { job: id, name, .. } = job;
    let total = job.frames_total;
    let frames = if total == 1 { "1 frame".to_owned() } else { format!("{total} frames") };
    let (subject, first) = match job.state {
        JobState::Done => (
            format!("{name}: done, {frames}"),
            format!("Job {id} \"{name}\" is done: {frames} rendered, checked and stored."),
        ),
        _ => (
            format!("{name}: {} of {frames} failed", job.frames_failed),
            format!(
                "Job {id} \"{name}\" ended with {} of {frames} failed; {} are done and stored.",
                job.frames_failed, job.frames_done
            ),
        ),
    };
    let mut body = format!("{first}\n\n");
    row(&mut body, "Submitted", &moment(Some(job.submitted_at), zone));
    row(&mut body, "Started", &moment(job.started_at, zone));
    row(&mut body, "Ended", &moment(job.ended_at, zone));
    if let (Some(started), Some(ended)) = (job.started_at, job.ended_at) {
        row(&mut body, "Rendering took", &duration(ended.since_ms(started)));
    }
    if job.attempts_failed > 0 {
        row(&mut body, "Failed attempts", &attempts(job));
    }
    row(&mut body, "Frames are in", results);
    if !job.failed.is_empty() {
        body.push_str("\nFailed frames:\n");
        let several = job.failed.iter().any(|frame| frame.step != "render");
        for frame in &job.failed {
            let step = if several { format!("{} ", frame.step) } else { String::new() };
            body.push_str(&format!("  {step}{}: {}{}\n", frame.number, kind(frame.class), frame.problem));
        }
        let more = (job.frames_failed as usize).saturating_sub(job.failed.len());
        if more > 0 {
            body.push_str(&format!("  and {more} more\n"));
        }
        let step = if several { " --step STEP" } else { "" };
        body.push_str(&format!("\nThe log of a frame: framefarm log {id} FRAME{step}\n"));
        body.push_str(&format!("To try the failed frames again: framefarm retry {id}\n"));
    }
    body.push_str(&format!("\nTo copy the frames to a folder of yours: framefarm fetch {id} FOLDER\n"));
    Letter::plain(subject, body)
}

fn of_start(job: &JobSummary, zone: &TimeZone) -> Letter {
    let JobSummary { job: id, name, .. } = job;
    let mut body = format!("Job {id} \"{name}\" has begun: its first frame is being rendered.\n\n");
    row(&mut body, "Submitted", &moment(Some(job.submitted_at), zone));
    row(&mut body, "Started", &moment(job.started_at, zone));
    row(&mut body, "Frames", &job.frames_total.to_string());
    body.push_str(&format!("\nTo follow it: framefarm wait {id}\n"));
    Letter::plain(format!("{name}: started"), body)
}

fn of_first_frames(job: &JobSummary, results: &str, zone: &TimeZone) -> Letter {
    let JobSummary { job: id, name, frames_done: done, frames_total: total, .. } = job;
    let frames = if *done == 1 { "frame is" } else { "frames are" };
    let mut body = format!("The first {frames} done of job {id} \"{name}\": {done} of {total}.\n\n");
    row(&mut body, "Started", &moment(job.started_at, zone));
    row(&mut body, "Frames are in", results);
    for (picture, _) in &job.pictures {
        row(&mut body, "Attached", &format!("a small picture of {picture}"));
    }
    body.push_str(&format!(
        "\nTo stop it where they are wrong: framefarm hold {id}, or framefarm kill {id}\n"
    ));
    Letter::plain(format!("{name}: first frames, {done} of {total}"), body)
}

/// Several letters as one; one of them stays as it is.
pub(crate) fn digest(mut letters: Vec<Letter>) -> Letter {
    if letters.len() == 1
        && let Some(only) = letters.pop()
    {
        return only;
    }
    let count = letters.len();
    let mut body = format!(
        "{count} notices came within a short time and are told as one.\n\
        What you are told of, and how: framefarm notices\n\n"
    );
    letters.iter().for_each(|letter| body.push_str(&format!("  {}\n", letter.subject)));
    for letter in letters.iter().take(WHOLE_MAX) {
        body.push_str(&format!("\n{}\n{}\n\n{}", "-".repeat(72), letter.subject, letter.body));
    }
    if count > WHOLE_MAX {
        body.push_str(&format!("\n{}\nand {} more, named above\n", "-".repeat(72), count - WHOLE_MAX));
    }
    let first = letters.first().map(|letter| letter.subject.as_str()).unwrap_or_default();
    Letter::plain(format!("{count} notices: {first}, ..."), body)
}

/// How many attempts failed, and of which kinds they were where a person can do something about that.
fn attempts(job: &JobSummary) -> String {
    let kinds = job.failures.iter().filter_map(|(ending, count)| match ending {
        Ending::Memory => Some(format!("{count} out of memory")),
        Ending::Host => Some(format!("{count} the fault of a host")),
        _ => None,
    });
    match kinds.collect::<Vec<_>>().join(", ") {
        kinds if kinds.is_empty() => job.attempts_failed.to_string(),
        kinds => format!("{} ({kinds})", job.attempts_failed),
    }
}

/// What goes before the problem of a failed frame.
fn kind(class: Option<Ending>) -> &'static str {
    match class {
        Some(Ending::Fatal) => "not tried again: ",
        Some(Ending::Memory) => "out of memory: ",
        Some(Ending::Host) => "the fault of a host: ",
        _ => "",
    }
}

fn row(body: &mut String, label: &str, value: &str) {
    body.push_str(&format!("{:<17}{value}\n", format!("{label}:")));
}

fn moment(at: Option<Time>, zone: &TimeZone) -> String {
    let stamp =
        at.and_then(|at| i64::try_from(at.0).ok()).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    match stamp {
        Some(stamp) => stamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        None => "never".to_owned(),
    }
}

fn duration(ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::JobId;
    use schedule::FailedFrame;

    use super::*;

    fn done() -> JobSummary {
        JobSummary {
            job: JobId(17),
            name: "Lighthouse".into(),
            user: "ada".into(),
            state: JobState::Done,
            frames_total: 60,
            frames_done: 60,
            frames_failed: 0,
            attempts_failed: 0,
            failures: BTreeMap::new(),
            submitted_at: Time(1_700_000_000_000),
            started_at: Some(Time(1_700_000_001_000)),
            ended_at: Some(Time(1_700_000_099_000)),
            folder: "17-Lighthouse".into(),
            failed: Vec::new(),
            waiting: None,
            about: None,
            pictures: Vec::new(),
        }
    }

    #[test]
    fn a_done_job_says_counts_times_and_place() {
        let letter = letter(&done(), "/film/17-Lighthouse", &TimeZone::UTC);
        assert_eq!(letter.subject, "Lighthouse: done, 60 frames");
        let expected = "Job 17 \"Lighthouse\" is done: 60 frames rendered, checked and stored.\n\n\
            Submitted:       2023-11-14 22:13:20 UTC\n\
            Started:         2023-11-14 22:13:21 UTC\n\
            Ended:           2023-11-14 22:14:59 UTC\n\
            Rendering took:  1 min 38 s\n\
            Frames are in:   /film/17-Lighthouse\n\n\
            To copy the frames to a folder of yours: framefarm fetch 17 FOLDER\n";
        assert_eq!(letter.body, expected);
    }

    #[test]
    fn a_failed_job_lists_its_failed_frames() {
        let problem = "scene.pov line 5: the file sea.png is missing";
        let class = Some(Ending::Frame);
        let frame = |number| FailedFrame { step: "render".into(), number, class, problem: problem.into() };
        let failed = JobSummary {
            state: JobState::Failed,
            frames_done: 38,
            frames_failed: 22,
            attempts_failed: 66,
            failed: (1..=20).map(frame).collect(),
            ..done()
        };
        let letter = letter(&failed, "/film", &TimeZone::UTC);
        assert_eq!(letter.subject, "Lighthouse: 22 of 60 frames failed");
        assert!(letter.body.contains("38 are done and stored"), "{}", letter.body);
        assert!(letter.body.contains("  20: scene.pov line 5: the file sea.png is missing\n  and 2 more\n"));
        assert!(letter.body.contains("framefarm log 17 FRAME\n"));
        assert!(letter.body.contains("Failed attempts: 66\n"), "{}", letter.body);
    }

    #[test]
    fn kinds_of_failure_and_steps_are_named_where_there_are_several() {
        let class = Some(Ending::Memory);
        let frame = FailedFrame { step: "comp".into(), number: 4, class, problem: "nuke was killed".into() };
        let failures = [(Ending::Frame, 2), (Ending::Memory, 3)].into();
        let failed = vec![frame];
        let job = JobSummary { state: JobState::Failed, attempts_failed: 5, failures, failed, ..done() };
        let letter = letter(&job, "/film", &TimeZone::UTC);
        assert!(letter.body.contains("Failed attempts: 5 (3 out of memory)\n"), "{}", letter.body);
        assert!(letter.body.contains("  comp 4: out of memory: nuke was killed\n"), "{}", letter.body);
        assert!(letter.body.contains("framefarm log 17 FRAME --step STEP\n"));
    }

    #[test]
    fn a_job_that_waits_says_for_what_and_what_to_do() {
        let waiting = Some("no host matches: no maya (3 of 3 hosts)".to_owned());
        let letter = letter(
            &JobSummary { state: JobState::Queued, frames_done: 20, waiting, ..done() },
            "/film/17-Lighthouse",
            &TimeZone::UTC,
        );
        assert_eq!(letter.subject, "Lighthouse: waiting, no host matches: no maya (3 of 3 hosts)");
        let expected = "Job 17 \"Lighthouse\" waits, and not for its turn: \
            no frame of it has run for 10 minutes.\n\n\
            Why: no host matches: no maya (3 of 3 hosts).\n\n\
            Submitted:       2023-11-14 22:13:20 UTC\n\
            Frames left:     40 of 60\n\n\
            It goes on by itself when that has changed; there is no second mail about it.\n\
            What it waits for now: framefarm why 17\n\
            To give it up: framefarm kill 17\n";
        assert_eq!(letter.body, expected);
    }

    #[test]
    fn a_start_and_first_frames_are_told_while_it_goes_on() {
        let of = |about, frames_done| {
            let pictures = vec![("lighthouse.0001.png".to_owned(), model::Digest([7; 32]))];
            let state = JobState::Active;
            letter(
                &JobSummary { state, about: Some(about), frames_done, pictures, ..done() },
                "/film",
                &TimeZone::UTC,
            )
        };
        let start = of(NoticeKind::Started, 0);
        assert_eq!(start.subject, "Lighthouse: started");
        assert!(start.body.contains("framefarm wait 17"), "{}", start.body);
        let first = of(NoticeKind::FirstFrames, 3);
        assert_eq!(first.subject, "Lighthouse: first frames, 3 of 60");
        assert!(
            first.body.contains("Attached:        a small picture of lighthouse.0001.png\n"),
            "{}",
            first.body
        );
    }

    #[test]
    fn a_storm_becomes_one_letter_that_names_all() {
        let one = |number: usize| Letter::plain(format!("job {number}: done"), format!("text {number}\n"));
        assert_eq!(digest(vec![one(1)]), one(1));
        let all = digest((1..=25).map(one).collect());
        assert_eq!(all.subject, "25 notices: job 1: done, ...");
        assert!(all.body.contains("  job 25: done\n") && all.body.contains("text 20\n"), "{}", all.body);
        assert!(
            !all.body.contains("text 21\n") && all.body.ends_with("and 5 more, named above\n"),
            "{}",
            all.body
        );
    }
}
