//! `framefarm authority`: what a farm is known by, for browsers and for people who compare.

use clap::Args;
use serde_json::json;
use trust::Accounts;

use crate::cli::Global;
use crate::farm::{self, Stranger};
use crate::output::{self, Cell, Exit, Facts, Failure};

/// Show the authority that signs the farm's certificates
///
/// Every farm has an authority of its own. Servers and commands know the farm by it; a browser does once its
/// certificate is imported. Compare the fingerprint with the one that this command shows on the machine of
/// the schedule server, before you trust what came over a network.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm authority
  framefarm authority --pem > farm.pem               to import into a browser")]
pub(crate) struct Authority {
    /// Print its certificate alone, in PEM form
    #[arg(long, conflicts_with = "json")]
    pem: bool,
}

impl Authority {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let Stranger { url, identity, authority } = farm::meet(global).await?;
        let account = Accounts::own().and_then(|accounts| accounts.read(&identity.farm_id).ok().flatten());
        if url.is_secure() && account.is_none() {
            global
                .talk()
                .say("this account does not know the farm yet: compare the fingerprint before you trust it");
        }
        if self.pem {
            output::text(authority.pem())?;
        } else if global.json {
            output::json(&json!({
                "farm": identity.farm,
                "farm_id": identity.farm_id,
                "fingerprint": authority.fingerprint(),
                "certificate": authority.pem(),
            }))?;
        } else if global.quiet {
            output::line(authority.fingerprint())?;
        } else {
            let mut facts = Facts::default();
            facts.add("farm", Cell::new(&identity.farm));
            facts.add("id", Cell::new(&identity.farm_id));
            facts.add("fingerprint", Cell::new(in_pairs(authority.fingerprint())));
            output::text(facts)?;
        }
        Ok(Exit::Done)
    }
}

/// `AB:CD:...`, as browsers show fingerprints.
fn in_pairs(digits: &str) -> String {
    let upper = digits.to_uppercase();
    let pairs: Vec<&str> = (0..upper.len() / 2).map(|at| &upper[2 * at..2 * at + 2]).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_look_as_in_browsers() {
        assert_eq!(in_pairs("00ab9f"), "00:AB:9F");
        assert_eq!(in_pairs(""), "");
    }
}
