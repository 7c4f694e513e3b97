//! Jobs for the simulated hosts: frames that do nothing and leave nothing.

use std::collections::BTreeMap;

use model::{FrameSpan, JobDescription, JobId, Profile, Step, SubmitRequest, Work};
use wire::Client;

use crate::error::LoadError;

/// A job of `frames` silent frames.
pub(crate) fn silent(name: &str, frames: u64) -> Result<JobDescription, LoadError> {
    let set = format!("1-{frames}").parse().map_err(|error| LoadError::Odd(format!("{error}")))?;
    let last = i64::try_from(frames).unwrap_or(i64::MAX);
    let work = Work {
        package: "command".to_owned(),
        command: vec!["/bin/true".to_owned()],
        settings: BTreeMap::new(),
        ..Work::default()
    };
    let step = Step::new("render", set, FrameSpan { first: 1, last }, work);
    let step = Step { profile: Profile::default(), ..step };
    Ok(JobDescription::new(name, "load", vec![step]))
}

/// Submits `description` under a key that is its name.
pub(crate) async fn submit(client: &Client, description: JobDescription) -> Result<JobId, LoadError> {
    let key = format!("load-{}", description.name);
    Ok(client.submit(&SubmitRequest { key, description }).await?.id)
}
