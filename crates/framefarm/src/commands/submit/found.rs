//! What a job takes along, as people are shown it before anything travels.

use std::collections::BTreeMap;
use std::path::Path;

use describe::Prepared;
use model::{ELSEWHERE, Fault, JobDescription, JobFile};

use crate::cli::Global;
use crate::output::{self, Cell, Exit, Failure, Table, bytes, plural};

/// Folders that are named in one sentence.
const FOLDERS_MAX: usize = 4;

/// How many files there are, how large, and from which folders: `12 files, 3.4 MiB: 10 in /film, 2 in /tex`.
pub(super) fn summary(job: &JobDescription) -> Option<String> {
    if job.files.is_empty() {
        return None;
    }
    let total: u64 = job.files.iter().map(|file| file.bytes).sum();
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for file in &job.files {
        let folder = Path::new(&file.original).parent().unwrap_or(Path::new("/"));
        *folders.entry(folder.display().to_string()).or_default() += 1;
    }
    let mut folders: Vec<(String, usize)> = folders.into_iter().collect();
    folders.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut parts: Vec<String> =
        folders.iter().take(FOLDERS_MAX).map(|(folder, count)| format!("{count} in {folder}")).collect();
    if folders.len() > FOLDERS_MAX {
        parts.push(format!("the rest in {}", plural(folders.len() - FOLDERS_MAX, "more folder")));
    }
    Some(format!("takes along {} ({}): {}", plural(job.files.len(), "file"), bytes(total), parts.join(", ")))
}

/// The fault that a missing file is, with what to do besides.
pub(super) fn as_faults(missing: &[Fault]) -> model::Faults {
    model::Faults(missing.to_vec())
}

/// Shows everything that would travel and everything that is missing, and submits nothing.
pub(super) fn dry_run(global: &Global, prepared: &Prepared, subject: String) -> Result<Exit, Failure> {
    let job = &prepared.job;
    if global.json {
        let list = |faults: &[Fault]| {
            faults.iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect::<Vec<_>>()
        };
        output::json(&serde_json::json!({
            "job": job,
            "missing": list(&prepared.missing),
            "warnings": list(&prepared.warnings),
        }))?;
    } else if global.quiet {
        job.files.iter().try_for_each(|file| output::line(&file.original))?;
    } else {
        output::text(table(&job.files))?;
        global.talk().say(format_args!(
            "job {:?} {}",
            job.name,
            summary(job).unwrap_or_else(|| "takes no file along".to_owned())
        ));
        global.talk().say("nothing was sent: this was a dry run");
    }
    if prepared.missing.is_empty() || prepared.allows_missing {
        return Ok(Exit::Done);
    }
    Err(Failure::Faults { subject, faults: as_faults(&prepared.missing) })
}

fn table(files: &[JobFile]) -> Table {
    let mut table = Table::new(&["FILE", ">SIZE", "FROM"]);
    for file in files {
        let path = file.path.as_str();
        // Its path says where it is from.
        let elsewhere = path.strip_prefix(ELSEWHERE).is_some_and(|rest| rest == file.original);
        let from = if elsewhere { "(its own path)" } else { file.original.as_str() };
        table.row([Cell::new(path), Cell::new(bytes(file.bytes)), Cell::new(from)]);
    }
    table
}
