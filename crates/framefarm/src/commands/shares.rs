//! `framefarm shares` and `share`: who gets how much where jobs of one priority want more than there is.

use clap::Args;
use model::ShareView;

use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table};

/// List the shares of users and groups
///
/// Those who hold slots now or have a weight of their own. Jobs of the same priority share the farm by
/// the weights of their groups and users, which are 1 unless set: nobody waits for all of another's frames.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm shares")]
pub(crate) struct Shares {}

/// Set the share of a user or group
///
/// Twice the weight is twice the slots where others of the same priority want more as well.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm share film 3                  three times what others get
  framefarm share film 1                  the usual again")]
pub(crate) struct Share {
    /// User or group
    #[arg(value_name = "NAME")]
    name: String,
    /// Its weight beside others; 1 is the usual one
    #[arg(value_name = "WEIGHT", value_parser = clap::value_parser!(u32).range(1..))]
    weight: u32,
}

impl Shares {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let shares = farm::client(global).await?.shares().await?;
        if shares.is_empty() && !global.json && !global.quiet {
            global.talk().say("nobody holds a slot, and every weight is 1");
            return Ok(Exit::Done);
        }
        print(global, &shares)
    }
}

impl Share {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let share = farm::client(global).await?.set_share(&self.name, self.weight).await?;
        print(global, &[share])
    }
}

fn print(global: &Global, shares: &[ShareView]) -> Result<Exit, Failure> {
    if global.json {
        output::json(&shares)?;
    } else if global.quiet {
        shares.iter().try_for_each(|share| output::line(&share.name))?;
    } else {
        let mut table = Table::new(&["NAME", ">WEIGHT", ">SLOTS"]);
        for share in shares {
            table.row([Cell::new(&share.name), Cell::new(share.weight), Cell::new(share.slots)]);
        }
        output::text(table)?;
    }
    Ok(Exit::Done)
}
