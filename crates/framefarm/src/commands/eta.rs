//! `framefarm eta`: when a job will end.

use clap::Args;
use model::JobId;

use super::now;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Exit, Failure, duration};

/// Say when a job will end, and how certain that is
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm eta 17
  framefarm eta 17 --json | jq .at         milliseconds since 1970")]
pub(crate) struct Eta {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
}

impl Eta {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let job = farm::client(global).await?.job(self.id).await?;
        if global.json {
            output::json(&job.eta)?;
            return Ok(Exit::Done);
        }
        let now = now();
        let line = match job.eta {
            Some(eta) => {
                let left = |at: model::Time| duration(at.since_ms(now));
                format!("in {} (from {} to {})", left(eta.at), left(eta.low), left(eta.high))
            }
            None if job.state.is_final() => format!("job {} has ended", self.id),
            None => match &job.waiting_because {
                Some(why) => format!("nobody can say yet: {why}"),
                None => "nobody can say before the first frame is done".to_owned(),
            },
        };
        output::line(line)?;
        Ok(Exit::Done)
    }
}
