//! `framefarm audit`: who did what, when and from where.

use std::time::Duration;

use clap::Args;
use model::{DeedView, Time};
use wire::client::DeedsWanted;

use super::now;
use super::span::seconds;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, clock};

/// Between two looks for what was done meanwhile.
const LOOK: Duration = Duration::from_secs(1);

/// Show who did what
///
/// What changed something, who logged in or tried to, who joined, and what was refused. The newest 10,000
/// deeds are at hand; `framefarm journal show --role access` shows all that the journal has.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm audit --since 1d
  framefarm audit --by ada --last 20
  framefarm audit --follow")]
pub(crate) struct Audit {
    /// Only what this user did, or `member NAME`
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only what was done in the last so long: 10m, 2h, 30d
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    since: Option<u64>,
    /// The last so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    last: usize,
    /// Go on with what is done from now on, until Ctrl-C
    #[arg(long)]
    follow: bool,
}

impl Audit {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let since = self.since.map(|seconds| Time(now().0.saturating_sub(seconds.saturating_mul(1000))));
        let by = self.by.as_deref();
        let mut wanted = DeedsWanted { by, since, after: None, most: Some(self.last) };
        let deeds = client.deeds(&wanted).await?;
        if !self.follow {
            return print(global, &deeds);
        }
        let mut last = deeds.last().map_or(0, |deed| deed.number);
        deeds.iter().try_for_each(|deed| line(global, deed))?;
        wanted.most = Some(usize::MAX);
        loop {
            tokio::time::sleep(LOOK).await;
            wanted.after = Some(last);
            for deed in farm::patiently(global.talk(), async || client.deeds(&wanted).await).await? {
                line(global, &deed)?;
                last = deed.number;
            }
        }
    }
}

fn print(global: &Global, deeds: &[DeedView]) -> Result<Exit, Failure> {
    if global.json {
        output::json(&deeds)?;
    } else if global.quiet {
        deeds.iter().try_for_each(|deed| output::line(deed.number))?;
    } else if deeds.is_empty() {
        global.talk().say("nothing was done");
    } else {
        let mut table = Table::new(&[">NUMBER", "WHEN", "WHO", "DID", "TO", "FROM", "OUTCOME"]);
        for deed in deeds {
            table.row(cells(deed));
        }
        output::text(table)?;
    }
    Ok(Exit::Done)
}

fn cells(deed: &DeedView) -> [Cell; 7] {
    let who = if deed.who.is_empty() { "-" } else { &deed.who };
    [
        Cell::new(deed.number),
        Cell::new(clock(deed.at)),
        Cell::new(who),
        Cell::new(&deed.verb),
        Cell::new(&deed.object),
        Cell::new(&deed.from),
        Cell::new(&deed.outcome),
    ]
}

/// One deed as a line, where nobody knows how wide those to come will be.
fn line(global: &Global, deed: &DeedView) -> Result<(), Failure> {
    if global.json {
        let text =
            serde_json::to_string(deed).map_err(|error| Failure::System { what: error.to_string() })?;
        output::line(text)?;
    } else if global.quiet {
        output::line(deed.number)?;
    } else {
        let texts = cells(deed).map(|cell| cell.to_string());
        output::line(texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("  "))?;
    }
    Ok(())
}
