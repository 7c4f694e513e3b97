//! `framefarm host NAME`: all that is known of one render host.

use model::{AddressInfo, Door, GpuInfo, HostView, LicenceInfo, ResourceInfo, SetAsideView, ShareInfo};
use model::{SlotState, SlotView};
use serde::Serialize;

use super::super::now;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Facts, Failure, ago, bytes, duration};

/// The host, as `--json` tells of it.
#[derive(Debug, Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    host: &'a HostView,
    /// Empty while it may have frames of every job.
    set_aside: Vec<&'a SetAsideView>,
}

pub(super) async fn show(global: &Global, name: &str) -> Result<Exit, Failure> {
    let client = farm::client(global).await?;
    let host = client.host(name).await?;
    let aside = client.set_aside().await?;
    let aside: Vec<&SetAsideView> = aside.iter().filter(|one| one.host == host.name).collect();
    if global.json {
        output::json(&Told { host: &host, set_aside: aside })?;
    } else if global.quiet {
        output::line(&host.name)?;
    } else {
        output::text(facts(&host, &aside))?;
    }
    Ok(Exit::Done)
}

fn facts(host: &HostView, aside: &[&SetAsideView]) -> Facts {
    let info = &host.info;
    let mut facts = Facts::default();
    facts.add("host", Cell::new(&host.name));
    facts.add("state", host.state);
    if let Door::Closed { why, .. } = &host.door {
        facts.add("closed because", Cell::new(why));
    }
    for one in aside {
        let job = one.job.map_or_else(|| "every job".to_owned(), |job| format!("job {job}"));
        let left = duration(one.until.since_ms(now()));
        facts.add("set aside", Cell::new(format_args!("for {job}, {left} more: {}", one.why)));
    }
    facts.add("heard", Cell::new(ago(host.heard_at, now())));
    facts.add("machine", Cell::new(words(&[&info.machine_family, &info.machine_type])));
    facts.add_some("runs in", info.container.as_ref());
    facts.add("system", Cell::new(words(&[&info.os_family, &info.os_type, &info.os_version])));
    facts.add("processors", Cell::new(processors(info)));
    facts.add("memory", Cell::new(bytes(info.memory_bytes)));
    facts.add("swap", Cell::new(bytes(info.swap_bytes)));
    facts.add("scratch", Cell::new(format_args!("{} free", bytes(info.scratch_bytes))));
    each(&mut facts, "gpus", &info.gpus, gpu);
    each(&mut facts, "packages", &info.packages, |package| {
        words(&[&package.name, &package.version, &package.executable])
    });
    each(&mut facts, "licences", &info.licences, |LicenceInfo { name, source }| {
        format!("{name} by {source}")
    });
    each(&mut facts, "shares", &info.shares, |ShareInfo { path, source, kind }| {
        format!("{path} from {source} ({kind})")
    });
    each(&mut facts, "addresses", &info.addresses, address);
    facts.add("tags", Cell::new(listed(&info.tags)));
    facts.add("pools", Cell::new(listed(&info.pools)));
    facts.add_some("framefarm", Some(&info.framefarm).filter(|version| !version.is_empty()));
    each(&mut facts, "slots", &host.slots, slot);
    facts
}

/// A line for each, the first with the name of them all.
fn each<T>(facts: &mut Facts, name: &'static str, all: &[T], line: impl Fn(&T) -> String) {
    if all.is_empty() {
        facts.add(name, Cell::new("-"));
    }
    for (i, one) in all.iter().enumerate() {
        facts.add(if i == 0 { name } else { "" }, Cell::new(line(one)));
    }
}

/// `16 (2 sockets, 8 cores, 32 threads) AMD EPYC 7232P, 3100 MHz`.
fn processors(info: &ResourceInfo) -> String {
    let mut text = info.processors.to_string();
    let counts = [
        (info.processor_sockets, "sockets"),
        (info.processor_cores, "cores"),
        (info.processor_threads, "threads"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let known: Vec<String> = counts.map(|(count, noun)| format!("{noun} {count}")).collect();
    if !known.is_empty() {
        text.push_str(&format!(" ({})", known.join(", ")));
    }
    let sort = words(&[&info.processor_family, &info.processor_type]);
    if sort != "-" {
        text.push_str(&format!(" {sort}"));
    }
    if info.processor_mhz > 0 {
        text.push_str(&format!(", {} MHz", info.processor_mhz));
    }
    text
}

fn gpu(gpu: &GpuInfo) -> String {
    let memory = if gpu.memory_bytes > 0 { format!(", {}", bytes(gpu.memory_bytes)) } else { String::new() };
    let driver = if gpu.driver.is_empty() { String::new() } else { format!(", driver {}", gpu.driver) };
    format!("{}{memory}{driver}", gpu.model)
}

fn address(address: &AddressInfo) -> String {
    words(&[&address.interface, &address.address, &address.hardware])
}

fn slot(slot: &SlotView) -> String {
    match &slot.now {
        SlotState::Free => format!("{} free", slot.slot),
        SlotState::Busy { frame, since } => {
            let job = frame.job;
            format!("{} busy with job {job} for {}", slot.slot, duration(now().since_ms(*since)))
        }
    }
}

/// Those of the words that say something.
fn words(words: &[&str]) -> String {
    let said: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(" ") }
}

fn listed(words: &[String]) -> String {
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}
