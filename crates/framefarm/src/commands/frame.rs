//! `framefarm frame`: what a person does to single frames of a job.

use std::io::{self, IsTerminal};

use clap::{Args, Subcommand};
use model::{FrameSet, FrameVerb, FramesOrder, JobId};

use super::secret_input::confirmed;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Exit, Failure, plural};

/// Kill frames of a job, send them back to the queue, or have them tried again
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm frame requeue 17 7            elsewhere, if there is another host
  framefarm frame retry 17 3,9-12
  framefarm frame kill 17 100-200")]
pub(crate) struct Frame {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// End frames: those that run are stopped, those that wait are not begun
    Kill(Frames),
    /// Send running frames back to the queue; nothing is counted against them
    Requeue(Frames),
    /// Try failed frames again, with a fresh count of tries
    Retry(Frames),
}

#[derive(Args, Debug)]
struct Frames {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
    /// Which frames, as 7,9-12; all with which that can be done where not given
    #[arg(value_name = "NUMBERS", allow_hyphen_values = true)]
    numbers: Option<FrameSet>,
    /// Only those of this step
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Do not ask before all frames are killed
    #[arg(long, short)]
    yes: bool,
}

impl Frame {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let (verb, word, frames) = match self.what {
            What::Kill(frames) => (FrameVerb::Kill, "killed", frames),
            What::Requeue(frames) => (FrameVerb::Requeue, "sent back to the queue", frames),
            What::Retry(frames) => (FrameVerb::Retry, "tried again", frames),
        };
        if verb == FrameVerb::Kill && frames.numbers.is_none() && !frames.yes {
            let question =
                format!("every frame of job {} that is not done will be killed. Go on?", frames.id);
            if !io::stdin().is_terminal() {
                return Err(Failure::Misuse {
                    what: "all frames would be killed, and nobody can be asked".to_owned(),
                    hint: "say which frames, or --yes".to_owned(),
                });
            }
            if !confirmed(&question) {
                return Ok(Exit::Failed);
            }
        }
        let Frames { id, numbers, step, .. } = frames;
        let order = FramesOrder { verb, numbers, states: None, step };
        let ordered = farm::client(global).await?.order_frames(id, &order).await?;
        if global.json {
            output::json(&ordered)?;
        } else if global.quiet {
            output::line(ordered.frames)?;
        } else {
            let count = plural(usize::try_from(ordered.frames).unwrap_or(usize::MAX), "frame");
            global.talk().say(format_args!("{count} of job {id} {word}"));
        }
        Ok(Exit::Done)
    }
}
