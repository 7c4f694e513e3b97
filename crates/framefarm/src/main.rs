//! Framefarm on the command line: every server, and every command for people and scripts.
//!
//! This crate reads flags and files and prints. It reaches a farm only through `wire::Client`, so that it can
//! do nothing another program could not; what servers do is in `server`.

mod cli;
mod commands;
mod farm;
mod output;
mod sheet;

use std::process::ExitCode;

use cli::Cli;
use output::Exit;

fn main() -> ExitCode {
    let cli = Cli::read();
    let exit = match commands::run(cli) {
        Ok(exit) => exit,
        Err(failure) if failure.is_broken_pipe() => Exit::Done,
        Err(failure) => {
            // Where even stderr is gone, the exit code has to say it.
            let _ = failure.report(anstream::stderr());
            failure.exit()
        }
    };
    exit.into()
}
