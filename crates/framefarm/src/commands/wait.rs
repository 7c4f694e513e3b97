//! `framefarm wait`: a job, followed to its end.

use std::time::Duration;

use clap::Args;
use model::{JobId, JobState, JobView};
use wire::Backoff;
use wire::client::ClientError;

use super::follow::Display;
use super::now;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Exit, Failure, duration, plural};

/// A server that is started again is looked for at most this often.
const LOOKED_FOR: Duration = Duration::from_millis(500);

/// Show a job's progress until it ends
///
/// A progress bar on a terminal, a line from time to time elsewhere. The schedule server may be started
/// again meanwhile. The exit code is 0 where the job is done, 1 where it failed or was killed, and 2 where
/// there is no such job.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm wait 17
  framefarm wait 17 --quiet && framefarm fetch 17 frames/
  framefarm wait 17 --json                the job as it ended")]
pub(crate) struct Wait {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
}

impl Wait {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        wait(global, self.id).await
    }
}

/// Follows job `id` to its end and says how it ended.
pub(crate) async fn wait(global: &Global, id: JobId) -> Result<Exit, Failure> {
    let talk = global.talk();
    let mut display = Display::new(talk);
    // Before the job has been seen once, an error is the user's to mend; later it is the farm's.
    let mut seen = false;
    let mut backoff = Backoff::default();
    let last = loop {
        match follow(global, id, &mut display, &mut seen).await {
            Ok(Some(job)) => break job,
            Ok(None) => {}
            Err(error) if seen && farm::is_away(&error) => display.lost(&error),
            Err(error) => {
                display.clear();
                return Err(error.into());
            }
        }
        if display.is_connected() {
            backoff.reset();
        }
        tokio::time::sleep(LOOKED_FOR + backoff.wait()).await;
    };
    display.clear();
    talk.say(ending(&last));
    if global.json {
        output::json(&last)?;
    }
    Ok(if last.state == JobState::Done { Exit::Done } else { Exit::Failed })
}

/// Follows the job while the connection lasts; the job, where it has ended.
async fn follow(
    global: &Global,
    id: JobId,
    display: &mut Display,
    seen: &mut bool,
) -> Result<Option<JobView>, ClientError> {
    // Looked for anew each time: a server that was started again may listen on another port.
    let client = farm::client(global).await?;
    let mut watch = client.watch(id).await?;
    while let Some(job) = watch.next().await? {
        *seen = true;
        if job.state.is_final() {
            return Ok(Some(job));
        }
        display.show(&job);
    }
    Ok(None)
}

/// How the job ended, and what one may want to do next.
fn ending(job: &JobView) -> String {
    let time = match (job.started_at, job.ended_at) {
        (Some(start), end) => format!(" in {}", duration(end.unwrap_or_else(now).since_ms(start))),
        (None, _) => String::new(),
    };
    let (id, name) = (&job.id, &job.name);
    let frames = plural(job.frames_total as usize, "frame");
    match job.state {
        JobState::Done => {
            format!("job {id} {name:?} done: {frames}{time}\n  frames are in {}", job.results)
        }
        JobState::Failed => format!(
            "job {id} {name:?} failed: {} of {frames} failed{time}\n  \
             framefarm frames {id} --state failed    which, and why\n  \
             framefarm log {id} FRAME                what the package wrote\n  \
             framefarm retry {id}                    try them again",
            job.frames_failed
        ),
        _ => format!("job {id} {name:?} was killed: {} of {frames} done{time}", job.frames_done),
    }
}
