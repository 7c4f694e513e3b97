//! How long a slot that falls idle waits for its next lease, over loopback.

use std::time::{Duration, Instant};

use clap::Args;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::{figure, percentile};
use crate::fleet::Fleet;
use crate::host::Pace;
use crate::jobs;

/// From a slot that falls idle to its next lease.
#[derive(Debug, Args)]
pub(crate) struct StartLatency {
    /// Hosts
    #[arg(long, default_value_t = 16)]
    hosts: usize,
    /// Slots of each
    #[arg(long, default_value_t = 4)]
    slots: u16,
    /// How long a frame takes, in milliseconds
    #[arg(long, default_value_t = 50)]
    work_ms: u64,
    /// Frames
    #[arg(long, default_value_t = 10_000)]
    frames: u64,
    /// Jobs of one frame each that are submitted to the idle farm
    #[arg(long, default_value_t = 500)]
    jobs: u64,
}

impl StartLatency {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        let farm = Farm::start(place, "latency").await?;
        let plan = farm.plan(Pace::Takes(Duration::from_millis(self.work_ms)));
        let fleet = Fleet::link_noting_moments(&plan, &vec![self.slots; self.hosts]).await?;
        let client = farm.client();

        let mut job = jobs::silent("queue", self.frames)?;
        // Without leases ahead, which would hide the way there and back.
        job.slots_max = Some(u32::from(self.slots) * u32::try_from(self.hosts).unwrap_or(u32::MAX));
        jobs::submit(&client, job).await?;
        fleet.wait("the last frame", 600, |counts| counts.acknowledged >= self.frames).await?;
        let mut waits = fleet.tally.take_waits();
        figure("start-latency_p50", percentile(&mut waits, 500), "ms", None);
        figure("start-latency_p99", percentile(&mut waits, 990), "ms", None);

        let mut times = Vec::new();
        for number in 0..self.jobs {
            let before = fleet.counts().grants;
            fleet.tally.take_last_moment();
            let begun = Instant::now();
            jobs::submit(&client, jobs::silent(&format!("single {number}"), 1)?).await?;
            fleet.wait("a lease", 60, |counts| counts.grants > before).await?;
            times.extend(fleet.tally.take_last_moment().map(|moment| moment - begun));
        }
        figure("submit-to-lease_p50", percentile(&mut times, 500), "ms", None);
        figure("submit-to-lease_p99", percentile(&mut times, 990), "ms", None);
        Ok(())
    }
}
