//! Whether the rate stays when the farm grows: a large farm and a small one, measured in turn.

use std::time::{Duration, Instant};

use clap::Args;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::{figure, rate};
use crate::fleet::{Counts, Fleet};
use crate::host::Pace;
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
    /// Frames that the small farm renders in a turn; the large one renders what is queued
    #[arg(long, default_value_t = 200_000)]
    small_turn: u64,
    /// Turns of each farm
    #[arg(long, default_value_t = 2)]
    rounds: u32,
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
            large.turn(self.frames).await?;
            small.turn(self.small_turn).await?;
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
        let plan = farm.plan(Pace::AtOnce);
        let fleet = Fleet::link(&plan, &slots).await?;
        Ok(Self { farm, fleet, frames, jobs: 0, done: 0, time: Duration::ZERO, used: Duration::ZERO })
    }

    /// Renders `turn` frames with the queue as long as it should be while there are so many, and is idle
    /// afterwards.
    async fn turn(&mut self, turn: u64) -> Result<(), LoadError> {
        let client = self.farm.client();
        let Counts { acknowledged, grants, .. } = self.fleet.counts();
        let mut given = 0;
        let used = process::processor_time(self.farm.schedule.pid());
        let begun = Instant::now();
        while given < turn {
            if given < self.fleet.counts().grants - grants + self.frames {
                self.jobs += 1;
                jobs::submit(&client, jobs::silent(&format!("turn {}", self.jobs), self.frames)?).await?;
                given += self.frames;
            } else {
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        }
        let all = acknowledged + given;
        self.fleet.wait("the end of a turn", 600, |counts| counts.acknowledged >= all).await?;
        self.done += given;
        self.time += begun.elapsed();
        self.used += process::processor_time(self.farm.schedule.pid()).saturating_sub(used);
        Ok(())
    }

    fn cpu(&self) -> f64 {
        self.used.as_secs_f64() * 1e6 / self.done.max(1) as f64
    }
}
