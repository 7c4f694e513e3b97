//! `framefarm limits` and `limit`: how much of something, such as licences, may be in use at once.

use clap::Args;
use model::LimitView;

use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table};

/// List the limits of the farm
///
/// A step that names a limit holds some of it while a frame of it runs: a licence, a link to a store, a tape.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm limits")]
pub(crate) struct Limits {}

/// Set, show or remove a limit
///
/// What is not given is not limited: with an amount alone every host may use all of it. A limit that is
/// lowered lets what runs end.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm limit houdini 8               8 at once on the whole farm
  framefarm limit tape --per-host 1       1 at once on each host
  framefarm limit houdini                 show it
  framefarm limit houdini --remove")]
pub(crate) struct Limit {
    /// Name of the limit, as jobs name it
    #[arg(value_name = "NAME")]
    name: String,
    /// How much there is on the whole farm
    #[arg(value_name = "AMOUNT")]
    amount: Option<u32>,
    /// How much each host may use
    #[arg(long, value_name = "N")]
    per_host: Option<u32>,
    /// Remove the limit; jobs that name it go on without
    #[arg(long, conflicts_with_all = ["amount", "per_host"])]
    remove: bool,
}

impl Limits {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let limits = farm::client(global).await?.limits().await?;
        if limits.is_empty() && !global.json && !global.quiet {
            global.talk().say("no limits; `framefarm limit NAME AMOUNT` makes one");
            return Ok(Exit::Done);
        }
        print(global, &limits)
    }
}

impl Limit {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        if self.remove {
            client.remove_limit(&self.name).await?;
            global.talk().say(format_args!("limit {} removed", self.name));
            return Ok(Exit::Done);
        }
        let limit = if self.amount.is_none() && self.per_host.is_none() {
            let known = client.limits().await?;
            known.into_iter().find(|limit| limit.name == self.name).ok_or_else(|| Failure::Misuse {
                what: format!("there is no limit {}", self.name),
                hint: format!(
                    "`framefarm limit {} AMOUNT` makes it; `framefarm limits` lists all",
                    self.name
                ),
            })?
        } else {
            client.set_limit(&self.name, self.amount, self.per_host).await?
        };
        print(global, &[limit])
    }
}

fn print(global: &Global, limits: &[LimitView]) -> Result<Exit, Failure> {
    if global.json {
        output::json(&limits)?;
    } else if global.quiet {
        limits.iter().try_for_each(|limit| output::line(&limit.name))?;
    } else {
        output::text(table(limits))?;
    }
    Ok(Exit::Done)
}

fn table(limits: &[LimitView]) -> Table {
    let mut table = Table::new(&["LIMIT", ">FARM", ">EACH HOST", ">IN USE"]);
    let amount = |amount: Option<u32>| amount.map_or_else(|| "-".to_owned(), |amount| amount.to_string());
    for limit in limits {
        table.row([
            Cell::new(&limit.name),
            Cell::new(amount(limit.amount)),
            Cell::new(amount(limit.per_host)),
            Cell::new(limit.in_use),
        ]);
    }
    table
}
