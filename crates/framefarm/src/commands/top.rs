//! `framefarm top`: the farm on a screen of the terminal.

use std::path::PathBuf;

use clap::Args;
use top::{Look, RunError, Source};

use crate::cli::Global;
use crate::farm;
use crate::output::{Exit, Failure};

/// Without colours where this is set to anything (no-color.org).
const NO_COLOR: &str = "NO_COLOR";

/// See and steer the farm on a screen of the terminal
///
/// Queues, jobs with all their frames, frames with their logs, hosts with their slots, and who asks to join,
/// as they change. `?` shows the keys. It needs 80 columns and 24 rows, no font and, with NO_COLOR, no
/// colours, so that it works over any link.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm top
  NO_COLOR=1 framefarm top
  framefarm top --record evening.jsonl
  framefarm top --replay evening.jsonl")]
pub(crate) struct Top {
    /// Write what happens into this file, so that it can be shown again
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Show what is written in this file in place of the farm
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    replay: Option<PathBuf>,
}

impl Top {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let source = match self.replay {
            Some(path) => Source::Record(path),
            None => Source::Farm(farm::client(global).await?),
        };
        let colour = std::env::var_os(NO_COLOR).is_none_or(|value| value.is_empty());
        top::run(source, Look { colour }, self.record.as_deref()).await.map_err(failure)?;
        Ok(Exit::Done)
    }
}

fn failure(error: RunError) -> Failure {
    match error {
        RunError::Farm(error) => Failure::Client(error),
        RunError::NoTerminal => Failure::Misuse {
            what: error.to_string(),
            hint: "in scripts: framefarm jobs --json, framefarm hosts --json".to_owned(),
        },
        RunError::File { path, source } => Failure::File { verb: "use", path, source },
        other => Failure::System { what: in_full(&other) },
    }
}

/// An error with its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
