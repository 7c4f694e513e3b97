//! `framefarm journal`: what a server has recorded, and whether it is whole. Reads the data folder itself, so
//! that it also works where no server starts.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use model::{JobId, Time};
use serde_json::Value;
use server::upkeep::{CheckReport, RecordLine, RecordsError, Selection, check_data, show_records};

use super::job_id;
use super::serve::schedule_data;
use crate::cli::Global;
use crate::output::{self, Cell, Exit, Failure, Table, clock, plural};

/// Look at the journals of a data folder, and check them
///
/// A journal holds everything that a server has to know after a restart. The server may be running: nothing
/// is disturbed or changed.
#[derive(Args, Debug)]
pub(crate) struct Journal {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List records
    Show(Show),
    /// Check every row, snapshot and content; exit code 1 where something is wrong
    Check(Check),
    /// Write records as JSON, one on a line
    Export(Export),
}

#[derive(Args, Debug)]
struct Where {
    /// Data folder of the server; the one of `framefarm up` where not given
    #[arg(long, value_name = "DIR", env = "FRAMEFARM_DATA", hide_env_values = true)]
    data: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Which {
    /// Only from this record on
    #[arg(long, value_name = "N")]
    from: Option<u64>,
    /// Only up to this record
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// Only what is about this job
    #[arg(long, value_name = "ID", value_parser = job_id)]
    job: Option<JobId>,
    /// Whose journal: schedule, render or access; the first that is there where not given
    #[arg(long, value_name = "ROLE", value_parser = ["schedule", "render", "access"])]
    role: Option<String>,
}

#[derive(Args, Debug)]
struct Show {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    place: Where,
}

#[derive(Args, Debug)]
struct Check {
    #[command(flatten)]
    place: Where,
}

#[derive(Args, Debug)]
struct Export {
    /// File to write; standard output where not given
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    place: Where,
}

impl Journal {
    pub(crate) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.what {
            What::Show(show) => show.run(global),
            What::Check(check) => check.run(global),
            What::Export(export) => export.run(global),
        }
    }
}

impl Where {
    fn folder(self) -> Result<PathBuf, Failure> {
        self.data.map_or_else(schedule_data, Ok)
    }
}

impl Which {
    fn selection(self) -> Selection {
        Selection { role: self.role, from: self.from, to: self.to, job: self.job }
    }
}

impl Show {
    fn run(self, global: &Global) -> Result<Exit, Failure> {
        let (data, selection) = (self.place.folder()?, self.which.selection());
        if global.json {
            return lines(&data, &selection, BufWriter::new(io::stdout().lock()));
        }
        let mut table = Table::new(&[">RECORD", "WHEN", "KIND", ">JOB", ">LEASE", "WHAT"]);
        let mut numbers = Vec::new();
        let read = show_records(&data, &selection, |line| {
            numbers.push(line.number);
            let at = line.at.map(|at| clock(Time(at)));
            table.row([
                Cell::new(line.number),
                Cell::of(at),
                Cell::new(if line.kind.is_empty() { "unreadable" } else { &line.kind }),
                Cell::of(line.job),
                Cell::of(line.lease),
                Cell::new(summary(&line)),
            ]);
            Ok(())
        });
        // What is before the damage is shown all the same.
        match global.quiet {
            true => numbers.iter().try_for_each(output::line)?,
            false => output::text(table)?,
        }
        read.map(|()| Exit::Done).map_err(Failure::from)
    }
}

/// The fields that have no column of their own, as short as can be.
fn summary(line: &RecordLine) -> String {
    const LENGTH_MAX: usize = 100;
    let Value::Object(fields) = &line.fields else { return line.fields.to_string() };
    let shown = fields.iter().filter(|(name, _)| !["at", "job", "lease"].contains(&name.as_str()));
    let text: Vec<String> = shown.map(|(name, value)| format!("{name}={}", brief(value))).collect();
    let text = text.join(" ");
    if text.chars().count() <= LENGTH_MAX {
        return text;
    }
    text.chars().take(LENGTH_MAX - 3).chain("...".chars()).collect()
}

fn brief(value: &Value) -> String {
    match value {
        Value::String(text) if !text.contains(' ') && !text.is_empty() => text.clone(),
        // A job's whole description would hide everything else; its name tells which it is.
        Value::Object(fields) if fields.contains_key("steps") => {
            fields.get("name").map(brief).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

impl Export {
    fn run(self, global: &Global) -> Result<Exit, Failure> {
        let (data, selection) = (self.place.folder()?, self.which.selection());
        let Some(path) = self.file else {
            return lines(&data, &selection, BufWriter::new(io::stdout().lock()));
        };
        let file = File::create(&path).map_err(|error| Failure::file("write", &path, error))?;
        match lines(&data, &selection, BufWriter::new(file)) {
            Err(Failure::Stdout(error)) => Err(Failure::file("write", &path, error)),
            Err(other) => Err(other),
            Ok(exit) => {
                global.talk().say(format_args!("{} is written", path.display()));
                Ok(exit)
            }
        }
    }
}

/// Writes each record as JSON on a line of its own.
fn lines(data: &Path, selection: &Selection, mut to: impl Write) -> Result<Exit, Failure> {
    let read = show_records(data, selection, |line| {
        serde_json::to_writer(&mut to, &line)?;
        writeln!(to)
    });
    to.flush()?;
    match read {
        Ok(()) => Ok(Exit::Done),
        Err(RecordsError::Write(error)) => Err(Failure::Stdout(error)),
        Err(other) => Err(other.into()),
    }
}

impl Check {
    fn run(self, global: &Global) -> Result<Exit, Failure> {
        let report = check_data(&self.place.folder()?)?;
        match (global.json, global.quiet) {
            (true, _) => output::json(&report)?,
            (false, true) => report.faults.iter().try_for_each(|fault| output::line(&fault.place))?,
            (false, false) => output::text(told(&report))?,
        }
        Ok(if report.faults.is_empty() { Exit::Done } else { Exit::Failed })
    }
}

/// The report for people.
fn told(report: &CheckReport) -> String {
    let mut text = String::new();
    let mut say = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    for journal in &report.journals {
        let (records, snapshots) = (count(journal.records, "record"), count(journal.snapshots, "snapshot"));
        say(format!("{}: {records}, {snapshots}", journal.path.display()));
    }
    say(format!("{} of jobs that have not ended", count(report.contents, "content")));
    for one in &report.quarantined {
        say(format!("set aside earlier: {}: {}", one.path.display(), one.why));
    }
    for fault in &report.faults {
        say(format!("fault: {}: {}\n  hint: {}", fault.place, fault.what, fault.hint));
    }
    match report.faults.len() {
        0 => say("all is well".to_owned()),
        faults => say(plural(faults, "fault")),
    }
    text
}

fn count(number: u64, what: &str) -> String {
    plural(usize::try_from(number).unwrap_or(usize::MAX), what)
}
