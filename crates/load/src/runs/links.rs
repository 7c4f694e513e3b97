//! What linked render servers cost while nothing is to do.

use std::time::Duration;

use clap::Args;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::figure;
use crate::fleet::Fleet;
use crate::host::Pace;
use crate::process;

const MIB: f64 = (1 << 20) as f64;

/// Memory and idle processor time with many render servers linked.
#[derive(Debug, Args)]
pub(crate) struct Links {
    /// Hosts
    #[arg(long, default_value_t = 10_000)]
    hosts: usize,
    /// Slots of each
    #[arg(long, default_value_t = 16)]
    slots: u16,
    /// How long to watch, in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

impl Links {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        let farm = Farm::start(place, "links").await?;
        let servers = [("schedule", farm.schedule.pid()), ("resource", farm.resource.pid())];
        let empty = servers.map(|(_, pid)| process::memory(pid));
        let plan = farm.plan(Pace::AtOnce);
        let fleet = Fleet::link(&plan, &vec![self.slots; self.hosts]).await?;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let before = servers.map(|(_, pid)| process::processor_time(pid));
        tokio::time::sleep(Duration::from_secs(self.seconds)).await;
        let mut together: u64 = fleet.pids().into_iter().map(process::memory).sum();
        figure("links_load_memory", together as f64 / MIB, "MiB", None);
        for (((name, pid), before), empty) in servers.into_iter().zip(before).zip(empty) {
            let used = process::processor_time(pid).saturating_sub(before).as_secs_f64();
            let memory = process::memory(pid);
            together += memory;
            let each = memory.saturating_sub(empty) as f64 / self.hosts as f64 / 1024.0;
            figure(
                &format!("links_idle_{name}_cpu"),
                100.0 * used / self.seconds as f64,
                "% of a core",
                None,
            );
            figure(&format!("links_{name}_memory"), memory as f64 / MIB, "MiB", None);
            figure(&format!("links_{name}_memory_each"), each, "KiB", None);
        }
        figure("links_memory", together as f64 / MIB, "MiB", None);
        figure("links_lost", fleet.counts().links_lost as f64, "links", None);
        Ok(())
    }
}
