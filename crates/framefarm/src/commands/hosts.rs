//! `framefarm hosts` and `forgive`: the render hosts of the farm, what they have, and which are set aside.

use std::time::Duration;

use clap::Args;
use model::preferences;
use model::{
    Clause, Faults, HostSelect, HostState, HostView, MatchView, NearHost, PackageInfo, ResourceList,
    SetAsideView,
};
use serde::Serialize;
use wire::Client;
use wire::client::ClientError;

use super::now;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, ago, bytes, duration, plural};

/// Between two looks of `--watch`.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// So many reasons why others do not match are told.
const REASONS_MAX: usize = 5;
/// Clears a terminal below the place where its text begins.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// List the render hosts of the farm
///
/// With --need only those that match, and why the others do not; where none does, the nearest with what they
/// lack.
///
/// A host that fails frames which others render is set aside for a while, for that job or altogether; those
/// are listed below the others, with why.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Hosts {
    /// Only hosts that match; may be given several times
    #[arg(long, value_name = "NEEDS")]
    need: Vec<String>,
    /// Which of them go first
    #[arg(long, value_name = "NEEDS")]
    prefer: Vec<String>,
    /// Show them again whenever they change, until you stop it
    #[arg(long)]
    watch: bool,
}

const EXAMPLES: &str = "\
Needs:
  host machine_family machine_type os_family os_type os_version processors processor_family processor_type
  processor_mhz processor_sockets processor_cores processor_threads memory swap scratch container framefarm
  address, gpus gpu_memory gpu_model, tag pool licence share, and rendering packages by their names

Examples:
  framefarm hosts
  framefarm hosts --need 'os=linux, memory>=16G, blender=4.x'
  framefarm hosts --need 'any(gpu_memory>=8G, cpus>=32), not tag=slow' --prefer 'memory>=64G:2, tag=fast'
  framefarm hosts --watch
  framefarm hosts --json | jq '.[].info.packages'";

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

/// Hosts that match, as `--json` tells of them.
#[derive(Debug, Serialize)]
struct ToldMatch<'a> {
    profile: &'a str,
    hosts: Vec<Told<'a>>,
    list: &'a ResourceList,
}

/// What is shown at once.
struct Seen {
    hosts: Vec<HostView>,
    /// Where a profile was asked: as it was understood, and why others do not match.
    matched: Option<(String, ResourceList)>,
    aside: Vec<SetAsideView>,
}

impl Hosts {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let (needs, prefer) = (self.need.join(", "), self.prefer.join(", "));
        self.check()?;
        let seen = look(&farm::client(global).await?, global, &needs, &prefer).await?;
        seen.show(global)?;
        if self.watch {
            keep_showing(global, &needs, &prefer, seen).await?;
        }
        Ok(Exit::Done)
    }

    /// Finds every fault of the flags before anybody is asked.
    fn check(&self) -> Result<(), Failure> {
        let mut faults = Faults::default();
        for text in &self.need {
            Clause::read("--need", text, &mut faults);
        }
        for text in &self.prefer {
            preferences("--prefer", text, &mut faults);
        }
        faults.or(()).map_err(|faults| Failure::Needs { faults })
    }
}

async fn look(client: &Client, global: &Global, needs: &str, prefer: &str) -> Result<Seen, ClientError> {
    let (hosts, matched) = if needs.is_empty() && prefer.is_empty() {
        (client.hosts(&HostSelect::default()).await?, None)
    } else {
        let MatchView { profile, hosts, list } = client.matching_hosts(needs, prefer).await?;
        (hosts, Some((profile, list)))
    };
    // Whoever wants names alone is not told who is set aside.
    let aside = if global.quiet && !global.json { Vec::new() } else { client.set_aside().await? };
    Ok(Seen { hosts, matched, aside })
}

