//! `framefarm jobs`: the jobs of the farm.

use clap::Args;
use model::{JobSelect, JobState, JobView};

use super::now;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, ago, percent};

/// List the jobs of the farm
///
/// Jobs that have not ended come first, in the order in which they are served; then those that ended, the
/// latest first.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm jobs
  framefarm jobs --open --quiet | xargs framefarm kill
  framefarm jobs --json | jq '.[] | select(.state == \"failed\") | .name'")]
pub(crate) struct Jobs {
    /// Only those of this user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only those that have not ended
    #[arg(long)]
    open: bool,
}

impl Jobs {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let open =
            if self.open { vec![JobState::Queued, JobState::Active, JobState::Held] } else { Vec::new() };
        let select = JobSelect { user: self.user, state: open, ..JobSelect::default() };
        let jobs = farm::client(global).await?.jobs(&select).await?;
        if global.json {
            output::json(&jobs)?;
        } else if global.quiet {
            jobs.iter().try_for_each(|job| output::line(&job.id))?;
        } else if jobs.is_empty() {
            global.talk().say("no jobs; `framefarm submit scene.pov --frames 1-10` makes one");
        } else {
            output::text(table(&jobs))?;
        }
        Ok(Exit::Done)
    }
}

fn table(jobs: &[JobView]) -> Table {
    let heads =
        &[">ID", "NAME", "STATE", ">PRIO", ">FRAMES", ">PROGRESS", "USER", "SUBMITTED", "WAITING BECAUSE"];
    let mut table = Table::new(heads);
    let now = now();
    for job in jobs {
        let frames = match job.frames_failed {
            0 => format!("{}/{}", job.frames_done, job.frames_total),
            failed => format!("{}/{} ({failed} failed)", job.frames_done, job.frames_total),
        };
        table.row([
            Cell::new(&job.id),
            Cell::new(&job.name),
            job.state.into(),
            Cell::new(job.priority),
            Cell::new(frames),
            Cell::new(percent(job.progress_permille)),
            Cell::new(&job.user),
            Cell::new(ago(job.submitted_at, now)),
            Cell::of(job.waiting_because.as_ref()),
        ]);
    }
    table
}
