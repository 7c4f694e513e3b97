//! `framefarm host`: one render host, and what can be done with it from afar.

mod order;
mod show;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::output::{Exit, Failure};

/// Show one render host; or start, stop, restart or wake some
///
/// With a name alone everything that is known of that host: its machine, what is installed and mounted, and
/// what each slot does.
///
/// A host that is stopped takes no more frames and stays linked, so that it can be started again from here;
/// it stays so when its machine is restarted. What it was rendering is finished first, or with --now given
/// back and rendered elsewhere, which does not count as a try.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  framefarm host fast-1                              all that is known of it
  framefarm host stop fast-1 fast-2                  finish what they render, and take no more
  framefarm host stop fast-1 --now                   give back what it renders
  framefarm host start fast-1
  framefarm host restart fast-1 --wait               after an update, and return when it is back
  framefarm host wake fast-1                         over the network, where it sleeps"
)]
pub(crate) struct Host {
    /// Name of the host to show
    #[arg(value_name = "NAME", required = true)]
    name: Option<String>,
    #[command(subcommand)]
    order: Option<Order>,
}

/// What to do with hosts.
#[derive(Debug, Subcommand)]
enum Order {
    /// Take frames again
    Start(order::Start),
    /// Take no more frames, and stay linked
    Stop(order::Stop),
    /// End the render server and begin it anew
    Restart(order::Restart),
    /// End the render server; only something on its machine begins it again
    Quit(order::Quit),
    /// Wake hosts that sleep, over the network
    Wake(order::Wake),
}

impl Host {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let Some(order) = self.order else {
            return show::show(global, &self.name.unwrap_or_default()).await;
        };
        match order {
            Order::Start(start) => start.run(global).await,
            Order::Stop(stop) => stop.run(global).await,
            Order::Restart(restart) => restart.run(global).await,
            Order::Quit(quit) => quit.run(global).await,
            Order::Wake(wake) => wake.run(global).await,
        }
    }
}
