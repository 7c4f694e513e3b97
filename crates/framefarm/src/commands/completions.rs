//! `framefarm completions`: completion scripts for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output::{self, Exit, Failure};

/// Print a completion script
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm completions bash > ~/.local/share/bash-completion/completions/framefarm
  framefarm completions zsh > ~/.zfunc/_framefarm
  framefarm completions fish > ~/.config/fish/completions/framefarm.fish")]
pub(crate) struct Completions {
    /// For which shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "framefarm", &mut script);
        output::text(String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}
