//! `framefarm kill`, `hold` and `release`: what changes a job that is there.

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
