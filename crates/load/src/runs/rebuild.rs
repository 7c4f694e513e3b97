//! A resource server that is killed: how long until it knows every host again (requirement D4).

use std::time::{Duration, Instant};

use clap::Args;

use crate::error::LoadError;
use crate::farm::{Farm, Place};
use crate::figure::figure;
use crate::fleet::Fleet;
use crate::host::Pace;
use crate::process;

/// Between two looks at the list.
const LOOK: Duration = Duration::from_millis(5);

/// From kill -9 of the resource server and a new start to the whole list of hosts.
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Hosts
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    hosts: Vec<usize>,
    /// Slots of each
    #[arg(long, default_value_t = 16)]
    slots: u16,
    /// For how long there is no resource server, in milliseconds
    #[arg(long, default_value_t = 0)]
    away_ms: u64,
}

impl Rebuild {
    pub(crate) async fn run(self, place: &Place) -> Result<(), LoadError> {
        for hosts in &self.hosts {
            self.rebuild(place, *hosts).await?;
        }
        Ok(())
    }

    async fn rebuild(&self, place: &Place, hosts: usize) -> Result<(), LoadError> {
        let farm = Farm::start(place, &format!("rebuild-{hosts}")).await?;
        let fleet = Fleet::link(&farm.plan(Pace::Never), &vec![self.slots; hosts]).await?;
        let all = hosts as u64;
        fleet.wait("the first list of hosts", 60, |counts| counts.known >= all).await?;
        listed(&farm, hosts).await?;
        let again = fleet.counts().known + all;

        let (farm, killed, ready) = farm.crash_resource(Duration::from_millis(self.away_ms)).await?;
        fleet.wait("the return of every host", 60, |counts| counts.known >= again).await?;
        let known = Instant::now();
        listed(&farm, hosts).await?;
        let whole = Instant::now();
        let name = |what: &str| format!("rebuild_{hosts}{what}");
        figure(&name(""), (whole - killed).as_secs_f64(), "s", None);
        figure(&name("_start"), (ready - killed).as_secs_f64(), "s", None);
        figure(&name("_since_ready"), (whole - ready).as_secs_f64(), "s", None);
        figure(&name("_list"), (whole - known).as_secs_f64(), "s", None);
        let used = process::processor_time(farm.resource.pid()).as_secs_f64() * 1e6 / hosts as f64;
        figure(&name("_server_cpu"), used, "us/host", None);
        figure(&name("_lost_links"), fleet.counts().links_lost as f64, "links", None);
        Ok(())
    }
}

/// Waits until people are told of so many hosts.
async fn listed(farm: &Farm, hosts: usize) -> Result<(), LoadError> {
    let begun = Instant::now();
    loop {
        let count = match farm.client().hosts(&model::HostSelect::default()).await {
            Ok(list) => list.len(),
            // The schedule server may not have found the new resource server yet.
            Err(wire::ClientError::Refused(_)) => 0,
            Err(error) => return Err(error.into()),
        };
        if count == hosts {
            return Ok(());
        }
        if begun.elapsed().as_secs() >= 60 {
            return Err(LoadError::Odd(format!("{count} of {hosts} hosts are on the list after 60 s")));
        }
        tokio::time::sleep(LOOK).await;
    }
}