/// Shows the hosts again whenever something of them has changed, for ever.
async fn keep_showing(global: &Global, needs: &str, prefer: &str, mut last: Seen) -> Result<(), Failure> {
    let lively = global.talk().is_lively() && !global.json;
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        // Looked for anew each time: a server that was started again may listen on another port.
        let seen = match farm::client(global).await {
            Ok(client) => look(&client, global, needs, prefer).await,
            Err(error) => Err(error),
        };
        let seen = match seen {
            Ok(seen) => seen,
            Err(error) if farm::is_away(&error) => {
                global.talk().warn(format_args!("the farm is away, looking again: {error}"));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        // On a terminal the times go on, elsewhere only what happened is told.
        if lively || seen.differs(&last) {
            if lively {
                output::text(CLEAR)?;
            }
            seen.show(global)?;
        }
        last = seen;
    }
}

impl Seen {
    fn show(&self, global: &Global) -> Result<(), Failure> {
        if global.json {
            let of = |host: &HostView| self.aside.iter().filter(|one| one.host == host.name).collect();
            let told = |host| Told { host, set_aside: of(host) };
            let hosts: Vec<Told<'_>> = self.hosts.iter().map(told).collect();
            match &self.matched {
                Some((profile, list)) => output::json(&ToldMatch { profile, hosts, list })?,
                None => output::json(&hosts)?,
            }
            return Ok(());
        }
        if global.quiet {
            return Ok(self.hosts.iter().try_for_each(|host| output::line(&host.name))?);
        }
        if !self.hosts.is_empty() {
            output::text(table(&self.hosts))?;
            if !self.aside.is_empty() {
                output::text(format_args!("\n{}", set_aside(&self.aside)))?;
            }
        }
        match &self.matched {
            Some((_, list)) => global.talk().say(explanation(&self.hosts, list)),
            None if self.hosts.is_empty() => {
                global
                    .talk()
                    .say("no render hosts; `framefarm serve render` on a machine adds it to the farm");
            }
            None => {}
        }
        Ok(())
    }

    /// Whether anything but the time of the last word is otherwise.
    fn differs(&self, other: &Self) -> bool {
        let timeless = |hosts: &[HostView]| -> Vec<HostView> {
            hosts.iter().map(|host| HostView { heard_at: model::Time(0), ..host.clone() }).collect()
        };
        timeless(&self.hosts) != timeless(&other.hosts)
            || self.matched != other.matched
            || self.aside != other.aside
    }
}

/// How many match, why others do not, and which come nearest.
fn explanation(hosts: &[HostView], list: &ResourceList) -> String {
    let total = list.hosts_total;
    let closed = |host: &&HostView| matches!(host.state, HostState::Closed | HostState::Draining);
    let closed = hosts.iter().filter(closed).count();
    let mut text = match (hosts.len(), total) {
        (_, 0) => "the resource server knows no render host yet".to_owned(),
        (0, total) => format!("none of {} matches", plural(total as usize, "host")),
        (some, total) => {
            let ending = if some == 1 { "es" } else { "" };
            format!("{some} of {} match{ending}", plural(total as usize, "host"))
        }
    };
    if closed > 0 {
        text.push_str(&format!("; {closed} of them closed for now"));
    }
    let reasons = &list.rejections;
    for (i, reason) in reasons.iter().take(REASONS_MAX).enumerate() {
        let before = if i == 0 { "\n  others do not: " } else { ", " };
        text.push_str(&format!("{before}{} ({})", reason.lacking, plural(reason.hosts as usize, "host")));
    }
    if reasons.len() > REASONS_MAX {
        text.push_str(&format!(", and {} more", plural(reasons.len() - REASONS_MAX, "reason")));
    }
    for NearHost { host, lacks, alike } in &list.nearest {
        let others = if *alike > 1 { format!(" and {} alike", alike - 1) } else { String::new() };
        text.push_str(&format!("\n  near: {host}{others}: {}", lacks.join("; ")));
    }
    if list.rebuilding {
        text.push_str("\n  the resource server has just started and is still finding hosts");
    }
    text
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
