//! Cold fill: how long from submit until the last slot of a large farm has a lease.

use std::time::Instant;

use clap::Args;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::figure;
use crate::fleet::Fleet;
use crate::host::Pace;
use crate::{jobs, process};

/// Hosts and slots of each, as on a large farm that is known.
const SHAPE: [(usize, u16); 3] = [(246, 128), (303, 32), (1_004, 16)];

/// From submit to the last slot granted.
#[derive(Debug, Args)]
pub(crate) struct Fill {
    /// Divides the number of hosts, for a quick look
    #[arg(long, default_value_t = 1)]
    smaller: usize,
}

impl Fill {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        let hosts = SHAPE.iter().flat_map(|(hosts, slots)| vec![*slots; hosts.div_ceil(self.smaller.max(1))]);
        let slots: Vec<u16> = hosts.collect();
        let wanted: u64 = slots.iter().map(|slots| u64::from(*slots)).sum();
        let farm = Farm::start(place, "fill").await?;
        let plan = farm.plan(Pace::Never);
        let fleet = Fleet::link_noting_moments(&plan, &slots).await?;
        let used = process::processor_time(farm.schedule.pid());
        let begun = Instant::now();
        jobs::submit(&farm.client(), jobs::silent("fill", wanted + 10_000)?).await?;
        fleet.wait("the last slot", 120, |counts| counts.grants >= wanted).await?;
        let last = fleet.tally.take_last_moment().map_or_else(|| begun.elapsed(), |last| last - begun);
        let used = process::processor_time(farm.schedule.pid()).saturating_sub(used);
        figure("fill", last.as_secs_f64(), "s", None);
        figure("fill_slots", wanted as f64, "slots", None);
        figure("fill_server_cpu", used.as_secs_f64(), "s", None);
        Ok(())
    }
}
