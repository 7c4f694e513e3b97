//! Measures the schedule server: simulated render servers at one end of real sockets, the real server with
//! its journal at the other. Prints a JSON object for each figure, as `scripts/bench` does.
#![allow(clippy::print_stdout, reason = "figures go to stdout")]

mod error;
mod farm;
mod figure;
mod fleet;
mod floor;
mod host;
mod jobs;
mod offshoot;
mod process;
mod resource_link;
mod runs;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::LoadError;
use runs::{fill, growth, handshakes, latency, lifecycles, links, rebuild, restart, submit};

/// Measures the schedule server with simulated render servers over real sockets.
#[derive(Debug, Parser)]
struct Cli {
    /// The framefarm to measure; the one beside this program where not given
    #[arg(long, global = true, value_name = "FILE")]
    framefarm: Option<PathBuf>,
    /// Folder for the data of the servers; one that is removed afterwards where not given
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Durable lifecycles of frames that do nothing: lease, start, finish
    Lifecycles(lifecycles::Lifecycles),
    /// From submit to the last slot granted, on a large farm without work
    Fill(fill::Fill),
    /// Memory and idle processor time with many render servers linked
    Links(links::Links),
    /// A job of many frames until it is durable, and the memory of a queued frame
    Submit(submit::Submit),
    /// From kill -9 and a new start to the first answer
    Restart(restart::Restart),
    /// From kill -9 of the resource server and a new start to the whole list of hosts
    Rebuild(rebuild::Rebuild),
    /// From a slot that falls idle to its next lease
    StartLatency(latency::StartLatency),
    /// Connections over TLS, each with one request
    Handshakes(handshakes::Handshakes),
    /// The rate on a large farm against that on a small one
    Growth(growth::Growth),
    /// Answers like a schedule server that decides and keeps nothing; the other runs start it for their
    /// floors
    #[command(hide = true)]
    Echo(floor::Echo),
    /// Simulates hosts for another run that cannot hold them all
    #[command(hide = true)]
    Hosts(offshoot::Hosts),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    process::raise_file_limit();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error::chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), LoadError> {
    let place = farm::Place::new(cli.framefarm, cli.data)?;
    match cli.what {
        What::Lifecycles(run) => run.run(&place).await,
        What::Fill(run) => run.run(&place).await,
        What::Links(run) => run.run(&place).await,
        What::Submit(run) => run.run(&place).await,
        What::Restart(run) => run.run(&place).await,
        What::Rebuild(run) => run.run(&place).await,
        What::StartLatency(run) => run.run(&place).await,
        What::Growth(run) => run.run(&place).await,
        What::Handshakes(run) => run.run(&place).await,
        What::Echo(echo) => echo.run().await,
        What::Hosts(hosts) => hosts.run().await,
    }
}
