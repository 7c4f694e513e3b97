//! `framefarm probe`: what this machine would say of itself as a render host, and why.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use model::ResourceInfo;
use packages::Library;
use serde_json::{Value, json};
use server::inventory::{Answer, Finding, Found, Inventory};

use super::serve::render_data;
use crate::cli::Global;
use crate::output::{self, Cell, Exit, Facts, Failure, bytes};

/// Columns that a line of names may take.
const COLUMNS: usize = 100;

/// Say what this machine has, as a render server on it would
///
/// Shows the machine, what a container or a limit leaves of it, and for each rendering package where it was
/// looked for and what its programs answered. Needs no farm, and starts nothing but programs that are asked
/// for their version.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm probe
  framefarm probe --json | jq .info.gpus")]
pub(crate) struct Probe {
    /// Folder where frames would work, for the space that is free there
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Account that packages are asked as, where this command is root
    #[arg(long, value_name = "NAME")]
    render_user: Option<String>,
}

impl Probe {
    pub(crate) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let (library, scratch) = (Arc::new(Library::embedded()), self.scratch.as_deref());
        let inventory = Inventory::of_host(&render_data()?, scratch, self.render_user.as_deref(), library);
        let mut inventory = inventory.map_err(|error| Failure::Misuse {
            what: error.to_string(),
            hint: error.hint().unwrap_or_else(|| "name another: --render-user NAME".to_owned()),
        })?;
        let Found { info, packages } = inventory.look();
        if global.json {
            output::json(&json!({
                "info": info,
                "packages": packages.iter().map(in_json).collect::<Vec<_>>(),
            }))?;
        } else if global.quiet {
            for package in &info.packages {
                output::line(format!("{} {}", package.name, package.version))?;
            }
        } else {
            output::text(facts(&info, inventory.scratch()))?;
            for finding in &packages {
                output::text(format!("\n{} ({})\n", finding.name, finding.title))?;
                output::text(story(finding))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn facts(info: &ResourceInfo, scratch: &Path) -> Facts {
    let mut facts = Facts::default();
    add(&mut facts, "machine", joined(&[&info.machine_family, &info.machine_type]));
    add(&mut facts, "system", joined(&[&info.os_family, &info.os_type, &info.os_version]));
    facts.add_some("container", info.container.as_ref());
    add(&mut facts, "processors", processors(info));
    add(&mut facts, "processor", joined(&[&info.processor_family, &info.processor_type, &speed(info)]));
    add(&mut facts, "memory", format!("{}, swap {}", bytes(info.memory_bytes), bytes(info.swap_bytes)));
    add(&mut facts, "scratch", format!("{} free in {}", bytes(info.scratch_bytes), scratch.display()));
    let gpus = info.gpus.iter().enumerate().map(|(place, gpu)| {
        let memory =
            if gpu.memory_bytes == 0 { "memory unknown".to_owned() } else { bytes(gpu.memory_bytes) };
        joined(&[&format!("{place}: {}", gpu.model), &memory, &gpu.driver])
    });
    several(&mut facts, "GPUs", gpus);
    let addresses = info.addresses.iter();
    let address = addresses.map(|it| joined(&[&it.interface, &it.address, &it.hardware]));
    several(&mut facts, "addresses", address);
    let shares = info.shares.iter().map(|it| format!("{} is {} ({})", it.path, it.source, it.kind));
    several(&mut facts, "shares", shares);
    let licences = info.licences.iter().map(|it| format!("{}, as {} shows", it.name, it.source));
    several(&mut facts, "licences", licences);
    add(&mut facts, "framefarm", info.framefarm.as_str());
    facts
}

/// `4 of 64 may be used (2 sockets, 32 cores)`.
fn processors(info: &ResourceInfo) -> String {
    let of = if info.processor_threads > info.processors {
        format!("{} of {} may be used", info.processors, info.processor_threads)
    } else {
        info.processors.to_string()
    };
    if info.processor_sockets == 0 {
        return of;
    }
    let sockets = output::plural(info.processor_sockets as usize, "socket");
    let cores = output::plural(info.processor_cores as usize, "core");
    let threads = output::plural(info.processor_threads as usize, "thread");
    format!("{of} ({sockets}, {cores}, {threads})")
}

fn speed(info: &ResourceInfo) -> String {
    if info.processor_mhz == 0 { String::new() } else { format!("{} MHz", info.processor_mhz) }
}

/// Those that say something.
fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ")
}

fn several(facts: &mut Facts, name: &'static str, values: impl Iterator<Item = String>) {
    let mut name = Some(name);
    for value in values {
        add(facts, name.take().unwrap_or_default(), value);
    }
    if let Some(name) = name {
        add(facts, name, "none found");
    }
}

fn add(facts: &mut Facts, name: &'static str, value: impl std::fmt::Display) {
    facts.add(name, Cell::new(value));
}

/// Why a package was found or missed.
fn story(finding: &Finding) -> Facts {
    let mut facts = Facts::default();
    for (path, answer) in &finding.programs {
        let path = path.display();
        match answer {
            Answer::Version(version) if version.is_empty() => add(&mut facts, "  found", format!("{path}")),
            Answer::Version(version) => add(&mut facts, "  found", format!("{version} at {path}")),
            Answer::Else(said) if said.is_empty() => {
                add(&mut facts, "  left out", format!("{path} says nothing when asked for its version"));
            }
            Answer::Else(said) => {
                add(&mut facts, "  left out", format!("{path} says no version but: {said}"));
            }
            Answer::Nothing(why) => add(&mut facts, "  left out", why.as_str()),
        }
    }
    for missed in &finding.missed {
        add(&mut facts, "  left out", missed.why.to_string());
    }
    if finding.programs.is_empty() && finding.missed.is_empty() {
        add(&mut facts, "  missing", format!("no {} in any of these folders", finding.names.join(" or ")));
    }
    let folders = finding.folders.iter().map(|folder| folder.display().to_string());
    let mut name = "  looked in";
    for line in lines(folders, COLUMNS - 14) {
        add(&mut facts, std::mem::take(&mut name), line);
    }
    let mut name = "  not there";
    for line in lines(finding.nowhere.iter().cloned(), COLUMNS - 14) {
        add(&mut facts, std::mem::take(&mut name), line);
    }
    facts
}

/// Words with blanks between them, in lines of `columns` at most where the words let it.
fn lines(words: impl Iterator<Item = String>, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= columns) {
            Some(line) => {
                line.push(' ');
                line.push_str(&word);
            }
            None => lines.push(word),
        }
    }
    lines
}

