//! `framefarm log`: what the rendering package wrote.

use clap::Args;
use model::{AttemptNumber, JobId};
use wire::client::LogOf;

use crate::cli::Global;
use crate::farm;
use crate::output::{Exit, Failure};

/// Print what a frame's rendering package wrote
///
/// Logs of failed attempts are kept as well. Of an attempt that still runs, what has arrived is printed.
/// A log is text with --json too.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm log 17 42
  framefarm log 17 42 --attempt 1         the first of several tries")]
pub(crate) struct Log {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
    /// Number of the frame
    #[arg(value_name = "FRAME", allow_negative_numbers = true)]
    frame: i64,
    /// Which attempt, from 1; the latest where not given
    #[arg(long, value_name = "N")]
    attempt: Option<AttemptNumber>,
    /// Which step, in a job of several
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
}

impl Log {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let of = LogOf { attempt: self.attempt, step: self.step.as_deref() };
        let length = client.log(self.id, self.frame, of, &mut tokio::io::stdout()).await?;
        if length == 0 {
            global.talk().say("the log is empty so far");
        }
        Ok(Exit::Done)
    }
}
