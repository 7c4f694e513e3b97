//! `framefarm hosts` and `forgive`: the render hosts of the farm, what they have, and which are set aside.

use clap::Args;
use model::{HostView, PackageInfo, SetAsideView};
use serde::Serialize;

use super::now;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, ago, bytes, duration};

/// List the render hosts of the farm
///
/// A host that fails frames which others render is set aside for a while, for that job or altogether; those
/// are listed below the others, with why.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm hosts
  framefarm hosts --json | jq '.[].info.packages'")]
pub(crate) struct Hosts {}

/// Give a host that is set aside frames again
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm forgive fast-1")]
pub(crate) struct Forgive {
    /// Name of the host
    #[arg(value_name = "HOST")]
    host: String,
}

/// A host, as `--json` tells of it.
#[derive(Debug, Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    host: &'a HostView,
    /// Empty while it may have frames of every job.
    set_aside: Vec<&'a SetAsideView>,
}

impl Hosts {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let hosts = client.hosts().await?;
        // Whoever wants names alone is not told who is set aside.
        let aside = if global.quiet && !global.json { Vec::new() } else { client.set_aside().await? };
        if global.json {
            let of = |host: &HostView| aside.iter().filter(|one| one.host == host.name).collect();
            let told: Vec<Told<'_>> = hosts.iter().map(|host| Told { host, set_aside: of(host) }).collect();
            output::json(&told)?;
        } else if global.quiet {
            hosts.iter().try_for_each(|host| output::line(&host.name))?;
        } else if hosts.is_empty() {
            global.talk().say("no render hosts; `framefarm serve render` on a machine adds it to the farm");
        } else {
            output::text(table(&hosts))?;
            if !aside.is_empty() {
                output::text(format_args!("\n{}", set_aside(&aside)))?;
            }
        }
        Ok(Exit::Done)
    }
}

impl Forgive {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        farm::client(global).await?.forgive(&self.host).await?;
        global.talk().say(format_args!("host {} is given frames again", self.host));
        Ok(Exit::Done)
    }
}

fn set_aside(aside: &[SetAsideView]) -> Table {
    let mut table = Table::new(&["SET ASIDE", ">FOR JOB", "FORGIVEN IN", "WHY"]);
    for one in aside {
        table.row([
            Cell::new(&one.host),
            one.job.map_or_else(|| Cell::new("every"), Cell::new),
            Cell::new(duration(one.until.since_ms(now()))),
            Cell::new(&one.why),
        ]);
    }
    table
}

fn table(hosts: &[HostView]) -> Table {
    let heads =
        &["NAME", "STATE", ">BUSY", ">SLOTS", "SYSTEM", ">CPUS", ">MEMORY", "PACKAGES", "TAGS", "HEARD"];
    let mut table = Table::new(heads);
    for host in hosts {
        let info = &host.info;
        table.row([
            Cell::new(&host.name),
            host.state.into(),
            Cell::new(host.slots_busy),
            Cell::new(host.slots_total),
            Cell::new(format_args!("{} {} {}", info.os_type, info.os_version, info.machine_family)),
            Cell::new(info.processors),
            Cell::new(bytes(info.memory_bytes)),
            Cell::new(or_dash(&info.packages.iter().map(package).collect::<Vec<_>>())),
            Cell::new(or_dash(&info.tags)),
            Cell::new(ago(host.heard_at, now())),
        ]);
    }
    table
}

fn package(package: &PackageInfo) -> String {
    format!("{} {}", package.name, package.version).trim_end().to_owned()
}

fn or_dash(words: &[String]) -> String {
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}
