//! Runs simulated farms by seed; for people who look for a failure or look at one.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to people")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sim::World;

/// Simulated farms: one seed is one farm and one history.
#[derive(Parser)]
struct Arguments {
    /// The seed, or the first of several.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, counted from the first.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Write each event as a line to this file; with several seeds, of the last.
    #[arg(long)]
    log: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut failed = 0_u64;
    for seed in arguments.seed..arguments.seed.saturating_add(arguments.seeds) {
        let log = match arguments.log.as_ref().map(File::create).transpose() {
            Ok(file) => file.map(|file| Box::new(BufWriter::new(file)) as Box<dyn Write>),
            Err(error) => {
                eprintln!("the log cannot be written: {error}");
                return ExitCode::from(2);
            }
        };
        match catch_unwind(AssertUnwindSafe(|| World::new(seed, log).run())) {
            Ok(summary) => println!("seed {seed}: {summary:?}"),
            Err(_) => {
                failed += 1;
                println!("seed {seed} fails");
            }
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
