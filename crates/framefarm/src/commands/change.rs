//! `framefarm kill`, `hold`, `release`, `retry` and `priority`: what changes a job that is there.

use clap::Args;
use model::{JobId, JobVerb, JobView};

use super::which::Which;
use wire::Client;
use wire::client::ClientError;

use crate::cli::Global;
use crate::farm;
use crate::output::{self, Exit, Failure};

/// End jobs at once
///
/// What runs is stopped; frames that are done stay in the storage.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm kill 17 18
  framefarm kill --user anna --state queued,held
  framefarm kill --text test --dry-run          which that would be")]
pub(crate) struct Kill {
    #[command(flatten)]
    which: Which,
}

/// Start nothing new of jobs
///
/// What runs goes on to its end.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm hold 17")]
pub(crate) struct Hold {
    #[command(flatten)]
    which: Which,
}

/// Let held jobs go on
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm release 17")]
pub(crate) struct Release {
    #[command(flatten)]
    which: Which,
}

/// Try the failed frames of jobs again
///
/// With a fresh count of tries. A job that had ended goes on; what is done stays done.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  framefarm retry 17\n  framefarm retry --state failed --user anna")]
pub(crate) struct Retry {
    #[command(flatten)]
    which: Which,
}

/// Give a job another priority
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm priority 17 10")]
pub(crate) struct Priority {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
    /// 0 goes first, 100 last; 50 is usual
    #[arg(value_name = "N", allow_negative_numbers = true)]
    priority: i32,
}

impl Kill {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.which.is_by_number()? {
            true => change(global, &self.which.ids, "killed", async |client, id| client.kill(id).await).await,
            false => self.which.order(global, JobVerb::Kill, "killed").await,
        }
    }
}

impl Hold {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.which.is_by_number()? {
            true => {
                change(global, &self.which.ids, "on hold", async |client, id| client.hold(id).await).await
            }
            false => self.which.order(global, JobVerb::Hold, "on hold").await,
        }
    }
}

impl Release {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.which.is_by_number()? {
            true => {
                change(global, &self.which.ids, "released", async |client, id| client.release(id).await).await
            }
            false => self.which.order(global, JobVerb::Release, "released").await,
        }
    }
}

impl Retry {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.which.is_by_number()? {
            true => {
                change(global, &self.which.ids, "tried again", async |client, id| client.retry(id).await)
                    .await
            }
            false => self.which.order(global, JobVerb::Retry, "tried again").await,
        }
    }
}

impl Priority {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let word = format!("has priority {}", self.priority);
        change(global, &[self.id], &word, async |client, id| client.set_priority(id, self.priority).await)
            .await
    }
}

/// Does `call` for each job. One that cannot be changed does not keep the others from it; the worst of all
/// outcomes is the exit code.
async fn change(
    global: &Global,
    ids: &[JobId],
    word: &str,
    call: impl AsyncFn(&Client, JobId) -> Result<JobView, ClientError>,
) -> Result<Exit, Failure> {
    let client = farm::client(global).await?;
    let mut changed = Vec::new();
    let mut exit = Exit::Done;
    for id in ids {
        match call(&client, *id).await {
            Ok(job) => {
                global.talk().say(format_args!("job {} {:?} {word}", job.id, job.name));
                changed.push(job);
            }
            Err(error) => {
                let failure = Failure::from(error);
                // Where even stderr is gone, the exit code has to say it.
                let _ = failure.report(anstream::stderr());
                exit = exit.max(failure.exit());
            }
        }
    }
    if global.json {
        output::json(&changed)?;
    } else if global.quiet {
        changed.iter().try_for_each(|job| output::line(&job.id))?;
    }
    Ok(exit)
}
