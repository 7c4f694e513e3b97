//! `framefarm frames`: the frames of a job, or the attempts at them.

use clap::{Args, ValueEnum};
use model::{AttemptView, FrameSelect, FrameState, FrameView, JobId};

use super::now;
use super::parts::part_of;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, Talk, duration, percent, plural};

/// List the frames of a job
///
/// Frames that are rendered together, in chunks, have one line.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm frames 17
  framefarm frames 17 --state failed
  framefarm frames 17 --warned            what is done and should be looked at
  framefarm frames 17 --attempts          every try, with host and outcome")]
pub(crate) struct Frames {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
    /// Only frames of this step
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Only frames in this state
    #[arg(long, value_name = "STATE")]
    state: Option<State>,
    /// Only frames that are done with warnings, each in full
    #[arg(long, conflicts_with = "attempts")]
    warned: bool,
    /// A line for each attempt instead of each frame
    #[arg(long)]
    attempts: bool,
}

/// The states by which frames can be chosen.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Waiting,
    Running,
    Done,
    Failed,
    Killed,
}

impl From<State> for FrameState {
    fn from(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::Running => Self::Running,
            State::Done => Self::Done,
            State::Failed => Self::Failed,
            State::Killed => Self::Killed,
        }
    }
}

impl Frames {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let state = self.state.map(FrameState::from).into_iter().collect();
        let select =
            FrameSelect { step: self.step.clone(), state, warned: self.warned, ..FrameSelect::default() };
        let mut frames = farm::client(global).await?.frames(self.id, &select).await?;
        if !global.json && self.step.is_none() && self.state.is_none() {
            leave_out_parts(&mut frames, global.talk());
        }
        if global.json {
            output::json(&frames)?;
        } else if global.quiet {
            frames.iter().try_for_each(|frame| output::line(frame.number))?;
        } else if frames.is_empty() {
            global.talk().say("no such frames");
        } else if self.warned {
            output::text(warnings(&frames))?;
        } else if self.attempts {
            output::text(attempts(&frames))?;
        } else {
            output::text(table(&frames))?;
        }
        Ok(Exit::Done)
    }
}

/// Leaves out parts of pictures about which there is nothing to say.
fn leave_out_parts(frames: &mut Vec<FrameView>, talk: Talk) {
    let before = frames.len();
    let telling = |frame: &FrameView| {
        let troubled = matches!(frame.state, FrameState::Running | FrameState::Failed);
        troubled || frame.attempts > 1 || part_of(&frame.step).is_none()
    };
    frames.retain(telling);
    if frames.len() < before {
        let left_out = before - frames.len();
        talk.say(format_args!(
            "left out: {}; --step NAME lists them",
            plural(left_out, "part of a picture").replace("part of a pictures", "parts of pictures")
        ));
    }
}

fn table(frames: &[FrameView]) -> Table {
    let heads = &["STEP", ">FRAME", "STATE", ">PROGRESS", "HOST", ">TRIES", ">TIME", "PROBLEM"];
    let mut table = Table::new(heads);
    for frame in frames {
        // Frames of a chunk start, run and end together.
        let number = frame.chunk.clone().unwrap_or_else(|| frame.number.to_string());
        let time = frame.history.last().map(|attempt| duration(took(attempt)));
        table.row([
            Cell::new(&frame.step),
            Cell::new(number),
            frame.state.into(),
            Cell::new(percent(frame.progress_permille.into())),
            Cell::of(frame.host.as_ref()),
            Cell::new(frame.attempts),
            Cell::of(time),
            Cell::of(remark(frame)),
        ]);
    }
    table
}

/// What is wrong with a frame, or odd about one that is done.
fn remark(frame: &FrameView) -> Option<String> {
    let more = |warnings: &[String]| match warnings {
        [] => None,
        [one] => Some(format!("warning: {one}")),
        [one, rest @ ..] => Some(format!("warning: {one} (and {} more)", rest.len())),
    };
    frame.problem.clone().or_else(|| more(&frame.warnings))
}

/// A line for each warning.
fn warnings(frames: &[FrameView]) -> Table {
    let mut table = Table::new(&["STEP", ">FRAME", "HOST", "WARNING"]);
    for frame in frames {
        let number = frame.chunk.clone().unwrap_or_else(|| frame.number.to_string());
        for warning in &frame.warnings {
            let (step, host) = (Cell::new(&frame.step), Cell::of(frame.host.as_ref()));
            table.row([step, Cell::new(&number), host, Cell::new(warning)]);
        }
    }
    table
}

fn attempts(frames: &[FrameView]) -> Table {
    let heads = &["STEP", ">FRAME", ">TRY", "OUTCOME", "HOST", ">SLOT", ">TIME", "PROBLEM"];
    let mut table = Table::new(heads);
    for frame in frames {
        let number = frame.chunk.clone().unwrap_or_else(|| frame.number.to_string());
        for attempt in &frame.history {
            table.row([
                Cell::new(&frame.step),
                Cell::new(&number),
                Cell::new(attempt.attempt),
                Cell::new(attempt.outcome.replace('_', " ")),
                Cell::new(&attempt.host),
                Cell::new(attempt.slot),
                Cell::new(duration(took(attempt))),
                Cell::of(attempt.problem.as_ref()),
            ]);
        }
    }
    table
}

/// Milliseconds that an attempt has taken: its process, where that has ended and told, since a lease may
/// have waited behind another on its slot.
fn took(attempt: &AttemptView) -> u64 {
    match attempt.usage {
        Some(usage) if usage.wall_ms > 0 => usage.wall_ms,
        _ => attempt.ended_at.unwrap_or_else(now).since_ms(attempt.started_at),
    }
}
