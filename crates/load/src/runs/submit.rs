//! Jobs of many frames: how long until they are durable, and what a queued frame costs.

use std::time::Instant;

use clap::Args;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::figure;
use crate::{floor, jobs, process};

/// A job of many frames until it is durable.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// Frames in all
    #[arg(long, default_value_t = 1_000_000)]
    frames: u64,
    /// Jobs that the frames are spread over in the second part
    #[arg(long, default_value_t = 1_000)]
    jobs: u64,
}

impl Submit {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        let append = 1.0 / floor::appended(place.data())?;
        let farm = Farm::start(place, "submit").await?;
        let client = farm.client();
        client.farm().await?;
        let empty = process::memory(farm.schedule.pid());
        let begun = Instant::now();
        jobs::submit(&client, jobs::silent("one job", self.frames)?).await?;
        let time = begun.elapsed().as_secs_f64();
        let one = process::memory(farm.schedule.pid());
        figure("submit", time, "s", Some(append));
        figure("submit_memory", one.saturating_sub(empty) as f64 / self.frames as f64, "bytes/frame", None);

        let begun = Instant::now();
        let each = self.frames / self.jobs.max(1);
        for job in 0..self.jobs {
            jobs::submit(&client, jobs::silent(&format!("job {job}"), each)?).await?;
        }
        let time = begun.elapsed().as_secs_f64();
        let more = process::memory(farm.schedule.pid()).saturating_sub(one);
        figure("submit_jobs", time, "s", None);
        figure("submit_jobs_memory", more as f64 / (each * self.jobs) as f64, "bytes/frame", None);
        Ok(())
    }
}
