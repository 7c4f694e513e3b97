//! Jobs that tests submit, and ends of attempts that hosts report.

use model::{Amounts, Digest, FailureClass, FrameSpan, Grant, JobDescription, Outcome, Output, Step, Work};

/// A job of one step with these frames.
pub(crate) fn job(name: &str, frames: &str) -> JobDescription {
    let frames: model::FrameSet = frames.parse().unwrap();
    let animation = FrameSpan { first: frames.lowest(), last: frames.highest() };
    let work = Work { package: "povray".to_owned(), ..Work::default() };
    JobDescription::new(name, "ada", vec![Step::new("render", frames, animation, work)])
}

pub(crate) fn with_priority(priority: i32, job: JobDescription) -> JobDescription {
    JobDescription { priority, ..job }
}

pub(crate) fn reserving(memory_bytes: u64, gpus: u16, mut job: JobDescription) -> JobDescription {
    job.steps[0].reserve = Amounts { memory_bytes, gpus };
    job
}

pub(crate) fn with_tag(tag: &str, mut job: JobDescription) -> JobDescription {
    job.steps[0].profile.add(model::Need::Tag(tag.to_owned()));
    job
}

pub(crate) fn done(grant: &Grant) -> Outcome {
    let name = format!("job{}.{:04}.png", grant.frame.job, grant.number);
    Outcome::Done {
        outputs: vec![Output { name, digest: digest(), bytes: 100, size: None, thumbnail: None }],
    }
}

pub(crate) fn failed(class: FailureClass, message: &str) -> Outcome {
    Outcome::Failed { class, message: message.to_owned() }
}

pub(crate) fn digest() -> Digest {
    serde_json::from_value("ab".repeat(32).into()).unwrap()
}
