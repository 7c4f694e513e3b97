//! `framefarm hosts`: the render hosts of the farm and what they have.

use clap::Args;
use model::{HostView, PackageInfo};

use super::now;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, ago, bytes};

/// List the render hosts of the farm
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm hosts
  framefarm hosts --json | jq '.[].info.packages'")]
pub(crate) struct Hosts {}

impl Hosts {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let hosts = farm::client(global).await?.hosts().await?;
        if global.json {
            output::json(&hosts)?;
        } else if global.quiet {
            hosts.iter().try_for_each(|host| output::line(&host.name))?;
        } else if hosts.is_empty() {
            global.talk().say("no render hosts; `framefarm serve render` on a machine adds it to the farm");
        } else {
            output::text(table(&hosts))?;
        }
        Ok(Exit::Done)
    }
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
