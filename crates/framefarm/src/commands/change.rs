//! `framefarm kill`, `hold`, `release`, `retry` and `priority`: what changes a job that is there.

use clap::Args;
use model::{JobId, JobView};
use wire::Client;
use wire::client::ClientError;

use crate::cli::Global;
use crate::farm;
use crate::output::{self, Exit, Failure};

/// End jobs at once
///
/// What runs is stopped; frames that are done stay in the storage.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm kill 17 18")]
pub(crate) struct Kill {
    /// Numbers of the jobs
    #[arg(value_name = "ID", required = true, value_parser = super::job_id)]
    ids: Vec<JobId>,
}

/// Start nothing new of jobs
///
/// What runs goes on to its end.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm hold 17")]
pub(crate) struct Hold {
    /// Numbers of the jobs
    #[arg(value_name = "ID", required = true, value_parser = super::job_id)]
    ids: Vec<JobId>,
}

/// Let held jobs go on
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm release 17")]
pub(crate) struct Release {
    /// Numbers of the jobs
    #[arg(value_name = "ID", required = true, value_parser = super::job_id)]
    ids: Vec<JobId>,
}

/// Try the failed frames of jobs again
///
/// With a fresh count of tries. A job that had ended goes on; what is done stays done.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm retry 17")]
pub(crate) struct Retry {
    /// Numbers of the jobs
    #[arg(value_name = "ID", required = true, value_parser = super::job_id)]
    ids: Vec<JobId>,
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
        change(global, &self.ids, "killed", async |client, id| client.kill(id).await).await
    }
}

impl Hold {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        change(global, &self.ids, "on hold", async |client, id| client.hold(id).await).await
    }
}

impl Release {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        change(global, &self.ids, "released", async |client, id| client.release(id).await).await
    }
}

impl Retry {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        change(global, &self.ids, "tried again", async |client, id| client.retry(id).await).await
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
