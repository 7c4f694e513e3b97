//! Whether the rate stays when the farm grows: a large farm and a small one, measured in turn.

use std::time::{Duration, Instant};

use clap::Args;
use model::JobId;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::{figure, rate};
use crate::fleet::{Counts, Fleet};
use crate::host::{Pace, Plan};
use crate::{jobs, process};

/// The rate on a large farm against that on a small one.
#[derive(Debug, Args)]
pub(crate) struct Growth {
    /// Hosts of the large farm
    #[arg(long, default_value_t = 10_000)]
    hosts: usize,
    /// Frames queued on the large farm
    #[arg(long, default_value_t = 1_000_000)]
    frames: u64,
    /// Hosts of the small farm
    #[arg(long, default_value_t = 10)]
    small_hosts: usize,
    /// Frames queued on the small farm
    #[arg(long, default_value_t = 1_000)]
    small_frames: u64,
    /// Slots of each host
    #[arg(long, default_value_t = 4)]
    slots: u16,
    /// Turns of each farm
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How long a turn is, in seconds
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// A farm that works when it is its turn.
struct Side {
    farm: Farm,
    fleet: Fleet,
    frames: u64,
    jobs: u64,
    done: u64,
    time: Duration,
    used: Duration,
}

impl Growth {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        let mut large = Side::start(place, "large", vec![self.slots; self.hosts], self.frames).await?;
        let small_slots = vec![self.slots; self.small_hosts];
        let mut small = Side::start(place, "small", small_slots, self.small_frames).await?;
        for _ in 0..self.rounds {
            large.turn(self.seconds).await?;
            small.turn(self.seconds).await?;
        }
        let [large, small] = [large, small].map(|side| (rate(side.done, side.time), side.cpu()));
        figure("growth", large.0, "frames/s", Some(small.0));
        figure("growth_server_cpu", large.1, "us/frame", Some(small.1));
        Ok(())
    }
}

impl Side {
    async fn start(place: &Place, name: &str, slots: Vec<u16>, frames: u64) -> Result<Self, LoadError> {
        let farm = Farm::start(place, name).await?;
        let plan = Plan {
            schedule: farm.schedule.url.clone(),
            resource: Some(farm.resource.url.clone()),
            work: Pace::AtOnce,
        };
        let fleet = Fleet::link(&plan, &slots).await?;
        Ok(Self { farm, fleet, frames, jobs: 0, done: 0, time: Duration::ZERO, used: Duration::ZERO })
    }

    /// Works for a while with the queue as long as it should be, and is idle afterwards.
    async fn turn(&mut self, seconds: u64) -> Result<(), LoadError> {
        let client = self.farm.client();
        let Counts { acknowledged, grants: granted, .. } = self.fleet.counts();
        let mut given = 0;
        let mut jobs: Vec<JobId> = Vec::new();
        let used = process::processor_time(self.farm.schedule.pid());
        let begun = Instant::now();
        while begun.elapsed().as_secs() < seconds {
            if given < self.fleet.counts().grants - granted + self.frames {
                self.jobs += 1;
                jobs.push(
                    jobs::submit(&client, jobs::silent(&format!("turn {}", self.jobs), self.frames)?).await?,
                );
                given += self.frames;
            } else {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        self.done += self.fleet.counts().acknowledged - acknowledged;
        self.time += begun.elapsed();
        self.used += process::processor_time(self.farm.schedule.pid()).saturating_sub(used);
        for job in jobs {
            // It may have ended by itself.
            let _ = client.kill(job).await;
        }
        Ok(())
    }

    fn cpu(&self) -> f64 {
        self.used.as_secs_f64() * 1e6 / self.done.max(1) as f64
    }
}
