//! Durable lifecycles a second: lease, start, finish of frames that do nothing.

use std::time::Instant;

use clap::Args;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::{figure, rate};
use crate::fleet::Fleet;
use crate::host::Pace;
use crate::{floor, jobs, process};

/// Durable lifecycles of frames that do nothing.
#[derive(Debug, Args)]
pub(crate) struct Lifecycles {
    /// Hosts
    #[arg(long, default_value_t = 16)]
    hosts: usize,
    /// Slots of each
    #[arg(long, default_value_t = 64)]
    slots: u16,
    /// Frames
    #[arg(long, default_value_t = 400_000)]
    frames: u64,
}

impl Lifecycles {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        let slots = vec![self.slots; self.hosts];
        let kept = floor::appended(place.data())?;
        let echoed = floor::echoed(place, &slots, self.frames).await?;
        let farm = Farm::start(place, "lifecycles").await?;
        let plan = farm.plan(Pace::AtOnce);
        let fleet = Fleet::link(&plan, &slots).await?;
        let used = process::processor_time(farm.schedule.pid());
        let used_here = process::processor_time(std::process::id());
        let begun = Instant::now();
        jobs::submit(&farm.client(), jobs::silent("lifecycles", self.frames)?).await?;
        fleet.wait("the last frame", 600, |counts| counts.acknowledged >= self.frames).await?;
        let time = begun.elapsed();
        let used = process::processor_time(farm.schedule.pid()).saturating_sub(used);
        let used_here = process::processor_time(std::process::id()).saturating_sub(used_here);
        let each = |used: std::time::Duration| used.as_secs_f64() * 1e6 / self.frames as f64;
        figure("lifecycles", rate(self.frames, time), "frames/s", Some(echoed));
        figure("lifecycles_against_appends", rate(self.frames, time), "frames/s", Some(kept));
        figure("lifecycles_server_cpu", each(used), "us/frame", None);
        figure("lifecycles_load_cpu", each(used_here), "us/frame", None);
        figure("lifecycles_lost_links", fleet.counts().links_lost as f64, "links", None);
        Ok(())
    }
}
