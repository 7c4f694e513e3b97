//! A schedule server that is killed: how long until it answers again.

use std::time::Instant;

use clap::Args;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::figure;
use crate::fleet::Fleet;
use crate::host::Pace;
use crate::jobs;

/// From kill -9 and a new start to the first answer.
#[derive(Debug, Args)]
pub(crate) struct Restart {
    /// Frames in the queue
    #[arg(long, default_value_t = 1_000_000)]
    frames: u64,
    /// Frames that were rendered before, whose records have to be read
    #[arg(long, default_value_t = 100_000)]
    done: u64,
}

impl Restart {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        let mut farm = Farm::start(place, "restart").await?;
        let plan = farm.plan(Pace::AtOnce);
        let fleet = Fleet::link(&plan, &[16; 16]).await?;
        jobs::submit(&farm.client(), jobs::silent("done", self.done)?).await?;
        fleet.wait("the frames before", 600, |counts| counts.acknowledged >= self.done).await?;
        drop(fleet);
        let job = jobs::submit(&farm.client(), jobs::silent("queued", self.frames)?).await?;
        let begun = Instant::now();
        farm = farm.crash_schedule().await?;
        let view = farm.client().job(job).await?;
        figure("restart", begun.elapsed().as_secs_f64(), "s", None);
        if u64::from(view.frames_waiting) != self.frames {
            return Err(LoadError::Odd(format!("{} frames wait after the restart", view.frames_waiting)));
        }
        Ok(())
    }
}
