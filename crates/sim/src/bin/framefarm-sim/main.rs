//! Runs simulated farms by seed; for people who look for a failure or look at one.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to people")]

mod campaign;
mod replay;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use clap::Parser;
use sim::{Ingredients, Options, Sink, Verdict, judge};

/// Simulated farms: one seed is one farm and one history.
#[derive(Parser)]
struct Arguments {
    /// The seed to run.
    #[arg(long, conflicts_with_all = ["seeds", "replay"])]
    seed: Option<u64>,
    /// Print each happening of it.
    #[arg(long, requires = "seed")]
    log: bool,
    /// Write each happening of it to this file, to be replayed.
    #[arg(long, value_name = "FILE", requires = "seed")]
    trace: Option<PathBuf>,
    /// Leave these ingredients out of the farm, with commas between them.
    #[arg(long, value_name = "WORDS", default_value = "")]
    off: Ingredients,

    /// Run so many seeds.
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Threads that run them; one for each processor where absent.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,

    /// Plant each bug of the simulator's own tests and say after how many seeds it is found, and by what.
    #[arg(long)]
    bugs: bool,

    /// Run a traced history again and say where it goes another way.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Stop at each happening of it and take commands.
    #[arg(long, requires = "replay")]
    step: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match (&arguments.replay, arguments.seeds) {
        (Some(file), _) => replay::replay(file, arguments.step),
        (None, _) if arguments.bugs => Ok(campaign::bugs()),
        (None, Some(seeds)) => Ok(campaign::run(arguments.from, seeds, arguments.jobs, arguments.off)),
        (None, None) => one(&arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs one seed; whether it keeps its promises.
fn one(arguments: &Arguments) -> io::Result<bool> {
    let options =
        Options { seed: arguments.seed.unwrap_or(arguments.from), off: arguments.off, planted: None };
    let sink: Option<Sink> = match &arguments.trace {
        Some(path) => {
            let mut file = BufWriter::new(File::create(path)?);
            writeln!(file, "{}", replay::head(&options))?;
            Some(sink_to(file, arguments.log))
        }
        None if arguments.log => Some(sink_to(io::sink(), true)),
        None => None,
    };
    let told = sink.is_some();
    let verdict = judge(&options, sink);
    println!("seed {}: {}", options.seed, verdict.ingredients);
    println!("{:?}", verdict.summary);
    if told {
        println!("digest {:016x}", verdict.digest);
    }
    let kept = verdict.broken.is_none();
    say_broken(&options, &verdict);
    if !kept {
        campaign::say_smaller(&options, &verdict);
    }
    Ok(kept)
}

/// Lines to a file, and perhaps to the terminal.
fn sink_to(file: impl Write + Send + 'static, print: bool) -> Sink {
    let file = Arc::new(Mutex::new(file));
    Box::new(move |line| {
        if print {
            println!("{line}");
        }
        if let Ok(mut file) = file.lock() {
            // A trace that cannot be written is no reason to stop.
            let _ = writeln!(file, "{line}");
        }
    })
}

fn say_broken(options: &Options, verdict: &Verdict) {
    if let Some(broken) = &verdict.broken {
        let seed = options.seed;
        println!("seed {seed} breaks {:?} at step {}: {}", broken.oracle, verdict.summary.steps, broken.how);
    }
}
