//! `framefarm backup` and `framefarm restore`: the queue of a farm in one file, and back. Both work on the
//! data folder itself, beside the server that uses it.

use std::path::PathBuf;

use clap::Args;
use server::upkeep::{back_up, restore_backup};

use super::serve::schedule_data;
use crate::cli::Global;
use crate::output::{self, Exit, Failure, bytes, plural};

/// Back a farm up to a file, while it runs
///
/// The file holds every job with all that is known of its frames, as of this moment, the users and members
/// of the farm, and the key of its authority: keep it as safe as the farm. It does not hold finished frames
/// (the storage), logs, nor what render servers keep; frames that are running when it is restored elsewhere
/// are rendered again. It can be opened by `tar` too.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// File to write, for instance farm.tar.zst
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Also back up the files that jobs need which have not ended
    #[arg(long)]
    content: bool,
    /// Data folder of the schedule server; the one of `framefarm up` where not given
    #[arg(long, value_name = "DIR", env = "FRAMEFARM_DATA", hide_env_values = true)]
    data: Option<PathBuf>,
}

impl Backup {
    pub(crate) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let data = self.data.map_or_else(schedule_data, Ok)?;
        let report = back_up(&data, &self.file, self.content)?;
        let talk = global.talk();
        for digest in &report.missing {
            talk.warn(format_args!("content {digest} is not whole in {}", data.display()));
        }
        let needed = usize::try_from(report.contents).unwrap_or(usize::MAX);
        if needed > 0 && !report.has_contents {
            talk.warn(format_args!(
                "{} that jobs need {} not in it: back up {} as well, or use --content",
                plural(needed, "content"),
                if needed == 1 { "is" } else { "are" },
                data.join("content").display()
            ));
        }
        match (global.json, global.quiet) {
            (true, _) => output::json(&report)?,
            (false, true) => output::line(report.path.display())?,
            (false, false) => {
                let jobs = plural(usize::try_from(report.jobs).unwrap_or(usize::MAX), "job");
                let (path, size) = (report.path.display(), bytes(report.bytes));
                output::line(format_args!("{path}: {jobs}, up to record {}, {size}", report.last_record))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Restore a backup into a new data folder
///
/// Stop the old farm first, or give the new one another name with --farm: render servers would find both. The
/// new farm gives none of the numbers that the old one may have given since the backup.
#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Data folder to make; it has to be empty or not there
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Restore {
    pub(crate) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let report = restore_backup(&self.file, &self.data)?;
        let talk = global.talk();
        if !report.missing.is_empty() {
            talk.warn(format_args!(
                "{} that jobs need {} not in the backup: copy the old data folder's `content` into {}, or submit \
                 those jobs again",
                plural(report.missing.len(), "content"),
                if report.missing.len() == 1 { "is" } else { "are" },
                report.data.display()
            ));
        }
        match (global.json, global.quiet) {
            (true, _) => output::json(&report)?,
            (false, true) => output::line(report.data.display())?,
            (false, false) => {
                let jobs = plural(usize::try_from(report.jobs).unwrap_or(usize::MAX), "job");
                output::line(format_args!("{}: {jobs}", report.data.display()))?;
                talk.say(format_args!("start it: framefarm up --data {}", report.data.display()));
            }
        }
        Ok(Exit::Done)
    }
}
