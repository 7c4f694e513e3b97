//! What a mail about a job says. Pure: the view of the job in, words out.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{JobState, Time};
use schedule::JobSummary;

/// A mail, but for its addresses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// The mail that says how a job ended; `results` is the folder of its frames.
pub(crate) fn letter(job: &JobSummary, results: &str, zone: &TimeZone) -> Letter {
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
        row(&mut body, "Failed attempts", &job.attempts_failed.to_string());
    }
    row(&mut body, "Frames are in", results);
    if !job.failed.is_empty() {
        body.push_str("\nFailed frames:\n");
        for frame in &job.failed {
            body.push_str(&format!("  {}: {}\n", frame.number, frame.problem));
        }
        let more = (job.frames_failed as usize).saturating_sub(job.failed.len());
        if more > 0 {
            body.push_str(&format!("  and {more} more\n"));
        }
        body.push_str(&format!("\nThe log of a frame: framefarm log {id} FRAME\n"));
    }
    body.push_str(&format!("\nTo copy the frames to a folder of yours: framefarm fetch {id} FOLDER\n"));
    Letter { subject, body }
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
            submitted_at: Time(1_700_000_000_000),
            started_at: Some(Time(1_700_000_001_000)),
            ended_at: Some(Time(1_700_000_099_000)),
            folder: "17-Lighthouse".into(),
            failed: Vec::new(),
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
        let frame = |number| FailedFrame { step: "render".into(), number, problem: problem.into() };
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
        assert!(letter.body.contains("framefarm log 17 FRAME"));
    }
}