fn in_json(finding: &Finding) -> Value {
    let program = |(path, answer): &(PathBuf, Answer)| match answer {
        Answer::Version(version) => json!({ "path": path, "version": version }),
        Answer::Else(said) => json!({ "path": path, "said": said }),
        Answer::Nothing(why) => json!({ "path": path, "why": why }),
    };
    let missed = finding.missed.iter().map(|it| json!({ "path": it.path, "why": it.why.to_string() }));
    json!({
        "name": finding.name,
        "title": finding.title,
        "names": finding.names,
        "folders": finding.folders,
        "nowhere": finding.nowhere,
        "programs": finding.programs.iter().map(program).chain(missed).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_well() {
        let info = ResourceInfo {
            machine_family: "x86_64".into(),
            os_family: "linux".into(),
            processors: 4,
            processor_sockets: 1,
            processor_cores: 32,
            processor_threads: 64,
            memory_bytes: 8 << 30,
            container: Some("docker".into()),
            ..ResourceInfo::default()
        };
        let finding = Finding {
            name: "povray".into(),
            title: "POV-Ray".into(),
            names: vec!["povray".into()],
            folders: (0..12).map(|number| format!("/opt/folder-{number}").into()).collect(),
            nowhere: vec!["/opt/povray*".into()],
            programs: vec![
                ("/usr/bin/povray".into(), Answer::Version("3.7.0.10".into())),
                ("/opt/bin/povray".into(), Answer::Else("Segmentation fault".into())),
                ("/old/povray".into(), Answer::Nothing("/old/povray did not end within 20000 ms".into())),
            ],
            missed: Vec::new(),
        };
        let text = format!("{}\n{}", facts(&info, Path::new("/srv")), story(&finding));
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
        let missing = Finding { programs: Vec::new(), ..finding };
        let text = story(&missing).to_string();
        assert!(text.contains("no povray in any of these folders"), "{text}");
    }
}
