//! `framefarm man`: man pages, made from the same words as the help.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::cli::Cli;
use crate::output::{Exit, Failure, Talk};

/// Write man pages
///
/// One for framefarm and one for each of its commands.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Folder to write them to; made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self, talk: Talk) -> Result<Exit, Failure> {
        let wrong = |source| Failure::file("write man pages to", &self.folder, source);
        std::fs::create_dir_all(&self.folder).map_err(wrong)?;
        clap_mangen::generate_to(Cli::command(), &self.folder).map_err(wrong)?;
        talk.say(format_args!("man pages are in {}", self.folder.display()));
        Ok(Exit::Done)
    }
}
