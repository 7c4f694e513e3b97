//! `framefarm why`: what the frames of a job wait for.

use clap::Args;
use model::{JobId, WhyView};

use super::parts::fold_whys;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table};

/// Say why a job waits
///
/// A line for each step that has frames which wait, with the reason that has to go first. Those who decide it
/// say it, so it is the reason.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm why 17
  framefarm why 17 --json | jq '.[].reason'")]
pub(crate) struct Why {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
}

impl Why {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let whys = farm::client(global).await?.why(self.id).await?;
        if global.json {
            output::json(&whys)?;
        } else if global.quiet {
            whys.iter().try_for_each(|why| output::line(&why.step))?;
        } else if whys.is_empty() {
            global.talk().say(format_args!("no frame of job {} waits", self.id));
        } else {
            output::text(table(&whys))?;
        }
        Ok(Exit::Done)
    }
}

fn table(whys: &[WhyView]) -> Table {
    let mut table = Table::new(&["STEP", ">WAITING", "REASON"]);
    for (step, waiting, sentence) in fold_whys(whys) {
        table.row([Cell::new(step), Cell::new(waiting), Cell::new(sentence)]);
    }
    table
}
